"""mailstorectl request and accept: certreq's file to a request or a certificate, and back."""

import json
import re
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lib.certs import DER
from lib.workshop import (ATTENTION, FAILED, NO_ENTRY, USAGE, content, on_terminal, openssl, refused,
                          tool)

INF = """[Version]
Signature = "$Windows NT$"
[NewRequest]
Subject = "CN=mail.example.org, O=Example, C=DE"
KeyAlgorithm = ECDSA_P256
KeyLength = 256
HashAlgorithm = sha256
{lines}
[EnhancedKeyUsageExtension]
OID = 1.3.6.1.5.5.7.3.1
[Extensions]
2.5.29.17 = "{{text}}"
_continue_ = "DNS=mail.example.org&"
_continue_ = "IPAddress=192.0.2.1"
"""

# What an article's PDF gives when its text is copied: the comment of a line stands on the next one,
# and the subject is broken over two.
FROM_PDF = """;----------------- request.inf -----------------

[Version]
Signature="$Windows NT$"

[NewRequest] ;
replace with your own values
Subject = "CN=mail.example.org, O=Example,
L=Berlin, C=DE"
KeyLength = 2048
KeyAlgorithm = RSA
RequestType = Cert
ValidityPeriod = Years
ValidityPeriodUnits = 2

[Extensions]
2.5.29.17 = "{text}"
_continue_ = "DNS=mail.example.org&"
"""


