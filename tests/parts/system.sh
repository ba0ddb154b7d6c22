#!/usr/bin/env bash
# The daemon and the tool as built, against clients that others wrote.
. tests/parts/part.sh

build_normal
run_pytest tests/system
