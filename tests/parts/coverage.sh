#!/usr/bin/env bash
# Which lines the unit and system tests reach. The figure stands in the summary; the lines that
# nothing reaches, in build-cov/coverage.html.
. tests/parts/part.sh

least=85 # per cent of the lines

build build-cov -DCMAKE_BUILD_TYPE=Debug -DMAILSTORED_COVERAGE=ON -DMAILSTORED_TESTS=ON
find build-cov -name '*.gcda' -delete

# Only counted here; how the tests go is for the parts unit and system. (Those that run the daemon
# as somebody else cannot count, and some of them mind.)
(
    CHECK_RESULTS=build-cov/results CHECK_FILTER=
    : >"$CHECK_RESULTS"
    run_ctest build-cov .
    # A program that is killed counts nothing.
    pytest_options+=(--ignore=tests/system/test_workshop_kill.py)
    MAILSTORED_BUILD=$PWD/build-cov run_pytest tests/system
) >build-cov/tests.log 2>&1 || true
tail -n 1 build-cov/tests.log

measure() {
    timeout 300 gcovr --root . --object-directory build-cov --exclude tests/ --exclude build-cov/ \
        --html-details build-cov/coverage.html --txt build-cov/coverage.txt \
        --json-summary build-cov/coverage.json --fail-under-line "$least"
}
check "at least $least % of the lines" measure
cat build-cov/coverage.txt
echo "figure coverage: lines $(python3 -c '
import json
print(json.load(open("build-cov/coverage.json"))["line_percent"])') %" >>"$CHECK_RESULTS"
