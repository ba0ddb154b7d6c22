"""`mailstorectl lab run --known`: what a client is known to do wrong is told, and does not count."""

import json
import shlex
import xml.etree.ElementTree as xml

import pytest

from lib import schema
from lib.workshop import ATTENTION, FAILED, refused, tool

# Debian's curl takes this one, and no other client would mind the first.
WRONG, WHY = "common-name-only", "libcurl looks at the common name <still>, #12"


def visit(*names, before="", options="", after="true"):
    """A command that sends curl to some scenarios."""
    chosen = " or ".join(f'.scenario == "{name}"' for name in names)
    return ["sh", "-c", f"""{before}
        jq -r {shlex.quote(f'.scenarios[] | select({chosen}) | .url')} "$MAILSTORED_LAB_JSON" |
        while read -r url; do curl -s -o /dev/null --max-time 20 {options} "$url"; done
        {after}"""]


@pytest.fixture
def known(tmp_path):
    path = tmp_path / "known.txt"
    path.write_text(f"# where our client deviates\r\n\r\n  {WRONG}\t{WHY} \r\n")
    return path


def test_what_is_known_does_not_count(known):
    command = visit("right", WRONG)
    assert "1 right, 1 WRONG" in tool("lab", "run", "--", *command, status=ATTENTION).out
    out = tool("lab", "run", "--known", known, "--all", "--", *command).out
    assert "1 right, 1 known to be wrong" in out
    assert f"accepted what it must refuse, as is known: TLS 1.3 ({WHY})" in out


def test_it_alone_is_enough(known):
    tool("lab", "run", "--known", known, "--", *visit(WRONG))


def test_another_counts(known):
    out = tool("lab", "run", "--known", known, "--", *visit(WRONG, "key-usage-wrong"),
               status=ATTENTION).out
    assert "1 WRONG, 1 known to be wrong" in out


def test_a_list_stays_true(known):
    """A scenario that nobody came to is no reason to complain."""
    with known.open("a") as file:
        file.write("self-signed it was so once\nexpired-yesterday nobody goes there\n")
    done = tool("lab", "run", "--known", known, "--", *visit(WRONG, "self-signed"),
                status=ATTENTION)
    assert [line for line in done.errors.splitlines() if "any more" in line] == [
        "mailstorectl: no client is wrong in self-signed any more: take it out of "
        f"{known}"]


@pytest.fixture
def distrust(tmp_path, certs):
    """Options of a curl that refuses all."""
    anchor = tmp_path / "stranger.pem"
    anchor.write_bytes(certs.make("stranger.example.org").pem)
    return f"--cacert {shlex.quote(str(anchor))} --capath /nonexistent"


def test_a_refusal_may_be_known_as_well(known, distrust):
    command = visit("right", "expired-yesterday", options=distrust)
    assert "1 right, 1 WRONG" in tool("lab", "run", "--", *command, status=ATTENTION).out
    known.write_text("right it trusts nobody\n")
    out = tool("lab", "run", "--known", known, "--all", "--", *command).out
    assert "refused what is fine, as is known: alert unknown_ca, TLS 1.3 (it trusts nobody)" in out


def test_one_client_that_is_still_wrong_keeps_it_in_the_list(known, distrust):
    """Two clients, known by what they offer."""
    other = visit(WRONG, options=f"--tls-max 1.2 {distrust}")
    command = visit(WRONG, after=shlex.join(other))
    answer = tool("--json", "lab", "run", "--known", known, "--", *command).answer
    assert [(client["right"], client["known"]) for client in answer["clients"]] == [(0, 1), (1, 0)]


def test_every_form_of_the_report_has_it(known):
    run = ["lab", "run", "--known", known]
    answer = tool("--json", *run, "--", *visit("right", WRONG)).answer
    [client] = answer["clients"]
    assert (answer["wrong"], answer["known"], client["wrong"], client["known"]) == (0, 1, 0, 1)
    assert {result["scenario"]: result["known"] for result in client["results"]
            if "known" in result} == {WRONG: WHY}

    junit = xml.fromstring(tool(*run, "--format", "junit", "--", *visit("right", WRONG)).raw)
    [suite] = junit
    [case] = [case for case in suite if case.get("name") == WRONG]
    assert [(child.tag, child.get("message")) for child in case] == [("skipped", WHY)]
    assert int(suite.get("failures")) == 0
    assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))

    tap = tool(*run, "--format", "tap", "--", *visit("right", WRONG)).out
    [line] = [line for line in tap.splitlines() if line.endswith(": common-name-only # TODO "
                                                                 + WHY.replace("#", "\\#"))]
    assert line.startswith("not ok ")


def test_the_command_finds_it(known, tmp_path):
    copy = tmp_path / "lab.json"
    tool("lab", "run", "--known", known, "--", *visit(
        "right", before=f'cp "$MAILSTORED_LAB_JSON" {shlex.quote(str(copy))}'))
    described = json.loads(copy.read_text())
    schema.check("lab-files", described)
    assert {scenario["scenario"]: scenario["known"] for scenario in described["scenarios"]
            if "known" in scenario} == {WRONG: WHY}


@pytest.mark.parametrize("content, complaint", [
    (b"# none\nno-such why\n", "line 2: there is no scenario no-such"),
    (b"ed25519 not here\n", "line 1: nobody is wrong in ed25519: clients may do either"),
    (b"self-signed \t\n", "line 1: it does not say why a client deviates in self-signed"),
    (b"self-signed a\nself-signed b\n", "line 2: self-signed stands there already"),
    (b"self-signed a\0b\n", "it is no text"),
])
def test_a_list_that_is_wrong_is_refused(known, content, complaint):
    known.write_bytes(content)
    said = refused("lab", "run", "--known", known, "--", "false", status=FAILED)
    assert said == f"mailstorectl: {known}: {complaint}\n"


def test_a_list_that_is_not_there_is_refused(tmp_path):
    assert str(tmp_path / "none") in refused("lab", "run", "--known", tmp_path / "none", "--",
                                             "false", status=FAILED)


def test_a_windows_list_of_whatever_encoding_is_read(known):
    known.write_bytes(b"\xef\xbb\xbf" + WRONG.encode() + b" na\xefve\r\n")
    assert r"(na\xEFve)" in tool("lab", "run", "--known", known, "--all", "--", *visit(WRONG)).out
