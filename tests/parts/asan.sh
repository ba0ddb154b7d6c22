#!/usr/bin/env bash
# Unit and system tests with AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer; the
# lines they reach are counted on the way, for the part coverage.
. tests/parts/part.sh

build build-asan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g" \
    -DMAILSTORED_SANITIZE=address,undefined -DMAILSTORED_COVERAGE=ON -DMAILSTORED_TESTS=ON
rm -f build-asan/counted
find build-asan -name '*.gcda' -delete
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
run_ctest build-asan "${CHECK_FILTER:-.}"
# What runs as somebody else counts, too: into files that are there, and everybody's.
for program in daemon/mailstored ctl/mailstorectl; do
    "build-asan/$program" --version >/dev/null
done
find build-asan -name '*.gcda' -exec chmod 666 {} +
# A program that is killed at every call says nothing to a sanitizer, and counts nothing; of the
# laboratory's certificates the unit tests make every one.
pytest_options+=(--ignore=tests/system/test_workshop_kill.py
    --ignore=tests/system/test_lab_scenarios.py)
MAILSTORED_BUILD=$PWD/build-asan MAILSTORED_TEST_SLOWNESS=3 run_pytest tests/system
[[ $CHECK_FILTER ]] || touch build-asan/counted
