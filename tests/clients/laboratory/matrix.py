"""docs/lab/clients.md: which client did what. Nothing in it depends on the day, the machine's
speed or its ports."""

import re
from dataclasses import dataclass

MARKS = {True: "✓", False: "✗"}
HEAD = (
    "# What clients do in the laboratory\n\n"
    "`tests/clients/test_lab.py` writes this: it drives each client through every scenario, and "
    "holds what the client says of itself against what the server's record says. They agree on "
    "every one of these.\n\n"
    "✓ the client got the page, ✗ it refused; in bold where a right client does the other. "
    "`either`: the sources leave it to the client.\n\n"
    "Each is as Debian installs it, and told nothing but whom to trust. Another version may do "
    "otherwise, and so may another program with the same library.\n\n")


@dataclass(frozen=True)
class Client:
    version: str
    accepted: dict  # by scenario


def table(*rows):
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def mark(expected, accepted):
    right = expected == "either" or accepted == (expected == "accept")
    return MARKS[accepted] if right else f"**{MARKS[accepted]}**"


def written(scenarios, clients):
    """`scenarios`: as lab.json has them; `clients`: Client, by name."""
    text = HEAD + "## Clients\n\n" + table(
        ("client", "version", "wrong"), ("---", "---", "---:"),
        *((name, client.version, str(len(wrong_ones(scenarios, client))))
          for name, client in clients.items()))
    groups = dict.fromkeys(scenario["group"] for scenario in scenarios)
    for group in groups:
        text += f"\n## {group.capitalize()}\n\n" + table(
            ("scenario", "right", *clients), ("---", "---", *[":---:"] * len(clients)),
            *((each["scenario"], each["expected"],
               *(mark(each["expected"], client.accepted[each["scenario"]])
                 for client in clients.values()))
              for each in scenarios if each["group"] == group))
    return text


def wrong_ones(scenarios, client):
    return [each["scenario"] for each in scenarios
            if mark(each["expected"], client.accepted[each["scenario"]]).startswith("*")]


def read(text):
    """What was written: Client by name, and what is expected, by scenario."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    versions, accepted, expected, names = {}, {}, {}, []
    for row in rows:
        if row[0] == "scenario":
            names = row[2:]
        elif names and not re.fullmatch("[-:]+", row[0]):
            expected[row[0]] = row[1]
            for name, one in zip(names, row[2:], strict=True):
                accepted.setdefault(name, {})[row[0]] = one.strip("*") == MARKS[True]
        elif row[0] != "client" and not names:
            versions[row[0]] = row[1]
    return {name: Client(versions[name], accepted[name]) for name in accepted}, expected
