"""Who still warns: the clients seen, what became of their handshakes, and for how long that is
remembered."""

import datetime
import json
import re
import ssl
import stat
import threading
import time

import pytest

from lib.clients import gnutls_cli, s_client
from lib.control import ask
from lib.handmade import HandMadeClient, alert_after_handshake
from lib.http import client_context
from lib.waiting import await_condition
from lib.workshop import ATTENTION, FINE, USAGE, refused, tool

BOTH = pytest.mark.parametrize("version", ["1.2", "1.3"])
DAY = 24 * 3600
HERE = "127.0.0.1"


@pytest.fixture
def stranger(tmp_path, certs):
    """A trust anchor that is not the daemon's."""
    path = tmp_path / "other.pem"
    path.write_bytes(certs.authority().pem)
    return path


def where(running):
    return ["--config", running.config, "--state", running.state]


def seen(running, **members):
    return ask(running, "clients", **members)["clients"]


def await_seen(running, address, within_s=10, **wanted):
    """Waits until this client is remembered like that."""
    def found():
        return next((client for client in seen(running) if client["address"] == address
                     and wanted.items() <= client.items()), None)
    try:
        return await_condition(f"{address} is {wanted}", found, within_s)
    except AssertionError:
        pytest.fail(f"{address} is not {wanted}: {seen(running)}")


def visit(running, source=HERE, **options):
    with running.connect(source=source, **options) as connection:
        assert connection.ask("/healthz").status == 200


def refuse(running, stranger, version="1.3", source=HERE):
    with running.connect(context=None, source=source) as plain:
        HandMadeClient(version, stranger).refuse_on(plain)


def leave(running, version="1.3", source=HERE):
    with running.connect(context=None, source=source) as plain:
        HandMadeClient(version).handshake_on(plain)


# ---- what is remembered

@BOTH
def test_how_the_handshake_ended(daemon, stranger, version):
    running = daemon()
    before = int(time.time())
    refuse(running, stranger, version, "127.0.0.2")
    client = await_seen(running, "127.0.0.2")
    assert before <= client.pop("first") <= client.pop("last") <= time.time()
    assert "not trusted" in client.pop("meaning")
    assert client == {"address": "127.0.0.2", "service": "web-access", "verdict": "refused",
                      "alert": "unknown_ca", "refuses": True, "asked": None, "handshakes": 1,
                      "refusals": 1}
    leave(running, version, "127.0.0.3")
    await_seen(running, "127.0.0.3", verdict="left", alert=None, refuses=True)
    visit(running, "127.0.0.4")
    await_seen(running, "127.0.0.4", verdict="finished", refuses=False, asked=True, alert=None)
    running.connect(source="127.0.0.5").close()
    await_seen(running, "127.0.0.5", verdict="finished", refuses=False, asked=False)
    with running.connect(context=None, source="127.0.0.6") as plain:
        plain.socket.settimeout(None)  # GnuTLS is to wait for itself
        alert_after_handshake(plain.socket, version, 45)
    await_seen(running, "127.0.0.6", verdict="refused", alert="certificate_expired", refuses=True)
    running.connect(context=None, source="127.0.0.7").close()
    await_seen(running, "127.0.0.7", verdict="failed", refuses=False)
    assert [client["address"][-1] for client in seen(running)] == list("765432"), "newest first"
    assert [client["address"][-1] for client in seen(running, refusing=True)] == list("632")


# {reason: its alert, and of what it speaks}
OPENSSL = {"issuer": ("unknown_ca", "issuer is not trusted"),
           "name": ("bad_certificate", "does not name the host"),
           "expired": ("certificate_expired", "has expired")}
GNUTLS = dict.fromkeys(OPENSSL, ("bad_certificate", "GnuTLS say this"))


