#!/usr/bin/env bash
# The tests in which threads meet, with ThreadSanitizer: the sets that are published while
# connections read, the handshake gate, reloads under load.
. tests/parts/part.sh

build build-tsan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g" \
    -DMAILSTORED_SANITIZE=thread -DMAILSTORED_TESTS=ON
export TSAN_OPTIONS="halt_on_error=1:exitcode=66:suppressions=$PWD/tests/tsan.supp"
run_ctest build-tsan "${CHECK_FILTER:-.}"
pytest_options+=(-m threads)
MAILSTORED_BUILD=$PWD/build-tsan MAILSTORED_TEST_SLOWNESS=5 run_pytest tests/system
