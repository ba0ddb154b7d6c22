"""Chromium and Firefox. A start takes seconds, so that each runs on as long as it may."""

import base64
import json
import re
import shlex

from lib.browser import Browser
from lib.sandbox import after
from lib.waiting import await_condition
from visit.client import (KEY_USAGE, NO_ISSUER, NO_NAME, OUTSIDE, SELF_SIGNED, WRONG_NAME, Client,
                          Verdict)
from visit.marionette import Marionette, MarionetteError
from visit.nss import TRUSTED_ISSUER, TRUSTED_ISSUER_AND_PEER, new_database

STATUS = "return performance.getEntriesByType('navigation')[0].responseStatus"


class Chromium(Client):
    """Reads its user's NSS database once: another anchor is another user with another profile."""

    refusals = {
        SELF_SIGNED: "ERR_CERT_AUTHORITY_INVALID",
        NO_ISSUER: "ERR_CERT_AUTHORITY_INVALID",
        WRONG_NAME: "ERR_CERT_COMMON_NAME_INVALID",
        NO_NAME: "ERR_CERT_COMMON_NAME_INVALID",
        KEY_USAGE: "ERR_CERT_INVALID",
        OUTSIDE: "ERR_CERT_(INVALID|NAME_CONSTRAINT_VIOLATION)",
    }

    def __init__(self, folder):
        super().__init__(folder)
        self.trust = TRUSTED_ISSUER
        self._running = {}  # by anchor; one without, and the latest with one

    def visit(self, site, anchor=None):
        browser = self._browser(anchor)
        browser.open(site.url)
        source = browser.ask("GET", "/source")
        if code := re.search(r"(?:NET::)?(ERR_(?:CERT|SSL)_\w+)", source):
            return Verdict(code[1], source)
        assert browser.run(STATUS) == 200, source
        return Verdict(None)

    def _browser(self, anchor):
        if anchor not in self._running:
            for other in [key for key in self._running if key and anchor]:
                self._running.pop(other).close()
            home = self.new_folder()
            new_database(home / ".pki" / "nssdb", anchor, self.trust)
            self._running[anchor] = Browser(home, insecure=False)
        return self._running[anchor]

    def close(self):
        for browser in self._running.values():
            browser.close()


class ChromiumOnWindows(Chromium):
    """As it takes what stands in Windows' store of roots (net/cert/internal/trust_store_win.cc):
    as an issuer, and as the server's own."""

    refusals = {key: value for key, value in Chromium.refusals.items() if key != KEY_USAGE}

    def __init__(self, folder):
        super().__init__(folder)
        self.trust = TRUSTED_ISSUER_AND_PEER


DATABASE = 'const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);'
TRUST = DATABASE + 'db.addCertFromBase64(arguments[0], "CT,CT,");'
# True when there was nothing left to forget. A certificate that some page still refers to outlives
# its deletion, with its trust; hence the collections.
FORGET = DATABASE + """
Cc["@mozilla.org/psm;1"].getService(Ci.nsINSSComponent).clearSSLExternalAndInternalSessionCache();
Services.obs.notifyObservers(null, "net:cancel-all-connections");
Services.obs.notifyObservers(null, "memory-pressure", "heap-minimize");
Cu.forceGC();
Cu.forceCC();
const known = db.getCerts().filter(each => each.getBase64DERString() == arguments[0]);
for (const anchor of known) {
    db.setCertTrustFromString(anchor, ",,");
    db.deleteCertificate(anchor);
}
return known.length == 0;
"""


class Firefox(Client):
    """One process; the anchor is in its database for the time of a visit."""

    refusals = {
        SELF_SIGNED: "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
        NO_ISSUER: "SEC_ERROR_UNKNOWN_ISSUER",
        WRONG_NAME: "SSL_ERROR_BAD_CERT_DOMAIN",
        NO_NAME: "SSL_ERROR_BAD_CERT_DOMAIN",
        OUTSIDE: "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
    }

    def __init__(self, folder):
        super().__init__(folder)
        self._process = Marionette(folder)

    def visit(self, site, anchor=None):
        if not anchor:
            return self.open(self._process, site)
        encoded = base64.b64encode(anchor).decode()
        self._process.run(TRUST, encoded, chrome=True)
        try:
            return self.open(self._process, site)
        finally:
            self._process.open("about:blank")
            await_condition("Firefox has forgotten the anchor",
                            lambda: self._process.run(FORGET, encoded, chrome=True))

    @staticmethod
    def open(process, site):
        try:
            process.open(site.url)
        except MarionetteError as error:
            if error.kind != "insecure certificate":
                raise
            return Verdict(process.run(
                "return document.getFailedCertSecurityInfo().errorCodeString"), str(error))
        assert process.run(STATUS) == 200
        return Verdict(None)

    def close(self):
        self._process.close()


def firefox_with_policy(folder, anchor):
    """A Firefox that an administrator told of the anchor, in policies.json; the machine's own is
    not touched. https://mozilla.github.io/policy-templates/#certificates--install"""
    policies = folder / "distribution"
    policies.mkdir(parents=True)
    (folder / "anchor.cer").write_bytes(anchor)
    (policies / "policies.json").write_text(json.dumps({"policies": {"Certificates": {
        "Install": [str(folder / "anchor.cer")]}}}))
    mount = f"mount --bind {shlex.quote(str(policies))} /usr/lib/firefox-esr/distribution"
    return Marionette(folder / "home", after(mount, "--mount"))
