"""What a visitor gets: pages, headers, languages, codings, the certificate to download."""

import gzip
import html.parser
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from lib.daemon import fingerprint

PAGES = ["/", "/password", "/placeholder", "/connection"]


@pytest.fixture(scope="module")
def server(module_daemon):
    return module_daemon()


class Outline(html.parser.HTMLParser):
    """The elements of a page with their attributes, and its text without them."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def resources(server):
    """What the pages load, by address."""
    found = set()
    for path in PAGES:
        outline = Outline(server.fetch(path).text)
        found |= {link["href"] for link in outline.all("link")}
        found |= {image["src"] for image in outline.all("img")}
    return sorted(found)


# ---- headers

@pytest.mark.parametrize("path", [*PAGES, "/certificate.cer", "/healthz", "/nothing"])
def test_every_answer_has_the_security_headers(server, path):
    response = server.fetch(path)
    policy = response.get("Content-Security-Policy")
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert directives["default-src"] == ["'none'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["base-uri"] == ["'none'"]
    assert directives["form-action"] in (["'self'"], ["'none'"])
    assert "unsafe" not in policy and "*" not in policy and "script-src" not in directives
    assert response.get("X-Content-Type-Options") == "nosniff"
    assert response.get("X-Frame-Options") == "DENY"
    assert response.get("Referrer-Policy") == "no-referrer"
    assert response.get("Cross-Origin-Opener-Policy") == "same-origin"
    assert response.get("Cross-Origin-Resource-Policy") == "same-origin"
    assert response.get("Permissions-Policy")
    assert response.get("Date")
    assert response.get("Server") is None or "/" not in response.get("Server")
    assert response.get("Strict-Transport-Security") is None


def test_not_modified_has_them_too(server):
    etag = server.fetch("/").get("ETag")
    response = server.fetch("/", headers={"If-None-Match": etag})
    assert response.status == 304
    assert response.get("Content-Security-Policy") and response.get("Date")


def test_strict_transport_security_comes_only_when_configured(daemon):
    running = daemon({"services": {"web-access": {"hsts_s": 31536000, "listeners": (
        {"address": "127.0.0.1", "port": 0},)}}}, listen=[])
    for path in ("/", "/nothing", "/certificate.cer"):
        assert running.fetch(path).get("Strict-Transport-Security") == "max-age=31536000"
    refused = running.fetch("/" + "a" * 4000)
    assert refused.get("Strict-Transport-Security") == "max-age=31536000"


# ---- form

@pytest.mark.parametrize("language", ["en", "fr", "de"])
@pytest.mark.parametrize("path", [*PAGES, "/nothing"])
def test_a_page_needs_no_script_and_nothing_foreign(server, path, language):
    response = server.fetch(path, headers={"Accept-Language": language})
    outline = Outline(response.text)
    tags = {tag for tag, _ in outline.elements}
    assert not tags & {"script", "style", "iframe", "object", "embed"}
    for tag, attributes in outline.elements:
        assert "style" not in attributes, f"inline style on {tag}"
        assert not any(name.startswith("on") for name in attributes), f"inline script on {tag}"
        for name in ("href", "src", "action", "srcset", "poster"):
            assert attributes.get(name, "/").startswith(("/", "#")), (tag, attributes)
            assert not attributes.get(name, "/").startswith("//"), (tag, attributes)
    assert outline.all("html")[0]["lang"] == language
    assert outline.all("main") and outline.all("h1") and "title" in tags
    labelled = {label.get("for") for label in outline.all("label")}
    for field in outline.all("input"):
        assert field["id"] in labelled, "a screen reader names every field"
        assert "name" not in field, "a field without a name is never sent"


def test_what_the_pages_load_is_there(server):
    assert resources(server)
    for path in resources(server):
        response = server.fetch(path)
        assert response.status == 200 and response.body, path
        assert response.get("Content-Type").startswith(("text/css", "image/")), path
        if response.get("Content-Type").startswith("text/css"):
            assert not re.search(rb"@import|url\(\s*[\"']?(https?:)?//", response.body)
            assert b"prefers-color-scheme" in response.body


def test_the_browsers_own_requests_are_answered(server):
    assert server.fetch("/favicon.ico").status == 200


# ---- languages

@pytest.mark.parametrize("wanted, language", [
    (None, "en"), ("fr", "fr"), ("de", "de"), ("de-AT", "de"), ("fr-CA, en;q=0.5", "fr"),
    ("es, de;q=0.3", "de"), ("en;q=0.2, fr;q=0.8", "fr"), ("DE", "de"), ("zh", "en"),
    ("*", "en"), ("de;q=0, fr;q=0.1", "fr"), ("fr;q=0.9, de;q=0.95, *;q=0.1", "de"),
    ("", "en"), (";;;,,,", "en"), ("deutsch", "en"), ("de;q=x", "en"),
    ("en-GB,en;q=0.9,de;q=0.8", "en"),
])
def test_the_language_follows_the_request(server, wanted, language):
    headers = {} if wanted is None else {"Accept-Language": wanted}
    for path in ("/", "/connection", "/nothing"):
        response = server.fetch(path, headers=headers)
        assert response.get("Content-Language") == language, path
        assert Outline(response.text).all("html")[0]["lang"] == language
        assert "accept-language" in response.get("Vary").lower()


def test_the_languages_differ(server):
    texts = {Outline(server.fetch(path, headers={"Accept-Language": language}).text).text
             for path in PAGES for language in ("en", "fr", "de")}
    assert len(texts) == 3 * len(PAGES)


# ---- codings

def decoded(response):
    coding = response.get("Content-Encoding")
    if coding == "gzip":
        return gzip.decompress(response.body)
    if coding == "br":
        return subprocess.run(["brotli", "--decompress", "--stdout"], input=response.body,
                              stdout=subprocess.PIPE, check=True).stdout
    assert coding is None
    return response.body


@pytest.mark.parametrize("accepted, coding", [
    (None, None), ("gzip", "gzip"), ("br", "br"), ("gzip, deflate, br", "br"),
    ("br;q=0, gzip", "gzip"), ("br;q=0.1, gzip;q=0.9", "gzip"), ("identity", None),
    ("gzip;q=0", None), ("*", "br"), ("*;q=0.1, br;q=0", "gzip"), ("zstd", None), ("GZIP", "gzip"),
    ("x-gzip", "gzip"), ("", None), ("gzip;q=1.5x,,;", None),
])
def test_the_coding_follows_the_request(server, accepted, coding):
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    if accepted == "gzip;q=1.5x,,;":  # nonsense gets something readable
        assert decoded(server.fetch("/", headers=headers)) == server.fetch("/").body
    else:
        assert server.fetch("/", headers=headers).get("Content-Encoding") == coding


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_a_coded_page_is_the_same_page_and_smaller(server, coding, language):
    for path in ["/", "/password", "/placeholder"]:
        plain = server.fetch(path, headers={"Accept-Language": language})
        coded = server.fetch(path, headers={"Accept-Language": language,
                                            "Accept-Encoding": coding})
        assert coded.get("Content-Encoding") == coding
        assert len(coded.body) < len(plain.body)
        assert decoded(coded) == plain.body
        assert coded.get("ETag") != plain.get("ETag")
        assert "accept-encoding" in coded.get("Vary").lower()


def test_coded_resources_are_the_same_too(server):
    for path in resources(server):
        plain = server.fetch(path)
        for coding in ("gzip", "br"):
            assert decoded(server.fetch(path, headers={"Accept-Encoding": coding})) == plain.body


# ---- caching

def test_an_entity_tag_saves_the_second_transfer(server):
    tags = set()
    for path in ["/", "/password", "/placeholder", *resources(server)]:
        for language in ("en", "de"):
            for coding in ("identity", "gzip", "br"):
                asked = {"Accept-Language": language, "Accept-Encoding": coding}
                first = server.fetch(path, headers=asked)
                etag = first.get("ETag")
                assert re.fullmatch(r'"[^"]+"', etag), etag
                again = server.fetch(path, headers={**asked, "If-None-Match": etag})
                assert again.status == 304 and again.body == b""
                for name in ("ETag", "Vary", "Cache-Control"):
                    assert again.get(name) == first.get(name)
                tags.add((etag, first.body))
    assert len({etag for etag, _ in tags}) == len(tags), "one tag never means two bodies"


@pytest.mark.parametrize("condition, status", [
    ("*", 304), ('W/{}', 304), ('"other", {}', 304), ('"other",{},"more"', 304), ('"other"', 200),
    ('', 200), ('{}x', 200), ('"', 200)])
def test_if_none_match_is_read_by_the_rfc(server, condition, status):
    etag = server.fetch("/").get("ETag")
    asked = {"If-None-Match": condition.format(etag)}
    assert server.fetch("/", headers=asked).status == status
    assert server.fetch("/", method="HEAD", headers=asked).status == status


def test_a_tag_of_another_language_does_not_match(server):
    etag = server.fetch("/", headers={"Accept-Language": "de"}).get("ETag")
    assert server.fetch("/", headers={"If-None-Match": etag}).status == 200


def test_what_depends_on_the_connection_is_not_kept(server):
    for path in ("/connection", "/certificate.cer", "/healthz", "/nothing"):
        assert server.fetch(path).get("Cache-Control") == "no-store"


# ---- /connection

def facts(response):
    return Outline(response.text).text


def test_the_connection_page_tells_what_this_connection_is(daemon, certs):
    running = daemon()
    mine = certs.leaf("mail.example.org", "192.0.2.7").put(running.store, "mine")
    running.await_served(mine)
    with running.connect(sni="mail.example.org") as connection:
        response = connection.ask("/connection", host="mail.example.org:8462")
        version, cipher = connection.socket.version(), connection.socket.cipher()
    told = facts(response)
    for fact in ("mail.example.org", "192.0.2.7", "127.0.0.1", str(running.port()), "web-access",
                 "CN=mail.example.org", "CN=Test Authority", "mine"):
        assert fact in told, fact
    assert version == "TLSv1.3" and "TLS 1.3" in told.replace("TLS1.3", "TLS 1.3")
    assert "AES" in cipher[0] and "AES" in told
    dense = re.sub(r"\s", "", told)
    assert fingerprint(mine.der) in dense
    assert f"{mine.x509.serial_number:X}" in dense
    assert str(mine.x509.not_valid_after.year) in told


@pytest.mark.parametrize("host, covered", [
    ("mail.example.org", True), ("MAIL.example.ORG", True), ("mail.example.org.", True),
    ("www.example.net", True), ("a.www.example.net", False), ("192.0.2.7", True),
    ("[2001:db8::7]", True), ("[2001:DB8:0::7]:8462", True), ("localhost", False),
    ("192.0.2.8", False), ("example.net", False)])
def test_it_says_whether_the_name_stands_in_the_certificate(covering_server, host, covered):
    response = covering_server.fetch("/connection", host=host)
    assert response.status == 200
    assert ("does not match" not in facts(response)) == covered
    assert ("The name matches" in facts(response)) == covered


@pytest.fixture(scope="module")
def covering_server(module_daemon, certs):
    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        certs.make("mail.example.org", "*.example.net", "192.0.2.7",
                   "2001:db8::7").put(made.store, "mine")
    return module_daemon(prepare=drop)


def test_it_tells_the_version_of_this_very_connection(server):
    from ssl import TLSVersion

    from lib.http import client_context
    old = client_context(maximum=TLSVersion.TLSv1_2)
    assert "1.2" in facts(server.fetch("/connection", context=old))
    assert "1.3" in facts(server.fetch("/connection"))


def test_what_the_client_sends_is_escaped(server):
    """A name cannot carry markup in TLS or Host; whatever gets through must not become one."""
    for host in ('"><script>', "<b>", "a&b", "'"):
        response = server.fetch("/connection", host=host)
        assert response.status == 400
        assert "<script>" not in response.text and "<b>" not in response.text
    response = server.fetch("/connection", sni="script.example", headers={
        "User-Agent": "<script>", "Referer": "<b>", "Accept-Language": "<i>"})
    assert "<script>" not in response.text and "<b>" not in response.text


def test_an_expired_certificate_says_so(daemon, certs):
    running = daemon()
    old = certs.expired("localhost").put(running.store, "old")
    running.await_served(old)
    assert "expired" in facts(running.fetch("/connection")).lower()


# ---- /certificate.cer, /healthz

def test_the_download_is_the_generated_certificate_itself(server):
    response = server.fetch("/certificate.cer")
    assert response.status == 200
    assert response.get("Content-Type") == "application/pkix-cert"
    assert response.get("Content-Disposition").startswith("attachment")
    assert ".cer" in response.get("Content-Disposition")
    assert response.body == server.served_certificate()
    assert b"PRIVATE" not in response.body


def test_the_download_is_the_authority_of_an_issued_one(daemon, certs):
    running = daemon()
    mine = certs.leaf("mail.example.org").put(running.store, "mine")
    running.await_served(mine)
    anchor = running.fetch("/certificate.cer").body
    assert anchor == mine.anchor_der
    certificate = x509.load_der_x509_certificate(anchor)
    constraints = certificate.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS)
    assert constraints.value.ca


def test_the_download_is_that_of_the_name_asked_for(daemon, certs):
    running = daemon()
    first = certs.make("a.example.org").put(running.store, "a")
    second = certs.make("b.example.org").put(running.store, "b")
    running.await_served(second, sni="b.example.org")
    assert running.fetch("/certificate.cer", sni="a.example.org").body == first.der
    assert running.fetch("/certificate.cer", sni="b.example.org").body == second.der


def test_no_key_is_ever_sent(daemon, certs):
    running = daemon()
    mine = certs.make("mail.example.org").put(running.store, "mine")
    running.await_served(mine)
    secret = mine.key.private_numbers().private_value.to_bytes(32, "big")
    for path in ("/certificate.cer", "/connection", "/", "/mine.pem", "/certs/mine.pem"):
        assert secret not in running.fetch(path).body


def test_health_is_short_and_plain(server):
    response = server.fetch("/healthz")
    assert (response.status, response.body) == (200, b"ok\n")
    assert response.get("Content-Type").startswith("text/plain")


def test_the_version_is_nobodys_business(server):
    for path in (*PAGES, "/nothing", "/healthz"):
        response = server.fetch(path)
        head = " ".join(f"{name}: {value}" for name, value in response.fields)
        assert not re.search(r"mailstored/|microhttpd|GnuTLS", head + response.text, re.IGNORECASE)
