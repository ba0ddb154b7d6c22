# What the parts of ./check share: building, running tests, and noting how each went.
# Each part is a script of its own, run in the repository's root with CHECK_RESULTS naming the file
# that ./check counts, and CHECK_FILTER the names to look for ("a|b"; empty: all).
# shellcheck shell=bash
set -euo pipefail

jobs=$(nproc)

# note passed|failed|skipped NAME
note() {
    echo "$1 $2" >>"$CHECK_RESULTS"
}

# check NAME COMMAND…: one check that either holds or does not; the part goes on either way.
check() {
    local name=$1
    shift
    if "$@"; then
        note passed "$name"
    else
        note failed "$name"
    fi
}

# build FOLDER CMAKE-ARGUMENT…: configures (only new arguments cost anything) and builds.
build() {
    local folder=$1
    shift
    cmake -S . -B "$folder" -G Ninja "$@" >"$CHECK_RESULTS.cmake" 2>&1 ||
        { cat "$CHECK_RESULTS.cmake" && return 1; }
    cmake --build "$folder" -j "$jobs" -- --quiet
}

# The build that most parts look at, and the one people use.
build_normal() {
    build build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMAILSTORED_TESTS=ON -DMAILSTORED_WERROR=ON
}

# The build whose paths are those of an installation, and the .deb made of it.
build_package() {
    build build-package -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=/usr \
        -DMAILSTORED_TESTS=OFF
    rm -f build-package/*.deb
    cpack --config build-package/CPackConfig.cmake -B build-package >"$CHECK_RESULTS.cpack" ||
        { cat "$CHECK_RESULTS.cpack" && return 1; }
    MAILSTORED_PACKAGE=$(realpath build-package/*.deb)
    export MAILSTORED_PACKAGE
}

# The unit tests write and sync some ten thousand files, which need not outlive the power: in memory
# they take seconds where a busy disk takes minutes.
if [[ -w /dev/shm ]] && (($(df --output=avail -B1M /dev/shm | tail -n 1) > 500)); then
    export MAILSTORED_TEST_FOLDER=/dev/shm
fi

# run_ctest FOLDER NAME-PATTERN [CTEST-ARGUMENT…]: the unit tests of a build whose name matches; `|`
# means or.
run_ctest() {
    local report=$CHECK_RESULTS.ctest.xml
    rm -f "$report"
    ctest --test-dir "$1" -j "$jobs" --output-on-failure --timeout 300 -R "$2" \
        --output-junit "$report" "${@:3}" || true
    python3 tests/parts/tally.py "$report" >>"$CHECK_RESULTS"
}

# run_pytest FOLDER…: those tests in Python whose name the filter allows, with pytest_options, run
# by as_root where the tests need root. They mostly wait for something, so more run at a time than
# there are processors.
pytest_options=(-n "$((2 * jobs))")
as_root=()
run_pytest() {
    local report=$CHECK_RESULTS.pytest.xml options=() status=0
    if [[ $CHECK_FILTER ]]; then
        options+=(-k "${CHECK_FILTER//|/ or }")
    fi
    rm -f "$report"
    "${as_root[@]}" /usr/bin/python3 -m pytest -c tests/pytest.ini --rootdir tests --junit-xml "$report" -q \
        "${options[@]}" "${pytest_options[@]}" "$@" || status=$?
    # 5: no test has such a name; ./check says so if that holds for all parts.
    ((status <= 1 || status == 5)) || note failed "pytest $* (exit status $status)"
    [[ ! -e $report ]] || python3 tests/parts/tally.py "$report" >>"$CHECK_RESULTS"
}

c_files() {
    git ls-files --cached --others --exclude-standard -- '*.[ch]'
}
