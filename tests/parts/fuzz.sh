#!/usr/bin/env bash
# Every reader of foreign bytes: first the seeds and all that earlier runs found, then FUZZ_SECONDS
# of new input, on each processor another reader. An input that breaks one is left in build-fuzz/;
# once the reader is mended, it belongs into tests/fuzz/corpus/.
. tests/parts/part.sh

export FUZZ_SECONDS=${FUZZ_SECONDS:-4}
build build-fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMAILSTORED_FUZZ=ON \
    -DMAILSTORED_SANITIZE=address,undefined -DMAILSTORED_TESTS=ON -DMAILSTORED_WERROR=ON

# An input that takes longer or more memory than this is a finding, too.
fuzz() {
    local name=$1 log=build-fuzz/$1.log found=build-fuzz/corpus/$1 seeds=tests/fuzz/corpus/$1
    mkdir -p "$found"
    local corpora=("$found")
    [[ ! -d $seeds ]] || corpora+=("$seeds")
    if "build-fuzz/tests/fuzz_$name" "${corpora[@]}" -artifact_prefix="build-fuzz/$name-" \
        -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        >"$log" 2>&1; then
        echo "passed fuzz_$name" >>"$CHECK_RESULTS"
        sed -n "s/^stat::number_of_executed_units: */fuzz_$name: inputs tried: /p" "$log"
    else
        echo "failed fuzz_$name" >>"$CHECK_RESULTS"
        tail -n 60 "$log"
    fi
}
export -f fuzz

find build-fuzz/tests -maxdepth 1 -name 'fuzz_*' -type f -executable -printf '%f\n' | sort |
    grep -E -- "${CHECK_FILTER:-.}" | sed 's/^fuzz_//' |
    xargs -r -P "$jobs" -I NAME bash -c 'fuzz NAME'
