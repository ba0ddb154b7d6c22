#!/usr/bin/env bash
# What tools find by reading: clang-tidy (.clang-tidy says why which check) and cppcheck for C,
# shellcheck for scripts.
. tests/parts/part.sh

# The compiler's commands, and the files made by the build that the sources include.
build_normal

clang_tidy() {
    # The product's sources; the tests' consist of cmocka's macros.
    mapfile -t sources < <(c_files | grep '\.c$' | grep -v '^tests/')
    printf '%s\0' "${sources[@]}" |
        xargs -0 -n 1 -P "$jobs" clang-tidy --quiet -p build 2> >(grep -v 'warnings generated' >&2)
}

run_cppcheck() {
    cppcheck --project=build/compile_commands.json -i "$PWD/build" --std=c11 --quiet -j "$jobs" \
        --enable=warning,style,performance,portability --inline-suppr --error-exitcode=1 \
        --suppressions-list=tests/parts/cppcheck.suppressions --template=gcc
}

shell_scripts() {
    git ls-files --cached --others --exclude-standard -z | xargs -0 file --mime-type -- |
        sed -n 's/: *text\/x-shellscript$//p'
}

run_shellcheck() {
    mapfile -t scripts < <(shell_scripts)
    shellcheck --external-sources "${scripts[@]}"
}

check "clang-tidy" clang_tidy
check "cppcheck" run_cppcheck
check "shellcheck" run_shellcheck
