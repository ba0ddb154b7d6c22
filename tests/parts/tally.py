"""Prints one line for each test of a JUnit report: how it went, and its name.

For unit tests, a cmocka test that was skipped counts too, although its program succeeds."""

import pathlib
import re
import sys
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from listed_skips import skipping_fails  # noqa: E402


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
    print(outcome(case), case.get("name"))
    for name in set(re.findall(r"^\[  SKIPPED \] (\w+)$", case.findtext("system-out", ""),
                               re.MULTILINE)):
        test = f"{case.get('name')}.{name}"
        print("failed" if skipping_fails(test) else "skipped", test)
