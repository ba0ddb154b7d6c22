foreach(conf_test IN ITEMS conf conf_mistakes conf_command_line conf_documents)
    unit_test(${conf_test} conf platform base)
    target_compile_definitions(test_${conf_test} PRIVATE SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
endforeach()
fuzz_target(conf conf platform base)
# Checking whole strings takes minutes where a text is of megabytes.
set_tests_properties(unit_conf PROPERTIES ENVIRONMENT
    "ASAN_OPTIONS=detect_stack_use_after_return=1")
