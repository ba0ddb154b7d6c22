#!/usr/bin/env bash
# The package in a Debian with a real systemd, booted in namespaces of its own.
. tests/parts/part.sh

build_package
if ((EUID)); then
    echo "Booting a container needs root; asking sudo for it."
    as_root=(sudo "--preserve-env=CI,MAILSTORED_PACKAGE")
fi
run_pytest tests/systemd
