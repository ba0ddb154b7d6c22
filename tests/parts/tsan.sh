#!/usr/bin/env bash
# Unit and system tests with ThreadSanitizer: sets are published while connections read them, the
# gate and the library hand connections to each other, listeners retire under load.
. tests/parts/part.sh

build build-tsan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g" \
    -DMAILSTORED_SANITIZE=thread -DMAILSTORED_TESTS=ON
run_ctest build-tsan "${CHECK_FILTER:-.}"
MAILSTORED_BUILD=$PWD/build-tsan MAILSTORED_TEST_SLOWNESS=4 run_pytest tests/system
