unit_test(control control)
target_link_libraries(test_control PRIVATE PkgConfig::JANSSON)
fuzz_target(control control)
