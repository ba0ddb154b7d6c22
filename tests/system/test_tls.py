"""Versions, suites, resumption, ALPN, and which certificate a connection gets."""

import socket
import ssl

import pytest

from lib.clients import curl, gnutls_cli, s_client
from lib.daemon import fingerprint
from lib.http import client_context
from lib.waiting import await_condition

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BOTH = pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])


def only(version, **how):
    return client_context(minimum=version, maximum=version, **how)


@pytest.fixture(scope="module")
def server(module_daemon):
    return module_daemon()


def with_entries(**entries):
    """prepare= for a daemon whose store has these entries from the start."""
    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        for name, certificate in entries.items():
            certificate.put(made.store, name)
    return drop


# ---- versions and suites

@BOTH
def test_both_versions_work(server, version):
    with server.connect(context=only(version)) as connection:
        assert connection.socket.version() == version.name.replace("_", ".")
        assert connection.ask().status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_refused(server, version):
    def old(highest):
        return client_context(minimum=version, maximum=highest, ciphers="ALL:@SECLEVEL=0")
    server.connect(context=old(TLS12)).close()  # the same client, one version up
    with pytest.raises(ssl.SSLError):
        server.connect(context=old(version))


def test_who_offers_too_little_is_told_so(server):
    """RFC 5246, E.1: the protocol_version alert. Else its user reads of a lost connection."""
    old = client_context(maximum=ssl.TLSVersion.TLSv1_1, ciphers="ALL:@SECLEVEL=0",
                         minimum=ssl.TLSVersion.TLSv1)
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
        server.connect(context=old)
    with pytest.raises(ssl.SSLError, match="(?i)handshake.failure|insufficient"):
        server.connect(context=only(TLS12, ciphers="AES128-GCM-SHA256:@SECLEVEL=0"))


def test_the_versions_can_be_narrowed(daemon):
    running = daemon({"tls": {"versions": ["1.3"]}})
    running.connect(context=only(TLS13)).close()
    with pytest.raises(ssl.SSLError):
        running.connect(context=only(TLS12))


def test_a_priority_string_of_ones_own_is_taken(daemon):
    running = daemon({"tls": {"priority": "SECURE256:-VERS-ALL:+VERS-TLS1.2"}})
    running.connect(context=only(TLS12, ciphers="ECDHE-ECDSA-AES256-GCM-SHA384")).close()
    with pytest.raises(ssl.SSLError):
        running.connect(context=only(TLS13))


def test_a_broken_priority_string_does_not_start(daemon):
    broken = daemon({"tls": {"priority": "NORMAL:+NONSENSE"}}, wait=False)
    broken.expected_status = broken.await_end()
    assert broken.expected_status == 78
    assert "NORMAL:+NONSENSE" in broken.log or "priority" in broken.log


def test_only_forward_secret_suites(daemon, certs):
    running = daemon(prepare=with_entries(mine=certs.make("localhost", key="rsa")))
    for suite in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA256",
                  "ECDHE-RSA-DES-CBC3-SHA", "ECDHE-RSA-NULL-SHA", "AECDH-AES128-SHA"):
        try:
            context = only(TLS12, ciphers=f"{suite}:@SECLEVEL=0")
        except ssl.SSLError:
            continue  # this client has forgotten it, too
        with pytest.raises((ssl.SSLError, ConnectionError)):
            running.connect(context=context)
    for suite in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                  "ECDHE-RSA-CHACHA20-POLY1305"):
        running.connect(context=only(TLS12, ciphers=suite)).close()


def test_no_renegotiation(server):
    shown = s_client(server.port(), "-tls1_2", request="R\n")
    assert "verify error" not in shown.stdout.split("RENEGOTIATING")[-1] or \
        "RENEGOTIATING" not in shown.stdout
    assert server.fetch().status == 200


@BOTH
def test_other_peoples_clients_get_through(server, version, tmp_path):
    name = version.name.removeprefix("TLSv").replace("_", ".")
    fetched = curl(f"https://127.0.0.1:{server.port()}/healthz", "--insecure",
                   f"--tlsv{name}", "--tls-max", name)
    assert fetched.stdout == "ok\n", fetched.stderr
    shown = gnutls_cli(server.port(), "--insecure", f"--priority=NORMAL:-VERS-ALL:+VERS-TLS{name}")
    assert "Handshake was completed" in shown.stdout, shown.stderr


