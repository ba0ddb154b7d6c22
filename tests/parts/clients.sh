#!/usr/bin/env bash
# What is made here, as clients that others wrote see it.
. tests/parts/part.sh

build_normal
# All tests of a browser in one process, so that it starts once.
pytest_options+=(--dist loadgroup)
run_pytest tests/clients
