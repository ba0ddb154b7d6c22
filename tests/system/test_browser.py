"""A real Chromium at the pages: signing in, reading /connection, by keyboard, in three languages.

Screenshots are kept in the folder that MAILSTORED_SCREENSHOTS names, else in the test's own."""

import os
import pathlib
import re

import pytest

from lib.browser import Browser
from lib.clients import run
from lib.contrast import CONTRAST
from lib.daemon import fingerprint
from lib.waiting import await_condition

USER, PASSWORD = "charlotte.example", "correct-horse-battery"


@pytest.fixture(scope="module")
def access_log(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "access.log"


@pytest.fixture(scope="module")
def server(module_daemon, access_log):
    return module_daemon({"services": {"web-access": {
        "access_log": str(access_log), "listeners": ({"address": "127.0.0.1", "port": 0},)}}},
        listen=[])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    kept = os.environ.get("MAILSTORED_SCREENSHOTS")
    folder = pathlib.Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def address(server, path="/", host="localhost"):
    return f"https://{host}:{server.port()}{path}"


def at(browser, path):
    return await_condition(f"the browser is at {path}",
                           lambda: re.fullmatch(rf"https://[^/]+{path}\??", browser.url))


def test_signing_in_in_two_steps_sends_nothing(server, browser, access_log, screenshots):
    browser.requests(), browser.complaints()
    browser.open(address(server))
    browser.screenshot(screenshots / "sign-in.png")
    browser.type("#user", USER)
    browser.click("button[type=submit]")
    at(browser, "/password")
    browser.screenshot(screenshots / "password.png")
    assert browser.ask("GET", f"/element/{browser.find('#password')}/property/type") == "password"
    browser.type("#password", PASSWORD)
    browser.click("button[type=submit]")
    at(browser, "/placeholder")
    browser.screenshot(screenshots / "placeholder.png")
    assert "placeholder" in browser.text("h1").lower()
    requests = browser.requests()
    assert len(requests) >= 3
    for url, method, body in requests:
        assert method == "GET" and body is None
        assert url.startswith((address(server), "data:", "chrome:")), "nothing foreign is loaded"
        assert USER not in url and PASSWORD not in url
    await_condition("all of it is logged", lambda: "/placeholder" in access_log.read_text())
    logged = access_log.read_text()
    assert USER not in logged and PASSWORD not in logged
    assert "charlotte" not in server.log
    assert browser.ask("GET", "/cookie") == []
    assert browser.run("return localStorage.length + sessionStorage.length") == 0
    assert browser.complaints() == []


def test_an_empty_field_is_not_accepted(server, browser):
    browser.open(address(server))
    browser.click("button[type=submit]")
    assert not browser.url.rstrip("?").endswith("/password")


def tab_to(browser, tag, name):
    for _ in range(30):
        if browser.focused() == [tag, name]:
            return
        browser.press("Tab")
    raise AssertionError(f"the keyboard does not reach {tag} {name}")


def test_by_keyboard_alone(server, browser):
    browser.open(address(server))
    tab_to(browser, "input", "user")
    browser.press(USER, "Enter")
    at(browser, "/password")
    tab_to(browser, "input", "password")
    browser.press(PASSWORD, "Tab")
    assert browser.focused()[0] == "button"
    browser.press("Enter")
    at(browser, "/placeholder")
    tab_to(browser, "a", "Look at this connection")
    outline = browser.run("const s = getComputedStyle(document.activeElement);"
                          "return [s.outlineStyle, s.boxShadow]")
    assert outline != ["none", "none"], "one sees where the keyboard is"
    browser.press("Enter")
    at(browser, "/connection")


@pytest.mark.parametrize("path", ["/", "/password", "/placeholder", "/connection", "/trust",
                                  "/nothing"])
def test_a_screen_reader_finds_its_way(server, browser, path):
    browser.open(address(server, path))
    assert browser.title and browser.run("return document.documentElement.lang") == "en"
    assert len(browser.find_all("h1")) == 1 and len(browser.find_all("main")) == 1
    for field in browser.find_all("input"):
        assert browser.ask("GET", f"/element/{field}/computedlabel")
    for link in browser.find_all("a, button"):
        assert browser.ask("GET", f"/element/{link}/computedlabel"), "a link without a name"
    levels = browser.run("return [...document.querySelectorAll('h1,h2,h3,h4')]"
                         ".map(h => +h.tagName[1])")
    assert levels[0] == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:]))
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true;")
    # Text keeps a contrast of 4.5 to its ground (WCAG 2.1, 1.4.3).
    assert browser.run(CONTRAST) == []


