"""What the daemon counts: exactly what happened, in a form that Prometheus' own tool accepts."""

import contextlib
import datetime
import functools
import subprocess
import threading
import time

import pytest

from lib.clients import curl, gnutls_cli, s_client
from lib.handmade import HandMadeClient, alert_after_handshake, version_of
from lib.http import client_context
from lib.metrics import samples, scrape
from lib.waiting import await_condition, deadline_s
from lib.workshop import tool
from promtool import promtool

METRICS = {"metrics": {"listen": "127.0.0.1:0"}}
HANDSHAKES, RESUMED = "mailstored_handshakes_total", "mailstored_sessions_resumed_total"
REQUESTS, CONNECTIONS = "mailstored_requests_total", "mailstored_connections"


@pytest.fixture(scope="module")
def prometheus():
    """What promtool says of a scrape: its exit status and its words."""
    program = promtool()

    def check(text):
        done = subprocess.run([program, "check", "metrics"], input=text, capture_output=True,
                              text=True, timeout=deadline_s(60), check=False)
        return done.returncode, done.stdout + done.stderr
    return check


def handshakes(running, service="web-access"):
    """{(version, verdict, alert): how many}"""
    return samples(running).by(HANDSHAKES, "version", "verdict", "alert", service=service)


def await_handshakes(running, expected):
    """A connection's end is known to the daemon some moments after it is to the client."""
    with contextlib.suppress(AssertionError):
        await_condition("these handshakes", lambda: handshakes(running) == expected)
    assert handshakes(running) == expected


@pytest.fixture
def stranger(tmp_path, certs):
    """A trust anchor that is not the daemon's."""
    path = tmp_path / "other.pem"
    path.write_bytes(certs.authority().pem)
    return path


def only(version):
    return client_context(minimum=version_of(version), maximum=version_of(version))


def refuse(running, version, stranger):
    with running.connect(context=None) as plain:
        HandMadeClient(version, stranger).refuse_on(plain)


def leave(running, version):
    with running.connect(context=None) as plain:
        HandMadeClient(version).handshake_on(plain)


def refuse_late(running, version):
    with running.connect(context=None) as plain:
        plain.socket.settimeout(None)  # GnuTLS is to wait for itself
        alert_after_handshake(plain.socket, version, 42)


# ---- what is counted

def test_every_handshake_is_counted_once(daemon, stranger):
    running = daemon({**METRICS, "limits": {"handshake_timeout_s": 3}},
                     listen=["web-access=127.0.0.1:0", "client=127.0.0.1:0"])
    for version in ("1.2", "1.3"):
        context = only(version)
        with running.connect(context=context) as connection:
            connection.ask("/healthz")
            connection.ask("/healthz")
            session = connection.socket.session
        for _ in range(2):
            with running.connect(context=context, session=session) as connection:
                assert connection.socket.session_reused
                connection.ask("/healthz")
                session = connection.socket.session
        running.connect(context=context).close()  # and not a word
    for _ in range(3):
        refuse(running, "1.2", stranger)
    refuse(running, "1.3", stranger)
    refuse_late(running, "1.3")
    leave(running, "1.2")
    running.connect(context=None).close()
    with running.connect(context=None) as silent:
        assert silent.ended()
    await_handshakes(running, {
        ("1.2", "finished", "none"): 4, ("1.3", "finished", "none"): 4,
        ("1.2", "refused", "unknown_ca"): 3, ("1.3", "refused", "unknown_ca"): 1,
        ("1.3", "refused", "bad_certificate"): 1, ("1.2", "left", "none"): 1,
        ("unknown", "failed", "none"): 1, ("unknown", "late", "none"): 1})
    assert samples(running).by(RESUMED, "service", "version") == {
        ("web-access", "1.2"): 2, ("web-access", "1.3"): 2}
    assert handshakes(running, "client") == {}
    running.fetch(service="client")
    assert handshakes(running, "client") == {("1.3", "finished", "none"): 1}


