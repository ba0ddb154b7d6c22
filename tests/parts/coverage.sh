#!/usr/bin/env bash
# Which lines the unit and system tests reach. The figure stands in the summary; the lines that
# nothing reaches, in build-cov/coverage.html.
. tests/parts/part.sh

build build-cov -DCMAKE_BUILD_TYPE=Debug -DMAILSTORED_COVERAGE=ON -DMAILSTORED_TESTS=ON
find build-cov -name '*.gcda' -delete
run_ctest build-cov .
pytest_options+=(-m "not slow")
MAILSTORED_BUILD=$PWD/build-cov run_pytest tests/system
gcovr --root . --object-directory build-cov --exclude tests/ --exclude build-cov/ -j "$jobs" \
    --html-details build-cov/coverage.html --json-summary build-cov/coverage.json \
    --txt build-cov/coverage.txt
cat build-cov/coverage.txt
echo "figure coverage: lines $(python3 -c '
import json
print(json.load(open("build-cov/coverage.json"))["line_percent"])') %" >>"$CHECK_RESULTS"