def test_the_generated_certificate_is_trusted_once_installed(server, tmp_path):
    """As an administrator would: download it, install it, use the host's name."""
    anchor = tmp_path / "anchor.pem"
    anchor.write_text(ssl.DER_cert_to_PEM_cert(server.fetch("/certificate.cer").body))
    for host in ("localhost", socket.gethostname(), "mailstoreserver"):
        context = client_context(verify=anchor)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        assert server.fetch(sni=host, context=context).status == 200
        fetched = curl(f"https://{host}:{server.port()}/healthz", "--cacert", anchor,
                       "--resolve", f"{host}:{server.port()}:127.0.0.1")
        assert fetched.stdout == "ok\n", fetched.stderr
        shown = gnutls_cli(server.port(), f"--x509cafile={anchor}", f"--verify-hostname={host}",
                           f"--sni-hostname={host}")
        assert "Handshake was completed" in shown.stdout, shown.stdout + shown.stderr
    shown = s_client(server.port(), "-CAfile", anchor, "-verify_return_error", "-verify_ip",
                     "127.0.0.1", "-x509_strict")
    assert "Verify return code: 0 (ok)" in shown.stdout


# ---- resumption

def resumable(server, context, **how):
    """A session with its ticket, which TLS 1.3 sends behind the handshake."""
    with server.connect(context=context, **how) as connection:
        assert not connection.socket.session_reused
        assert connection.ask("/healthz").status == 200
        return connection.socket.session


@BOTH
def test_sessions_resume(server, version):
    context = only(version)
    session = resumable(server, context)
    for path in ("/", "/connection", "/certificate.cer"):
        with server.connect(context=context, session=session) as connection:
            assert connection.socket.session_reused
            assert connection.ask(path).status == 200, path
            session = connection.socket.session


@BOTH
def test_the_connection_page_of_a_resumed_session_tells_all(server, version):
    context = only(version)
    session = resumable(server, context, sni="localhost")
    with server.connect(context=context, session=session, sni="localhost") as connection:
        assert connection.socket.session_reused
        told = connection.ask("/connection").text
    assert "MailStoreServer" in told and "<dd>yes</dd>" in told


@BOTH
def test_sessions_resume_after_a_certificate_was_replaced(daemon, certs, version):
    running = daemon(prepare=with_entries(mine=certs.make("localhost")))
    context = only(version)
    session = resumable(running, context)
    after = certs.newer("localhost").put(running.store, "mine")
    running.await_served(after)
    with running.connect(context=context, session=session) as connection:
        assert connection.ask("/connection").status == 200
        assert connection.ask("/certificate.cer").body == after.der


@BOTH
def test_hosts_that_share_a_ticket_key_share_sessions(daemon, tmp_path, version):
    key = tmp_path / "tickets"
    key.write_bytes(bytes(range(64)))
    key.chmod(0o600)
    first, second = (daemon({"tls": {"ticket_key_file": str(key)}}) for _ in range(2))
    context = only(version)
    session = resumable(first, context)
    with second.connect(context=context, session=session) as connection:
        assert connection.socket.session_reused


def test_hosts_that_share_no_key_share_no_sessions(daemon):
    first, second = daemon(), daemon()
    context = only(TLS13)
    session = resumable(first, context)
    with second.connect(context=context, session=session) as connection:
        assert not connection.socket.session_reused


# ---- ALPN

