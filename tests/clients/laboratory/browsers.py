"""Chromium and Firefox in the laboratory: one start each for all visits."""

import base64
import json
import re

from laboratory.clients import TIMED_OUT, anchors, trust_in
from lib.browser import Browser
from lib.waiting import await_condition
from visit.browsers import STATUS
from visit.families import TRUST_ALL
from visit.marionette import Marionette, MarionetteError
from visit.nss import new_database

# From a page that is accepted: what a navigation is told, this is told, and without the seconds
# that Chromium looks for a captive portal before it warns. Why one failed is told by its log alone.
FETCH = """
const done = arguments[arguments.length - 1];
Promise.all(arguments[0].map(([url, seconds]) => fetch(url, {
    mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(1000 * seconds)})
        .catch(() => 0))).then(() => done());
"""
AT_ONCE = 24


def chromium(folder, visits):
    """A site that is visited more than once, by navigation: that opens spare connections, too."""
    home = folder / "home"
    trust_in(new_database(home / ".pki" / "nssdb"), folder)
    sites = [visit.site for visit in visits]
    fetched = [visit for visit in visits if sites.count(visit.site) == 1]
    with Browser(home, insecure=False) as browser:
        browser.ask("POST", "/goog/cdp/execute", {
            "cmd": "Page.setBypassCSP", "params": {"enabled": True}})
        codes = {site: navigate(browser, site) for site in sites if sites.count(site) > 1}
        assert navigate(browser, sites[0]) is None, "the first is to be right"
        codes.update(fetch(browser, fetched))
    return [codes[site] for site in sites]


def navigate(browser, site):
    browser.open(site.url)
    if browser.run(STATUS) == 200:
        return None
    return re.search(r"ERR_(?:CERT|SSL)_\w+", browser.ask("GET", "/source"))[0]


def fetch(browser, visits):
    log, told = [], {}
    for start in range(0, len(visits), AT_ONCE):
        browser.ask("POST", "/execute/async", {"script": FETCH, "args": [
            [[visit.site.url, visit.patience_s] for visit in visits[start:start + AT_ONCE]]]})

    def all_told():
        log.extend(browser.ask("POST", "/se/log", {"type": "performance"}))
        told.update(outcomes(log))
        return {visit.site.url for visit in visits} <= set(told)
    await_condition("Chromium has told of each visit", all_told)
    return {visit.site: told[visit.site.url] for visit in visits}


def outcomes(log):
    """By URL."""
    urls, said = {}, {}
    for entry in log:
        message = json.loads(entry["message"])["message"]
        told = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            urls[told["requestId"]] = told["request"]["url"]
        url = urls.get(told.get("requestId"))
        if message["method"] == "Network.loadingFailed":
            # What was aborted while it was read had been accepted.
            said.setdefault(url, TIMED_OUT if told.get("canceled")
                            else told["errorText"].removeprefix("net::"))
        elif message["method"] == "Network.responseReceived":
            said[url] = None if told["response"]["status"] == 200 else "strange"
    return said


# On, as is usual. A slow machine must not make it go on without an answer.
OCSP = """
Services.prefs.clearUserPref("security.OCSP.enabled");
Services.prefs.setIntPref("security.OCSP.timeoutMilliseconds.soft", 20000);
"""


def firefox(folder, visits):
    """As it is when it is new: it asks where certificates tell of revocation."""
    process = Marionette(folder)
    try:
        process.run(OCSP, chrome=True)
        process.run(TRUST_ALL, [base64.b64encode(der).decode() for der in anchors()], chrome=True)
        return [open_in_firefox(process, visit) for visit in visits]
    finally:
        process.close()


def open_in_firefox(process, visit):
    process.ask("WebDriver:SetTimeouts", {"pageLoad": int(visit.patience_s * 1000)})
    try:
        process.open(visit.site.url)
    except MarionetteError as error:
        if error.kind == "timeout":
            return TIMED_OUT
        return process.run(FAILED)
    assert process.run(STATUS) == 200
    return None


# Of a page that stands in another's place: about:certerror, or about:neterror, which at times has
# but a kind of error.
FAILED = """
try {
    return document.getFailedCertSecurityInfo().errorCodeString;
} catch (none) {
    return new URL(document.documentURI).searchParams.get("e");
}
"""
