"""Each client, as `lab run` sets it up: a function takes a folder to work in and visits, and gives
for each the client's own name of its refusal, or None where it got the page; a second tells what
version it is."""

import os
import pathlib
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pycurl

from lib import clients
from visit.client import Site
from visit.command_line import REQUEST, built, run_many
from visit.nss import new_database
from visit.virtual_machines import HERE, QUICK, compiled

TIMED_OUT = "timeout"


@dataclass(frozen=True)
class Visit:
    site: Site
    patience_s: float


def anchors_file():
    return os.environ["MAILSTORED_LAB_CA"]


def anchors():
    """DER of each."""
    pem = pathlib.Path(anchors_file()).read_text()
    return [ssl.PEM_cert_to_DER_cert(block) for block in re.findall(
        "-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.DOTALL)]


def run(command, patience_s, stdin=""):
    """None if it had to be stopped."""
    try:
        return subprocess.run([str(word) for word in command], input=stdin, capture_output=True,
                              text=True, errors="replace", timeout=patience_s, check=False)
    except subprocess.TimeoutExpired:
        return None


def each(visits, visit_one):
    """Several at a time."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(visit_one, visits))


def reason(done, pattern):
    """Its code where a program says so, else its last words."""
    if found := re.search(pattern, done.stdout + done.stderr, re.MULTILINE):
        return " ".join(group for group in found.groups() if group)
    return ([*(done.stderr + done.stdout).strip().splitlines()] or ["it said nothing"])[-1]


def answered(done, pattern):
    """Of a program that was given a request to send: did an answer come?"""
    if done is None:
        return TIMED_OUT
    if re.search(r"^HTTP/1\.1 200 ", done.stdout, re.MULTILINE):
        return None
    return reason(done, pattern)


# ---- programs that are run once for each visit

def curl(_, visits):
    def visit_one(visit):
        done = run(["curl", "--disable", "--silent", "--show-error", "--noproxy", "*", "--output",
                    "/dev/null", "--max-time", visit.patience_s, visit.site.url], None)
        return reason(done, r"^curl: (.*)") if done.returncode else None
    return each(visits, visit_one)


def curl_gnutls(_, visits):
    """libcurl as Debian builds it with GnuTLS, by way of Python."""
    def visit_one(visit):
        handle = pycurl.Curl()
        for option, value in ((pycurl.URL, visit.site.url), (pycurl.CAINFO, anchors_file()),
                              (pycurl.NOPROXY, "*"), (pycurl.NOSIGNAL, 1),
                              (pycurl.TIMEOUT_MS, int(visit.patience_s * 1000)),
                              (pycurl.WRITEFUNCTION, len)):
            handle.setopt(option, value)
        try:
            handle.perform()
        except pycurl.error as error:
            return "({}) {}".format(*error.args)
        finally:
            handle.close()
        return None
    return each(visits, visit_one)


def wget(folder, visits):
    empty = folder / "empty"
    empty.mkdir()

    def visit_one(visit):
        done = run(["wget", "--no-config", "--no-proxy", "--no-hsts", "--tries=1", "--timeout",
                    visit.patience_s, "--output-document=/dev/null", "--ca-directory", empty,
                    "--ca-certificate", anchors_file(), visit.site.url], None)
        return reason(done, "^ERROR: (.*)|^(The certificate.*)|^(.* failed.*|.* timed out.*)") \
            if done.returncode else None
    return each(visits, visit_one)


def openssl(_, visits):
    def visit_one(visit):
        host = visit.site.host
        whom = (["-verify_ip", host, "-noservername"] if visit.site.is_address
                else ["-verify_hostname", host, "-servername", host])
        done = run(["openssl", "s_client", "-connect", f"127.0.0.1:{visit.site.port}",
                    "-verify_return_error", *whom, "-CAfile", anchors_file(), "-ign_eof"],
                   visit.patience_s, REQUEST.format(host))
        return answered(done, r"^verify error:num=(.*)|error:.*:(.*?):\.\./")
    return each(visits, visit_one)


def gnutls(_, visits):
    def visit_one(visit):
        host = visit.site.host
        whom = ["--disable-sni"] if visit.site.is_address else ["--sni-hostname", host]
        done = run(["gnutls-cli", "--x509cafile", anchors_file(), "--verify-hostname", host, *whom,
                    "--port", visit.site.port, "127.0.0.1"], visit.patience_s,
                   REQUEST.format(host))
        return answered(done, r"^- Status: The certificate is NOT trusted\. (.*)\. *$|^\*\*\* (.*)")
    return each(visits, visit_one)


def tstclnt(folder, visits):
    database = new_database(folder / "nssdb")
    trust_in(database, folder)

    def visit_one(numbered):
        number, visit = numbered
        request = folder / f"request{number}"
        request.write_text(REQUEST.format(visit.site.host))
        done = run(["tstclnt", "-4", "-h", visit.site.host, "-p", visit.site.port, "-d", database,
                    "-A", request], visit.patience_s)
        return answered(done, r"^tstclnt: (.*)")
    return each(enumerate(visits), visit_one)


def trust_in(database, folder):
    """The laboratory's anchors, as far as certutil takes them."""
    path = folder / "anchor.cer"
    for number, der in enumerate(anchors()):
        path.write_bytes(der)
        clients.run(["certutil", "-d", database, "-A", "-n", f"anchor{number}", "-t", "C,,", "-i",
                     path])


# ---- languages

def python(_, visits):
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()))

    def visit_one(visit):
        try:
            with opener.open(visit.site.url, timeout=visit.patience_s) as answer:
                answer.read()
        except urllib.error.URLError as error:
            return str(error.reason)
        except OSError as error:
            return str(error) or type(error).__name__
        return None
    return each(visits, visit_one)


def many(command, visits):
    return run_many(command, [(visit.site, visit.patience_s) for visit in visits])


def java(_, visits):
    return many(["java", *QUICK, "-cp", compiled("Visits.java"), "Visits"], visits)


def node(_, visits):
    return many(["node", HERE / "visits.js"], visits)


def go(folder, visits):
    return many([built("visits.go", folder)], visits)


def php(_, visits):
    return many(["php", HERE / "visits.php"], visits)


def perl(_, visits):
    return many(["perl", HERE / "visits.pl"], visits)
