#!/usr/bin/env bash
# Every reader of foreign bytes: first the seeds and all that was ever found, then FUZZ_SECONDS of
# new input. What breaks is left in build-fuzz/ and belongs into tests/fuzz/corpus/ once mended.
. tests/parts/part.sh

seconds=${FUZZ_SECONDS:-10}
build build-fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMAILSTORED_FUZZ=ON \
    -DMAILSTORED_SANITIZE=address,undefined -DMAILSTORED_TESTS=ON -DMAILSTORED_WERROR=ON

# Limits: an input that takes longer or more memory than this is a finding.
fuzz() {
    local name=$1 seeds=tests/fuzz/corpus/$1 work=build-fuzz/corpus/$1
    mkdir -p "$work"
    "build-fuzz/tests/fuzz_$name" "$work" "$seeds" -artifact_prefix="build-fuzz/$name-" \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
        -print_final_stats=1 2>&1 | tee "build-fuzz/$name.log" |
        grep -E 'ERROR|SUMMARY|Test unit|stat::number_of_executed_units|stat::new_units_added' || true
    return "${PIPESTATUS[0]}"
}
export -f fuzz
export seconds

# Two processors, two targets at a time.
one() {
    local status=passed
    echo "fuzz_$1"
    fuzz "$1" || status=failed
    echo "$status fuzz_$1" >>"$CHECK_RESULTS"
}
export -f one

if [[ $CHECK_FILTER ]]; then
    filter=$CHECK_FILTER
fi
find build-fuzz/tests -maxdepth 1 -name 'fuzz_*' -type f -perm -u+x -printf '%f\n' | sort |
    grep -E -- "${filter:-.}" | sed 's/^fuzz_//' |
    xargs -r -n 1 -P "$jobs" bash -c 'one "$1"' bash
