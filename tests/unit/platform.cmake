unit_test(file platform)
target_link_options(test_file PRIVATE -Wl,--wrap=fstat) # so that a file changes while it is read
unit_test(folder platform)
unit_test(held_folder platform)
unit_test(local_socket platform)
unit_test(loop platform)
unit_test(readiness platform)
unit_test(service platform)
unit_test(socket platform)
unit_test(stream platform)
unit_test(watch platform)
if(MAILSTORED_COVERAGE)
    # What child processes reach counts too: see child.h.
    foreach(test IN ITEMS file folder held_folder local_socket service socket watch)
        target_link_options(test_${test} PRIVATE -Wl,-u,__gcov_dump)
    endforeach()
endif()

add_test(NAME unit_layers
    COMMAND ${MAILSTORED_PYTHON} ${PROJECT_SOURCE_DIR}/tests/unit/test_layers.py ${PROJECT_SOURCE_DIR})