@BOTH
def test_alpn(server, version):
    for offered, chosen in ((["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"),
                            (None, None)):
        with server.connect(context=only(version, alpn=offered)) as connection:
            assert connection.socket.selected_alpn_protocol() == chosen
            assert connection.ask().status == 200


def test_alpn_without_ours_is_not_promised(server):
    try:
        with server.connect(context=client_context(alpn=["h2"])) as connection:
            assert connection.socket.selected_alpn_protocol() is None
    except ssl.SSLError as refused:
        assert "application" in str(refused).lower()


# ---- choice of certificate

@pytest.fixture(scope="module")
def named(certs):
    return {"exact": certs.make("mail.example.org", "192.0.2.7"),
            "wildcard": certs.make("*.example.org"),
            "deep": certs.make("*.dept.example.org"),
            "common": certs.make("old.example.net", san=False),
            "newest": certs.newer("newest.example.com", by_hours=5)}


@pytest.fixture(scope="module")
def choosing(module_daemon, named):
    return module_daemon(prepare=with_entries(**named))


@pytest.mark.parametrize("sni, entry", [
    ("mail.example.org", "exact"), ("MAIL.Example.ORG", "exact"), ("other.example.org", "wildcard"),
    ("a.dept.example.org", "deep"), ("dept.example.org", "wildcard"),
    ("a.b.example.org", "newest"), ("example.org", "newest"), ("old.example.net", "common"),
    ("newest.example.com", "newest"), ("unknown.example", "newest"), (None, "newest"),
    ("localhost", "newest")])
@BOTH
def test_the_name_chooses(choosing, named, sni, entry, version):
    assert choosing.served_fingerprint(sni=sni, context=only(version)) == \
        fingerprint(named[entry].der)


def test_odd_server_names_do_no_harm(choosing, named):
    for name in ("*.example.org", "-", "a..b", "x" * 60 + "." + "y" * 60, "192.0.2.7",
                 "a_b.example"):
        s_client(choosing.port(), "-servername", name)
    assert choosing.served_fingerprint() == fingerprint(named["newest"].der)


def test_the_local_address_chooses_when_no_name_is_sent(daemon, certs):
    one, two, other = (certs.make("127.0.0.1"), certs.make("127.0.0.2"),
                       certs.newer("elsewhere.example"))
    running = daemon(listen=["web-access=*:0"],
                     prepare=with_entries(one=one, two=two, other=other))
    for address, certificate in (("127.0.0.1", one), ("127.0.0.2", two), ("127.0.0.3", other)):
        assert running.served_fingerprint(address=address) == fingerprint(certificate.der)
        assert running.served_fingerprint(address=address, sni="elsewhere.example") == \
            fingerprint(other.der)


def test_ipv6_addresses_choose_too(daemon, certs):
    six, other = certs.make("::1"), certs.newer("elsewhere.example")
    running = daemon(listen=["web-access=[::1]:0"], prepare=with_entries(six=six, other=other))
    assert running.served_fingerprint(address="::1") == fingerprint(six.der)


def test_a_valid_one_goes_before_an_expired_one(daemon, certs):
    good = certs.make("mail.example.org")
    running = daemon(prepare=with_entries(
        a=certs.expired("mail.example.org"), b=good,
        c=certs.make("mail.example.org", begins=good.x509.not_valid_after,
                     ends=good.x509.not_valid_after.replace(year=2040))))
    assert running.served_fingerprint(sni="mail.example.org") == fingerprint(good.der)
    assert running.served_fingerprint() == fingerprint(good.der)


def test_among_equals_the_latest_begin_then_the_name(daemon, certs):
    key = certs.make("x").key
    early = certs.make("mail.example.org", key=key)
    late = certs.newer("mail.example.org")
    same = certs.make("mail.example.org", begins=late.x509.not_valid_before)
    running = daemon(prepare=with_entries(a=early, b=late, c=same))
    assert running.served_fingerprint(sni="mail.example.org") == fingerprint(late.der)


@BOTH
def test_the_pin_goes_before_everything(daemon, certs, version):
    pinned = certs.expired("pinned.example")
    running = daemon({"services": {"web-access": {"certificate": "pinned", "listeners": (
        {"address": "127.0.0.1", "port": 0},)}}}, listen=[], prepare=with_entries(
            pinned=pinned, named=certs.make("mail.example.org")))
    assert running.served_fingerprint(sni="mail.example.org", context=only(version)) == \
        fingerprint(pinned.der)


def test_services_and_listeners_have_pins_of_their_own(daemon, certs):
    entries = {name: certs.make(f"{name}.example") for name in ("one", "two", "three")}
    running = daemon({"services": {
        "web-access": {"certificate": "one", "listeners": (
            {"address": "127.0.0.1", "port": 0},
            {"address": "127.0.0.2", "port": 0, "certificate": "two"})},
        "client": {"certificate": "three", "listeners": ({"address": "127.0.0.1", "port": 0},)}}},
        listen=[], prepare=with_entries(**entries))
    for service, address, entry in (("web-access", "127.0.0.1", "one"),
                                    ("web-access", "127.0.0.2", "two"),
                                    ("client", "127.0.0.1", "three")):
        assert running.served_fingerprint(service=service, address=address,
                                          port=running.port(service, address)) == \
            fingerprint(entries[entry].der)


def test_a_missing_pin_warns_and_the_rules_go_on(daemon, certs):
    running = daemon({"services": {"web-access": {"certificate": "pinned", "listeners": (
        {"address": "127.0.0.1", "port": 0},)}}}, listen=[])
    running.await_log(r" warning .*pinned")
    named = certs.make("mail.example.org").put(running.store, "named")
    running.await_served(named, sni="mail.example.org")
    pinned = certs.make("pinned.example").put(running.store, "pinned")
    running.await_served(pinned, sni="mail.example.org")
    mark = running.mark()
    (running.store / "pinned.pem").unlink()
    running.await_served(named, sni="mail.example.org")
    running.await_log(r" warning .*pinned", since=mark)


def test_the_generated_entry_serves_while_no_other_can(daemon, certs):
    running = daemon()
    generated = running.served_fingerprint()
    mine = certs.expired("mail.example.org").put(running.store, "mine")
    running.await_served(mine)
    (running.store / "mine.pem").unlink()
    await_condition("the generated one is back", lambda: running.served_fingerprint() == generated)


# ---- key types

@pytest.fixture(scope="module")
def twins(certs):
    return {"mail-ec": certs.make("mail.example.org"),
            "mail-rsa": certs.newer("mail.example.org", key="rsa")}


@pytest.fixture(scope="module")
def two_keys(module_daemon, twins):
    return module_daemon(prepare=with_entries(**twins))


@pytest.mark.parametrize("sni", ["mail.example.org", None])
@pytest.mark.parametrize("suites, entry", [
    ("ECDHE-RSA-AES128-GCM-SHA256", "mail-rsa"), ("ECDHE-ECDSA-AES128-GCM-SHA256", "mail-ec"),
    ("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", "mail-ec")])
def test_a_tls_1_2_client_gets_the_key_it_can_use(two_keys, twins, sni, suites, entry):
    if sni is None and ":" in suites:
        entry = "mail-rsa"  # the newest: equals are those under one name
    assert two_keys.served_fingerprint(sni=sni, context=only(TLS12, ciphers=suites)) == \
        fingerprint(twins[entry].der)


@pytest.mark.parametrize("algorithms, entry", [
    ("RSA-PSS+SHA256", "mail-rsa"), ("ECDSA+SHA256", "mail-ec"),
    ("RSA-PSS+SHA256:ECDSA+SHA256", "mail-ec")])
def test_a_tls_1_3_client_gets_the_key_it_can_use(two_keys, twins, algorithms, entry):
    shown = s_client(two_keys.port(), "-tls1_3", "-sigalgs", algorithms,
                     "-servername", "mail.example.org")
    pem = shown.stdout[shown.stdout.index("-----BEGIN"):].partition("-----END")[0]
    assert fingerprint(ssl.PEM_cert_to_DER_cert(pem + "-----END CERTIFICATE-----\n")) == \
        fingerprint(twins[entry].der)


def test_an_rsa_only_client_falls_back_to_another_name(daemon, certs):
    """Only entries whose key type the client can use are considered, in every rule."""
    rsa = certs.make("other.example", key="rsa")
    running = daemon(prepare=with_entries(named=certs.make("mail.example.org"), rsa=rsa))
    context = only(TLS12, ciphers="ECDHE-RSA-AES128-GCM-SHA256")
    assert running.served_fingerprint(sni="mail.example.org", context=context) == \
        fingerprint(rsa.der)


def test_a_client_that_can_use_no_key_fails_alone(daemon):
    running = daemon()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        running.connect(context=only(TLS12, ciphers="ECDHE-RSA-AES128-GCM-SHA256"))
    assert running.fetch().status == 200


def test_ed25519_serves_those_who_can(daemon, certs):
    edwards = certs.newer("mail.example.org", key="ed25519")
    running = daemon(prepare=with_entries(edwards=edwards))
    assert running.served_fingerprint(sni="mail.example.org") == fingerprint(edwards.der)
    shown = s_client(running.port(), "-tls1_3", "-sigalgs", "ECDSA+SHA256")
    assert "BEGIN CERTIFICATE" not in shown.stdout or "ED25519" not in shown.stdout


def test_the_chain_is_sent_in_order(daemon, certs):
    mine = certs.leaf("mail.example.org")
    running = daemon(prepare=with_entries(mine=mine))
    shown = s_client(running.port(), "-showcerts")
    sent = [ssl.PEM_cert_to_DER_cert("-----BEGIN" + part.partition("-----END")[0]
                                     + "-----END CERTIFICATE-----\n")
            for part in shown.stdout.split("-----BEGIN")[1:]
            if part.startswith(" CERTIFICATE")]
    assert sent[:2] == [mine.der, mine.issuer.der]


# ---- sessions and certificates

@BOTH
def test_a_session_ends_with_the_certificate_it_began_with(daemon, certs, version):
    """A resumed handshake shows none: the client would go on with the one that was replaced."""
    running = daemon()
    context = only(version)
    certs.make("localhost").put(running.store, "mine")
    running.await_log("mine added")
    session = resumable(running, context)
    with running.connect(context=context, session=session) as connection:
        assert connection.socket.session_reused
    certs.newer("localhost").put(running.store, "mine")
    running.await_log("mine replaced")
    with running.connect(context=context, session=session) as connection:
        assert not connection.socket.session_reused


@BOTH
def test_a_session_of_one_service_is_not_resumed_on_another(daemon, version):
    running = daemon({"services": {
        name: {"enabled": True, "listeners": ({"address": "127.0.0.1", "port": 0},)}
        for name in ("web-access", "client")}}, listen=[])
    context = only(version)
    session = resumable(running, context)
    with running.connect("client", context=context, session=session) as connection:
        assert not connection.socket.session_reused
