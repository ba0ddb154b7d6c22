#!/bin/sh
# Our client in the laboratory: does it refuse what it must refuse, and accept what is fine?
# Prints TAP, which `prove` and most CI systems read.
#
#     mailstorectl lab run --known known.txt -- ./tls.sh
: "${MAILSTORED_LAB_JSON:?"is not set: this runs inside of mailstorectl lab run"}"

# The client under test. Put yours here: it must ask for the page, on a connection of its own, and
# fail if it does not come.
fetch() { # URL
    curl --silent --output /dev/null --max-time 10 "$1"
}

# Says what the client did.
visit() { # URL CONNECTIONS
    left=$2
    while [ "$left" -gt 0 ]; do
        fetch "$1" || { echo refuse && return; }
        left=$((left - 1))
    done
    echo accept
}

jq -r '.scenarios[] | "\(.scenario) \(.expected) \(.connections) \(.url) \(has("known"))"' \
    "$MAILSTORED_LAB_JSON" | {
    number=0 failed=0
    while read -r name expected connections url known; do
        number=$((number + 1)) right=false
        did=$(visit "$url" "$connections")
        case $expected in "$did" | either) right=true ;; esac
        if [ $right != "$known" ]; then
            echo "ok $number - $name"
        else
            echo "not ok $number - $name # it did $did, right is $expected, known as wrong: $known"
            failed=1
        fi
    done
    echo "1..$number"
    exit $failed
}
