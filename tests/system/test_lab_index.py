"""The laboratory's own port: its page's files, and revocation for clients that look."""

import base64
import json
import random
import re
import socket
import subprocess
import urllib.parse
import xml.etree.ElementTree as xml

import pytest

from lib import schema
from lib.visits import Served, fetch
from lib.waiting import deadline_s
from lib.workshop import openssl

PATHS = {"/": "text/html; charset=utf-8", "/lab.json": "application/json",
         "/report.json": "application/json", "/report.xml": "application/xml",
         "/report.tap": "text/plain; charset=utf-8", "/hosts": "text/plain; charset=utf-8",
         "/ca.pem": "application/x-pem-file", "/crl": "application/pkix-crl"}
MALFORMED, UNAUTHORIZED = bytes.fromhex("30030a0101"), bytes.fromhex("30030a0106")
REVOKED, GOOD = "revoked", "right"


@pytest.fixture(scope="module")
def running(module_daemon):
    return module_daemon(arguments=["--lab"])


@pytest.fixture(scope="module")
def served(running, tmp_path_factory):
    found = running.await_log(r"laboratory: \d+ scenarios; open (\S+)/\s")[1]
    return Served(f"{found}/", tmp_path_factory.mktemp("served"))


def at(served, path):
    return urllib.parse.urljoin(served.page, path)


def raw(served, octets):
    """What is answered to these octets, until the connection closes."""
    where = urllib.parse.urlsplit(served.page)
    with socket.create_connection((where.hostname, where.port), deadline_s(20)) as connection:
        try:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has heard enough
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
        return received


# ---- files

@pytest.mark.parametrize("path", PATHS)
def test_every_path(served, path):
    status, headers, body = fetch(at(served, path))
    assert status == 200 and headers["Content-Type"] == PATHS[path] and body
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    status, alone, nothing = fetch(at(served, path), method="HEAD")
    assert (status, nothing) == (200, b"")
    assert alone["Content-Type"] == PATHS[path] and int(alone["Content-Length"]) > 0


@pytest.mark.parametrize("path", ["/nothing", "/ocsp", "/crl/", "//", "/lab.json/", "/..",
                                  "/../lab.json", "/sign-in", "/trust", "/metrics", "/ca.pem%20"])
def test_what_is_not_there(served, path):
    status, headers, body = fetch(at(served, "/")[:-1] + path)
    assert status == 404 and headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"there is no such page" in body


@pytest.mark.parametrize("method, path, allowed", [
    ("POST", "/", "GET, HEAD"), ("PUT", "/lab.json", "GET, HEAD"), ("DELETE", "/crl", "GET, HEAD"),
    ("OPTIONS", "/report.json", "GET, HEAD"), ("TRACE", "/", "GET, HEAD"),
    ("PUT", "/ocsp", "GET, HEAD, POST"), ("get", "/", "GET, HEAD"), ("BREW", "/", "GET, HEAD")])
def test_other_methods(served, method, path, allowed):
    data = b"x" if method == "PUT" else None
    status, headers, _ = fetch(at(served, path), method=method, data=data)
    assert (status, headers["Allow"]) == (405, allowed)


def test_the_description(served):
    told = served.all
    schema.check("lab start", told)
    assert told["run"] == "default" and told["page"] == served.page
    ports = [each["port"] for each in told["scenarios"]]
    assert len(set(ports)) == len(ports) >= 60
    hosts = fetch(at(served, "/hosts"))[2].decode().splitlines()
    named = {each["host"] for each in told["scenarios"]} - {"127.0.0.1"}
    assert {line.split()[1] for line in hosts} == named | {"lab.localhost"}
    assert {line.split()[0] for line in hosts} == {"127.0.0.1"}