def test_the_connection_page_is_about_this_connection(server, browser, screenshots):
    browser.complaints()
    browser.open(address(server, "/connection"))
    browser.screenshot(screenshots / "connection.png")
    told = browser.text("main")
    for fact in ("localhost", "127.0.0.1", str(server.port()), "web-access", "CN=MailStoreServer"):
        assert fact in told
    assert "1.3" in told and "matches" in told
    assert fingerprint(server.served_certificate()) in re.sub(r"\s", "", told)
    browser.open(address(server, "/connection", host="elsewhere.example.org"))
    browser.screenshot(screenshots / "connection-wrong-name.png")
    told = browser.text("main")
    assert "elsewhere.example.org" in told and "does not match" in told
    assert browser.complaints() == []


def test_pages_fit_a_small_screen(server, tmp_path, screenshots):
    with Browser(tmp_path, size=(500, 800)) as small:
        small.ask("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": 320, "height": 640, "deviceScaleFactor": 2, "mobile": True}})
        for path in ("/", "/password", "/placeholder", "/connection", "/trust"):
            small.open(address(server, path))
            small.run("for (const each of document.querySelectorAll('details')) each.open = true;")
            name = path.strip("/") or "sign-in"
            small.screenshot(screenshots / f"small-{name}.png")
            assert small.run("return document.documentElement.scrollWidth") <= 320, path


@pytest.mark.parametrize("languages, lang, word", [
    ("fr-FR,fr", "fr", "Suivant"), ("de-AT,de", "de", "Weiter"), ("es,de", "de", "Weiter"),
    ("zh-CN", "en", "Next")])
def test_the_browsers_language_is_followed(server, tmp_path, screenshots, languages, lang, word):
    with Browser(tmp_path, languages=languages) as browser:
        browser.open(address(server))
        browser.screenshot(screenshots / f"sign-in-{languages.split(',')[0]}.png")
        assert browser.run("return document.documentElement.lang") == lang
        assert browser.text("button[type=submit]") == word
        browser.open(address(server, "/connection"))
        assert browser.run("return document.documentElement.lang") == lang
        browser.screenshot(screenshots / f"connection-{languages.split(',')[0]}.png")


@pytest.mark.parametrize("path", ["/", "/connection", "/trust", "/nothing"])
def test_dark_is_dark_and_readable(server, browser, screenshots, path):
    def prefer(scheme):
        browser.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]}})
        browser.open(address(server, path))
        assert browser.run(CONTRAST) == []
        name = path.strip("/") or "sign-in"
        browser.screenshot(screenshots / f"{scheme}-{name}.png")
        return browser.run("return getComputedStyle(document.body).color")
    try:
        assert prefer("dark") != prefer("light")
    finally:
        browser.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia",
                                                  "params": {"features": []}})


def test_without_script_nothing_is_missing(server, tmp_path):
    with Browser(tmp_path) as plain:
        plain.ask("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": True}})
        plain.open(address(server))
        plain.type("#user", USER)
        plain.click("button[type=submit]")
        at(plain, "/password")
        plain.type("#password", PASSWORD)
        plain.click("button[type=submit]")
        at(plain, "/placeholder")
        plain.open(address(server, "/connection"))
        assert "MailStoreServer" in plain.text("main")


# ---- trust

def trusting(folder, anchor):
    """A home whose NSS database holds this root, as an administrator would deploy it."""
    database = folder / ".pki" / "nssdb"
    database.mkdir(parents=True)
    (folder / "anchor.cer").write_bytes(anchor)
    for arguments in (["-N", "--empty-password"],
                      ["-A", "-n", "ours", "-t", "C,,", "-i", folder / "anchor.cer"]):
        done = run(["certutil", "-d", f"sql:{database}", *arguments])
        assert done.returncode == 0, done.stderr
    return folder


def test_with_the_certificate_installed_it_is_silent(server, tmp_path, screenshots):
    anchor = server.fetch("/certificate.cer").body
    with Browser(trusting(tmp_path / "home", anchor), insecure=False) as browser:
        browser.open(address(server, "/connection"))
        assert browser.warning() is None and "matches" in browser.text("main")
        browser.screenshot(screenshots / "trusted.png")


def test_with_the_authority_installed_an_issued_one_is_silent(daemon, certs, tmp_path):
    running = daemon()
    leaf = certs.leaf("mail.example.org").put(running.store, "mine")
    running.await_served(leaf)
    anchor = running.fetch("/certificate.cer").body
    with Browser(trusting(tmp_path / "home", anchor), insecure=False) as browser:
        browser.open(address(running, "/connection", host="mail.example.org"))
        assert "matches" in browser.text("main")
        assert browser.warning() is None
        browser.open(address(running, host="other.example.org"))
        assert browser.warning() == "ERR_CERT_COMMON_NAME_INVALID"


def test_without_it_the_visitor_is_warned_and_the_log_says_who_refused(daemon, tmp_path):
    running = daemon()
    with Browser(tmp_path / "home", insecure=False) as browser:
        browser.open(address(running))
        assert browser.warning() == "ERR_CERT_AUTHORITY_INVALID"
        running.await_log(r"client 127\.0\.0\.1 (refused the certificate of|left) web-access")


# ---- /trust, whose script asks the browser whether it trusts

