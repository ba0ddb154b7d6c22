"""What the tool pins: the file STATE/pins, which the daemon reads."""

import json
import re
import threading

import pytest

from lib import sandbox
from lib.certs import replace_file
from lib.clients import run
from lib.configuration import configuration
from lib.control import ask, told_service
from lib.daemon import MAILSTORECTL, environment, fingerprint, run_mailstored
from lib.http import client_context
from lib.waiting import await_condition

SERVED_BY_NAME = "mail.example.org"


def pin(running, **pins):
    """As the tool does: the file appears whole."""
    running.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(running.state / "pins", json.dumps(
        {service.replace("_", "-"): entry for service, entry in pins.items()}).encode())


def service(**settings):
    return {"services": {"web-access": {**settings, "listeners": (
        {"address": "127.0.0.1", "port": 0},)}}}


@pytest.fixture
def pair(certs):
    """The one that is chosen by name, and one that only a pin can choose."""
    return certs.make(SERVED_BY_NAME), certs.make("other.example.org")


def with_pair(pair, **pins):
    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        for name, certificate in zip(("named", "other"), pair):
            certificate.put(made.store, name)
        if pins:
            pin(made, **pins)
    return drop


def test_a_pin_of_the_tool_holds_from_the_start(daemon, pair):
    running = daemon(prepare=with_pair(pair, web_access="other"))
    assert running.served_fingerprint(sni=SERVED_BY_NAME) == fingerprint(pair[1].der)
    told = told_service(running)
    assert (told["certificate"], told["pinned_by"], told["pinned_at"]) == ("other", "tool", None)
    assert ask(running, "list")["pins"] == [
        {"service": "web-access", "entry": "other", "pinned_by": "tool", "pinned_at": None}]


class Visitor(threading.Thread):
    """Connects again and again, and notes what it was shown; a failure ends it."""

    def __init__(self, running):
        super().__init__(daemon=True)
        self.running, self.shown, self.failure = running, [], None
        self.over = threading.Event()
        self.port = running.port()

    def run(self):
        try:
            while not self.over.is_set():
                with self.running.connect(port=self.port, sni=SERVED_BY_NAME) as connection:
                    assert connection.ask().status == 200
                    self.shown.append(fingerprint(connection.certificate))
        except Exception as failure:  # told by the test
            self.failure = failure


def test_it_changes_at_once_and_no_connection_is_lost(daemon, pair):
    running = daemon(prepare=with_pair(pair))
    named, other = (fingerprint(certificate.der) for certificate in pair)
    visitor = Visitor(running)
    port = running.port()
    with running.connect(sni=SERVED_BY_NAME) as kept:
        visitor.start()
        for _ in range(5):
            # Served is not enough: a connection may have been waiting at the listener before.
            mark = running.mark()
            pin(running, web_access="other")
            running.await_log("pins: web-access: mailstorectl pins it to other", since=mark)
            running.await_served(pair[1], sni=SERVED_BY_NAME)
            assert kept.ask().status == 200
            mark = running.mark()
            (running.state / "pins").unlink()
            running.await_log("pins: web-access: mailstorectl pins it no longer", since=mark)
            running.await_served(pair[0], sni=SERVED_BY_NAME)
            assert kept.ask().status == 200
        assert fingerprint(kept.certificate) == named
    visitor.over.set()
    visitor.join()
    assert visitor.failure is None
    assert set(visitor.shown) == {named, other}
    assert running.port() == port
    assert running.log.count("pins: web-access: mailstorectl pins it to other") == 5
    assert running.log.count("pins: web-access: mailstorectl pins it no longer") == 5


def test_the_configuration_goes_first(daemon, pair):
    running = daemon(service(certificate="other"), listen=[],
                     prepare=with_pair(pair, web_access="named"))
    assert running.served_fingerprint(sni=SERVED_BY_NAME) == fingerprint(pair[1].der)
    line = next(number for number, text in enumerate(running.config.read_text().splitlines(), 1)
                if "certificate" in text)
    told = told_service(running)
    assert (told["certificate"], told["pinned_by"], told["pinned_at"]) == (
        "other", "configuration", f"{running.config}:{line}")

    running.configure(service())
    ask(running, "reload")
    assert running.served_fingerprint(sni=SERVED_BY_NAME) == fingerprint(pair[0].der)
    told = told_service(running)
    assert (told["certificate"], told["pinned_by"], told["pinned_at"]) == ("named", "tool", None)
    (running.state / "pins").unlink()
    await_condition("nothing is pinned", lambda: told_service(running)["certificate"] is None)
    assert told_service(running)["pinned_by"] is None


