"""The laboratory of a daemon: beside the services, on and off, its runs and their score."""

import json
import os
import pathlib
import random
import re
import socket
import ssl
import struct
import urllib.parse
import xml.etree.ElementTree as xml

import pytest

from lib.daemon import EX_CONFIG, EX_UNAVAILABLE, is_sanitized
from lib.visits import Served, fetch
from lib.waiting import await_condition
from lib.workshop import ATTENTION, FAILED, FINE, NO_DAEMON, USAGE, content, refused, tool

OPEN = r"laboratory: (\d+) scenarios; open (\S+)$"
RUN_LIMIT, CONNECTION_LIMIT, CLIENT_LIMIT = 32, 2048, 64


def at(running, *verb, status=FINE, **more):
    return tool("--state", running.state, "lab", *verb, status=status, **more)


def told(running, *verb, **more):
    return tool("--json", "--state", running.state, "lab", *verb, **more).answer


def complaint(running, *verb, status=FAILED):
    return refused("--state", running.state, "lab", *verb, status=status)


def page_of(running, since=0):
    return running.await_log(OPEN, since)[2]


@pytest.fixture
def running(daemon):
    return daemon(arguments=["--lab"])


@pytest.fixture
def served(running, tmp_path):
    return Served(page_of(running), tmp_path)


