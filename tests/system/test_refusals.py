"""Clients that refuse the certificate: one line that says who, where and why, once a minute."""

import re
import ssl
import threading

import pytest

from lib.clients import curl, gnutls_cli, s_client
from lib.handmade import HandMadeClient, alert_after_handshake, version_of
from lib.http import client_context
from lib.waiting import await_condition

LINE = r"client {} refused the certificate of {}: {}"
BOTH = pytest.mark.parametrize("version", ["1.2", "1.3"])


def refused(running, alert, client="127.0.0.1", service="web-access"):
    return running.await_log(LINE.format(re.escape(client), service, alert) + r" \(.+\)")


def in_the_end_refused(daemon, attempt, alert, client="127.0.0.1"):
    """A client that closes with our flight half read makes its system send a reset, which may
    overtake its alert; then all that is known is that it left. Not every time, though."""
    left = rf"client {re.escape(client)} left web-access after it saw the certificate"
    for _ in range(10):
        running = daemon()
        attempt(running)
        said = running.await_log(
            LINE.format(re.escape(client), "web-access", alert) + rf" \(.+\)|{left}")[0]
        if "refused" in said:
            return
    pytest.fail("none of ten alerts was read")


def trusting_nobody_here(tmp_path, certs):
    anchor = tmp_path / "other.pem"
    anchor.write_bytes(certs.authority().pem)
    return anchor


@BOTH
def test_an_alert_is_read_for_certain_when_nothing_overtakes_it(daemon, certs, tmp_path, version):
    running = daemon()
    client = HandMadeClient(version, trusting_nobody_here(tmp_path, certs))
    with running.connect(context=None) as plain:
        client.handshake_on(plain)
        plain.send(client.outgoing.read())
        refused(running, "unknown_ca")


@BOTH
def test_curl(daemon, version):
    def attempt(running):
        tried = curl(f"https://localhost:{running.port()}/", f"--tlsv{version}", "--tls-max",
                     version, "--resolve", f"localhost:{running.port()}:127.0.0.1")
        assert tried.returncode == 60, tried.stderr
    in_the_end_refused(daemon, attempt, "unknown_ca")


@BOTH
def test_openssl(daemon, version):
    in_the_end_refused(daemon, lambda running: s_client(
        running.port(), "-verify_return_error", f"-tls{version.replace('.', '_')}"),
        "(unknown_ca|bad_certificate)")


@BOTH
def test_gnutls(daemon, version, tmp_path, certs):
    def attempt(running):
        tried = gnutls_cli(running.port(), f"--x509cafile={trusting_nobody_here(tmp_path, certs)}",
                           f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{version}")
        assert tried.returncode != 0
    in_the_end_refused(daemon, attempt, r"\w+")


@BOTH
def test_python(daemon, version, tmp_path, certs):
    context = client_context(verify=trusting_nobody_here(tmp_path, certs),
                             minimum=version_of(version), maximum=version_of(version))

    def attempt(running):
        with pytest.raises(ssl.SSLCertVerificationError):
            running.connect(sni="localhost", context=context, source="127.0.0.9")
    in_the_end_refused(daemon, attempt, "unknown_ca", client="127.0.0.9")


@BOTH
def test_an_expired_certificate_is_named_as_the_reason(daemon, certs, tmp_path, version):
    running = daemon()
    old = certs.expired("localhost").put(running.store, "old")
    running.await_served(old)
    (tmp_path / "anchor.pem").write_bytes(old.pem)
    client = HandMadeClient(version, tmp_path / "anchor.pem")
    with running.connect(context=None) as plain:
        client.handshake_on(plain)
        plain.send(client.outgoing.read())
        refused(running, "certificate_expired")


@BOTH
def test_a_client_that_looks_only_after_the_handshake(daemon, version):
    running = daemon()
    with running.connect(context=None) as plain:
        plain.socket.settimeout(None)  # GnuTLS is to wait for itself
        alert_after_handshake(plain.socket, version, 48)
        refused(running, "unknown_ca")


@BOTH
def test_a_client_that_leaves_without_a_word_is_understood(daemon, version):
    """Node's way: it closes on receiving our flight, before its Finished, and sends no alert."""
    running = daemon()
    client = HandMadeClient(version)
    with running.connect(context=None) as plain:
        client.handshake_on(plain)
    running.await_log(r"client 127\.0\.0\.1 left web-access after it saw the certificate")


def test_the_line_names_the_service(daemon):
    running = daemon(listen=["web-access=127.0.0.1:0", "client=127.0.0.1:0"])
    s_client(running.port("client"), "-verify_return_error")
    running.await_log(r"client 127\.0\.0\.1 (refused the certificate of|left) client\b")


def test_ipv6_clients_are_named(daemon):
    running = daemon(listen=["web-access=[::1]:0"])
    s_client(running.port(), "-verify_return_error", address="[::1]")
    running.await_log(r"client ::1 (refused the certificate of|left) web-access\b")


def refusals(running, client=r"[\d.]+"):
    return re.findall(LINE.format(client, "web-access", ""), running.log)


def heard(running, client):
    """The lines about refusals and silent departures."""
    line = re.compile(rf"client {client} (?:refused the certificate of|left) web-access")
    return await_condition(f"{client} is in the log", lambda: line.findall(running.log))


def test_one_client_fills_no_log_and_others_are_still_heard(daemon):
    running = daemon()

    def refuse(source):
        with pytest.raises(ssl.SSLCertVerificationError):
            strict = ssl.create_default_context()
            running.connect(sni="localhost", context=strict, source=source)
    for _ in range(5):
        refuse("127.0.0.21")
    threads = [threading.Thread(target=refuse, args=("127.0.0.21",)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for last in range(22, 27):
        refuse(f"127.0.0.{last}")
        heard(running, rf"127\.0\.0\.{last}")
    running.fetch()
    assert len(heard(running, r"127\.0\.0\.21")) == 1
    assert len(heard(running, r"[\d.]+")) == 6


def test_those_who_accept_or_merely_leave_are_not_accused(daemon, tmp_path):
    running = daemon()
    anchor = tmp_path / "anchor.pem"
    anchor.write_text(ssl.DER_cert_to_PEM_cert(running.served_certificate()))
    for version in ("1.2", "1.3"):
        fetched = curl(f"https://localhost:{running.port()}/healthz", "--cacert", anchor,
                       f"--tlsv{version}", "--tls-max", version,
                       "--resolve", f"localhost:{running.port()}:127.0.0.1")
        assert fetched.stdout == "ok\n", fetched.stderr
        s_client(running.port(), f"-tls{version.replace('.', '_')}")  # ends with close_notify
    running.connect(context=client_context(verify=anchor), sni="localhost").close()
    running.connect(context=None).close()  # a port scan
    with pytest.raises(ssl.SSLError):
        running.connect(context=client_context(maximum=ssl.TLSVersion.TLSv1_2,
                                               ciphers="ECDHE-RSA-AES128-GCM-SHA256"))
    assert running.stop() == 0
    assert refusals(running) == []


def test_what_a_client_sends_cannot_forge_lines(daemon):
    running = daemon()
    plain = running.connect(context=None)
    plain.send(b"\x15\x03\x03\x00\x02\x02\xff\nclient 127.0.0.1 refused the certificate")
    plain.close()
    running.fetch()
    assert refusals(running) == []