def test_the_tool_says_who_pinned_it(daemon, pair):
    config = service(certificate="other")
    config["services"]["client"] = {"listeners": ({"address": "127.0.0.1", "port": 0},)}
    running = daemon(config, listen=[], prepare=with_pair(pair, client="named"))
    for verb, lines in (("status", [r"  pinned to     other \(by .*/mailstored\.conf:\d+\)",
                                    r"  pinned to     named \(by mailstorectl select\)"]),
                        ("list", [r"  web-access +other \(by .*/mailstored\.conf:\d+\)",
                                  r"  client +named \(by mailstorectl select\)"])):
        said = run([MAILSTORECTL, verb, "--config", running.config, "--state", running.state],
                   env=environment()).stdout
        for line in lines:
            assert re.search(f"^{line}$", said, re.MULTILINE), said


def test_a_listener_of_the_configuration_keeps_its_own(daemon, pair):
    running = daemon({"services": {"web-access": {"listeners": (
        {"address": "127.0.0.1", "port": 0, "certificate": "named"},
        {"address": "127.0.0.2", "port": 0})}}}, listen=[],
        prepare=with_pair(pair, web_access="other"))
    shown = [running.served_fingerprint(address=address, port=running.port(address=address))
             for address in ("127.0.0.1", "127.0.0.2")]
    assert shown == [fingerprint(certificate.der) for certificate in pair]
    pins = ask(running, "list")["pins"]
    assert [(pin["entry"], pin["pinned_by"]) for pin in pins] == [
        ("other", "tool"), ("named", "configuration")]
    assert pins[1]["pinned_at"].startswith(f"{running.config}:")


@pytest.mark.parametrize("broken", [b"{", b"[]", b'{"web-access": 7}', b'{"web-access": ""}'])
def test_a_broken_file_changes_nothing_and_is_said_once(daemon, pair, broken):
    running = daemon(prepare=with_pair(pair, web_access="other"))
    replace_file(running.state / "pins", broken)
    running.await_log(r" warning pins: .*/pins: .*stays as it was")
    ask(running, "rescan")
    ask(running, "reload")
    assert running.served_fingerprint(sni=SERVED_BY_NAME) == fingerprint(pair[1].der)
    assert told_service(running)["pinned_by"] == "tool"
    assert running.log.count(" warning pins:") == 1
    pin(running, web_access="named")
    running.await_served(pair[0], sni="other.example.org")


@pytest.mark.parametrize("command", ["rescan", "reload"])
def test_without_events_a_command_tells_it(daemon, pair, command):
    running = daemon(wrap=sandbox.without_file_events(), prepare=with_pair(pair))
    pin(running, web_access="other")
    ask(running, command)
    assert running.served_fingerprint(sni=SERVED_BY_NAME) == fingerprint(pair[1].der)


def test_without_events_the_slow_poll_finds_it(daemon, pair):
    running = daemon({"store": {"poll_interval_s": 1}}, wrap=sandbox.without_file_events(),
                     prepare=with_pair(pair))
    pin(running, web_access="other")
    running.await_served(pair[1], sni=SERVED_BY_NAME)


def test_a_pin_that_the_store_has_not_is_a_warning(daemon, pair):
    running = daemon(prepare=with_pair(pair))
    pin(running, web_access="nowhere", no_such_service="named")
    running.await_log(r" warning .*\"nowhere\", pinned by mailstorectl select, is not in the store")
    assert running.served_fingerprint(sni=SERVED_BY_NAME) == fingerprint(pair[0].der)

    checked = run_mailstored("--check-config", "--config", running.config, "--state", running.state)
    assert checked.returncode == 0
    assert "nowhere" in checked.stderr and "warning" in checked.stderr


def test_a_session_is_not_resumed_under_another_pin(daemon, pair):
    """A resumed handshake shows no certificate: the client would go on with the one it saw."""
    running = daemon(prepare=with_pair(pair))
    context = client_context()
    with running.connect(context=context, sni=SERVED_BY_NAME) as connection:
        assert connection.ask().status == 200
        session = connection.socket.session
    with running.connect(context=context, sni=SERVED_BY_NAME, session=session) as connection:
        assert connection.socket.session_reused
    pin(running, web_access="other")
    running.await_served(pair[1], sni=SERVED_BY_NAME)
    with running.connect(context=context, sni=SERVED_BY_NAME, session=session) as connection:
        assert not connection.socket.session_reused
        assert fingerprint(connection.certificate) == fingerprint(pair[1].der)


def test_a_service_that_wants_the_authority_is_warned_where_there_is_none(tmp_path):
    config = tmp_path / "mailstored.conf"
    config.write_text(configuration(service(certificate="authority")))
    checked = run_mailstored("--check-config", "--config", config, "--state", tmp_path / "state")
    assert checked.returncode == 0
    assert checked.stderr.startswith(f"{config}:3: warning: service web-access: there is no local "
                                     "authority yet")
    (tmp_path / "state" / "authority").mkdir(parents=True)
    (tmp_path / "state" / "authority" / "authority.pem").write_text("")
    checked = run_mailstored("--check-config", "--config", config, "--state", tmp_path / "state")
    assert checked.stderr == ""
