#!/usr/bin/env bash
# What tools find by reading the product's C (.clang-tidy says which checks, and why not others) and
# the scripts. The unit tests are left out: they consist of cmocka's macros, and break things on
# purpose.
. tests/parts/part.sh

# For the compiler's commands, and for what the build makes and sources include.
build_normal

clang_tidy() {
    c_files | grep '\.c$' | grep -v '^tests/' | tr '\n' '\0' |
        xargs -0 -n 1 -P "$jobs" clang-tidy --quiet -p build 2> >(grep -v 'warnings generated' >&2)
}

run_cppcheck() {
    cppcheck --project=build/compile_commands.json -ibuild -itests --std=c11 \
        --enable=warning,style,performance,portability --inline-suppr --error-exitcode=1 \
        --suppressions-list=tests/parts/cppcheck.suppressions --template=gcc --quiet -j "$jobs"
}

run_shellcheck() {
    mapfile -t scripts < <(git ls-files --cached --others --exclude-standard -z |
        xargs -0 file --mime-type -- | sed -n 's/: *text\/x-shellscript$//p')
    shellcheck --external-sources --severity=warning "${scripts[@]}"
}

check "clang-tidy" clang_tidy
check "cppcheck" run_cppcheck
check "shellcheck" run_shellcheck
