#!/usr/bin/env bash
# The unit tests, from a build in which every warning is an error.
. tests/parts/part.sh

build_normal
run_ctest build "${CHECK_FILTER:-.}"
