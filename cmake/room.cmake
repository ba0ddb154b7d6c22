# room(NAME SOURCES … [USES ROOM…] [LIBRARIES TARGET…])
# One library for each folder, linked against the rooms it may use and no others: a dependency
# that points up does not link, and tests/unit checks the includes.
function(room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
    add_library(${name} STATIC ${ROOM_SOURCES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ROOM_USES} PRIVATE ${ROOM_LIBRARIES} Threads::Threads)
endfunction()

# unit_test(NAME ROOM…): tests/unit/test_NAME.c with cmocka, linked against the rooms it tests.
function(unit_test name)
    add_executable(test_${name} ${PROJECT_SOURCE_DIR}/tests/unit/test_${name}.c)
    target_link_libraries(test_${name} PRIVATE ${ARGN} PkgConfig::CMOCKA)
    add_test(NAME unit_${name} COMMAND test_${name})
endfunction()

# fuzz_target(NAME ROOM…): tests/fuzz/fuzz_NAME.c with libFuzzer, seeds in tests/fuzz/corpus/NAME.
function(fuzz_target name)
    if(NOT MAILSTORED_FUZZ)
        return()
    endif()
    add_executable(fuzz_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
    target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()
