unit_test(web web)
unit_test(trust_page web trust)
fuzz_target(web_negotiate web)

# The bodies as they are served, and the step that makes them, judged from outside.
add_executable(web_print ${PROJECT_SOURCE_DIR}/tests/unit/web_print.c)
target_link_libraries(web_print PRIVATE web)
add_test(NAME unit_web_pages
    COMMAND ${MAILSTORED_PYTHON} ${PROJECT_SOURCE_DIR}/tests/unit/check_web.py
        $<TARGET_FILE:web_print> ${PROJECT_SOURCE_DIR}/web ${MAILSTORED_BROTLI})
