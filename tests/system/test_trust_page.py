"""/trust: what it says of a connection, to whom, in which words; and what a hostile client gets.

What its script finds out is tested with real browsers, in test_browser.py and tests/clients."""

import datetime
import html.parser
import json
import re
import subprocess

import pytest

from lib.certs import days, now
from lib.daemon import REPOSITORY, fingerprint

LANGUAGES = ["en", "fr", "de"]
SYSTEMS = {
    "windows": ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", ["Windows"]),
    "macos": ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
              "Gecko) Version/18.0 Safari/605.1.15", ["macOS"]),
    "ios": ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
            "like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", ["iPhone and iPad"]),
    "android": ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/156.0.0.0 Mobile Safari/537.36", ["Android"]),
    "linux": ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
              "Chrome/156.0.0.0 Safari/537.36", ["Linux"]),
    "firefox-on-linux": ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
                         ["Firefox"]),
    "firefox-on-windows": ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 "
                           "Firefox/153.0", ["Windows", "Firefox"]),
    "unknown": ("Lynx/2.9.0", []),
}
ALL = {"Windows", "macOS", "iPhone and iPad", "Android", "Linux", "Firefox"}


@pytest.fixture(scope="module")
def words():
    """The texts of a language, as they stand on the page."""
    def of(language="en"):
        return json.loads((REPOSITORY / "web" / "strings" / f"{language}.json").read_text())
    return of


