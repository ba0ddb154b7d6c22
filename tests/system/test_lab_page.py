"""The laboratory's page: in each language, and with what the visitor's own client did."""

import html
import json
import re
import socket
import ssl
import urllib.parse
import urllib.request

import pytest

from lib.browser import Browser
from lib.contrast import CONTRAST
from lib.daemon import REPOSITORY
from lib.waiting import await_condition, deadline_s

AGENT = "<LabPageTest>/1.0"
ROW = re.compile(r'<li class="\w+" id="([a-z0-9-]+)">(.*?)</li>', re.S)


@pytest.fixture
def lab(daemon):
    """Where a laboratory's page is that nobody has been to."""
    return daemon(arguments=["--lab"]).await_log(r"laboratory: \d+ scenarios; open (\S+)")[1]


def get(url, method="GET", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers={"User-Agent": AGENT, **named})
    with urllib.request.urlopen(request, timeout=deadline_s(10)) as answer:
        return answer.headers, answer.read().decode()


def visit(lab, name, agent=AGENT):
    """As a client that trusts the laboratory and is right. Did it get there?"""
    every = json.loads(get(f"{lab}lab.json")[1])["scenarios"]
    where = next(each for each in every if each["scenario"] == name)
    context = ssl.create_default_context(cadata=get(f"{lab}ca.pem")[1])
    with socket.create_connection((where["address"], where["port"]), deadline_s(10)) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=where["host"]) as tls:
                tls.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: {agent}\r\n\r\n".encode())
                return tls.recv(1000).startswith(b"HTTP/1.1 200")
        except ssl.SSLCertVerificationError:
            return False


def verdicts(page):
    """What it says of the visitor's client, by scenario."""
    def words(row):
        _, own, _ = re.findall("<dd[^>]*>(.*?)</dd>", row)
        return html.unescape(re.sub("<[^>]*>", "", own))
    return {name: words(row) for name, row in ROW.findall(page)}


@pytest.mark.parametrize("accepted, language", [("en", "en"), ("fr-CA,en;q=0.5", "fr"),
                                                ("de-AT", "de"), ("ja", "en")])
def test_it_speaks_the_visitors_language(lab, accepted, language):
    headers, page = get(lab, Accept_Language=accepted)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith(
        "default-src 'none'; style-src 'self'; img-src 'self';")
    assert f'<html lang="{language}">' in page
    what = "The certificate expired a day ago."
    if language != "en":
        texts = json.loads((REPOSITORY / "lab" / "texts" / f"{language}.json").read_text())
        assert what not in page
        what = texts[what]
    assert html.escape(what) in page


def test_every_link_of_its_own_leads_somewhere(lab):
    _, page = get(lab)
    paths = set(re.findall(r'(?:href|src)="(/[^"]*)"', page))
    assert {"/ca.pem", "/hosts", "/lab.json", "/report.json", "/report.xml", "/report.tap"} < paths
    for path in paths - {"/favicon.ico"}:
        assert get(urllib.parse.urljoin(lab, path))[1]
    assert "Content-Length" in get(urllib.parse.urljoin(lab, "/favicon.ico"), method="HEAD")[0]


def test_every_scenario_is_linked(lab):
    _, page = get(lab)
    every = json.loads(get(f"{lab}lab.json")[1])["scenarios"]
    for each in every:
        assert f'<a href="{each["url"]}">{each["scenario"]}</a>' in page
    assert verdicts(page) == {each["scenario"]: "Not tried yet" for each in every}


def test_visitors_see_what_their_own_client_did(lab):
    assert visit(lab, "right") and not visit(lab, "wrong-host")

    def told():
        said = verdicts(get(lab)[1])
        return said["right"] == "Accepted, rightly – TLS 1.3" \
            and said["wrong-host"].startswith("Refused, rightly – alert ")
    await_condition("the page tells", told)
    _, page = get(lab)
    assert verdicts(page)["tls-1-2"] == "Not tried yet"
    assert f"“{html.escape(AGENT)}”, as your browser does" in page
    assert "<dt>right</dt><dd>2</dd>" in page and "<LabPageTest>" not in page
    assert "calls itself what your browser does" in get(lab, User_Agent="Another/1.0")[1]


def test_a_browser_shows_it_well(lab, tmp_path):
    """On a small screen and a large one, in light and dark; nothing that it complains of."""
    with Browser(tmp_path) as browser:
        for width, scheme in ((320, "light"), (1400, "dark")):
            browser.ask("POST", "/goog/cdp/execute", {
                "cmd": "Emulation.setDeviceMetricsOverride",
                "params": {"width": width, "height": 900, "deviceScaleFactor": 1,
                           "mobile": width < 400}})
            browser.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]}})
            browser.open(lab)
            assert browser.run("return document.documentElement.scrollWidth") <= width
            assert browser.run(CONTRAST) == []
        assert browser.complaints() == []


def test_a_browser_that_follows_a_link_is_told_of(lab, tmp_path):
    with Browser(tmp_path, insecure=False) as browser:
        browser.open(lab)
        browser.click("#wrong-host h3 a")
        await_condition("the browser warns", browser.warning)

        def told():
            browser.open(lab)
            return "Refused, rightly" in browser.text("#wrong-host")
        await_condition("the page tells", told)
        assert "Not tried yet" in browser.text("#right")
