#!/usr/bin/env bash
# Which lines the unit and system tests reach, as the part asan has counted them. The figure stands
# in the summary; the lines that nothing reaches, in build-asan/coverage.html.
. tests/parts/part.sh

least=85 # per cent of the lines

# Only counted here; how the tests go is for the part asan.
if [[ ! -e build-asan/counted ]]; then
    CHECK_RESULTS=$CHECK_RESULTS.asan CHECK_FILTER='' bash tests/parts/asan.sh \
        >"$CHECK_RESULTS.log" 2>&1 || true
    tail -n 1 "$CHECK_RESULTS.log"
fi

measure() {
    timeout 300 gcovr --root . --object-directory build-asan --exclude tests/ \
        --exclude build-asan/ --html-details build-asan/coverage.html \
        --txt build-asan/coverage.txt --json-summary build-asan/coverage.json \
        --fail-under-line "$least"
}
check "at least $least % of the lines" measure
cat build-asan/coverage.txt
echo "figure coverage: lines $(python3 -c '
import json
print(json.load(open("build-asan/coverage.json"))["line_percent"])') %" >>"$CHECK_RESULTS"