@pytest.mark.parametrize("client", ["curl", "openssl", "gnutls"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_those_who_refuse_are_counted(daemon, stranger, client, version):
    """A client that closes with our flight half read makes its system send a reset, which may
    overtake its alert; then all that is known is that it left. Not every time, though."""
    running = daemon(METRICS)
    tls = version.replace(".", "_")
    for attempt in range(1, 11):
        if client == "curl":
            tried = curl(f"https://localhost:{running.port()}/", f"--tlsv{version}", "--tls-max",
                         version, "--resolve", f"localhost:{running.port()}:127.0.0.1")
            assert tried.returncode == 60, tried.stderr
        elif client == "openssl":
            s_client(running.port(), "-verify_return_error", f"-tls{tls}")
        else:
            assert gnutls_cli(running.port(), f"--x509cafile={stranger}",
                              f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}").returncode != 0
        counted = await_condition("it is counted", functools.partial(
            lambda wanted: sum((counted := handshakes(running)).values()) == wanted and counted,
            attempt))
        assert {key[:2] for key in counted} <= {(version, "refused"), (version, "left")}
        if any(verdict == "refused" for _, verdict, _ in counted):
            alerts = {alert for _, _, alert in counted} - {"none"}
            assert alerts <= {"unknown_ca", "bad_certificate"}
            return
    pytest.fail("none of ten alerts was read")


def test_requests_are_counted_by_what_they_were_answered_with(daemon):
    running = daemon({**METRICS, "services": {
        "web-access": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
        "plain": {"listeners": ({"address": "127.0.0.1", "port": 0, "protocol": "redirect"},)}}},
        listen=())
    with running.connect() as connection:
        for path, status in (("/", 200), ("/healthz", 200), ("/nothing", 404)):
            assert connection.ask(path).status == status
        assert connection.ask("/healthz", method="HEAD").status == 200
        assert connection.ask("/healthz", method="DELETE").status == 405
    assert running.fetch("/" + "a" * 3000).status == 414
    assert running.fetch(headers={"Host": None}).status == 400
    assert running.fetch(service="plain", context=None).status == 308
    await_condition("all are counted", lambda: samples(running).by(REQUESTS, "service", "code") == {
        ("web-access", "200"): 3, ("web-access", "404"): 1, ("web-access", "405"): 1,
        ("web-access", "414"): 1, ("web-access", "400"): 1, ("plain", "308"): 1})
    assert ("plain",) not in samples(running).by(HANDSHAKES, "service")


def test_open_connections_are_told(daemon):
    running = daemon(METRICS)

    def told():
        return samples(running).one(CONNECTIONS, service="web-access")
    assert told() == 0
    with running.connect() as first, running.connect() as second:
        first.ask("/healthz")
        second.ask("/healthz")
        assert told() == 2
    await_condition("both are gone", lambda: told() == 0)


def test_threads_lose_no_count(daemon):
    running = daemon({**METRICS, "limits": {"workers": 4}})
    clients, each = 8, 25

    def visit():
        for _ in range(each):
            assert running.fetch("/healthz").status == 200
    threads = [threading.Thread(target=visit) for _ in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert samples(running).sum(REQUESTS) <= clients * each
    for thread in threads:
        thread.join()
    await_handshakes(running, {("1.3", "finished", "none"): clients * each})
    await_condition("all requests are counted",
                    lambda: samples(running).sum(REQUESTS, code="200") == clients * each)


def test_counters_outlive_their_listeners(daemon):
    running = daemon({**METRICS, "limits": {"idle_timeout_s": 60}})
    running.fetch()
    running.configure({**METRICS, "limits": {"idle_timeout_s": 59}})
    running.reload()
    running.await_log("read again")
    running.fetch()
    await_condition("both are counted", lambda: samples(running).sum(REQUESTS, code="200") == 2)


# ---- the store, the configuration, the clients

def test_each_certificate_in_use_has_its_end(daemon, certs):
    running = daemon(METRICS)
    ends, left = ("mailstored_certificate_not_after_timestamp_seconds",
                  "mailstored_certificate_expiry_seconds")
    assert samples(running).by(ends, "entry", "service").keys() == {
        ("MailStoreServer", "web-access")}
    older = certs.make("old.example.org").put(running.store, 'ol"d\\ one')
    newer = certs.make("new.example.org").put(running.store, "new")
    for certificate, sni in ((older, "old.example.org"), (newer, "new.example.org")):
        running.await_served(certificate, sni=sni)
    told = samples(running)
    by_entry = told.by(ends, "entry")
    for certificate, entry in ((older, 'ol"d\\ one'), (newer, "new")):
        end = int(certificate.x509.not_valid_after.replace(
            tzinfo=datetime.timezone.utc).timestamp())
        assert by_entry[(entry,)] == end
        assert abs(told.one(left, entry=entry) - (end - time.time())) < 30
    services = {has["entry"]: has["service"] for has, _ in told.all(ends)}
    assert sorted(services.values()) == ["", "", "web-access"]
    assert services["MailStoreServer"] == ""


def test_the_series_of_an_entry_follows_it(daemon, certs):
    running = daemon(METRICS)
    end = "mailstored_certificate_not_after_timestamp_seconds"

    def put(days):
        ends = datetime.datetime.utcnow().replace(microsecond=0) + datetime.timedelta(days=days)
        certificate = certs.make("mail.example.org", ends=ends)
        certificate.put(running.store, "mail")
        running.await_served(certificate, sni="mail.example.org")
        return int(ends.replace(tzinfo=datetime.timezone.utc).timestamp())
    for days in (10, 20, 5):
        expected = put(days)
        assert samples(running).one(end, entry="mail") == expected
    for path in running.store.glob("mail*"):
        path.unlink()
    await_condition("it is gone", lambda: not samples(running).all(end, entry="mail"))
    assert samples(running).by(end, "entry", "service").keys() == {
        ("MailStoreServer", "web-access")}


def test_names_that_nobody_would_choose(daemon, certs, prometheus):
    """They are the names of files, and shown on terminals."""
    names = {'a"b': 'a"b', "a\\b": "a\\b", "a\nb": r"a\x0Ab", "a\rb": r"a\x0Db",
             "a\x1b[2J": r"a\x1B[2J", "\u202eabc": r"\u{202E}abc", "\u00fc": "\u00fc", "a\udcffb": r"a\xFFb",
             '{a="b",c="d"} 1': '{a="b",c="d"} 1', "x" * 200: "x" * 200}
    running = daemon(METRICS)
    for number, name in enumerate(names):
        certificate = certs.make(f"host{number}.example.org")
        certificate.put(running.store, name)
        running.await_served(certificate, sni=f"host{number}.example.org")
    text = scrape(running)
    told = samples(running).by("mailstored_certificate_expiry_seconds", "entry").keys()
    assert told == {("MailStoreServer",), *((shown,) for shown in names.values())}
    assert prometheus(text) == (0, "")
    assert text.replace("\n", "").isprintable()
    out = tool("--config", running.config, "--state", running.state, "metrics").out
    assert out.replace("\n", "").isprintable()


def test_what_the_store_took_and_refused_is_counted(daemon, certs):
    running = daemon(METRICS)

    def store(name):
        return samples(running).one(f"mailstored_store_{name}")
    assert [store(name) for name in ("entries", "refused_files", "reloads_total",
                                     "refusals_total")] == [1, 0, 0, 0]
    running.await_served(certs.make("a.example.org").put(running.store, "a"))
    assert (store("entries"), store("reloads_total")) == (2, 1)
    bad = running.store / "bad.pem"
    bad.write_text("-----BEGIN CERTIFICATE-----\n")
    await_condition("it is refused", lambda: store("refused_files") == 1)
    assert store("refusals_total") == 1
    bad.unlink()
    await_condition("it is gone", lambda: store("refused_files") == 0)
    assert store("refusals_total") == 1


def test_reloads_are_counted(daemon):
    running = daemon(METRICS)
    tool("--config", running.config, "--state", running.state, "reload")
    running.config.write_text("nonsense = 1;\n")
    running.reload()
    running.await_log("configuration: not changed")
    assert samples(running).by("mailstored_configuration_reloads_total", "result") == {
        ("taken",): 1, ("refused",): 1}


def test_clients_are_counted_without_their_addresses(daemon, stranger):
    running = daemon(METRICS)
    refuse(running, "1.3", stranger)
    with running.connect(source="127.0.0.77") as connection:
        connection.ask()
    await_condition("both are counted", lambda: samples(running).one("mailstored_clients") == 2)
    assert samples(running).one("mailstored_clients_refusing") == 1
    assert "127.0.0" not in scrape(running)


def test_the_tool_shows_the_same(daemon):
    running = daemon(METRICS)
    where = ["--config", running.config, "--state", running.state]
    text = tool(*where, "metrics").out
    assert tool(*where, "metrics", "--json").answer["text"].partition("not_after")[0] == \
        text.partition("not_after")[0] == scrape(running).partition("not_after")[0]


def test_prometheus_accepts_it_after_all_kinds_of_traffic(daemon, certs, stranger, prometheus):
    running = daemon({**METRICS, "services": {
        "web-access": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
        "plain": {"listeners": ({"address": "127.0.0.1", "port": 0, "protocol": "redirect"},)}}},
        listen=())
    assert prometheus(scrape(running)) == (0, "")
    for version in ("1.2", "1.3"):
        refuse(running, version, stranger)
        refuse_late(running, version)
        leave(running, version)
        running.fetch(context=only(version))
    running.fetch(service="plain", context=None)
    running.fetch("/nothing")
    entry = 'a "b" \\ \u00fc'
    running.await_served(certs.make("a.example.org").put(running.store, entry))
    (running.store / "bad.pem").write_text("nonsense")
    await_condition("it is refused",
                    lambda: samples(running).one("mailstored_store_refused_files") == 1)
    assert prometheus(scrape(running)) == (0, "")
    assert entry in {has["entry"] for has, _ in samples(running).all(
        "mailstored_certificate_expiry_seconds")}
    status, said = prometheus("# TYPE a_days counter\na_days 1\n")
    assert status != 0 and "a_days" in said, "it would complain"
