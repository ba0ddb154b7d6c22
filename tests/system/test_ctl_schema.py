"""What --json prints is what docs/schema says, for every verb, in every state that it tells of.

Answers of the tests of other verbs are held against the schemas as well (lib.workshop)."""

import re

import pytest

from lib import schema
from lib.certs import replace_file
from lib.workshop import ATTENTION, NO_DAEMON, tool

WITHOUT_JSON = {"completion", "help"}


@pytest.fixture
def store(tmp_path, certs):
    folder = tmp_path / "store"
    folder.mkdir(mode=0o700)
    certs.leaf("mail.example.org", "192.0.2.1").put(folder, "mail")
    certs.make("other.example.org").put(folder, "other")
    return folder


def asked(*arguments, **options):
    """Is checked where it is read."""
    return tool("--json", *arguments, **options).answer


def test_every_verb_has_a_schema():
    verbs = set(re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", tool("help").out, re.MULTILINE))
    described = {name.removesuffix(".json").replace("-", " ") for name in schema.schemas()}
    assert {"status", "authority create"} <= verbs
    assert verbs - WITHOUT_JSON == described - {"common"}


def test_a_schema_refuses_what_it_does_not_describe(store):
    answer = asked("--store", store, "mark", "mail", "--exportable")
    for wrong in ({**answer, "more": 1}, {**answer, "exportable": "yes"}, {}):
        with pytest.raises(schema.jsonschema.ValidationError):
            schema.check("mark", wrong)


def test_looking_at_files(store):
    where = ["--store", store]
    assert len(asked(*where, "list")["entries"]) == 2
    asked(*where, "mark", "mail", "--friendly-name", "Ours", "--exportable")
    assert asked(*where, "show", "mail")["entry"]["friendly_name"] == "Ours"
    replace_file(store / "bad.pem", b"-----BEGIN CERTIFICATE-----\nnonsense\n")
    replace_file(store / "mail.ocsp", b"nonsense")
    assert len(asked(*where, "list", status=ATTENTION)["refused"]) == 2
    assert asked(*where, "show", "bad", status=ATTENTION)["entry"] is None
    asked(*where, "show", "mail", status=ATTENTION)


def test_asking_a_daemon(daemon, certs):
    running = daemon({"services": {
        "web-access": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
        "plain": {"listeners": ({"address": "127.0.0.1", "port": 0, "protocol": "redirect"},)},
        "off": {"enabled": False, "certificate": "mail",
                "listeners": ({"address": "127.0.0.1", "port": 0},)}}}, listen=())
    where = ["--config", running.config, "--state", running.state]
    made = certs.make("mail.example.org").put(running.store, "mail")
    running.await_served(made)
    assert asked(*where, "status")["running"] is True
    asked(*where, "select", "web-access", "mail", "--wait")
    [web] = [service for service in asked(*where, "status")["services"]
             if service["name"] == "web-access"]
    assert (web["certificate"], web["pinned_by"]) == ("mail", "tool")
    assert asked(*where, "list")["source"] == "daemon"
    asked(*where, "show", "mail")
    asked(*where, "unselect", "web-access", "--wait")
    asked(*where, "reload")
    asked(*where, "renew")
    running.stop()
    assert asked(*where, "status", status=NO_DAEMON)["running"] is False


def test_changing_the_store(store):
    where = ["--store", store]
    asked(*where, "rename", "other", "another")
    replace_file(store / "bad.pem", b"-----BEGIN CERTIFICATE-----\nnonsense\n")
    assert asked(*where, "rename", "bad", "worse")["certificate"] is None
    assert len(asked(*where, "remove", "worse", "another")["removed"]) == 2


def test_the_authority(store):
    where = ["--store", store]
    asked(*where, "authority", "create", "--domain", "example.org")
    asked(*where, "authority", "create", "--force", "--unconstrained")
    asked(*where, "authority", "issue", "new.example.org")
    assert asked(*where, "authority", "show")["domains"] == []
    assert "renewed" in asked(*where, "authority", "renew", "new.example.org")
    assert "next" in asked(*where, "authority", "renew")


def test_judging(store, certs):
    anchors = store.parent / "anchors.pem"
    anchors.write_bytes(certs.authority().pem)
    assert asked("--store", store, "verify", "mail", "--anchors", anchors)["silent"]
    assert not asked("--store", store, "verify", "other", "--host", "mail.example.org",
                     status=ATTENTION)["silent"]
    asked("verify", "--file", anchors, "--host", "mail.example.org", status=ATTENTION)
