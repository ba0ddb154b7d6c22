"""The families of clients that run here, each visiting many servers that it has never seen, in one
run: a function takes servers (host, port) and the certificates to trust, and gives for each server
the client's own name of its refusal, or None."""

import base64
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor

from lib.browser import Browser
from visit.browsers import DATABASE, STATUS, Firefox
from visit.command_line import REQUEST, built, run, run_many
from visit.marionette import Marionette, MarionetteError
from visit.nss import new_database
from visit.virtual_machines import QUICK, compiled


def pem_file(folder, name, certificates):
    path = folder / name
    path.write_text("".join("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode()
                            + "-----END CERTIFICATE-----\n" for der in certificates))
    return path


def last_line(text):
    return ([*text.strip().splitlines()] or ["it said nothing"])[-1]


# ---- one run for each server; whom to trust, by server as well

def each(folder, visit, sites, anchors_of):
    """Several at a time: visit(site, the file of those to trust) for each."""
    def visit_one(numbered):
        number, site = numbered
        return visit(site, pem_file(folder, f"anchors-{number}.pem", anchors_of(site)))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(sites, pool.map(visit_one, enumerate(sites))))


def curl(folder, sites, anchors_of):
    def visit(site, trusted):
        done = run(["curl", "--disable", "--silent", "--show-error", "--noproxy", "*",
                    "--output", "/dev/null", "--capath", "/nonexistent", "--cacert", trusted,
                    "--resolve", f"{site.host}:{site.port}:127.0.0.1", site.url])
        return done.stderr.splitlines()[0] if done.returncode else None
    return each(folder, visit, sites, anchors_of)


def openssl(folder, sites, anchors_of):
    """As a program without opinions of its own has it."""
    def visit(site, trusted):
        whom = (["-verify_ip", site.host, "-noservername"] if site.is_address
                else ["-verify_hostname", site.host, "-servername", site.host])
        done = run(["openssl", "s_client", "-connect", f"127.0.0.1:{site.port}",
                    "-verify_return_error", *whom, "-no-CApath", "-no-CAstore", "-CAfile", trusted,
                    "-ign_eof"], REQUEST.format(site.host))
        refused = re.search(r"^verify error:num=(.*)", done.stdout + done.stderr, re.MULTILINE)
        served = re.search(r"^HTTP/1\.[01] 200 ", done.stdout, re.MULTILINE)
        return None if served and not refused else \
            refused[1] if refused else last_line(done.stderr)
    return each(folder, visit, sites, anchors_of)


# ---- programs of our own, which read servers from a file

PATIENCE_S = 60


def _many(command, sites, **how):
    return dict(zip(sites, run_many(command, [(site, PATIENCE_S) for site in sites], **how)))


def go(folder, sites, anchors):
    return _many([built("visits.go", folder), pem_file(folder, "anchors.pem", anchors)], sites)


def java(folder, sites, anchors):
    hosts = folder / "hosts"
    hosts.write_text("".join(f"127.0.0.1 {site.host}\n" for site in sites))
    return _many(["java", *QUICK, f"-Djdk.net.hosts.file={hosts}", "-cp", compiled("Visits.java"),
                  "Visits", pem_file(folder, "anchors.pem", anchors)], sites)


# ---- browsers

# From a page that is accepted: what a navigation is told, this is told, and in no time. Of the
# answer nothing is seen; how it came about is told by the browser.
FETCH = """
const done = arguments[arguments.length - 1];
const all = arguments[0].map(url => fetch(url, {mode: "no-cors", cache: "no-store"}).catch(() => 0));
Promise.all(all).then(() => done());
"""
AT_ONCE = 24


def chromium(folder, sites, anchors, first):
    """`first`: one that is accepted. What certutil does not take (an Ed25519 key) cannot be
    trusted."""
    home = folder / "home"
    database = new_database(home / ".pki" / "nssdb")
    for number, der in enumerate(anchors):
        path = folder / "anchor.cer"
        path.write_bytes(der)
        run(["certutil", "-d", database, "-A", "-n", f"anchor{number}", "-t", "C,,", "-i", path])
    waiting = list(sites)
    with Browser(home, insecure=False) as browser:
        browser.open(first.url)
        assert browser.run(STATUS) == 200
        while waiting:
            urls = [site.url for site in waiting[:AT_ONCE]]
            browser.ask("POST", "/execute/async", {"script": FETCH, "args": [urls]})
            del waiting[:AT_ONCE]
        return _outcomes(browser.ask("POST", "/se/log", {"type": "performance"}), sites)


def _outcomes(log, sites):
    """Of each request that the log tells of."""
    messages = [json.loads(entry["message"])["message"] for entry in log]
    urls, verdicts = {}, {}
    by_url = {site.url: site for site in sites}
    for message in messages:
        told = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            urls[told["requestId"]] = told["request"]["url"]
        site = by_url.get(urls.get(told.get("requestId")))
        if site and message["method"] == "Network.loadingFailed":
            # What was aborted while it was read had been accepted.
            verdicts.setdefault(site, told["errorText"].removeprefix("net::"))
        elif site and message["method"] == "Network.responseReceived":
            verdicts[site] = None if told["response"]["status"] == 200 else "strange"
    assert set(verdicts) == set(sites), set(sites) - set(verdicts)
    strange = {site: code for site, code in verdicts.items()
               if code and not re.match("ERR_(CERT|SSL)_", code)}
    assert not strange, strange
    return verdicts


TRUST_ALL = DATABASE + """
for (const each of arguments[0])
    try {
        db.addCertFromBase64(each, "CT,CT,");
    } catch (unreadable) {
        // It cannot be trusted, then.
    }
"""


def firefox(folder, sites, anchors):
    verdicts = {}
    process = Marionette(folder)
    try:
        process.run(TRUST_ALL, [base64.b64encode(der).decode() for der in anchors], chrome=True)
        for site in sites:
            try:
                verdicts[site] = Firefox.open(process, site).code
            except MarionetteError as error:
                # Not a page that one may click through.
                refused = re.search(r"about:neterror\?e=(nssFailure\d?)", str(error))
                assert refused, f"{site}: {error}"
                verdicts[site] = refused[1]
    finally:
        process.close()
    return verdicts