@BOTH
@pytest.mark.parametrize("reason", OPENSSL)
@pytest.mark.parametrize("program, words", [("openssl", OPENSSL), ("gnutls", GNUTLS)])
def test_the_words_of_clients_that_others_wrote(daemon, certs, stranger, tmp_path, version, reason,
                                                program, words):
    authority, host = certs.authority("Their Authority"), "mail.example.org"
    anchor = tmp_path / "anchor.pem"
    anchor.write_bytes(authority.pem)
    ends = datetime.datetime.utcnow() - datetime.timedelta(hours=1) if reason == "expired" else None
    served = certs.make(host, issuer=authority, ends=ends)
    running = daemon(listen=["web-access=127.0.0.1:0", "client=127.0.0.1:0"])
    served.put(running.store, "mail")
    running.await_served(served, sni=host)
    trusted, name = stranger if reason == "issuer" else anchor, "a." * (reason == "name") + host
    alert, meaning = words[reason]

    def visit_once(attempt):
        port = running.port("client")
        if program == "openssl":
            s_client(port, f"-tls{version.replace('.', '_')}", "-CAfile", trusted,
                     "-verify_return_error", "-verify_hostname", name, "-servername", host)
        else:
            gnutls_cli(port, f"--x509cafile={trusted}", f"--verify-hostname={name}",
                       f"--sni-hostname={host}",
                       f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}")
        return await_seen(running, HERE, service="client", handshakes=attempt)
    # A reset may overtake the alert of a client that has not read our whole flight.
    client = next((client for client in map(visit_once, range(1, 11))
                   if client["verdict"] == "refused"), None)
    assert client and client["alert"] == alert and meaning in client["meaning"]
    assert client["refuses"] and client["refusals"] > 0


def test_a_client_that_is_late(daemon):
    running = daemon({"limits": {"handshake_timeout_s": 1}})
    with running.connect(context=None) as plain:
        assert plain.ended()
    await_seen(running, HERE, verdict="late", refuses=False)


def test_the_policy_has_arrived(daemon, stranger):
    running = daemon()
    refuse(running, stranger)
    running.connect(context=None).close()
    await_seen(running, HERE, handshakes=2, verdict="refused")
    visit(running)
    await_seen(running, HERE, handshakes=3, refusals=1, verdict="finished", asked=True)
    assert seen(running, refusing=True) == []


def test_a_resumed_session_counts_as_trust(daemon, stranger):
    running = daemon()
    context = client_context()
    with running.connect(context=context) as connection:
        connection.ask("/healthz")
        session = connection.socket.session
    refuse(running, stranger)
    await_seen(running, HERE, verdict="refused")
    with running.connect(context=context, session=session) as connection:
        assert connection.socket.session_reused
        connection.ask("/healthz")
    await_seen(running, HERE, verdict="finished", handshakes=3)


def test_each_service_by_itself(daemon, stranger):
    running = daemon(listen=["web-access=127.0.0.1:0", "client=127.0.0.1:0"])
    visit(running)
    with running.connect("client", context=None) as plain:
        HandMadeClient("1.3", stranger).refuse_on(plain)
    await_condition("both are there", lambda: len(seen(running)) == 2)
    assert {client["service"]: client["verdict"] for client in seen(running)} == {
        "web-access": "finished", "client": "refused"}


def test_addresses_are_whole_and_in_one_form(daemon):
    """An IPv4 client is the same over a socket that takes IPv6 as well."""
    running = daemon(listen=["web-access=*:0", "web-access=127.0.0.1:0"])
    visit(running, port=running.port(address="127.0.0.1"))
    visit(running, port=running.port(address="::"))
    visit(running, None, address="::1", port=running.port(address="::"))
    assert [(client["address"], client["handshakes"]) for client in seen(running)] == [
        ("::1", 1), (HERE, 2)]


def test_plain_http_is_nobodys_opinion(daemon):
    running = daemon({"services": {
        "web-access": {"listeners": ({"address": HERE, "port": 0},)},
        "plain": {"listeners": ({"address": HERE, "port": 0, "protocol": "redirect"},)}}},
        listen=())
    running.fetch(service="plain", context=None)
    visit(running)
    await_seen(running, HERE, service="web-access")
    assert len(seen(running)) == 1


