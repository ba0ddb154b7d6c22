#!/usr/bin/env bash
# Layout of the C files, by .clang-format.
. tests/parts/part.sh

mapfile -t files < <(c_files)
check "clang-format" clang-format --dry-run -Werror "${files[@]}"
