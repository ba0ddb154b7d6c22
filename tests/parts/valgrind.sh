#!/usr/bin/env bash
# The way of a certificate (read, judged, swapped, served, freed) under valgrind, which also sees
# what the libraries do with what we hand them: the sanitizers see our own code alone.
. tests/parts/part.sh

build_normal

# Programs with the names of the real ones, which run those under valgrind.
wrapped=build-valgrind
for program in daemon/mailstored ctl/mailstorectl; do
    mkdir -p "$wrapped/${program%/*}"
    cat >"$wrapped/$program" <<SCRIPT
#!/bin/sh
exec valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \\
    --error-exitcode=99 '$PWD/build/$program' "\$@"
SCRIPT
    chmod +x "$wrapped/$program"
done

memcheck() {
    local name=$1 log=build-valgrind/$1.log
    if valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 \
        --show-leak-kinds=definite "build/tests/$name" \
        >"$log" 2>&1; then
        echo "passed $name" >>"$CHECK_RESULTS"
    else
        echo "failed $name" >>"$CHECK_RESULTS"
        cat "$log"
    fi
}
export -f memcheck

find build/tests -maxdepth 1 -type f -executable -printf '%f\n' | sort |
    grep -E '^test_(cert|cert_read|cert_set|cert_store|cert_store_replaced|cert_store_kept|cert_store_staple|staple|names|control)$' | grep -E -- "${CHECK_FILTER:-.}" |
    xargs -r -P "$jobs" -I NAME bash -c 'memcheck NAME'

# Not those that judge what the daemon costs, or that hold thousands of something.
pytest_options+=(--deselect system/test_reload.py::test_a_poll_of_many_entries_is_cheap
    --deselect system/test_reload.py::test_hundreds_of_entries_come_and_go
    --deselect system/test_reload.py::test_thousands_of_events_delay_nothing)
MAILSTORED_BUILD=$PWD/$wrapped MAILSTORED_TEST_SLOWNESS=10 run_pytest tests/system/test_reload.py
