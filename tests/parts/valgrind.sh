#!/usr/bin/env bash
# The reload path (reading, judging, swapping and freeing certificates) under valgrind, which sees
# into GnuTLS too: uninitialised reads and leaks that sanitizers of our own code cannot.
. tests/parts/part.sh

build_normal
report=$CHECK_RESULTS.ctest.xml
tests=${CHECK_FILTER:-unit_(cert|certs|keeper|slot|store|set|staple)}
ctest --test-dir build -j "$jobs" --output-on-failure --timeout 600 -R "$tests" -T memcheck \
    --overwrite MemoryCheckCommand="$(command -v valgrind)" \
    --overwrite MemoryCheckCommandOptions="--leak-check=full --errors-for-leak-kinds=definite \
--error-exitcode=99 --quiet --suppressions=$PWD/tests/valgrind.supp" \
    --output-junit "$report" || true
python3 tests/parts/tally.py "$report" >>"$CHECK_RESULTS"