def test_clients_that_come_all_at_once(daemon, stranger):
    running = daemon({"limits": {"workers": 4}})
    each, threads = 10, []

    def come(last):
        for _ in range(each):
            visit(running, f"127.0.1.{last}")
            with pytest.raises(ssl.SSLCertVerificationError):
                running.connect(sni="localhost", context=client_context(verify=stranger),
                                source=f"127.0.1.{last}")
    for last in range(1, 9):
        threads.append(threading.Thread(target=come, args=(last,)))
        threads[-1].start()
    while any(thread.is_alive() for thread in threads):
        seen(running)
    for last in range(1, 9):
        await_seen(running, f"127.0.1.{last}", handshakes=2 * each, refusals=each)


# ---- for how long

def test_restarts_lose_nobody(daemon, stranger):
    running = daemon()
    refuse(running, stranger)
    visit(running, "127.0.0.2")
    await_seen(running, HERE)
    before = seen(running)
    running.restart()
    assert seen(running) == before
    assert stat.S_IMODE((running.state / "clients").stat().st_mode) == 0o600
    visit(running)
    await_seen(running, HERE, handshakes=2, verdict="finished", first=before[1]["first"])


def remembered(address, last, **more):
    return {"address": address, "service": "web-access", "verdict": "finished", "alert": 0,
            "tells": True, "asked": True, "first": min(1, last), "last": last, "handshakes": 1,
            "refusals": 0, **more}


def put(running, *clients):
    running.state.mkdir(mode=0o700)
    (running.state / "clients").write_text(json.dumps({"clients": clients}))


def test_who_was_not_seen_for_long_is_forgotten(daemon):
    now = int(time.time())
    running = daemon({"clients": {"forget_after_days": 2}}, prepare=lambda made: put(
        made, remembered("192.0.2.1", now - 2 * DAY + 4), remembered("192.0.2.2", now - 2 * DAY - 1)))
    assert "192.0.2.2" not in str(seen(running))
    await_condition("the other one is forgotten while it runs", lambda: seen(running) == [])
    running.stop()
    assert "192.0.2" not in (running.state / "clients").read_text()


def test_a_shorter_time_takes_effect_at_once(daemon):
    now = int(time.time())
    running = daemon(prepare=lambda made: put(made, remembered("192.0.2.1", now - 29 * DAY),
                                              remembered("192.0.2.2", now - 100)))
    assert len(seen(running)) == 2
    running.configure({"clients": {"forget_after_days": 28}})
    running.reload()
    running.await_log("read again")
    assert [client["address"] for client in seen(running)] == ["192.0.2.2"]
    await_condition("the file has forgotten, too",
                    lambda: "192.0.2.1" not in (running.state / "clients").read_text())


def test_off_by_one_setting(daemon):
    running = daemon()
    visit(running)
    running.restart()
    assert (running.state / "clients").exists()
    running.configure({"clients": {"remember": False}})
    running.reload()
    running.await_log("read again")
    assert not (running.state / "clients").exists()
    visit(running)
    told = ask(running, "clients")
    assert (told["remember"], told["clients"]) == (False, [])
    out = tool(*where(running), "clients").out
    assert "clients.remember = false" in out
    running.configure({})
    mark = running.mark()
    running.reload()
    running.await_log("read again", mark)
    assert seen(running) == []
    visit(running)
    await_seen(running, HERE, handshakes=1)


