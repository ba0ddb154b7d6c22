"""mailstorectl verify, held against OpenSSL's judgement of the same chain, host, anchors and time."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7, Encoding

from lib.certs import DER, days, now, replace_file
from lib.workshop import ATTENTION, FAILED, NO_ENTRY, USAGE, openssl, refused, tool

CONDITIONS = ["named", "used", "issuer", "current"]


@pytest.fixture
def files(tmp_path, certs):
    """A store, and files with what clients trust."""
    class Files:
        store = tmp_path / "store"
        authority = tmp_path / "authority.pem"
        stranger = tmp_path / "stranger.pem"
    Files.store.mkdir(mode=0o700)
    Files.authority.write_bytes(certs.authority().pem)
    Files.stranger.write_bytes(certs.authority("Stranger").pem)
    certs.leaf("mail.example.org", "*.example.net", "192.0.2.1").put(Files.store, "mail")
    certs.make("self.example.org").put(Files.store, "self")
    certs.leaf("old.example.org", begins=now() - days(60), ends=now() - days(30)).put(
        Files.store, "old")
    certs.make("classic.example.org", san=False).put(Files.store, "classic")
    return Files


def verify(files, entry, *arguments, **options):
    return tool("--store", files.store, "--json", "verify", entry, *arguments, **options).answer


def failing(host):
    """The words of the conditions that do not hold; each says why and what to do."""
    assert [one["condition"] for one in host["conditions"]] == CONDITIONS
    for one in host["conditions"]:
        assert one["holds"] or (one["reason"] and one["mend"])
    assert host["silent"] == all(one["holds"] for one in host["conditions"])
    return [one["condition"] for one in host["conditions"] if not one["holds"]]


def openssl_takes(files, entry, host, anchors, at=None):
    kind = "-verify_ip" if host[0].isdigit() else "-verify_hostname"
    when = ["-attime", str(int(at.replace(tzinfo=datetime.timezone.utc).timestamp()))] if at else []
    try:
        openssl("verify", "-purpose", "sslserver", "-no-CAfile", "-no-CApath", "-no-CAstore",
                "-CAfile", anchors, kind, host, *when, files.store / f"{entry}.pem")
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("entry, host, anchors, wrong", [
    ("mail", "mail.example.org", "authority", []),
    ("mail", "any.example.net", "authority", []),
    ("mail", "192.0.2.1", "authority", []),
    ("mail", "a.b.example.net", "authority", ["used"]),
    ("mail", "192.0.2.2", "authority", ["used"]),
    ("mail", "mail.example.org", "stranger", ["issuer"]),
    ("mail", "other.example.org", "stranger", ["used", "issuer"]),
    ("old", "old.example.org", "authority", ["current"]),
    ("self", "self.example.org", "authority", ["issuer"]),
])
def test_the_conditions_are_those_of_openssl(files, entry, host, anchors, wrong):
    path = getattr(files, anchors)
    answer = verify(files, entry, "--host", host, "--anchors", path,
                    status=ATTENTION if wrong else 0)
    [judged] = answer["hosts"]
    assert judged["host"] == host and failing(judged) == wrong
    assert openssl_takes(files, entry, host, path) == answer["silent"] == (not wrong)


def test_a_self_signed_one_is_its_own_anchor(files):
    answer = verify(files, "self", "--anchors", files.store / "self.pem")
    assert [host["host"] for host in answer["hosts"]] == ["self.example.org"]
    assert answer["hosts"][0]["anchor"] == "CN=self.example.org"


def test_a_common_name_alone_is_where_browsers_do_not_look(files):
    anchors = files.store / "classic.pem"
    answer = verify(files, "classic", "--anchors", anchors, status=ATTENTION)
    assert failing(answer["hosts"][0]) == ["named"]
    # OpenSSL still looks there: the browsers are stricter, and a client is silent if all are.
    assert openssl_takes(files, "classic", "classic.example.org", anchors)


def test_without_hosts_all_in_the_certificate_are_judged(files):
    answer = verify(files, "mail", "--anchors", files.authority)
    assert [host["host"] for host in answer["hosts"]] == ["mail.example.org", "any.example.net",
                                                         "192.0.2.1"]
    answer = verify(files, "mail", "--anchors", files.authority, "--host", "mail.example.org",
                    "--host", "nobody.example.org", status=ATTENTION)
    assert [host["silent"] for host in answer["hosts"]] == [True, False]


def test_one_of_several_anchors_is_enough(files):
    for order in ((files.stranger, files.authority), (files.authority, files.stranger)):
        answer = verify(files, "mail", "--anchors", order[0], "--anchors", order[1])
        assert {host["anchor"] for host in answer["hosts"]} == {"CN=Test Authority"}
    folder = files.authority.parent / "anchors"
    folder.mkdir()
    for path in (files.authority, files.stranger):
        replace_file(folder / path.name, path.read_bytes())
    verify(files, "mail", "--anchors", folder)


def test_another_day_is_another_judgement(files):
    mail = x509.load_pem_x509_certificate((files.store / "mail.pem").read_bytes())
    for at, fine in ((mail.not_valid_after + days(1), False), (mail.not_valid_after - days(1), True),
                     (mail.not_valid_before - days(1), False)):
        answer = verify(files, "mail", "--anchors", files.authority, "--host", "mail.example.org",
                        "--at", at.strftime("%Y-%m-%d %H:%M:%S"), status=0 if fine else ATTENTION)
        assert answer["silent"] == fine == openssl_takes(files, "mail", "mail.example.org",
                                                         files.authority, at)
        # The authority that this test has is as old as the leaf.
        assert fine or "current" in failing(answer["hosts"][0])


def test_a_file_is_judged_in_every_form(files, certs):
    made = certs.leaf("file.example.org")
    chain = [made.x509, made.issuer.x509]
    for name, octets in (("chain.pem", made.chain_pem), ("leaf.der", made.der),
                         ("chain.p7b", pkcs7.serialize_certificates(chain, Encoding.DER))):
        path = files.store / name
        path.write_bytes(octets)
        answer = tool("--json", "verify", "--file", path, "--anchors", files.authority).answer
        assert (answer["file"], answer["entry"]) == (str(path), None)
    # PKCS#7 is a set: an authority may write its own certificate before the server's.
    (files.store / "both.pem").write_bytes(made.issuer.pem + made.pem)
    openssl("crl2pkcs7", "-nocrl", "-certfile", files.store / "both.pem", "-out",
            files.store / "set.p7b")
    answer = tool("--json", "verify", "--file", files.store / "set.p7b", "--anchors",
                  files.authority).answer
    assert [host["host"] for host in answer["hosts"]] == ["file.example.org"]


def test_without_anchors_the_systems_count(files, tmp_path):
    """Nothing of ours is among them."""
    answer = verify(files, "mail", "--host", "mail.example.org", status=ATTENTION)
    assert answer["anchors"] == "system" and failing(answer["hosts"][0]) == ["issuer"]


def test_people_read_what_to_do(files):
    text = tool("--store", files.store, "verify", "mail", "--host", "nobody.example.org",
                "--anchors", files.stranger, status=ATTENTION).out
    assert text.startswith(f"mail, for clients that trust {files.stranger}\n\n"
                           "nobody.example.org: clients WARN\n")
    lines = text.splitlines()
    assert [line[:7] for line in lines if line[:3] != "   " and line[:2] == "  "] == [
        "  ok   ", "  FAILS", "  FAILS", "  ok   "]
    assert sum(line.startswith("         mend: ") for line in lines) == 2
    text = tool("--store", files.store, "verify", "mail", "--host", "mail.example.org",
                "--anchors", files.authority).out
    assert "mail.example.org: clients stay silent; trusted by CN=Test Authority\n" in text


def test_wrong_questions(files):
    where = ["--store", files.store, "verify"]
    refused(*where, status=USAGE)
    refused(*where, "mail", "--file", files.authority, status=USAGE)
    refused(*where, "mial", status=NO_ENTRY)
    for wrong in (["--at", "tomorrow"], ["--host", "*.example.org"], ["--host", "no host"],
                  ["--host", "https://x"]):
        refused(*where, "mail", *wrong, status=USAGE)
    for wrong in ("none.pem", "empty"):
        (files.store.parent / "empty").touch()
        path = files.store.parent / wrong
        assert str(path) in refused(*where, "mail", "--anchors", path, status=FAILED)
        assert str(path) in refused("verify", "--file", path, status=FAILED)
    replace_file(files.store / "bad.pem", b"-----BEGIN CERTIFICATE-----\nnonsense\n")
    assert "refused" in refused(*where, "bad")


def test_what_mends_a_file_is_no_advice_for_the_store(tmp_path, certs):
    made = certs.make("mail.example.org")
    for name, octets, mend in (
            ("mail.key", made.key_pem, "name the file of the certificate"),
            ("mail.key", made.key_bytes(DER), "name the file of the certificate"),
            ("mail.pfx", made.pfx("secret"), "openssl pkcs12 -nokeys -in"),
            ("mail.txt", b"nothing", "name the file of the certificate"),
            ("mail.jks", b"\xfe\xed\xfe\xed", "keytool -list -rfc"),
            ("mail.csr", b"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n"
                         b"-----END CERTIFICATE REQUEST-----\n", "name the file of the certificate"),
    ):
        path = tmp_path / name
        path.write_bytes(octets)
        said = refused("verify", "--file", path)
        assert f"{path}: " in said and mend in said
        assert not any(word in said for word in ("NAME", "put ", "it goes into"))


@pytest.mark.parametrize("authority", [False, True], ids=["own key", "issuer's key"])
def test_a_key_that_no_browser_takes_is_held_against_it(tmp_path, certs, authority):
    issuer = certs.authority("Edwards", key="ed25519" if authority else "ecdsa")
    leaf = certs.make("mail.example.org", issuer=issuer, key="ecdsa" if authority else "ed25519")
    (tmp_path / "ca.pem").write_bytes(issuer.pem)
    (tmp_path / "leaf.pem").write_bytes(leaf.pem)
    answer = tool("--json", "verify", "--file", tmp_path / "leaf.pem", "--anchors",
                  tmp_path / "ca.pem", status=ATTENTION).answer
    assert failing(answer["hosts"][0]) == ["issuer"]
    reason = answer["hosts"][0]["conditions"][2]["reason"]
    assert "Ed25519, which no browser takes" in reason and ("CN=Edwards" in reason) == authority
