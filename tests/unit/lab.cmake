unit_test(lab_forge lab)
unit_test(lab_chain lab)
unit_test(lab_scenario lab)
unit_test(lab_record lab)
unit_test(lab_report lab)
target_link_libraries(test_lab_report PRIVATE PkgConfig::JANSSON)
unit_test(lab_behaviour lab)
unit_test(lab_listener lab)
unit_test(lab_run lab)
target_link_libraries(test_lab_run PRIVATE PkgConfig::JANSSON)

# Every scenario's certificates in a folder, for the system tests.
add_executable(lab_print ${PROJECT_SOURCE_DIR}/tests/unit/lab_print.c)
target_link_libraries(lab_print PRIVATE lab certs platform base PkgConfig::JANSSON Threads::Threads)

fuzz_target(lab_ocsp lab)
fuzz_target(lab_request lab)

# The page, alone and judged from outside.
unit_test(lab_page lab)
target_link_libraries(test_lab_page PRIVATE PkgConfig::JANSSON)
add_executable(lab_page_print ${PROJECT_SOURCE_DIR}/tests/unit/lab_page_print.c)
target_link_libraries(lab_page_print PRIVATE lab PkgConfig::JANSSON Threads::Threads)
add_test(NAME unit_lab_pages
    COMMAND ${MAILSTORED_PYTHON} ${PROJECT_SOURCE_DIR}/tests/unit/check_lab_page.py
        $<TARGET_FILE:lab_page_print> ${PROJECT_SOURCE_DIR}/lab)