def test_switched_off_while_clients_come(daemon):
    running = daemon()
    enough = threading.Event()

    def come():
        while not enough.is_set():
            visit(running)
    threads = [threading.Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            for remember in (False, True):
                mark = running.mark()
                running.configure({"clients": {"remember": remember}})
                running.reload()
                running.await_log("read again", mark)
                if remember:
                    await_seen(running, HERE)
                else:
                    assert seen(running) == []
                    assert not (running.state / "clients").exists()
        running.configure({"clients": {"remember": False}})
        running.reload()
        await_condition("nobody is left", lambda: not ask(running, "clients")["remember"])
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    running.stop()
    assert not (running.state / "clients").exists()


def test_one_too_many(daemon):
    now, most = int(time.time()), 10000
    known = [remembered(f"2001:db8::{number:x}:1", now - number) for number in range(1, most + 1)]
    running = daemon(prepare=lambda made: put(made, *known))
    visit(running)
    await_seen(running, HERE)
    clients = seen(running)
    assert [client["address"] for client in clients] == [
        HERE, *(client["address"] for client in known[:-1])]
    running.restart()
    assert seen(running) == clients


def test_off_from_the_start_removes_what_was(daemon):
    def leave_some(made):
        put(made, remembered("192.0.2.1", int(time.time())))
        half = made.state / ".mailstored-999999999-0123456789abcdef.tmp"  # killed while it wrote
        half.write_text('{"clients": [{"address": "192.0.2.1"')
    running = daemon({"clients": {"remember": False}}, prepare=leave_some)
    assert not (running.state / "clients").exists()
    assert not list(running.state.glob(".mailstored-*"))
    visit(running)
    running.stop()
    assert not (running.state / "clients").exists()


@pytest.mark.parametrize("content", [b"", b"\0\xff", b'{"clients": [{"address": "192.0.2.1"'],
                         ids=["empty", "binary", "cut"])
def test_a_damaged_file_is_told_and_replaced(daemon, content):
    def damage(made):
        put(made)
        (made.state / "clients").write_bytes(content)
    running = daemon(prepare=damage)
    running.await_log(r"warning clients: .*/clients cannot be read: .+ the list of clients begins anew")
    visit(running)
    await_seen(running, HERE)
    running.restart()
    await_seen(running, HERE)


# ---- the tool

def test_the_list_for_people(daemon, stranger):
    running = daemon()
    assert tool(*where(running), "clients").out == "no client\n"
    visit(running, "127.0.0.2")
    out = tool(*where(running), "clients", status=FINE).out
    assert re.search(r"^127\.0\.0\.2 +web-access +\d+ seconds? ago +\d+ seconds? ago +1 +0 +fine$",
                     out, re.MULTILINE), out
    assert tool(*where(running), "clients", "--refusing").out == "no client\n"
    refuse(running, stranger, source="127.0.0.3")
    await_seen(running, "127.0.0.3")
    out = tool(*where(running), "clients", status=ATTENTION).out
    heads, newest, older = out.splitlines()
    assert heads.split() == ["ADDRESS", "SERVICE", "LAST", "FIRST", "COUNT", "REFUSALS", "VERDICT"]
    assert newest.startswith("127.0.0.3 ") and older.startswith("127.0.0.2 ")
    assert " refused with unknown_ca: the issuer is not trusted there" in newest
    [line] = tool(*where(running), "clients", "--refusing", status=ATTENTION).out.splitlines()[1:]
    assert line.startswith("127.0.0.3 ")


def test_the_list_for_programs(daemon, stranger):
    running = daemon()
    refuse(running, stranger)
    visit(running, "127.0.0.2")
    leave(running, source="127.0.0.3")
    running.connect(context=None, source="127.0.0.4").close()
    running.connect(source="127.0.0.5").close()
    await_condition("all are there", lambda: len(seen(running)) == 5)
    answer = tool(*where(running), "clients", "--json", status=ATTENTION).answer
    assert answer == {"remember": True, "forget_after_days": 30, "clients": seen(running)}
    answer = tool(*where(running), "clients", "--refusing", "--json", status=ATTENTION).answer
    assert {client["address"] for client in answer["clients"]} == {HERE, "127.0.0.3"}


def test_without_a_daemon_nobody_knows(tmp_path):
    assert "daemon" in refused("--store", tmp_path, "clients", status=USAGE)
