"""Our client in the laboratory: does it refuse what it must refuse, and accept what is fine?

    mailstorectl lab run --known known.txt -- pytest test_tls.py
"""

import json
import os
import urllib.request

import pytest

SCENARIOS = []  # outside of mailstorectl lab run: pytest skips what has none
if "MAILSTORED_LAB_JSON" in os.environ:
    with open(os.environ["MAILSTORED_LAB_JSON"], encoding="utf-8") as file:
        SCENARIOS = json.load(file)["scenarios"]


def fetch(url):
    """The client under test. Put yours here: it must ask for the page, on a connection of its own,
    and raise an OSError if it does not come."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        answer.read()


def refusal(scenario):
    """Why the client refused; None if it accepted."""
    try:
        for _ in range(scenario["connections"]):
            fetch(scenario["url"])
    except OSError as error:
        return error
    return None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[each["scenario"] for each in SCENARIOS])
def test_client(scenario):
    refused = refusal(scenario)
    did = "refuse" if refused else "accept"
    right = scenario["expected"] in (did, "either")
    if "known" in scenario:
        assert not right, "it is right now: take it out of known.txt"
    else:
        assert right, f"{scenario['what']} {scenario['right']} ({scenario['source']}) {refused}"
