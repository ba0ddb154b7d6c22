#!/usr/bin/env bash
# What is written about mailstored, held against what is there.
. tests/parts/part.sh

build_normal
if [[ ! $CHECK_FILTER ]]; then
    check "mandoc" mandoc -T lint -W warning,stop docs/*.[0-9]
fi
run_pytest tests/docs