def test_reports_agree(served):
    assert served.curl("right", "-A", "agreeing") == 0
    told = served.report()
    schema.check("lab report", told)
    suites = xml.fromstring(fetch(at(served, "/report.xml"))[2])
    assert len(suites) == len(told["clients"])
    tap = fetch(at(served, "/report.tap"))[2].decode()
    assert tap.startswith(f"TAP version 13\n1..{len(suites) * len(served.all['scenarios'])}\n")


def test_anchors_are_certificates(served):
    told = openssl("storeutl", "-noout", "-text", "-certs", served.ca)
    assert re.search(r"Total found: (\d+)", told)[1] == str(told.count("Serial Number"))
    assert fetch(at(served, "/ca.pem"))[2] == served.ca.read_bytes()


# ---- revocation

def sent_chain(served, name, folder):
    """The leaf and its issuer, as files."""
    each = served.scenarios[name]
    done = subprocess.run(
        ["openssl", "s_client", "-showcerts", "-connect", f"{each['address']}:{each['port']}",
         "-servername", each["host"]], input=b"", capture_output=True, timeout=deadline_s(20),
        check=False)
    found = re.findall(b"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", done.stdout,
                       re.S)
    files = folder / "leaf.pem", folder / "issuer.pem"
    for path, pem in zip(files, found):
        path.write_bytes(pem)
    return files


@pytest.mark.parametrize("name, said", [(GOOD, "good"), (REVOKED, "revoked"),
                                        ("revoked-stapled", "revoked")])
def test_openssl_asks_by_post(served, tmp_path, name, said):
    leaf, issuer = sent_chain(served, name, tmp_path)
    told = openssl("ocsp", "-issuer", issuer, "-cert", leaf, "-url", at(served, "/ocsp"),
                   "-CAfile", served.ca)
    assert "Response verify OK" in told and f"{leaf}: {said}\n" in told
    assert ("WARNING: no nonce" in told) or "nonce" not in told.lower()


@pytest.mark.parametrize("name, said", [(GOOD, "good"), (REVOKED, "revoked")])
def test_by_get(served, tmp_path, name, said):
    leaf, issuer = sent_chain(served, name, tmp_path)
    asked, answered = tmp_path / "asked", tmp_path / "answered"
    openssl("ocsp", "-issuer", issuer, "-cert", leaf, "-no_nonce", "-reqout", asked)
    text = base64.b64encode(asked.read_bytes()).decode()
    for path in (urllib.parse.quote(text, safe=""), text):
        status, headers, body = fetch(at(served, "/") + "ocsp/" + path)
        assert (status, headers["Content-Type"]) == (200, "application/ocsp-response")
        answered.write_bytes(body)
        told = openssl("ocsp", "-issuer", issuer, "-cert", leaf, "-respin", answered, "-CAfile",
                       served.ca)
        assert "Response verify OK" in told and f"{leaf}: {said}\n" in told


def test_an_issuer_that_is_not_ours(served, tmp_path, certs):
    other = certs.make("other.example.org")
    (tmp_path / "other.pem").write_bytes(other.pem if isinstance(other.pem, bytes)
                                         else other.pem.encode())
    openssl("ocsp", "-issuer", tmp_path / "other.pem", "-cert", tmp_path / "other.pem", "-no_nonce",
            "-reqout", tmp_path / "asked")
    assert fetch(at(served, "/ocsp"), "POST", (tmp_path / "asked").read_bytes())[2] == UNAUTHORIZED


GARBAGE = {"nothing": b"", "short": b"x", "zeros": b"\0" * 4096, "headers": b"\x30" * 4096,
           "too-long-a-length": b"\x30\x84\xff\xff\xff\xff", "endless": b"\x30\x80" * 2000,
           "random": random.Random(1).randbytes(100), "one-more": b"\0" * 4097,
           "huge": b"x" * 3_000_000}


@pytest.mark.parametrize("what", GARBAGE)
def test_what_is_no_ocsp_request(served, what):
    status, headers, body = fetch(at(served, "/ocsp"), "POST", GARBAGE[what])
    assert (status, headers["Content-Type"], body) == (200, "application/ocsp-response", MALFORMED)


