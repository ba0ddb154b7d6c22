#!/usr/bin/env bash
# Unit and system tests with ThreadSanitizer: sets are published while connections read them, the
# gate and the library hand connections to each other, listeners retire under load.
. tests/parts/part.sh

build build-tsan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g" \
    -DMAILSTORED_SANITIZE=thread -DMAILSTORED_TESTS=ON
# Where threads meet: in the daemon. What has but one is left out: changing the store, and the tool.
run_ctest build-tsan "${CHECK_FILTER:-.}" -E 'unit_(store_change|deployment|request_inf|conf)'
pytest_options+=(--ignore-glob='tests/system/test_workshop_*' --ignore-glob='tests/system/test_deployment_*')
for name in authority_verbs browser completion ctl_schema deploy lab_known lab_page \
    lab_scenarios rename_remove verify; do
    pytest_options+=("--ignore=tests/system/test_$name.py")
done
MAILSTORED_BUILD=$PWD/build-tsan MAILSTORED_TEST_SLOWNESS=4 run_pytest tests/system