class Page(html.parser.HTMLParser):
    """What is shown without script: what carries `hidden`, or stands in it, is left out."""

    VOID = {"meta", "link", "img", "path", "input", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.elements = [], [], []
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag not in self.VOID:
            self.open.append((tag, "hidden" in attributes))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop()[0] == tag, f"</{tag}> out of place"

    def handle_data(self, data):
        if data.strip() and not any(hidden for _, hidden in self.open):
            self.words.append(([tag for tag, _ in self.open], data))

    def text(self, tag=None):
        shown = " ".join(data for within, data in self.words if tag is None or tag in within)
        return re.sub(r"[ \n]+", " ", shown)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def trust_page(server, language="en", agent=None, **how):
    response = server.fetch("/trust", headers={"Accept-Language": language,
                                               "User-Agent": agent}, **how)
    assert response.status == 200
    return Page(response.text)


def missing(page, words):
    """The words of the conditions that it says are not met."""
    sentences = {text: key.removeprefix("condition.") for key, text in words.items()
                 if key.startswith("condition.")}
    items = re.findall(r"[^.]+\.", page.text("li"))
    return {sentences[item.strip()] for item in items if item.strip() in sentences}


@pytest.fixture(scope="module")
def store(module_daemon, certs):
    """One daemon with a certificate for each way in which one may fail, chosen by name."""
    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        certs.make("good.example.org", "192.0.2.7").put(made.store, "good")
        certs.leaf("leaf.example.org").put(made.store, "leaf")
        certs.expired("over.example.org").put(made.store, "over")
        certs.make("early.example.org", begins=now() + days(2)).put(made.store, "early")
        certs.make("bare.example.org", san=False).put(made.store, "bare")
        certs.make("apple.example.org", ends=now() + days(825)).put(made.store, "apple")
    return module_daemon(prepare=drop)


# ---- which condition fails

@pytest.mark.parametrize("sni, host, expected", [
    ("good.example.org", "good.example.org", set()),
    ("good.example.org", "GOOD.example.org.:8462", set()),
    ("good.example.org", "192.0.2.7", set()),
    ("good.example.org", "elsewhere.example.org", {"used"}),
    ("good.example.org", "192.0.2.8", {"used"}),
    ("good.example.org", "[2001:db8::1]:443", {"used"}),
    ("leaf.example.org", "leaf.example.org", set()),
    ("over.example.org", "over.example.org", {"current"}),
    ("over.example.org", "elsewhere.example.org", {"used", "current"}),
    ("early.example.org", "early.example.org", {"current"}),
    ("bare.example.org", "bare.example.org", {"named"}),
    ("bare.example.org", "192.0.2.8", {"named", "used"}),
])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_which_conditions_fail(store, words, language, sni, host, expected):
    page = trust_page(store, language, sni=sni, host=host)
    known = words(language)
    assert missing(page, known) == expected
    told = page.text()
    assert (known["lead.fine"] in told) == (not expected)
    assert (known["steps.suspect"].strip("*").split("*")[0] in told) == bool(expected)
    assert known["issuer.unknown"] in told, "of trust a server knows nothing"
    for key, condition in (("name.no", "used"), ("named.no", "named")):
        assert (known[key] in told) == (condition in expected), key
    if "current" in expected:
        assert known["valid.early" if sni.startswith("early") else "valid.expired"] in told
    assert (known["valid.yes"] in told) == ("current" not in expected)


def test_the_names_that_would_do_are_listed(store):
    told = trust_page(store, sni="good.example.org", host="elsewhere.example.org")
    shown = told.text("ul")
    assert "elsewhere.example.org" in shown and "good.example.org 192.0.2.7" in shown


def test_without_a_name_none_is_missed(store, words):
    with store.connect() as connection:
        connection.send("GET /trust HTTP/1.0\r\n\r\n")
        response = connection.answer()
    page = Page(response.text)
    assert words()["name.unknown"] in page.text() and missing(page, words()) == set()
    with store.connect(sni="elsewhere.example.org") as connection:
        connection.send("GET /trust HTTP/1.0\r\n\r\n")
        page = Page(connection.answer().text)
    assert "elsewhere.example.org" in page.text("strong") and missing(page, words()) == {"used"}


def test_a_certificate_above_that_is_over(daemon, certs, words):
    running = daemon()
    over = certs.make(common_name="Old Authority", authority=True, server=False,
                      begins=now() - days(90), ends=now() - days(1))
    leaf = certs.make("mail.example.org", issuer=over).put(running.store, "mine")
    running.await_served(leaf)
    page = trust_page(running, host="mail.example.org")
    assert missing(page, words()) == {"current"}
    assert words()["valid.chain"] in page.text()
    assert words()["valid.expired"] not in page.text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_curl_reads_the_same(store, words, language, tmp_path):
    """Another program's HTTP, TLS and name: nothing here depends on how our own tests ask."""
    port = store.port()
    done = subprocess.run(
        ["curl", "-sS", "--insecure", "--compressed", "--resolve",
         f"elsewhere.example.org:{port}:127.0.0.1", "-H", f"Accept-Language: {language}",
         f"https://elsewhere.example.org:{port}/trust"],
        capture_output=True, text=True, timeout=30, check=True)
    assert missing(Page(done.stdout), words(language)) == {"used"}


# ---- what to install, and how

def test_it_tells_the_fingerprints_of_what_is_downloaded(store, certs):
    for name in ("good.example.org", "leaf.example.org"):
        page = re.sub(r"\s", "", trust_page(store, sni=name, host=name).text("dd"))
        anchor = store.fetch("/certificate.cer", sni=name).body
        assert fingerprint(anchor) in page
    leaf = fingerprint(store.served_certificate(sni="leaf.example.org"))
    assert leaf not in page, "the authority is what is installed"
    assert "TestAuthority" in page


def test_the_file_is_named_as_it_will_be_found(store):
    response = store.fetch("/certificate.cer", sni="good.example.org")
    name = re.search(r'filename="([^"]+)"', response.get("Content-Disposition"))[1]
    page = trust_page(store, sni="good.example.org", host="good.example.org")
    assert name == "good.cer" and name in page.text("strong") and name in page.text("code")


def test_an_authority_that_is_not_sent_is_named(daemon, certs, words):
    running = daemon()
    leaf = certs.leaf("mail.example.org")
    (running.store / "mine.crt").write_bytes(leaf.pem)
    (running.store / "mine.key").write_bytes(leaf.key_pem)
    (running.store / "mine.key").chmod(0o600)
    running.await_served(leaf)
    page = trust_page(running, host="mail.example.org")
    assert "Test Authority" in page.text("strong")
    assert not [link for link in page.all("a") if link.get("class") == "button"]
    assert words()["steps.elsewhere"].split("}}")[1].strip("*, ") in page.text()


def test_what_apple_and_android_refuse_is_said(store):
    def told(name):
        return trust_page(store, sni=name, host=name).text()
    assert "more than 825 days" in told("apple.example.org")
    assert "more than 825 days" not in told("good.example.org")
    assert "Android may take only the certificate of an authority" in told("good.example.org")
    assert "Android may take only the certificate of an authority" not in told("leaf.example.org")


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_visitors_own_system_comes_first(store, system):
    agent, own = SYSTEMS[system]
    page = trust_page(store, agent=agent)
    headings = [data for within, data in page.words if "h3" in within]
    folded = [data for within, data in page.words if "summary" in within]
    assert headings == [*own, "Other systems and browsers"]
    assert set(folded) == ALL - set(own)
    response = store.fetch("/trust", headers={"User-Agent": agent})
    assert "User-Agent" in ", ".join(response.all("Vary"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_administrators_find_the_artefacts(store, language):
    page = trust_page(store, language)
    assert {"/trust.zip", "/connection", "/certificate.cer"} <= {
        link["href"] for link in page.all("a")}
    told = page.text("code")
    for command in ("mailstorectl deploy", "mailstorectl check"):
        assert command in told


@pytest.mark.parametrize("path", ["/", "/password", "/connection", "/nothing"])
def test_it_is_linked_from_the_others(store, path):
    assert "/trust" in {link["href"] for link in Page(store.fetch(path).text).all("a")}


# ---- HTTP

def test_it_alone_may_load_script_and_only_from_here(store):
    policy = store.fetch("/trust").get("Content-Security-Policy")
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert directives["script-src"] == ["'self'"] and directives["default-src"] == ["'none'"]
    assert "unsafe" not in policy and "*" not in policy
    page = Page(store.fetch("/trust").text)
    assert page.all("script") == [{"src": "/trust.js", "defer": None}]
    for tag, attributes in page.elements:
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes)
        for name in ("href", "src"):
            assert re.match(r"/(?!/)", attributes.get(name, "/")), (tag, attributes)
    for path in ("/", "/connection", "/nothing", "/trust.js", "/trust-worker.js"):
        assert "script-src" not in store.fetch(path).get("Content-Security-Policy")


@pytest.mark.parametrize("path", ["/trust.js", "/trust-worker.js"])
def test_scripts_are_taken_for_scripts_and_never_kept(store, path):
    """Chromium would take a 304 for an empty script where a warning was clicked through."""
    response = store.fetch(path)
    assert response.status == 200
    assert response.get("Content-Type") == "text/javascript; charset=utf-8"
    assert response.get("X-Content-Type-Options") == "nosniff"
    assert response.get("Cache-Control") == "no-store" and response.get("ETag") is None
    assert response.get("Service-Worker-Allowed") is None
    assert store.fetch(path, headers={"If-None-Match": "*"}).status == 200
    for coding in ("gzip", "br"):
        assert store.fetch(path, headers={"Accept-Encoding": coding}).status == 200


def test_head_and_other_methods(store):
    whole = store.fetch("/trust")
    head = store.fetch("/trust", method="HEAD")
    assert head.status == 200 and head.body == b""
    assert head.get("Content-Length") == str(len(whole.body))
    assert whole.get("Cache-Control") == "no-store" and whole.get("ETag") is None
    for method in ("POST", "PUT", "DELETE"):
        refused = store.fetch("/trust", method=method)
        assert refused.status == 405 and refused.get("Allow") == "GET, HEAD, OPTIONS"
    assert store.fetch("/trust/").status == 404
    assert store.fetch("/trust?lang=de").status == 200


@pytest.mark.parametrize("agent", [
    "<script>alert(1)</script> Windows", "\"' onload=x Android <b>", "Windows " * 500,
    "\xff\xfe Firefox/", "iPhone \x80\x9f"])
def test_a_hostile_user_agent_chooses_steps_and_nothing_else(store, agent):
    response = store.fetch("/trust", headers={"User-Agent": agent})
    assert response.status == 200
    Page(response.text)
    for piece in ("alert", "onload", "Windows Windows", "<b>", "\x9f"):
        assert piece not in response.text
    assert len(response.body) < 20000


def test_a_hostile_host_is_refused_or_told_as_a_name(store):
    for host in ('"><script>', "<b>", "a&b", "a" * 300, "x\ty"):
        response = store.fetch("/trust", host=host)
        assert response.status == 400
        assert "<script>" not in response.text.replace('<script src="/trust.js"', "")
        assert "<b>" not in response.text
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert longest in trust_page(store, host=longest).text("strong")


def test_dates_are_those_of_the_certificate(store):
    page = trust_page(store, sni="over.example.org", host="over.example.org")
    ended = (now() - days(30)).date()
    nearby = {str(ended + days(off)) for off in (-1, 0, 1)}
    assert nearby & set(re.findall(r"\d{4}-\d\d-\d\d", page.text("p")))
