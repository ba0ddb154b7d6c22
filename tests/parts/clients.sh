#!/usr/bin/env bash
# What is made here, as clients that others wrote see it.
. tests/parts/part.sh

build_normal
# All tests of a browser in one process, so that it starts once.
pytest_options+=(--dist loadgroup)
if ((EUID)); then
    # An overlay over /etc is root's alone.
    echo "Installing into a machine of its own needs root; asking sudo for it."
    run_pytest tests/clients --ignore=tests/clients/test_deploy.py
    as_root=(sudo "--preserve-env=CI,MAILSTORED_BUILD")
    run_pytest tests/clients/test_deploy.py
else
    run_pytest tests/clients
fi