def verdict(browser):
    """What the script has found, once it has; the words that are shown then."""
    def found():
        return browser.run("return [...document.querySelectorAll('.checks [data-verdict]')]"
                           ".filter(each => !each.hidden).map(each => each.dataset.verdict)")
    (said,) = await_condition("the script has found out", lambda: found() != ["unknown"] and found())
    return said, browser.text("main")


def registrations(browser):
    return browser.ask("POST", "/execute/async", {"args": [], "script": (
        "navigator.serviceWorker.getRegistrations().then(all => arguments[0](all.length))")})


def test_where_it_is_trusted_the_page_says_so(server, tmp_path, screenshots):
    anchor = server.fetch("/certificate.cer").body
    with Browser(trusting(tmp_path / "home", anchor), insecure=False) as browser:
        browser.open(address(server, "/trust"))
        said, told = verdict(browser)
        assert said == "trusted" and "All is well: your browser trusts this connection" in told
        assert "does not trust" not in told and "Only your browser knows" not in told
        assert browser.role("[role=status]") == "status", "a screen reader says what changed"
        browser.screenshot(screenshots / "trust-trusted.png")
        assert browser.complaints() == []
        assert registrations(browser) == 0, "nothing of the probe stays"
        browser.open(address(server, "/trust"))
        assert verdict(browser)[0] == "trusted"
        # Beyond the names there is nothing to trust, and no verdict of before is kept.
        browser.open(address(server, "/trust", host="elsewhere.example.org"))
        browser.go_on_all_the_same()
        assert verdict(browser)[0] == "refused"


def test_where_the_warning_was_clicked_through_it_says_that_too(server, tmp_path, screenshots):
    with Browser(tmp_path / "home", insecure=False) as browser:
        browser.open(address(server, "/trust"))
        assert browser.warning() == "ERR_CERT_AUTHORITY_INVALID"
        browser.go_on_all_the_same()
        said, told = verdict(browser)
        assert said == "refused" and "Your browser does not trust this connection" in told
        assert "Your device trusts whoever issued the certificate." in told
        assert "the issuer is what it does not know" in told and "all is well" not in told.lower()
        browser.screenshot(screenshots / "trust-refused.png")
        assert registrations(browser) == 0
        browser.open(address(server, "/trust", host="elsewhere.example.org"))
        browser.go_on_all_the_same()
        said, told = verdict(browser)
        assert said == "refused" and "The name does not match" in told
        assert "Whether it knows the issuer will show once that is mended" in told
        browser.screenshot(screenshots / "trust-wrong-name.png")


def test_a_probe_left_behind_says_nothing(server, tmp_path):
    """A worker registered while the connection was trusted is no proof once it is not."""
    anchor = server.fetch("/certificate.cer").body
    home = trusting(tmp_path / "home", anchor)
    with Browser(home, insecure=False) as browser:
        browser.open(address(server, "/trust"))
        verdict(browser)
        assert browser.ask("POST", "/execute/async", {"args": [], "script": (
            "navigator.serviceWorker.register('/trust-worker.js', {scope: '/trust-probe/'})"
            ".then(() => arguments[0](true))")})
        assert registrations(browser) == 1
    done = run(["certutil", "-d", f"sql:{home / '.pki' / 'nssdb'}", "-D", "-n", "ours"])
    assert done.returncode == 0, done.stderr
    with Browser(home, insecure=False) as browser:
        browser.open(address(server, "/trust"))
        browser.go_on_all_the_same()
        assert verdict(browser)[0] == "refused"
        assert registrations(browser) == 0


def test_without_script_it_says_how_to_find_out(server, tmp_path, screenshots):
    with Browser(tmp_path) as plain:
        plain.ask("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": True}})
        plain.open(address(server, "/trust"))
        told = plain.text("main")
        assert "Only your browser knows" in told and "symbol to the left of the address" in told
        assert "your browser trusts" not in told and "does not trust" not in told
        plain.click("summary")
        assert "Trusted Root Certification Authorities" in plain.text("details")
        plain.screenshot(screenshots / "trust-without-script.png")


def test_the_steps_unfold_by_keyboard(server, browser):
    browser.open(address(server, "/trust"))
    tab_to(browser, "summary", "Windows")
    assert "Thumbprint" not in browser.text("main")
    browser.press("Enter")
    assert "Thumbprint" in browser.text("main")


@pytest.mark.parametrize("languages, lang, words", [
    ("fr-FR,fr", "fr", "Tout va bien"), ("de-AT,de", "de", "Alles in Ordnung")])
def test_it_tells_so_in_each_language(server, tmp_path, screenshots, languages, lang, words):
    with Browser(tmp_path, languages=languages) as browser:
        browser.open(address(server, "/trust"))
        assert browser.run("return document.documentElement.lang") == lang
        assert words in verdict(browser)[1]
        browser.screenshot(screenshots / f"trust-{lang}.png")
