"""/trust in Firefox, which registers a service worker whether it trusts a connection or not."""

import base64
import os
import pathlib

import pytest

from lib.waiting import await_condition
from visit.browsers import TRUST
from visit.marionette import Marionette, MarionetteError

pytestmark = pytest.mark.xdist_group("Firefox")

# As "Accept the Risk and Continue" does; until Firefox ends.
GO_ON = """
const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService)
    .rememberValidityOverride(arguments[0], arguments[1], {},
                              db.constructX509FromBase64(arguments[2]), true);
"""
SHOWN = """return [...document.querySelectorAll(".checks [data-verdict]")]
    .filter(each => !each.hidden).map(each => each.dataset.verdict)"""
WORKERS = """return navigator.serviceWorker.getRegistrations().then(all => all.length)"""


@pytest.fixture
def firefox(tmp_path):
    started = Marionette(tmp_path / "firefox")
    yield started
    started.close()


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory):
    kept = os.environ.get("MAILSTORED_SCREENSHOTS")
    folder = pathlib.Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def told(firefox):
    (verdict,) = await_condition(
        "the script has looked", lambda: firefox.run(SHOWN) != ["unknown"] and firefox.run(SHOWN))
    return verdict, firefox.run("return document.querySelector('main').innerText")


def test_it_says_that_firefox_does_not_tell(daemon, firefox, screenshots):
    served = daemon()
    anchor = base64.b64encode(served.fetch("/certificate.cer").body).decode()
    page = f"https://localhost:{served.port()}/trust"
    with pytest.raises(MarionetteError, match="insecure certificate"):
        firefox.open(page)

    firefox.run(GO_ON, "localhost", served.port(), anchor, chrome=True)
    firefox.open(page)
    verdict, words = told(firefox)
    assert verdict == "silent" and "Your browser does not tell this page" in words
    assert "symbol to the left of the address" in words
    assert "If your browser opened this page without a warning, all is well" in words
    assert firefox.run("return [...document.querySelectorAll('h3')].map(h => h.innerText)") == [
        "Firefox", "Other systems and browsers"]
    assert firefox.run(WORKERS) == 0, "it is not even asked"
    firefox.screenshot(screenshots / "firefox-trust.png")

    firefox.run(TRUST, anchor, chrome=True)
    firefox.open(page)
    assert told(firefox)[0] == "silent", "trusted or not, it is the same"


def test_a_wrong_name_is_told_in_firefox_too(daemon, firefox, screenshots):
    served = daemon()
    host, anchor = "elsewhere.example.org", served.fetch("/certificate.cer").body
    firefox.run(GO_ON, host, served.port(), base64.b64encode(anchor).decode(), chrome=True)
    firefox.open(f"https://{host}:{served.port()}/trust")
    verdict, words = told(firefox)
    assert verdict == "silent" and "The name does not match" in words and host in words
    assert "Your browser has reason to warn you" in words
    firefox.screenshot(screenshots / "firefox-trust-wrong-name.png")