@pytest.mark.parametrize("path", ["", "%", "%ff", "AAAA", "====", "+/+/", "%2F%2f", "MAA=/more",
                                  "MA", pytest.param("A" * 5000, id="long")])
def test_what_is_none_in_a_path(served, path):
    status, _, body = fetch(at(served, "/") + "ocsp/" + path)
    assert (status, body) == (200, MALFORMED)


def test_a_request_in_pieces(served, tmp_path):
    leaf, issuer = sent_chain(served, GOOD, tmp_path)
    openssl("ocsp", "-issuer", issuer, "-cert", leaf, "-reqout", tmp_path / "asked")
    asked = (tmp_path / "asked").read_bytes()
    chunks = b"".join(b"1\r\n%c\r\n" % octet for octet in asked) + b"0\r\n\r\n"
    told = raw(served, b"POST /ocsp HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
               b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert told.startswith(b"HTTP/1.1 200 ") and len(told.partition(b"\r\n\r\n")[2]) > 100


@pytest.mark.parametrize("octets, status", ids=range(7), argvalues=[
    (b"\x16\x03\x01\x02\x00\x01\x00", None),
    (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"200"),
    (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"4"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n", b"4"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: \xff<b>\x01\r\nConnection: close\r\n\r\n", b"200"),
    (b"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nx", None),
    (b"HEAD / HTTP/1.0\r\n\r\n", b"200")])
def test_odd_requests(served, octets, status):
    told = raw(served, octets)
    assert status is None or told.startswith((b"HTTP/1.1 " + status, b"HTTP/1.0 " + status)), told
    assert fetch(at(served, "/lab.json"))[0] == 200


def verify(served, tmp_path, name, *options, status=0):
    leaf, issuer = sent_chain(served, name, tmp_path)
    crl = tmp_path / "crl.pem"
    (tmp_path / "crl").write_bytes(fetch(at(served, "/crl"))[2])
    openssl("crl", "-inform", "DER", "-in", tmp_path / "crl", "-out", crl)
    return openssl("verify", "-x509_strict", "-crl_check", "-CRLfile", crl, "-untrusted", issuer,
                   "-no-CApath", "-no-CAstore", "-CAfile", served.ca, *options, leaf, status=status)


def test_the_revocation_list(served, tmp_path):
    verify(served, tmp_path, GOOD)
    assert "error 23 at 0 depth lookup: certificate revoked" in verify(served, tmp_path, REVOKED,
                                                                        status=2)
    told = openssl("crl", "-inform", "DER", "-in", tmp_path / "crl", "-noout", "-text")
    assert "Version 2" in told and "X509v3 CRL Number" in told
    assert "X509v3 Authority Key Identifier" in told
    named = {each["scenario"] for each in served.all["scenarios"] if "revoked" in each["scenario"]}
    assert told.count("Serial Number:") >= len(named)


def test_openssl_fetches_the_list_by_itself(served, tmp_path):
    """From where the certificate says."""
    leaf, issuer = sent_chain(served, REVOKED, tmp_path)
    assert "error 23" in openssl("verify", "-crl_check", "-crl_download", "-untrusted", issuer,
                                 "-no-CApath", "-no-CAstore", "-CAfile", served.ca, leaf, status=2)
    told = openssl("x509", "-in", leaf, "-noout", "-ext",
                   "crlDistributionPoints,authorityInfoAccess")
    assert f"URI:{served.page}crl" in told and f"URI:{served.page}ocsp" in told


def test_silent_visitors_do_not_keep_others_out(served):
    where = urllib.parse.urlsplit(served.page)
    silent = [socket.create_connection((where.hostname, where.port)) for _ in range(30)]
    for each in silent:
        each.sendall(b"GET /report.json HTTP/1.1\r\nHost: x\r\n")
    assert json.loads(fetch(at(served, "/lab.json"))[2])["run"] == "default"
    for each in silent:
        each.close()
