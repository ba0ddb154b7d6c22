"""Prints one line for each test of a JUnit report: how it went, and its name."""

import sys
import xml.etree.ElementTree


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


for test in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
    print(outcome(test), test.get("name"))
