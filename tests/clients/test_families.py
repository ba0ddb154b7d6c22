"""`mailstorectl check`, held against the clients that it speaks of: each that runs here visits a
server for every case, and does what was said of it, for the reason that was said."""

import re

import pytest

from case_servers import CaseServers
from family_cases import CASES, build
from lib.workshop import FAILED, tool
from visit import families
from visit.client import Site

# How each client puts it, where a name or a date is wrong; all else is about trust.
NAMES = {
    "chrome": "ERR_CERT_COMMON_NAME_INVALID",
    "firefox": "SSL_ERROR_BAD_CERT_DOMAIN",
    "java": "No subject alternative|No name matching|Illegal given domain name|Contains non-LDH",
    "openssl": r"subject name|certificate subject name|^6[24]:",
    "go": "legacy Common Name|not valid for any names|is valid for|any IP SANs",
}
TIMES = {
    "chrome": "ERR_CERT_DATE_INVALID",
    "firefox": "_EXPIRED_|_NOT_YET_VALID_|INVALID_TIME",
    "java": "CertificateExpired|CertificateNotYetValid|Parse UTC time",
    "openssl": "has expired|not yet valid|format error in certificate's not",
    "go": "has expired or is not yet valid|malformed UTCTime",
}
# Of a client's error that may be about several conditions.
ANY = {"chrome": "ERR_CERT_INVALID|BAD_FORMAT"}


# Keys that no client offers to take, nor `check`: the server has nothing to show.
NOT_OFFERED = {"p224", "brainpool"}


class Visited:
    def __init__(self, folder):
        self.folder = folder
        self.cases = {name: build(name) for name in CASES}
        self.servers = CaseServers(folder, list(self.cases.values()))
        self.sites = {Site(case.host, self.servers.ports[name]): case
                      for name, case in self.cases.items()}
        assert len(self.sites) == len(self.cases)
        self.anchors = [one.der for case in self.cases.values() for one in case.anchors]
        self.said = self._check()

    def _check(self):
        """By site, then by family: the conditions that fail. All servers in one go."""
        trusted = families.pem_file(self.folder, "anchors.pem", self.anchors)
        answer = tool("check", "--json", "--anchors", trusted, "--connect", "127.0.0.1",
                      *(f"{site.host}:{site.port}" for site in self.sites),
                      status=FAILED).answer
        said = {}
        for target in answer["targets"]:
            site = Site(target["host"], target["port"])
            if self.sites[site].name in NOT_OFFERED:
                assert "the server ended the TLS handshake" in target["problem"]
                said[site] = {family: ["issuer"] for family in NAMES}
                continue
            assert target["problem"] is None, target
            said[site] = {family["family"]: self._failing(family)
                          for family in target["families"]}
        return said

    @staticmethod
    def _failing(family):
        failing = [one["condition"] for one in family["conditions"] if not one["holds"]]
        assert family["silent"] == (not failing)
        return failing

    def site_of(self, name):
        return Site(self.cases[name].host, self.servers.ports[name])

    def of_site(self, site):
        """What a client that is started for it alone trusts; never nothing."""
        return [one.der for one in self.sites[site].anchors] or \
            [self.cases["good"].anchors[0].der]


@pytest.fixture(scope="module")
def visited(tmp_path_factory):
    made = Visited(tmp_path_factory.mktemp("cases"))
    yield made
    made.servers.close()


def conditions_of(family, code):
    """Those that a client's error may be about."""
    if re.search(NAMES[family], code):
        return {"named", "used"}
    if re.search(TIMES[family], code):
        return {"current"}
    if re.search(ANY.get(family, "(?!)"), code):
        return {"issuer", "named", "current"}
    return {"issuer"}


def disagreement(family, failing, code):
    if code is None:
        return f"is silent, and is said to mind {failing}" if failing else None
    if not failing:
        return f"refuses: {code}"
    if not conditions_of(family, code) & set(failing):
        return f"says {code!r}, and is said to mind {failing}"
    return None


def compare(visited, family, verdicts):
    """Every disagreement at once."""
    found = []
    for site, code in verdicts.items():
        wrong = disagreement(family, visited.said[site][family], code)
        if wrong:
            found.append(f"{visited.sites[site].name}: {family} {wrong}")
    assert len(verdicts) == len(visited.cases) and not found, "\n".join(found)


@pytest.mark.parametrize("family, visit", [
    pytest.param("chrome", families.chromium, marks=pytest.mark.xdist_group("Chromium")),
    pytest.param("firefox", families.firefox, marks=pytest.mark.xdist_group("Firefox")),
    ("java", families.java),
    ("go", families.go),
])
@pytest.mark.timeout(600)
def test_a_client_does_what_is_said_of_its_family(visited, tmp_path, family, visit):
    first = [visited.site_of("good")] if visit is families.chromium else []
    compare(visited, family, visit(tmp_path, visited.sites, visited.anchors, *first))


@pytest.mark.timeout(600)
def test_curl_and_openssl_together_do_what_is_said(visited, tmp_path):
    """The family is silent where both are."""
    by_curl = families.curl(tmp_path, visited.sites, visited.of_site)
    by_openssl = families.openssl(tmp_path, visited.sites, visited.of_site)
    compare(visited, "openssl", {site: by_curl[site] or by_openssl[site] for site in visited.sites})


def test_good_ones_and_bad_ones_were_tried(visited):
    """For every family that runs: some of each, and each condition failed somewhere."""
    for family in NAMES:
        said = [failing[family] for failing in visited.said.values()]
        assert said.count([]) >= 30 and len(said) - said.count([]) >= 30
        assert {one for failing in said for one in failing} >= {"used", "issuer", "current"}
