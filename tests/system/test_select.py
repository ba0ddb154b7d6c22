"""mailstorectl select and unselect, against the real daemon."""

import json

import pytest

from lib.daemon import fingerprint
from lib.workshop import ATTENTION, NO_DAEMON, NO_ENTRY, USAGE, refused, tool

TWO_SERVICES = {
    "web-access": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
    "client": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
}


def place(running):
    return ["--config", running.config, "--state", running.state]


@pytest.fixture
def running(daemon, certs):
    """With two entries: `old`, and `new`, which goes first by itself."""
    made = daemon({"services": TWO_SERVICES}, listen=())
    made.old = certs.make("old.example.org").put(made.store, "old")
    made.new = certs.newer("new.example.org").put(made.store, "new")
    made.await_served(made.new)
    return made


def select(running, *arguments, **options):
    return tool(*place(running), "--json", "select", *arguments, **options).answer


def pins(running):
    return json.loads((running.state / "pins").read_text())


def test_a_selected_certificate_is_served_at_once(running):
    answer = select(running, "web-access", "old")
    assert running.served_fingerprint() == fingerprint(running.old.der)
    assert (answer["service"], answer["entry"], answer["previous"]) == ("web-access", "old", None)
    assert answer["fingerprint"] == answer["certificate"]["fingerprint"] == fingerprint(
        running.old.der)
    assert answer["warnings"] == [] and "served" not in answer
    # Whatever a client asks for, and for this service alone.
    assert running.served_fingerprint(sni="new.example.org") == fingerprint(running.old.der)
    assert running.served_fingerprint(service="client") == fingerprint(running.new.der)

    assert select(running, "web-access", "new")["previous"] == "old"
    assert running.served_fingerprint() == fingerprint(running.new.der)
    text = tool(*place(running), "select", "web-access", "old").out
    assert text.startswith("service web-access always uses old\n  before        new\n")
    status = tool(*place(running), "--json", "status").answer
    assert {service["name"]: service["certificate"] for service in status["services"]} == {
        "web-access": "old", "client": None}


def test_it_outlasts_a_restart(running):
    select(running, "web-access", "old")
    running.restart()
    assert running.served_fingerprint() == fingerprint(running.old.der)


def test_it_can_be_selected_before_the_daemon_starts(running):
    running.stop()
    select(running, "web-access", "old")
    select(running, "client", "old", "--wait", status=NO_DAEMON)
    running.start()
    assert running.served_fingerprint() == fingerprint(running.old.der)
    assert running.served_fingerprint(service="client") == fingerprint(running.old.der)


def test_waiting_looks_at_that_service(running):
    served = select(running, "client", "old", "--wait")["served"]
    assert served == {"listener": f"https 127.0.0.1:{running.port('client')}",
                      "server_name": "old.example.org", "service": "client"}


def test_unselect_takes_it_back(running):
    select(running, "web-access", "old")
    answer = tool(*place(running), "--json", "unselect", "web-access", "--wait").answer
    assert answer["previous"] == "old" and not answer["pinned"]
    assert answer["served"] == {"listener": f"https 127.0.0.1:{running.port()}",
                                "server_name": None, "service": "web-access", "entry": "new"}
    assert running.served_fingerprint() == fingerprint(running.new.der)
    assert pins(running) == {}
    assert "nothing was selected" in tool(*place(running), "unselect", "web-access").out


def test_what_is_not_there_is_not_selected(running):
    assert 'did you mean "old"?' in refused(*place(running), "select", "web-access", "odl",
                                            status=NO_ENTRY)
    assert 'did you mean "web-access"?' in refused(*place(running), "select", "web-acces", "old")
    (running.store / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
    running.await_log("bad.pem refused")
    assert "bad.pem: " in refused(*place(running), "select", "web-access", "bad")
    assert 'certificate = "authority"' in refused(*place(running), "select", "web-access",
                                                  "authority")
    assert "name its configuration" in refused("--store", running.store, "select", "web-access",
                                               "old", status=USAGE)
    assert not (running.state / "pins").exists()


def test_the_line_that_pins_it_is_named(daemon, certs):
    services = {"client": TWO_SERVICES["client"],
                "web-access": {"certificate": "old", **TWO_SERVICES["web-access"]}}
    running = daemon({"services": services}, listen=())
    for name in ("old", "new"):
        certs.make(f"{name}.example.org").put(running.store, name)
    line = 1 + next(number for number, text in enumerate(running.config.read_text().splitlines())
                    if 'certificate = "old"' in text)
    for verb in (["select", "web-access", "new"], ["unselect", "web-access"]):
        assert f'{running.config}:{line}: the configuration pins service web-access to "old"' in (
            refused(*place(running), *verb))
    assert not (running.state / "pins").exists()


def test_what_will_not_be_seen_is_said(daemon, certs):
    listeners = ({"address": "127.0.0.1", "port": 0, "certificate": "other"},)
    services = {"web-access": {"listeners": listeners},
                "client": {"enabled": False, **TWO_SERVICES["client"]}}
    running = daemon({"services": services}, listen=())
    certs.make("other.example.org").put(running.store, "other")
    certs.expired("old.example.org").put(running.store, "old")
    answer = select(running, "web-access", "old", "--wait", status=ATTENTION)
    assert "pins the listener on 127.0.0.1" in answer["warnings"][0]
    assert "expired" in answer["warnings"][1]
    assert answer["served"] is None and 'is pinned to "other"' in answer["why"]
    answer = select(running, "client", "other", "--wait", status=ATTENTION)
    assert "switched off" in answer["warnings"][0]
    assert answer["why"] == "client listens nowhere with HTTPS"


def test_a_broken_file_of_pins_is_left_for_a_person(running):
    broken = running.state / "pins"
    broken.write_text("{")
    assert f"{broken}: " in refused(*place(running), "select", "web-access", "old")
    assert broken.read_text() == "{"
