# The room trust/.
unit_test(deployment trust certs platform base)
unit_test(deployment_files trust certs platform base)
target_link_libraries(test_deployment_files PRIVATE PkgConfig::LIBZIP)
foreach(judge_test IN ITEMS trust_judge trust_chain trust_anchors)
    unit_test(${judge_test} trust certs platform base)
endforeach()
unit_test(trust_family trust certs platform base)
target_compile_definitions(test_trust_family PRIVATE TEST_DATA="${PROJECT_SOURCE_DIR}/tests/unit/data")
fuzz_target(family trust certs platform base)

# A deployment in a folder, for the system tests.
add_executable(deployment_print ${PROJECT_SOURCE_DIR}/tests/unit/deployment_print.c)
target_link_libraries(deployment_print PRIVATE trust certs platform base)