class Desk:
    """A store, and a folder in which somebody works."""

    def __init__(self, folder):
        self.store, self.here = folder / "certs", folder / "here"
        self.waiting = self.store / ".mailstored" / "waiting"
        self.here.mkdir()
        self.place = ["--store", self.store]

    def write(self, text, name="mail.inf"):
        (self.here / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def inf(self, *lines, name="mail.inf"):
        return self.write(INF.format(lines="\n".join(lines)), name)

    def run(self, *arguments, **options):
        return tool(*self.place, *arguments, cwd=self.here, **options)

    def refused(self, *arguments, **options):
        return refused(*self.place, *arguments, cwd=self.here, **options)

    def request(self, *lines, name="mail.inf"):
        """Makes one, and gives the file that holds it."""
        output = name.replace(".inf", ".csr")
        self.run("request", self.inf(*lines, name=name), "--output", output)
        return self.here / output

    def read(self, name):
        return (self.here / name).read_bytes()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def authority(certs, tmp_path):
    """authority(request) issues a certificate for it, by OpenSSL: (leaf, issuer), DER and x509."""
    issuer = certs.authority()
    folder = tmp_path / "authority"
    folder.mkdir()
    (folder / "ca.pem").write_bytes(issuer.pem)
    (folder / "ca.key").write_bytes(issuer.key_pem)

    def issue(request, copies="copy"):
        out = folder / f"{request.stem}.pem"
        openssl("x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                "-days", "30", "-copy_extensions", copies, "-out", out)
        return out.read_bytes()

    issue.issuer = issuer
    return issue


# ---- requests

def test_a_request_as_openssl_reads_it(desk):
    ran = desk.run("request", desk.inf("FriendlyName = Archive", "Exportable = TRUE"))
    said = openssl("req", "-verify", "-noout", "-text", input=ran.raw)
    assert "verify OK" in said
    assert re.search(r"Subject:.*CN = mail\.example\.org", said)
    assert "DNS:mail.example.org, IP Address:192.0.2.1" in said
    assert "TLS Web Server Authentication" in said
    assert 'the key waits as "Archive"' in ran.errors
    assert f"mailstorectl --store {desk.store} accept FILE" in ran.errors
    assert content(desk.waiting).keys() == {"Archive.pem", "Archive.meta"}
    assert b"PRIVATE KEY" in content(desk.waiting)["Archive.pem"]
    for path in desk.store.rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert desk.run("list", "--json").answer["entries"] == []


@pytest.mark.parametrize("kind, bits", [("RSA", 2048), ("ECDSA_P384", 384)])
def test_each_kind_of_key(desk, kind, bits):
    text = INF.format(lines="").replace("ECDSA_P256", kind).replace("KeyLength = 256",
                                                                    f"KeyLength = {bits}")
    ran = desk.run("request", desk.write(text))
    assert f"Public-Key: ({bits} bit)" in openssl("req", "-verify", "-noout", "-text", input=ran.raw)


def test_where_it_is_written(desk):
    ran = desk.run("request", desk.inf(), "--output", "mail.csr")
    assert "mail.csr is written, and its key waits for the certificate\n" in ran.out
    assert openssl("req", "-verify", "-noout", "-in", desk.here / "mail.csr")
    answer = desk.run("request", "--json", desk.inf(), "--output", "mail.der", "--binary",
                      "--entry", "other").answer
    assert answer["entry"] == "other" and answer["output"] == "mail.der"
    assert x509.load_der_x509_csr(desk.read("mail.der")) == x509.load_pem_x509_csr(
        answer["csr"].encode())
    binary = desk.run("request", desk.inf(), "--binary", "--entry", "third")
    assert x509.load_der_x509_csr(binary.raw).is_signature_valid
    shown = on_terminal(*desk.place, "request", desk.inf(), "--binary", "--entry", "fourth",
                        cwd=desk.here, status=USAGE)
    assert "DER is binary" in shown


def test_what_waits_is_not_overwritten_unasked(desk):
    desk.request()
    before = content(desk.store), desk.read("mail.csr")
    assert "mail.csr is there already" in desk.refused("request", "mail.inf", "--output", "mail.csr")
    said = desk.refused("request", "mail.inf")
    assert 'a key waits as "mail.example.org" already' in said
    assert (content(desk.store), desk.read("mail.csr")) == before
    desk.run("request", "mail.inf", "--force", "--output", "mail.csr")
    assert content(desk.store) != before[0] and desk.read("mail.csr") != before[1]


def test_list_and_cancel(desk):
    assert desk.run("request", "--list").out == "no key waits\n"
    assert desk.run("request", "--list", "--json").answer == {"waiting": []}
    desk.request("FriendlyName = Archive")
    csr = desk.request(name="two.inf").read_text()
    said = desk.run("request", "--list").out
    assert "ENTRY TO BE" in said and "C=DE,O=Example,CN=mail.example.org" in said
    waiting = desk.run("request", "--list", "--json").answer["waiting"]
    assert [item["entry"] for item in waiting] == ["Archive", "mail.example.org"]
    assert waiting[1]["csr"] == csr
    assert "PRIVATE" not in json.dumps(waiting)
    assert 'no key waits as "x"' in desk.refused("request", "--cancel", "x", status=NO_ENTRY)
    assert desk.run("request", "--cancel", "Archive", "--json").answer == {"cancelled": "Archive"}
    assert "destroyed" in desk.run("request", "--cancel", "mail.example.org").out
    assert content(desk.waiting) == {}


# ---- a certificate at once

def test_a_certificate_is_made_and_put_into_the_store(desk):
    answer = desk.run("request", "--json", desk.inf(
        "RequestType = Cert", "FriendlyName = Archive", "ValidityPeriod = Days",
        "ValidityPeriodUnits = 90"), "--output", "copy.pem").answer
    assert (answer["entry"], answer["friendly_name"], answer["exportable"]) == ("Archive", "Archive",
                                                                               False)
    told = answer["certificate"]
    assert told["not_after"] - told["not_before"] == 90 * 86400
    assert told["dns_names"] == ["mail.example.org"] and told["addresses"] == ["192.0.2.1"]
    path = desk.store / "Archive.pem"
    openssl("verify", "-x509_strict", "-CAfile", path, "-verify_hostname", "mail.example.org", path)
    assert x509.load_pem_x509_certificate(desk.read("copy.pem")) == x509.load_pem_x509_certificate(
        path.read_bytes())
    assert b"PRIVATE" not in desk.read("copy.pem")
    assert content(desk.waiting) == {}
    before = content(desk.store)
    assert 'there is an entry "Archive"' in desk.refused("request", "mail.inf")
    assert content(desk.store) == before
    desk.run("request", "mail.inf", "--force", "--output", "copy.der", "--binary")
    assert x509.load_der_x509_certificate(desk.read("copy.der")).public_bytes(
        serialization.Encoding.PEM) in (desk.store / "Archive.pem").read_bytes()


def test_a_copy_that_cannot_be_written_is_not_told_as_one(desk):
    ran = desk.run("request", "--json", desk.inf("RequestType = Cert", "FriendlyName = Archive"),
                   "--output", "nowhere/copy.pem", status=FAILED)
    assert ran.answer["entry"] == "Archive" and ran.answer["output"] is None
    assert "nowhere/copy.pem cannot be written" in ran.errors
    text = desk.run("request", "mail.inf", "--force", "--output", "nowhere/copy.pem", status=FAILED)
    assert "Archive is made" in text.out and "written to" not in text.out
    assert "Archive.pem" in content(desk.store)


def test_it_is_served(daemon, tmp_path):
    running = daemon()
    desk = Desk(tmp_path)
    desk.place = ["--config", running.config, "--state", running.state]
    answer = desk.run("request", "--json", "--wait", desk.inf("RequestType = Cert")).answer
    assert answer["served"]["server_name"] == "mail.example.org"
    assert running.served_fingerprint(sni="mail.example.org") == answer["fingerprint"]


# ---- remarks

def test_mistakes_are_told_by_line_and_column(desk):
    name = desk.write("[NewRequest]\nSubject = \"CN=mail.example.org\"\nKeyLenght = 2048\n")
    ran = desk.run("request", name, status=FAILED)
    assert re.search(r"^mail\.inf:3:1: mistake: .*KeyLength", ran.errors, re.MULTILINE)
    assert ran.raw == b"" and not desk.store.exists()
    answer = desk.run("request", "--json", name, status=FAILED).answer
    assert answer.keys() == {"remarks"}
    assert ("mistake", 3, 1) in [(remark["level"], remark["line"], remark["column"])
                                 for remark in answer["remarks"]]


def test_the_text_of_a_pdf_is_refused_and_repaired_when_asked(desk):
    name = desk.write(FROM_PDF)
    ran = desk.run("request", name, status=FAILED)
    assert re.search(r"^mail\.inf:7:\d+: mistake: ", ran.errors, re.MULTILINE)
    assert re.search(r"^mail\.inf:8:\d+: mistake: ", ran.errors, re.MULTILINE)
    assert "--tolerant" in ran.errors
    answer = desk.run("request", "--json", "--tolerant", name).answer
    assert {remark["line"] for remark in answer["remarks"]
            if remark["level"] == "repaired"} >= {7, 8}
    assert answer["certificate"]["subject"] == "C=DE,L=Berlin,O=Example,CN=mail.example.org" or \
        "Berlin" in answer["certificate"]["subject"]


def test_what_is_weak_is_refused_unless_allowed(desk):
    name = desk.write(INF.format(lines="").replace("sha256", "sha1"))
    ran = desk.run("request", name, status=FAILED)
    assert re.search(r"^mail\.inf:\d+:\d+: mistake: .*SHA-?1", ran.errors, re.MULTILINE | re.I)
    ran = desk.run("request", name, "--allow-weak")
    assert "warning: " in ran.errors and b"CERTIFICATE REQUEST" in ran.raw


@pytest.mark.parametrize("encode", [
    lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    lambda text: b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le"),
], ids=["utf-8", "utf-16"])
def test_files_as_windows_writes_them(desk, encode):
    name = desk.write(encode(INF.format(lines="FriendlyName = Büro")))
    assert desk.run("request", "--json", name).answer["friendly_name"] == "Büro"


# ---- the template

def test_the_template_is_taken_without_a_remark(desk):
    for names in ([], ["mail.example.org", "büro.example.org", "192.0.2.1"]):
        ran = desk.run("request", "--template", *names)
        assert b"\r\n" in ran.raw
        ran = desk.run("request", desk.write(ran.raw), "--force", "--entry", "x")
        assert ran.errors == "" or "waits as" in ran.errors
        assert "mistake" not in ran.errors and "warning" not in ran.errors
    desk.run("request", "--template", "mail.example.org", "--output", "t.inf")
    assert b"DNS=mail.example.org&" in desk.read("t.inf")
    assert "t.inf is there already" in desk.refused("request", "--template", "x", "--output", "t.inf")
    assert "is no host name" in desk.refused("request", "--template", "a b", status=USAGE)


# ---- accept

def test_the_certificate_joins_its_key(desk, authority, certs):
    request = desk.request("FriendlyName = Archive", "Exportable = TRUE")
    other = desk.request(name="other.inf")
    leaf, issuer = authority(request), authority.issuer
    desk.write(issuer.pem + certs.make("stranger").pem + leaf, "all.pem")
    answer = desk.run("accept", "--json", "all.pem").answer
    assert (answer["entry"], answer["made_by"], answer["friendly_name"], answer["exportable"]) == (
        "Archive", "accept", "Archive", True)
    assert answer["anchor"] == "CN=Test Authority" and answer["missing_issuer"] is None
    path = desk.store / "Archive.pem"
    assert path.read_bytes().count(b"BEGIN CERTIFICATE") == 2
    openssl("verify", "-CAfile", desk.here / "all.pem", "-verify_hostname", "mail.example.org", path)
    public = openssl("pkey", "-in", path, "-pubout")
    assert public in openssl("x509", "-in", path, "-noout", "-pubkey")
    assert json.loads((desk.store / "Archive.meta").read_text())["made_by"] == "accept"
    # The other one still waits.
    assert content(desk.waiting).keys() == {"mail.example.org.pem", "mail.example.org.meta"}
    desk.write(authority(other), "other.cer")
    said = desk.run("accept", "other.cer").out
    assert said.startswith("mail.example.org is joined with its key\n")
    assert "Its chain ends below CN=Test Authority, whom clients must know and trust." in said
    assert content(desk.waiting) == {}


def test_every_form_of_certificate(desk, authority):
    issuer = authority.issuer
    for form in ("der", "two files", "p7b", "p7b pem"):
        request = desk.request("FriendlyName = " + form, name=form.replace(" ", "-") + ".inf")
        leaf = authority(request)
        desk.write(issuer.pem + leaf, "both.pem")
        der = x509.load_pem_x509_certificate(leaf).public_bytes(DER)
        files = {"der": [desk.write(der, "leaf.cer")],
                 "two files": [desk.write(issuer.der, "ca.cer"), desk.write(leaf, "leaf.pem")],
                 "p7b": ["chain.p7b"], "p7b pem": ["chain.p7b"]}[form]
        openssl("crl2pkcs7", "-nocrl", "-certfile", desk.here / "both.pem", "-outform",
                "PEM" if "pem" in form else "DER", "-out", desk.here / "chain.p7b")
        answer = desk.run("accept", "--json", *files).answer
        assert answer["certificate"]["chain"] == (1 if form == "der" else 2)


def test_names_that_the_authority_left_out_are_missed(desk, authority):
    """As many an authority does unless it is told otherwise."""
    request = desk.request()
    desk.write(authority(request, copies="none"), "bare.pem")
    assert "no alternative names" in desk.run("accept", "--json", "bare.pem").answer["warnings"][0]
    desk.write(authority(request), "whole.pem")
    assert desk.run("accept", "--json", "--force", "whole.pem").answer["warnings"] == []


def test_what_cannot_be_accepted(desk, authority, certs):
    stranger = certs.make("mail.example.org")
    desk.write(stranger.pem, "stranger.pem")
    assert desk.refused("accept", "stranger.pem")
    request = desk.request()
    said = desk.refused("accept", "stranger.pem")
    assert "1" in said or "one" in said
    before = content(desk.store)
    for name, octets, words in (
            ("key.pem", stranger.both_pem, f'for "mailstorectl --store {desk.store} import"'),
            ("csr.pem", request.read_bytes(), "it holds a certificate request"),
            ("none.txt", b"nothing\n", "found other text"),
            ("locked.pem", stranger.key_bytes(password="x"), "encrypted")):
        assert words in desk.refused("accept", desk.write(octets, name))
    assert "/nonexistent/x.cer" in desk.refused("accept", "/nonexistent/x.cer")
    assert content(desk.store) == before


def test_a_certificate_for_a_key_that_is_in_the_store(desk, authority):
    """Renewed for the same request, or accepted at first without its chain."""
    request = desk.request("FriendlyName = Archive", "Exportable = TRUE")
    first, second = authority(request), authority(request)
    assert first != second
    desk.run("accept", desk.write(first, "first.pem"))
    before = content(desk.store)
    both = desk.write(second + authority.issuer.pem, "second.pem")
    said = desk.refused("accept", both)
    assert 'there is an entry "Archive"' in said and "--entry" not in said
    assert content(desk.store) == before
    answer = desk.run("accept", "--json", both, "--force").answer
    assert (answer["entry"], answer["replaced"], answer["exportable"]) == ("Archive", True, True)
    assert answer["certificate"]["chain"] == 2
    path = desk.store / "Archive.pem"
    assert openssl("pkey", "-in", path, "-pubout") in openssl("x509", "-in", path, "-noout", "-pubkey")
    assert second in path.read_bytes()


def test_an_entry_is_not_overwritten_unasked(desk, authority):
    desk.run("create", "mail.example.org")
    leaf = authority(desk.request())
    desk.write(leaf, "leaf.pem")
    before = content(desk.store)
    assert "--force" in desk.refused("accept", "leaf.pem")
    assert content(desk.store) == before
    assert desk.run("accept", "--json", "leaf.pem", "--force").answer["replaced"]
    assert content(desk.waiting) == {}


def test_a_key_is_found_where_it_waits(daemon, authority, tmp_path):
    """Made with the configuration and accepted with the store alone, and the other way round."""
    running = daemon()
    desk = Desk(tmp_path)
    places = [["--config", running.config, "--state", running.state], ["--store", running.store]]
    for i, (first, second) in enumerate((places, places[::-1])):
        desk.place = first
        request = desk.request(f"FriendlyName = e{i}", name=f"e{i}.inf")
        desk.write(authority(request), "leaf.pem")
        desk.place = second
        if i == 0:  # the state folder is not known then
            desk.refused("accept", "leaf.pem")
            desk.place = first
        assert desk.run("accept", "--json", "leaf.pem").answer["entry"] == f"e{i}"


def test_what_is_accepted_is_served(daemon, authority, tmp_path):
    running = daemon()
    desk = Desk(tmp_path)
    desk.place = ["--config", running.config, "--state", running.state]
    desk.write(authority(desk.request()) + authority.issuer.pem, "chain.pem")
    answer = desk.run("accept", "--wait", "--json", "chain.pem").answer
    assert answer["served"]["server_name"] == "mail.example.org"
    assert running.served_fingerprint(sni="mail.example.org") == answer["fingerprint"]


# ---- command lines

@pytest.mark.parametrize("arguments, words", [
    ([], "usage: mailstorectl request FILE.inf"),
    (["one.inf", "two.inf"], "usage: mailstorectl request FILE.inf"),
    (["--list", "x"], "usage: mailstorectl request --list"),
    (["--list", "--template"], "--template and --list were both given"),
    (["--list", "--force"], "--force has no meaning with --list"),
    (["--template", "--tolerant"], "--tolerant has no meaning with --template"),
    (["--template", "--json"], "--json has no meaning"),
    (["--cancel", "x", "--wait"], "--wait has no meaning with --cancel"),
    (["mail.inf", "--wait"], "--wait has no meaning here"),
    (["mail.inf", "--entry", "a/b"], "--entry: "),
])
def test_wrong_command_lines(desk, arguments, words):
    desk.inf()
    assert words in desk.run("request", *arguments, status=USAGE).errors
    assert not desk.store.exists()


def test_files_that_are_not_there(desk):
    assert "none.inf" in desk.refused("request", "none.inf")
    assert "/nonexistent/o.csr" in desk.refused("request", desk.inf(), "--output",
                                                "/nonexistent/o.csr")
    assert content(desk.store) == {}
    desk.request()
    said = desk.refused("request", "mail.inf", "--force", "--output", "/nonexistent/o.csr")
    assert "the key waits as \"mail.example.org\" all the same" in said
    assert len(desk.run("request", "--list", "--json").answer["waiting"]) == 1
