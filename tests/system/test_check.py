"""mailstorectl check: whom it connects to, how, and what it tells; what each family of clients minds
is tests/clients/test_families.py's and tests/unit/test_trust_family.c's."""

import json
import shlex
import socket
import ssl
import subprocess
import threading

import pytest

from lib.certs import days, now
from lib.daemon import MAILSTORECTL, environment
from lib.sandbox import after
from lib.waiting import await_condition, deadline_s
from lib.workshop import (ATTENTION, FAILED, FINE, NO_DAEMON, USAGE, Terminal, refused,
                          tool)

FAMILIES = ["windows", "chrome", "firefox", "apple", "android", "java", "openssl", "go"]


def failing(target):
    """By family; all eight are there, in their order."""
    assert [family["family"] for family in target["families"]] == FAMILIES
    return {family["family"]: [one["condition"] for one in family["conditions"]
                               if not one["holds"]] for family in target["families"]}


def texts(target):
    return [one["text"] for one in target["remarks"]]


class Server:
    """Answers once for each connection; `speak` has the socket."""

    def __init__(self, speak, address="127.0.0.1", port=0):
        self.socket = socket.create_server((address, port))
        self.port = self.socket.getsockname()[1]
        self.speak = speak
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(20)
                try:
                    self.speak(connection)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def https(folder, made, date=None, callback=None):
    """What a Server speaks: TLS with that certificate, and an answer with that Date."""
    path = folder / f"{made.x509.serial_number}.pem"
    path.write_bytes(made.both_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.sni_callback = callback

    def speak(connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(4096)
            field = f"Date: {date:%a, %d %b %Y %H:%M:%S} GMT\r\n" if date else ""
            secured.sendall(f"HTTP/1.1 404 Not Found\r\n{field}Connection: close\r\n\r\n".encode())
    return speak


@pytest.fixture
def anchors(tmp_path, certs):
    path = tmp_path / "anchors.pem"
    path.write_bytes(certs.authority().pem)
    return path


def check(*arguments, status=FINE, **options):
    return tool("check", "--json", *arguments, status=status, **options).answer


def check_one(*arguments, **options):
    [target] = check(*arguments, **options)["targets"]
    return target


@pytest.fixture
def server(tmp_path, certs):
    with Server(https(tmp_path, certs.leaf("mail.example.org", "127.0.0.1"))) as running:
        yield running


# ---- silent or not

def test_every_family_is_silent_where_all_is_well(server, anchors):
    answer = check("--anchors", anchors, f"mail.example.org:{server.port}", "--connect",
                   "127.0.0.1")
    [target] = answer["targets"]
    assert answer["silent"] and target["silent"] and target["problem"] is None
    assert target["host"] == "mail.example.org" and target["anchor"] == "CN=Test Authority"
    assert set(map(tuple, failing(target).values())) == {()} and target["remarks"] == []
    assert target["addresses"] == [{"address": f"127.0.0.1:{server.port}", "problem": None,
                                    "tls_version": "TLS 1.3", "chain": 2, "staple": False}]
    assert {family["family"] for family in target["families"]
            if family["basis"] == "documentation"} == {"windows", "apple", "android"}


def test_what_fails_is_told_with_what_mends_it(server, anchors):
    where = f"127.0.0.1:{server.port}"
    assert check_one("--anchors", anchors, where)["silent"]
    target = check_one("--anchors", anchors, where, "--as", "other.example.org", status=ATTENTION)
    assert failing(target) == {family: ["used"] for family in FAMILIES}
    assert target["host"] == "other.example.org"
    for family in target["families"]:
        [wrong] = [one for one in family["conditions"] if not one["holds"]]
        assert "it is for mail.example.org, 127.0.0.1, not for other" in wrong["reason"]
        assert "mailstorectl create other.example.org" in wrong["mend"]
    later = f"{now() + days(5000):%Y-%m-%d}"
    target = check_one("--anchors", anchors, where, "--at", later, status=ATTENTION)
    # Java and Android ask nothing of an anchor's dates, but the leaf's is over, too.
    assert failing(target) == {family: ["current"] for family in FAMILIES}


def test_what_would_be_trusted_once_it_is_deployed(server, anchors, tmp_path, certs):
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(certs.authority("Stranger").pem)
    where = f"127.0.0.1:{server.port}"
    target = check_one("--anchors", stranger, where, status=ATTENTION)
    assert target["to_deploy"] == "CN=Test Authority" and target["anchor"] is None
    assert all(family["silent_once_trusted"] and not family["silent"]
               for family in target["families"])
    said = tool("check", "--anchors", stranger, where, status=ATTENTION).out
    assert f"{where}: fails until CN=Test Authority is trusted: mailstorectl deploy\n" in said
    assert said.count("once trusted") == 8 and said.count("by documentation") == 3
    assert "mend in Firefox: by policies.json" in said
    # One of several files is enough.
    check_one("--anchors", stranger, "--anchors", anchors, where)


def test_the_local_authority_counts_where_it_is_not_sent(tmp_path):
    state = tmp_path / "state"
    tool("--state", state, "authority", "create", "--domain", "example.org")
    tool("--state", state, "authority", "issue", "mail.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Without the second certificate.
    whole = (state / "certs" / "mail.example.org.pem").read_text()
    blocks = whole.split("-----BEGIN CERTIFICATE-----")
    leaf = "-----BEGIN CERTIFICATE-----" + blocks[1].split("-----END CERTIFICATE-----")[0] + \
        "-----END CERTIFICATE-----\n"
    key = whole[whole.index("-----BEGIN PRIVATE KEY"):whole.index("-----END PRIVATE KEY")] + \
        "-----END PRIVATE KEY-----\n"
    (tmp_path / "leaf.pem").write_text(leaf + key)
    context.load_cert_chain(tmp_path / "leaf.pem")

    def speak(connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)
    with Server(speak) as server:
        target = check_one("--state", state, f"127.0.0.1:{server.port}", "--as",
                           "mail.example.org", status=ATTENTION)
    assert target["to_deploy"] and target["families"][0]["silent_once_trusted"]
    assert any("the chain is incomplete" in text for text in texts(target))


def test_a_certificate_that_fills_several_records(tmp_path, certs, anchors):
    made = certs.leaf("mail.example.org", *(f"host{n}.example.org" for n in range(900)))
    with Server(https(tmp_path, made)) as server:
        target = check_one("--anchors", anchors, f"mail.example.org:{server.port}", "--connect",
                           "127.0.0.1")
    assert len(made.der) > 1 << 14 and target["silent"]


def test_a_certificate_that_gnutls_does_not_read(tmp_path, certs, anchors):
    made = certs.leaf("mail.example.org", "")  # an empty DNS name: clients pass over it
    with Server(https(tmp_path, made)) as server:
        target = check_one("--anchors", anchors, f"mail.example.org:{server.port}", "--connect",
                           "127.0.0.1")
    assert target["problem"] is None and target["silent"] and target["certificate"] is None


def test_a_server_that_wants_a_certificate_shows_its_own(tmp_path, certs, anchors):
    path = tmp_path / "server.pem"
    path.write_bytes(certs.leaf("mail.example.org").both_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.load_verify_locations(anchors)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # it ends the handshake itself
    with Server(lambda connection: context.wrap_socket(connection, server_side=True)) as server:
        target = check_one("--anchors", anchors, f"mail.example.org:{server.port}", "--connect",
                           "127.0.0.1")
    assert target["silent"] and target["addresses"][0]["tls_version"] == "TLS 1.2"


# ---- whom it asks

def test_it_asks_for_the_name(tmp_path, certs, anchors):
    asked = []
    made = certs.leaf("mail.example.org", "127.0.0.1")
    speak = https(tmp_path, made, callback=lambda _, name, __: asked.append(name))
    with Server(speak) as server:
        check("--anchors", anchors, f"MAIL.example.org.:{server.port}", "--connect", "127.0.0.1")
        check("--anchors", anchors, f"127.0.0.1:{server.port}")
    assert asked == ["mail.example.org", None]


def test_a_daemon_is_checked_by_its_names(daemon, certs, anchors):
    running = daemon()
    made = certs.leaf("mail.example.org", "*.example.net", "www.example.org").put(running.store, "m")
    running.await_served(made)
    where = ["--config", running.config, "--state", running.state]
    answer = check(*where, "--anchors", anchors)
    assert [target["host"] for target in answer["targets"]] == ["mail.example.org",
                                                                "www.example.org"]
    assert {target["port"] for target in answer["targets"]} == {running.port()}
    # No name server knows them, which is not what makes a client warn.
    assert all(any("resolve" in text for text in texts(target)) for target in answer["targets"])
    running.stop()
    assert refused("check", *where, status=NO_DAEMON)


def test_a_staple_is_seen(daemon, certs, anchors):
    running = daemon()
    made = certs.leaf("mail.example.org").put(running.store, "mail")
    running.await_served(made)
    where = ["--anchors", anchors, f"mail.example.org:{running.port()}", "--connect", "127.0.0.1"]
    assert [address["staple"] for address in check_one(*where)["addresses"]] == [False]
    (running.store / "mail.ocsp").write_bytes(made.staple())
    await_condition("the response is stapled", lambda: [
        address["staple"] for address in check_one(*where)["addresses"]] == [True])


def test_many_at_once(server, anchors):
    hosts = [f"127.0.0.{number}:{server.port}" for number in (1, 1)] + [
        f"mail.example.org:{server.port}"]
    answer = check("--anchors", anchors, *hosts, "--connect", "127.0.0.1")
    assert [target["target"] for target in answer["targets"]] == [hosts[0], hosts[2]]


def test_progress_is_shown_on_a_terminal(anchors):
    gate = threading.Event()

    def speak(_):
        gate.wait(deadline_s(20))
    with Server(speak) as server:
        with Terminal("check", "--anchors", anchors, f"127.0.0.1:{server.port}") as terminal:
            terminal.await_text("asking, 0 of 1")
            gate.set()


# ---- several addresses of one name

def test_addresses_that_serve_different_certificates(tmp_path, certs, anchors):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 mail.example.org\n127.0.0.2 mail.example.org\n"
                     "127.0.0.3 mail.example.org\n")
    wrap = after(f"mount --bind {shlex.quote(str(hosts))} /etc/hosts", "--mount")
    good, bad = certs.leaf("mail.example.org"), certs.leaf("other.example.org")
    with Server(https(tmp_path, good)) as first:
        with Server(https(tmp_path, bad), "127.0.0.2", first.port):
            done = subprocess.run(
                [*wrap, str(MAILSTORECTL), "check", "--json", "--anchors", str(anchors),
                 f"mail.example.org:{first.port}"], capture_output=True, env=environment(),
                timeout=deadline_s(60), check=False)
    assert done.returncode == ATTENTION, done.stderr
    [target] = json.loads(done.stdout)["targets"]
    assert sorted(bool(address["problem"]) for address in target["addresses"]) == [False, False,
                                                                                 True]
    assert failing(target)["firefox"] == ["used"]
    assert any("serve different certificates" in text for text in texts(target))


# ---- what is in the way

def test_who_shows_no_certificate(tmp_path, certs):
    def plain(connection):
        connection.sendall(b"220 mail.example.org ESMTP\r\n")
        connection.recv(4096)

    def nobody_here(connection, name, _):
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    made = certs.leaf("mail.example.org")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        closed = taken.getsockname()[1]
        with Server(plain) as mail, Server(https(tmp_path, made, callback=nobody_here)) as picky:
            answer = check("--connect", "127.0.0.1", f"a.example.org:{mail.port}",
                           f"b.example.org:{picky.port}", f"c.example.org:{closed}", status=FAILED)
    problems = [target["problem"] for target in answer["targets"]]
    assert "speaks no TLS" in problems[0]
    assert "it has no certificate for this name" in problems[1]
    assert "Connection refused" in problems[2]
    for target in answer["targets"]:
        assert not target["silent"] and target["mend"] and target["families"] == []
    target = check_one("no-such-host.invalid", status=FAILED)
    assert "no-such-host.invalid" in target["problem"] and target["addresses"] == []
    assert target["port"] == 443


def test_who_sends_his_octets_one_by_one(anchors):
    """Each comes in time; all of them would take minutes."""
    ended = threading.Event()

    def drip(connection):
        connection.recv(4096)
        record = b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc" + bytes(1 << 14)
        for octet in record:
            connection.sendall(bytes([octet]))
            if ended.wait(0.1):
                return
    with Server(drip) as server:
        target = check_one("--anchors", anchors, f"127.0.0.1:{server.port}", status=FAILED)
        ended.set()
    assert target["problem"] == "no TLS handshake within 5 s"


def test_who_closes_at_once(anchors):
    with Server(lambda connection: connection.recv(4096)) as server:
        target = check_one("--anchors", anchors, f"127.0.0.1:{server.port}", status=FAILED)
    assert target["problem"] == "no TLS handshake: the server closed the connection"


@pytest.mark.filterwarnings("ignore:ssl.OP_NO_")
def test_old_versions_are_told(tmp_path, certs):
    path = tmp_path / "old.pem"
    path.write_bytes(certs.leaf("old.example.org").both_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(path)
    context.options |= ssl.OP_NO_TLSv1_2 | ssl.OP_NO_TLSv1_3

    with Server(lambda connection: context.wrap_socket(connection, server_side=True)) as server:
        target = check_one(f"127.0.0.1:{server.port}", status=FAILED)
    assert "neither TLS 1.3 nor TLS 1.2" in target["problem"]


# ---- remarks

@pytest.mark.parametrize("apart, word", [(days(2), "ahead"), (-days(2), "behind")])
def test_clocks_that_are_apart(tmp_path, certs, anchors, apart, word):
    made = certs.leaf("mail.example.org")
    with Server(https(tmp_path, made, date=now() + apart)) as server:
        where = ["--anchors", anchors, f"mail.example.org:{server.port}", "--connect", "127.0.0.1"]
        [text] = texts(check_one(*where))
        assert text.startswith("the server's clock") and text.endswith(word)
        # Another day is asked about: nobody's clock is meant.
        assert texts(check_one(*where, "--at", f"{now():%Y-%m-%d %H:%M:%S}")) == []


def test_a_chain_out_of_order_and_a_long_life(tmp_path, certs, anchors):
    made = certs.leaf("mail.example.org", ends=now() + days(1000))
    path = tmp_path / "strange.pem"
    path.write_bytes(made.key_pem + made.pem + certs.authority("Stranger").pem + made.issuer.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def speak(connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)
    with Server(speak) as server:
        target = check_one("--anchors", anchors, f"mail.example.org:{server.port}", "--connect",
                           "127.0.0.1", status=ATTENTION)
    assert failing(target) == {**{family: [] for family in FAMILIES}, "apple": ["current"]}
    for part in ("out of order", "CN=Stranger is sent along", "too long for Apple"):
        assert any(part in text for text in texts(target)), texts(target)


# ---- questions, and the table

def test_wrong_questions(tmp_path):
    for wrong in (["*.example.org"], ["mail.example.org:0"], ["mail.example.org:https"],
                  ["mail.example.org:65536"], ["no host"], ["mail.example.org", "--at", "tomorrow"],
                  ["mail.example.org", "--as", "*.example.org"], ["--as", "mail.example.org"]):
        refused("check", *wrong, status=USAGE)
    assert "without https://" in refused("check", "https://mail.example.org/", status=USAGE)
    assert "no certificate knows a zone" in refused("check", "[fe80::1%lo]:443", status=USAGE)
    assert "none.pem" in refused("check", "127.0.0.1:1", "--anchors", tmp_path / "none.pem")
    refused("--store", tmp_path, "check", status=USAGE)


def test_the_rules_are_told():
    answer = check("--rules")
    assert [family["family"] for family in answer["families"]] == FAMILIES
    rules = {rule["rule"]: rule for rule in answer["rules"]}
    assert rules["no-names"]["minded_by"] == ["chrome", "firefox", "apple", "android", "go"]
    assert rules["long-life"]["minded_by"] == ["apple"]
    lines = tool("check", "--rules").out.splitlines()
    assert len(lines) == len(rules) + 2 and lines[0].startswith("| rule | condition |")
