#!/usr/bin/env bash
# The Debian package, as dpkg and lintian see it and as `cmake --install` lays it out.
. tests/parts/part.sh

build_normal
build_package
if [[ ! $CHECK_FILTER ]]; then
    check "lintian" lintian --allow-root --fail-on error,warning --info "$MAILSTORED_PACKAGE"
fi
run_pytest tests/package