def block(count):
    """The first of `count` ports that follow each other and are free just now: below those that
    the kernel chooses from, and where no other process of this test run looks."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8
    for _ in range(1000):
        first = 12000 + 2500 * worker + random.randrange(2500 - count)
        probes = [socket.socket() for _ in range(count)]
        try:
            for i, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + i))
            return first
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no such ports")


def is_open(port, address="127.0.0.1"):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


# ---- beside the services

def test_off_unless_wanted(daemon):
    running = daemon()
    for verb in (["list"], ["start", "a"], ["stop", "default"], ["report"], ["files", "x"]):
        assert "the laboratory is off: start mailstored with --lab" in complaint(running, *verb)
    assert "laboratory" not in running.log
    assert [row[0] for row in running.listening] == ["web-access"]


def test_without_a_daemon(tmp_path):
    for verb in (["list"], ["start", "a"], ["stop", "a"], ["report"], ["files", tmp_path / "x"]):
        refused("--state", tmp_path, "lab", *verb, status=NO_DAEMON)
        assert "--store" in refused("--store", tmp_path, "lab", *verb, status=USAGE)
    assert not (tmp_path / "x").exists()


def test_where_it_is_stands_with_the_listeners(running):
    page = urllib.parse.urlsplit(page_of(running))
    assert running.listening[-1] == ("lab", "http", "127.0.0.1", page.port)
    at(running, "stop", "default")
    assert "lab" not in [row[0] for row in running.listening]
    at(running, "start", "other")
    assert "lab" not in [row[0] for row in running.listening]
    at(running, "start", "default")
    assert running.port("lab") != page.port or is_open(page.port)


def test_nothing_of_it_is_kept(daemon, tmp_path):
    plain, lab = daemon(), daemon(arguments=["--lab"])
    served = Served(page_of(lab), tmp_path)
    assert served.curl("right") == 0 and served.curl("expired-yesterday") != 0
    at(lab, "start", "other")
    at(lab, "files", tmp_path / "files")

    def kept(running):
        names = set(content(running.state)) - {"listening"}
        return {re.sub(r"[0-9A-F]{8,}", "", name) for name in names}
    assert kept(lab) == kept(plain)
    for running in (plain, lab):
        assert running.stop() == 0
    assert kept(lab) == kept(plain)
    assert not any(b"lab.localhost" in octets for octets in content(lab.state).values())
    assert "lab.localhost" not in tool("--store", lab.store, "list").out


def test_the_services_do_not_know_it(running, served):
    """Neither their certificates nor their pages, whatever name is asked for."""
    own = running.served_fingerprint()
    for host in (served.scenarios["right"]["host"], "lab.localhost"):
        assert running.served_fingerprint(sni=host) == own
    with running.connect() as connection:
        assert connection.ask("/lab.json").status == 404
    assert "lab" not in tool("--state", running.state, "clients").out


def test_the_services_go_on_while_it_is_busy(running, served, certs):
    """Its runs come and go, clients stall there, and a certificate is swapped meanwhile."""
    stalled = [socket.create_connection(("127.0.0.1", served.scenarios["stalls"]["port"]))
               for _ in range(100)]
    for i in range(5):
        at(running, "start", f"run-{i}")
        assert running.fetch().status == 200
    made = certs.make("mail.example.org")
    made.put(running.store, "mail")
    running.await_served(made, sni="mail.example.org")
    for i in range(5):
        at(running, "stop", f"run-{i}")
        assert running.fetch().status == 200
    for each in stalled:
        each.close()


# ---- by the configuration

def test_by_the_configuration(daemon, tmp_path):
    first = block(120)
    running = daemon({"lab": {"enabled": True, "domain": "lab.example.org", "address": "127.0.0.7",
                              "port": first}})
    served = Served(page_of(running), tmp_path)
    assert served.page == f"http://127.0.0.7:{first}/"
    assert [each["port"] for each in served.all["scenarios"]] == \
        list(range(first + 1, first + 1 + len(served.scenarios)))
    assert served.scenarios["right"]["host"] == "right.lab.example.org"
    assert served.curl("right") == 0 and served.curl("address") == 0
    assert not is_open(first)  # there alone


def test_on_off_and_changed_by_sighup(daemon, tmp_path):
    running = daemon({"lab": {"enabled": False}})

    def change(pattern, **lab):
        running.configure({"lab": lab})
        since = running.mark()
        running.reload()
        running.await_log("configuration: read again", since)
        return running.await_log(pattern, since) if pattern else running.log[since:]
    page = change(OPEN, enabled=True)[2]
    served = Served(page, tmp_path)
    assert served.curl("right") == 0
    # The same again: it and its runs go on.
    at(running, "start", "other")
    assert "laboratory" not in change(None, enabled=True)
    assert len(Served(page, tmp_path).report()["clients"]) == 1
    assert {each["run"] for each in told(running, "list")["runs"]} == {"default", "other"}
    # Changed: begun anew, without the runs.
    other = change(OPEN, enabled=True, domain="lab.test")[2]
    assert Served(other, tmp_path).all["domain"] == "lab.test"
    assert [each["run"] for each in told(running, "list")["runs"]] == ["default"]
    # Impossible: told, and the services go on.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", block(1)))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in change("error laboratory: .*; it is off$", enabled=True, port=port)[0]
        assert running.fetch().status == 200
        complaint(running, "list")
    change(OPEN, enabled=True)
    assert running.port("lab")
    change("laboratory: ended, with all of its runs", enabled=False)
    complaint(running, "list")
    assert "lab" not in [row[0] for row in running.listening]


def test_the_option_goes_before_the_configuration(daemon):
    running = daemon({"lab": {"enabled": False}}, arguments=["--lab"])
    page_of(running)
    since = running.mark()
    running.reload()
    running.await_log("read again", since)
    assert told(running, "list")["runs"]


@pytest.mark.parametrize("lab, said", [
    ({"domain": "Lab.Example"}, "domain"), ({"domain": ""}, "domain"),
    ({"domain": "a" * 37}, "domain"),
    ({"address": "localhost"}, "address"), ({"address": "*"}, "address"), ({"port": 65001}, "port"),
    ({"port": -1}, "port"), ({"ports": 1}, "ports"), ({"enabled": "yes"}, "enabled")])
def test_mistakes_in_the_configuration(daemon, lab, said):
    running = daemon({"lab": lab}, wait=False)
    running.expected_status = EX_CONFIG
    assert running.await_end() == EX_CONFIG
    assert said in running.log


@pytest.mark.parametrize("address", ["192.0.2.1", "127.0.0.1"])
def test_where_it_cannot_listen_at_the_start(daemon, address):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", block(1)))
        taken.listen()
        port = taken.getsockname()[1]
        running = daemon({"lab": {"enabled": True, "address": address, "port": port}}, wait=False)
        running.expected_status = EX_UNAVAILABLE
        assert running.await_end() == EX_UNAVAILABLE
    assert f"laboratory: cannot listen on {address} port {port}: " in running.log


# ---- runs

def test_runs_are_kept_apart(running, served, tmp_path):
    first = block(len(served.scenarios) + 1)  # which nobody else takes when it has ended
    other = Served(told(running, "start", "other", "--port", first)["page"], tmp_path)
    ports = [{each["port"] for each in run.all["scenarios"]} for run in (served, other)]
    assert not ports[0] & ports[1]
    assert served.ca.read_bytes() != other.ca.read_bytes()
    assert served.curl("right") == 0 and other.curl("expired-yesterday") == 60
    assert other.curl("right", "--cacert", str(served.ca)) == 60  # another authority
    for run, right in ((served, "accepted-rightly"), (other, "refused-wrongly")):
        await_condition("it is counted", lambda run=run: run.results()["right"]["connections"])
        assert run.results()["right"]["verdict"] == right
    assert served.results()["expired-yesterday"]["verdict"] == "not-tried"
    listed = {each["run"]: each for each in told(running, "list")["runs"]}
    assert {name: each["clients"] for name, each in listed.items()} == {"default": 1, "other": 1}
    at(running, "stop", "other")
    assert not any(is_open(port) for port in ports[1])
    assert fetch(served.page)[0] == 200
    # Begun anew it has forgotten.
    assert told(running, "start", "other")["run"] == "other"
    assert told(running, "report", "other", status=ATTENTION)["clients"] == []


@pytest.mark.parametrize("name", ["", "a/b", "a b", "ä", "x" * 64, "a\nb", "-n\x1b"])
def test_names_that_are_refused(running, name):
    assert "a run's name has 1 to 63" in complaint(running, "start", "--", name)


@pytest.mark.parametrize("name", ["x" * 63, ".", "..", "a.b_c-D9", "-"])
def test_names_that_are_taken(running, name):
    assert told(running, "start", "--", name)["run"] == name
    assert at(running, "list", "--", name).out.splitlines()[0].split()[0] == "SCENARIO"
    assert told(running, "stop", "--", name) == {"stopped": name}


def test_runs_that_are_there_and_not(running):
    assert 'has a run "default" already' in complaint(running, "start", "default")
    for verb in (["stop", "none"], ["report", "none"], ["list", "none"], ["files", "x", "none"]):
        assert 'has no run "none"; there are: default' in complaint(running, *verb)
    at(running, "stop", "default")
    assert "there is none" in complaint(running, "report")
    assert at(running, "list").out.split() == ["RUN", "CLIENTS", "PAGE"]


def test_no_more_than_it_can_hold(running):
    for i in range(RUN_LIMIT - 1):
        at(running, "start", f"run-{i}")
    said = complaint(running, "start", "more")
    assert f"{RUN_LIMIT} runs are as many as may be" in said
    at(running, "stop", "run-7")
    at(running, "start", "more")
    assert len(told(running, "list")["runs"]) == RUN_LIMIT
    assert running.fetch().status == 200


# ---- ports

def test_ports_of_ones_own(running, tmp_path):
    count = len(told(running, "list", "default")["scenarios"])
    first = block(count + 1)
    made = told(running, "start", "here", "--port", first)
    assert made["page"] == f"http://127.0.0.1:{first}/"
    assert [each["port"] for each in made["scenarios"]] == list(range(first + 1, first + count + 1))
    assert Served(made["page"], tmp_path).curl("right") == 0
    again = complaint(running, "start", "again", "--port", first)
    assert f"127.0.0.1 port {first}: " in again
    at(running, "stop", "here")
    with socket.socket() as taken:  # one in the midst of them
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first + 5))
        taken.listen()
        said = complaint(running, "start", "here", "--port", first)
        assert f"scenario {made['scenarios'][4]['scenario']}: " in said and str(first + 5) in said
    assert not is_open(first)  # nothing of it is left
    assert told(running, "start", "here", "--port", first)["page"] == made["page"]


def test_ports_that_do_not_exist(running):
    count = len(told(running, "list", "default")["scenarios"])
    last = 65535 - count
    assert f"begin at {last} or below" in complaint(running, "start", "a", "--port", last + 1)
    assert f"no {count + 1} ports" in complaint(running, "start", "a", "--port", 65535)
    for value in ("65536", "-1", "x", "", "1x", "+1", "99999999999999999999"):
        assert "--port" in refused("--state", running.state, "lab", "start", "a", "--port", value,
                                   status=USAGE)
    assert told(running, "start", "any", "--port", "0")["page"] != ""


# ---- the score

# Of TLS 1.3's plain alert (OpenSSL) and TLS 1.2's; None: it must not refuse.
SCORE = [("right", None), ("address", None), ("wildcard", None),
         ("expired-yesterday", "certificate_expired"), ("not-yet-valid", "bad_certificate"),
         ("untrusted-root", "unknown_ca"),
         ("self-signed", "unknown_ca"), ("tampered", "decrypt_error"),
         ("client-purpose", "unsupported_certificate")]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_score_of_curl(served, version):
    maximum = ["--tlsv1.2", "--tls-max", version, "-A", "curl"]
    for name, alert in SCORE:
        assert (served.curl(name, *maximum) == 0) == (alert is None), name
    served.curl("wrong-host", *maximum)  # refuses after the handshake, without a word
    await_condition("all is counted", lambda: served.results()["wrong-host"]["connections"])
    results = served.results()
    for name, alert in SCORE:
        found = results[name]
        assert found["version"] == f"TLS {version}"
        assert (found["verdict"], found["end"], found["alert"]) == (
            ("refused-rightly", "alert", alert) if alert else ("accepted-rightly", "asked", None))
    assert (results["wrong-host"]["verdict"], results["wrong-host"]["end"]) in (
        ("refused-rightly", "finished"), ("refused-rightly", "alert"))


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_the_score_of_openssl(served, version):
    assert served.openssl("right", version) == 0
    for name, alert in SCORE[3:]:
        assert served.openssl(name, version) != 0
    await_condition("all is counted", lambda: served.results()[SCORE[-1][0]]["connections"])
    results = served.results()
    assert results["right"]["verdict"] == "accepted-rightly"
    for name, alert in SCORE[3:]:
        found = results[name]
        assert (found["verdict"], found["end"]) == ("refused-rightly", "alert"), name
        assert (found["alert"], found["version"]) == (alert, "TLS 1." + version[-1])


def test_who_accepts_all_is_wrong(running, served):
    for name in ("right", "wrong-host", "expired-yesterday"):
        assert served.curl(name, "--insecure", "-A", "insecure") == 0
    found = served.results("insecure")
    assert found["wrong-host"]["verdict"] == found["expired-yesterday"]["verdict"] \
        == "accepted-wrongly"
    text = at(running, "report", status=ATTENTION).out
    assert text.startswith("insecure (127.0.0.1): 1 right, 2 WRONG, ")
    assert "\n  wrong-host                     ACCEPTED WHAT IT MUST REFUSE: TLS 1.3\n" in text


def test_one_that_never_asks_cannot_be_judged(running, served):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    each = served.scenarios["wrong-host"]
    with socket.create_connection((each["address"], each["port"])) as plain, \
            context.wrap_socket(plain, server_hostname=each["host"]):
        pass
    await_condition("it is counted", lambda: served.report()["clients"])
    assert served.report()["undetermined"] == 1
    assert "1 undetermined" in at(running, "report", status=ATTENTION).out


def test_one_that_clicks_through(running, served):
    """The same client refuses, then accepts: a person decided, and the report says so."""
    assert served.curl("expired-yesterday", "-A", "person") == 60
    await_condition("it is counted",
                    lambda: served.results()["expired-yesterday"]["end"] == "alert")
    assert not served.results()["expired-yesterday"]["refused_before"]
    assert served.curl("expired-yesterday", "-A", "person", "--insecure") == 0
    assert served.curl("right", "-A", "person") == 0
    found = served.results()
    assert found["expired-yesterday"]["verdict"] == "accepted-wrongly"
    assert found["expired-yesterday"]["refused_before"]
    assert not found["right"]["refused_before"]
    assert "ACCEPTED WHAT IT MUST REFUSE: TLS 1.3, after it had refused" in \
        at(running, "report", status=ATTENTION).out
    assert "after it had refused" in at(running, "report", "--format", "tap", status=ATTENTION).out


def test_the_report_in_each_form(running, served):
    assert served.send_curl("right", "-A", "forms") == 0
    assert told(running, "report") == served.report()
    text = at(running, "report").out
    assert text == f"forms (127.0.0.1): 1 right, {len(served.scenarios) - 1} not tried\n"
    assert "accepted rightly: TLS 1.3" in at(running, "report", "--all").out
    suite = xml.fromstring(at(running, "report", "--format", "junit").out)[0]
    assert suite.get("tests") == str(len(served.scenarios))
    tap = at(running, "report", "--format", "tap", "default").out
    assert tap.startswith(f"TAP version 13\n1..{len(served.scenarios)}\nok 1 - forms (127.0.0.1): ")
    assert tap.encode() == fetch(f"{served.page}report.tap")[2]
    refused("--state", running.state, "lab", "report", "--format", "xml", status=USAGE)


def test_lists(running, served):
    assert re.fullmatch(rf"RUN +CLIENTS +PAGE\ndefault +0 +{re.escape(served.page)}\n",
                        at(running, "list").out)
    assert told(running, "list", "default") == served.all
    rows = at(running, "list", "default").out.splitlines()
    assert rows[0].split() == ["SCENARIO", "EXPECTED", "URL", "WHAT"]
    assert len(rows) == 1 + len(served.scenarios)


def test_files(running, served, tmp_path):
    folder = tmp_path / "for clients"
    answer = told(running, "files", folder)
    assert {path.name for path in folder.iterdir()} == {"ca.pem", "hosts", "lab.json",
                                                        "truststore.jks"}
    assert json.loads((folder / "lab.json").read_text()) == answer
    assert (folder / "ca.pem").read_bytes() == served.ca.read_bytes()
    assert (folder / "hosts").read_bytes() == fetch(f"{served.page}hosts")[2]
    magic, version, count = struct.unpack(">III", (folder / "truststore.jks").read_bytes()[:12])
    assert (magic, version) == (0xfeedfeed, 2)
    assert count == (folder / "ca.pem").read_text().count("BEGIN CERTIFICATE")
    assert pathlib.Path(answer["ca_file"]) == folder / "ca.pem"
    assert "for clients" in refused("--state", running.state, "lab", "files", folder)
    text = at(running, "files", "--force", folder, "default").out
    assert text.startswith("written for run default:\n") and f"{folder}/ca.pem" in text
    at(running, "files", "relative", cwd=tmp_path)
    assert json.loads((tmp_path / "relative" / "lab.json").read_text())["hosts_file"] == \
        str(tmp_path / "relative" / "hosts")


# ---- bounds

def test_connections_are_bounded(running, served):
    """Whoever opens more waits; the services have descriptors, and all comes right again."""
    before = running.open_descriptors
    names = [each["port"] for each in served.all["scenarios"]]
    held = []
    try:
        for i in range(CONNECTION_LIMIT + 300):
            held.append(socket.create_connection(("127.0.0.1", names[i % len(names)])))
        running.await_log("takes no connections for now: there are as many as may be")
        assert running.open_descriptors <= before + CONNECTION_LIMIT + 50
        assert running.fetch().status == 200
        assert fetch(served.page)[0] == 200
    finally:
        for each in held:
            each.close()
    await_condition("it serves again", lambda: served.send_curl("right", "--max-time", "2") == 0)
    await_condition("all are closed", lambda: running.open_descriptors < before + 60)
    lines = running.log.count("takes no connections for now")
    assert lines <= len(names)  # once for each port, however long it lasts


def test_many_clients_and_slow_readers(running, served):
    """What is kept of clients has an end, and so has what waits for those who read a report."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    each = served.scenarios["right"]
    for i in range(CLIENT_LIMIT + 6):
        with socket.create_connection((each["address"], each["port"]),
                                      source_address=(f"127.0.1.{i + 1}", 0)) as plain, \
                context.wrap_socket(plain, server_hostname=each["host"]) as tls:
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert tls.recv(1000)
    last = f"127.0.1.{CLIENT_LIMIT + 6}"
    await_condition("the last is counted", lambda: last in [
        client["address"] for client in served.report()["clients"]])
    await_condition("others are forgotten",
                    lambda: len(served.report()["clients"]) == CLIENT_LIMIT)
    before = running.resident_kb
    page = urllib.parse.urlsplit(served.page)
    readers = 6 if is_sanitized() else 40  # a report takes its time there, and patience ends
    slow = []
    for _ in range(readers):
        slow.append(socket.create_connection((page.hostname, page.port)))
        slow[-1].sendall(b"GET /report.json HTTP/1.1\r\nHost: x\r\n\r\n")
    for reader in slow[:readers // 2]:  # that these have it all says that memory held it
        assert reader.recv(1).startswith(b"H")
    assert running.fetch().status == 200
    if not is_sanitized():
        assert running.resident_kb < before + 160 * 1024
    for reader in slow:
        reader.close()
    await_condition("its page is served again", lambda: fetch(served.page)[0] == 200)


def test_memory_stays_bounded(running, served):
    def round_():
        for i in range(2):
            page = told(running, "start", f"run-{i}")["page"]
            fetch(f"{page}report.json")
            at(running, "stop", f"run-{i}")
        for _ in range(10):
            fetch(served.page)
            served.curl("right")
            served.curl("expired-yesterday")
    round_()
    before, descriptors = running.resident_kb, running.open_descriptors
    for _ in range(3):
        round_()
    await_condition("all are closed", lambda: running.open_descriptors <= descriptors + 2)
    if not is_sanitized():
        assert running.resident_kb < before + 8192
