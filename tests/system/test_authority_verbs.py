"""mailstorectl authority create, show, issue and renew: what they make, as OpenSSL and GnuTLS see
it, and what they refuse."""

import ipaddress
import json
import os
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lib.daemon import MAILSTORECTL, environment, fingerprint
from lib.sandbox import NOBODY, named_host
from lib.waiting import deadline_s
from lib.workshop import (FAILED, NO_DAEMON, NO_ENTRY, USAGE, content, on_terminal, openssl, refused,
                          tool)

DAY = 86400
PASSPHRASE = "correct horse battery staple"


class Workshop:
    def __init__(self, folder):
        self.config = folder / "mailstored.conf"
        self.config.write_text("")
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self.where = ["--config", self.config, "--state", self.state]
        self.store = self.state / "certs"
        self.pem = self.state / "authority/authority.pem"
        self.secret = folder / "passphrase"
        self.secret.write_text(PASSPHRASE + "\n")
        self.secret.chmod(0o600)

    def authority(self, verb, *arguments, **options):
        return tool(*self.where, "--json", "authority", verb, *arguments, **options).answer

    def refused(self, verb, *arguments, **options):
        return refused(*self.where, "authority", verb, *arguments, **options)

    def entry(self, name):
        """Its certificates, the leaf first."""
        blocks = (self.store / f"{name}.pem").read_bytes().split(b"-----BEGIN CERTIFICATE-----")[1:]
        return [x509.load_pem_x509_certificate(b"-----BEGIN CERTIFICATE-----" + block)
                for block in blocks]

    @property
    def certificate(self):
        return x509.load_pem_x509_certificate(self.pem.read_bytes())

    def anchor(self):
        path = self.state.parent / "anchor.pem"
        path.write_text(tool(*self.where, "authority", "show", "--pem").out)
        return path


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


@pytest.fixture
def made(workshop):
    workshop.authority("create", "--domain", "example.org", "--address", "192.0.2.0/24")
    return workshop


def public_key(certificate):
    return certificate.public_key().public_numbers()


def judged(workshop, entry, *hosts, anchor=None):
    """OpenSSL, strictly, and GnuTLS accept the entry's chain for these hosts."""
    anchor, path = anchor or workshop.anchor(), workshop.store / f"{entry}.pem"
    for host in hosts:
        kind = "-verify_ip" if host[0].isdigit() or ":" in host else "-verify_hostname"
        openssl("verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-no-CAstore",
                "-CAfile", anchor, kind, host, path)
    chain = workshop.state.parent / "chain.pem"
    chain.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM)
                               for one in workshop.entry(entry)))
    done = subprocess.run(["certtool", "--verify", "--load-ca-certificate", anchor, "--infile", chain,
                           "--verify-hostname", hosts[0], "--verify-purpose", "1.3.6.1.5.5.7.3.1"],
                          capture_output=True, check=False)
    assert b"Chain verification output: Verified" in done.stdout, done.stdout


# ---- create

@pytest.mark.parametrize("key", ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072"])
def test_its_shape_and_what_it_issues(workshop, key):
    answer = workshop.authority("create", "--domain", "example.org", "--address", "192.0.2.0/24",
                                "--key", key, "--common-name", "Our authority")
    made = workshop.certificate
    assert made.subject.rfc4514_string() == made.issuer.rfc4514_string() == "CN=Our authority"
    basic = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical and (basic.value.ca, basic.value.path_length) == (True, 0)
    usage = made.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.key_cert_sign and usage.value.crl_sign
    assert not usage.value.digital_signature
    names = made.extensions.get_extension_for_class(x509.NameConstraints)
    assert names.critical and set(names.value.permitted_subtrees) == {
        x509.DNSName("example.org"), x509.IPAddress(ipaddress.ip_network("192.0.2.0/24"))}
    assert (answer["domains"], answer["networks"]) == (["example.org"], ["192.0.2.0/24"])
    assert answer["fingerprint"] == fingerprint(made.public_bytes(serialization.Encoding.DER))
    assert answer["constrained"] and not answer["encrypted"] and answer["warnings"] == []
    assert made.not_valid_after.year - made.not_valid_before.year == 20
    openssl("pkey", "-in", workshop.pem, "-noout", "-check")

    workshop.authority("issue", "mail.example.org", "*.example.org", "--address", "192.0.2.7",
                       "--key", key)
    judged(workshop, "mail.example.org", "mail.example.org", "any.example.org", "192.0.2.7")


def test_where_it_is_kept_nobody_else_reads(workshop):
    if os.geteuid() == 0:
        os.chown(workshop.state, NOBODY.pw_uid, NOBODY.pw_gid)
    workshop.authority("create")
    owner = workshop.state.stat()
    for path, mode in ((workshop.pem.parent, 0o700), (workshop.pem, 0o600)):
        seen = path.stat()
        assert stat.S_IMODE(seen.st_mode) == mode
        assert (seen.st_uid, seen.st_gid) == (owner.st_uid, owner.st_gid)


def test_a_key_that_everyone_can_read_is_not_used(workshop):
    """Nor does the daemon use it."""
    workshop.authority("create", "--domain", "example.org")
    workshop.pem.chmod(0o644)
    for verb in (["issue", "mail.example.org"], ["renew"]):
        assert f"mend: chmod 600 {workshop.pem}" in workshop.refused(*verb)
    shown = tool(*workshop.where, "authority", "show")
    assert f"warning: everyone can read the key of the local authority; mend: chmod 600 " \
        f"{workshop.pem}" in shown.errors
    workshop.pem.chmod(0o600)
    workshop.authority("issue", "mail.example.org")


def test_a_certificate_may_be_for_addresses_alone(workshop):
    """All that an authority can issue that may name no host."""
    workshop.authority("create", "--address", "192.0.2.0/24", "--address", "2001:db8::/32")
    assert workshop.authority("issue", "--address", "192.0.2.7")["entry"] == "192.0.2.7"
    judged(workshop, "192.0.2.7", "192.0.2.7")
    answer = workshop.authority("issue", "--address", "2001:db8::7", "--address", "192.0.2.8")
    assert answer["certificate"]["addresses"] == ["2001:db8::7", "192.0.2.8"]
    judged(workshop, answer["entry"], "2001:db8::7", "192.0.2.8")
    workshop.authority("renew", "192.0.2.7")
    judged(workshop, "192.0.2.7", "192.0.2.7")
    assert "give a name, or an address" in workshop.refused("issue", status=USAGE)


def test_without_being_told_it_may_name_this_host_alone(workshop):
    done = subprocess.run([*named_host("mail.example.org"), MAILSTORECTL, *workshop.where, "--json",
                           "authority", "create"], capture_output=True, env=environment(),
                          timeout=deadline_s(60), check=True)
    answer = json.loads(done.stdout)
    assert "mail.example.org" in answer["domains"] and "localhost" in answer["domains"]
    assert "example.org" not in answer["domains"]
    assert {"127.0.0.1", "::1"} <= set(answer["networks"])
    assert answer["certificate"]["subject"] == "CN=mail.example.org local authority"
    workshop.authority("issue", "archive.mail.example.org", "--address", "127.0.0.1")
    judged(workshop, "archive.mail.example.org", "archive.mail.example.org", "127.0.0.1")
    assert "may not issue for" in workshop.refused("issue", "example.org")


def test_what_is_not_named_is_not_permitted(workshop):
    workshop.authority("create", "--domain", "example.org")
    assert "192.0.2.7" in workshop.refused("issue", "mail.example.org", "--address", "192.0.2.7")
    workshop.authority("create", "--force", "--address", "192.0.2.7")
    assert "mail.example.org" in workshop.refused("issue", "mail.example.org")


def test_constraints_hold_at_the_client(made):
    """Not we alone refuse: a leaf made with the stolen key is refused by OpenSSL and GnuTLS."""
    folder = made.state.parent
    for name in ("evil.example.com", "mail.example.org"):
        (folder / "extensions").write_text(f"subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", folder / "key", "-subj", f"/CN={name}", "-out", folder / "request")
        openssl("x509", "-req", "-in", folder / "request", "-CA", made.anchor(), "-CAkey", made.pem,
                "-extfile", folder / "extensions", "-out", folder / "leaf")
        fine = name == "mail.example.org"
        openssl("verify", "-CAfile", made.anchor(), folder / "leaf", status=0 if fine else 2)
        done = subprocess.run(["certtool", "--verify", "--load-ca-certificate", made.anchor(),
                               "--infile", folder / "leaf"], capture_output=True, check=False)
        assert (b"Chain verification output: Verified" in done.stdout) == fine


def test_an_unconstrained_one_is_warned_of(workshop):
    answer = workshop.authority("create", "--unconstrained")
    assert not answer["constrained"] and "it may name anything" in answer["warnings"][0]
    workshop.authority("issue", "mail.example.org", "--address", "2001:db8::1")
    judged(workshop, "mail.example.org", "mail.example.org", "2001:db8::1")


def test_one_that_is_there_stays(made):
    before = content(made.state)
    assert "there is a local authority already" in made.refused("create")
    assert content(made.state) == before
    answer = made.authority("create", "--force")
    assert answer["replaced"] and "issued anew" in answer["warnings"][0]


@pytest.mark.parametrize("arguments, words", [
    (["--domain", "*.example.org"], "write --domain example.org"),
    (["--domain", "192.0.2.1"], "it is an address"),
    (["--domain", "exa mple.org"], "--domain"),
    (["--address", "192.0.2.1/24"], "no bits behind it"),
    (["--address", "192.0.2.0/33"], "0 to 32"),
    (["--address", "192.0.2.0/"], "no address and no network"),
    (["--address", "192.0.2.0/-1"], "no address and no network"),
    (["--address", "mail.example.org"], "no address and no network"),
    (["--unconstrained", "--domain", "example.org"], "leave it out"),
    (["--days", "30", "--years", "1"], "leave one out"),
    (["--days", "0"], "--days 0"),
    (["--years", "9000"], "year 9999"),
    (["--key", "rsa-512"], "--key rsa-512"),
    (["--common-name", "x" * 65], "65 octets"),
    (["--common-name", "a\x07b"], "control characters"),
])
def test_wrong_wishes_make_nothing(workshop, arguments, words):
    assert words in workshop.refused("create", *arguments, status=USAGE)
    assert content(workshop.state) == {}


# ---- its passphrase

def test_an_encrypted_key_opens_with_the_passphrase_alone(workshop):
    answer = workshop.authority("create", "--domain", "example.org", "--passphrase-file",
                                workshop.secret)
    assert answer["encrypted"]
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in workshop.pem.read_bytes()
    openssl("pkey", "-in", workshop.pem, "-passin", f"file:{workshop.secret}", "-noout", "-check")
    openssl("pkey", "-in", workshop.pem, "-passin", "pass:wrong", "-noout", status=1)

    assert "give --passphrase-file" in workshop.refused("issue", "mail.example.org")
    wrong = workshop.state.parent / "wrong"
    wrong.write_text("wrong")
    assert "does not open with this passphrase" in workshop.refused(
        "issue", "mail.example.org", "--passphrase-file", wrong)
    assert not list(workshop.store.glob("*.pem"))
    workshop.authority("issue", "mail.example.org", "--passphrase-file", workshop.secret)
    judged(workshop, "mail.example.org", "mail.example.org")
    assert workshop.authority("show")["encrypted"]  # without it
    # A renewal keeps it encrypted with the same.
    assert workshop.authority("renew", "--passphrase-file", workshop.secret)["encrypted"]
    openssl("pkey", "-in", workshop.pem, "-passin", f"file:{workshop.secret}", "-noout", "-check")


def test_a_passphrase_is_asked_for_twice_and_not_shown(workshop):
    create = [*workshop.where, "authority", "create", "--domain", "example.org", "--passphrase"]
    shown = on_terminal(*create, status=FAILED, answers=[("authority: ", PASSPHRASE),
                                                         ("again: ", "another")])
    assert "differ" in shown and not workshop.pem.exists()
    shown = on_terminal(*create, status=FAILED, answers=[("authority: ", ""), ("again: ", "")])
    assert "is empty" in shown and not workshop.pem.exists()
    shown = on_terminal(*create, answers=[("authority: ", PASSPHRASE), ("again: ", PASSPHRASE)])
    assert PASSPHRASE not in shown and "kept          encrypted" in shown
    shown = on_terminal(*workshop.where, "authority", "issue", "mail.example.org",
                        answers=[("authority: ", PASSPHRASE)])
    assert PASSPHRASE not in shown
    judged(workshop, "mail.example.org", "mail.example.org")
    assert "no terminal" in workshop.refused("create", "--force", "--passphrase")
    assert "leave one out" in workshop.refused("create", "--force", "--passphrase",
                                               "--passphrase-file", workshop.secret, status=USAGE)


def test_the_passphrase_comes_from_a_descriptor(workshop):
    workshop.authority("create", "--domain", "example.org", "--passphrase-fd", "0",
                       input=PASSPHRASE.encode())
    workshop.authority("issue", "mail.example.org", "--passphrase-fd", "0",
                       input=PASSPHRASE.encode() + b"\r\n")


# ---- show

def test_showing_it_shows_no_key(made):
    answer = made.authority("show")
    assert answer["file"] == str(made.pem)
    text = tool(*made.where, "authority", "show").out
    assert "may name      example.org, and what is below\n  addresses     192.0.2.0/24\n" in text
    assert "not encrypted" in text and answer["fingerprint"] in text
    pem = made.anchor().read_text()
    assert "PRIVATE" not in pem
    assert x509.load_pem_x509_certificate(pem.encode()) == made.certificate


def test_without_one_there_is_a_way_to_one(workshop):
    create = " ".join(["mailstorectl", *map(str, workshop.where), "authority create"])
    for verb in (["show"], ["issue", "mail.example.org"], ["renew"], ["renew", "mail"]):
        assert f'"{create}" makes one' in workshop.refused(*verb, status=NO_ENTRY)


def test_a_broken_one_is_named(made):
    made.pem.write_text("nonsense")
    for verb in (["show"], ["issue", "mail.example.org"], ["renew"]):
        assert "authority.pem" in made.refused(*verb)
    assert made.pem.read_text() == "nonsense"


# ---- issue

def test_the_shape_of_a_leaf(made):
    answer = made.authority("issue", "Mail.Example.org", "büro.example.org", "--address",
                            "192.0.2.7", "--key", "rsa-2048", "--friendly-name", "Größe")
    leaf, authority = made.entry("Mail.Example.org")
    assert authority == made.certificate
    assert answer["anchor_fingerprint"] == made.authority("show")["fingerprint"]
    assert leaf.subject.rfc4514_string() == "CN=mail.example.org"
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mail.example.org", "xn--bro-hoa.example.org"]
    basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    assert not basic.value.ca
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.key_encipherment and not usage.key_cert_sign
    assert (leaf.not_valid_after - leaf.not_valid_before).days == 824
    meta = json.loads((made.store / "Mail.Example.org.meta").read_text())
    assert (meta["made_by"], meta["friendly_name"]) == ("authority", "Größe")
    assert not meta.get("exportable")


def test_a_leaf_lives_as_long_as_told_and_no_longer_than_clients_take(made):
    for days, name in (("1", "one"), ("824", "most")):
        made.authority("issue", "mail.example.org", "--days", days, "--entry", name)
        leaf = made.entry(name)[0]
        assert (leaf.not_valid_after - leaf.not_valid_before).days == int(days)
    for wrong in (["--days", "825"], ["--years", "3"]):
        assert "824 days at most" in made.refused("issue", "mail.example.org", *wrong, status=USAGE)


def test_a_leaf_ends_with_its_authority(workshop):
    workshop.authority("create", "--domain", "example.org", "--days", "30")
    answer = workshop.authority("issue", "mail.example.org")
    assert workshop.entry("mail.example.org")[0].not_valid_after == \
        workshop.certificate.not_valid_after
    assert "ends with the local authority" in answer["warnings"][0]


def test_what_is_there_is_not_replaced_unasked(made):
    made.authority("issue", "mail.example.org")
    before = content(made.state)
    assert "--force takes its place" in made.refused("issue", "mail.example.org")
    assert content(made.state) == before
    assert made.authority("issue", "mail.example.org", "--force")["replaced"]


@pytest.mark.parametrize("arguments, words", [
    (["192.0.2.7"], "--address 192.0.2.7"),
    (["mail.*.example.org"], "whole first part"),
    (["mail.example.org", "--address", "mail"], "no IP address"),
    (["mail.example.org", "--entry", "a/b"], "--entry"),
    ([f"{'a' * 60}.{'b' * 60}.example.org"], "common name"),
])
def test_wrong_names_issue_nothing(made, arguments, words):
    assert words in made.refused("issue", *arguments, status=USAGE)
    assert not list(made.store.glob("*.pem"))


def test_a_long_name_beside_a_short_one_is_fine(made):
    long = f"{'a' * 60}.{'b' * 60}.example.org"
    made.authority("issue", long, "mail.example.org", "--entry", "long")
    assert made.entry("long")[0].subject.rfc4514_string() == "CN=mail.example.org"
    judged(made, "long", long, "mail.example.org")


# ---- renew

def test_a_renewed_authority_is_the_same_to_its_leaves(made):
    made.authority("issue", "mail.example.org")
    before, old_anchor = made.certificate, made.anchor().read_bytes()
    answer = made.authority("renew")
    after = made.certificate
    assert after != before and public_key(after) == public_key(before)
    assert (after.subject, after.serial_number != before.serial_number) == (before.subject, True)
    assert after.not_valid_after - after.not_valid_before == \
        before.not_valid_after - before.not_valid_before
    for kind in (x509.NameConstraints, x509.BasicConstraints, x509.SubjectKeyIdentifier):
        assert after.extensions.get_extension_for_class(kind) == \
            before.extensions.get_extension_for_class(kind)
    assert answer["previous"] == fingerprint(before.public_bytes(serialization.Encoding.DER))
    assert answer["next"].endswith("authority show --pem")
    # The old leaf with the new anchor, a new leaf with the old one.
    judged(made, "mail.example.org", "mail.example.org")
    made.authority("issue", "new.example.org")
    old = made.state.parent / "old.pem"
    old.write_bytes(old_anchor)
    judged(made, "new.example.org", "new.example.org", anchor=old)


def test_entries_are_issued_anew(made):
    made.authority("issue", "mail.example.org", "*.example.org", "--address", "192.0.2.7", "--key",
                   "rsa-2048", "--days", "90", "--exportable", "--friendly-name", "Ours")
    made.authority("issue", "other.example.org", "--key", "ecdsa-p384")
    before = {name: made.entry(name)[0] for name in ("mail.example.org", "other.example.org")}
    meta = json.loads((made.store / "mail.example.org.meta").read_text())
    answer = made.authority("renew", *before)
    assert [one["entry"] for one in answer["renewed"]] == list(before)
    for told, (name, old) in zip(answer["renewed"], before.items()):
        new = made.entry(name)[0]
        assert told["previous"] == fingerprint(old.public_bytes(serialization.Encoding.DER))
        assert told["fingerprint"] == fingerprint(new.public_bytes(serialization.Encoding.DER))
        assert public_key(new) != public_key(old)
        assert new.public_key().key_size == old.public_key().key_size
        assert new.extensions.get_extension_for_class(x509.SubjectAlternativeName) == \
            old.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        assert new.not_valid_after - new.not_valid_before == \
            old.not_valid_after - old.not_valid_before
        judged(made, name, name)
    after = json.loads((made.store / "mail.example.org.meta").read_text())
    assert {**after, "made": 0} == {**meta, "made": 0} and after["exportable"]


def test_all_entries_are_renewed_or_none(made, certs):
    made.authority("issue", "mail.example.org")
    certs.make("self.example.org").put(made.store, "self")
    before = content(made.state)
    assert "was issued by CN=self.example.org" in made.refused("renew", "mail.example.org", "self")
    assert 'did you mean "mail.example.org"?' in made.refused("renew", "mail.example.or",
                                                              status=NO_ENTRY)
    assert content(made.state) == before
    made.authority("create", "--force", "--domain", "example.org", "--address", "192.0.2.0/24")
    assert "is not the local authority as it is now" in made.refused("renew", "mail.example.org")


# ---- with the daemon

def test_the_daemon_serves_what_is_issued_and_renewed(daemon, tmp_path):
    running = daemon()
    where = ["--config", running.config, "--state", running.state]
    tool(*where, "authority", "create", "--domain", "example.org")
    answer = tool(*where, "--json", "authority", "issue", "mail.example.org", "--wait").answer
    assert answer["served"]["server_name"] == "mail.example.org"
    assert running.served_fingerprint(sni="mail.example.org") == answer["fingerprint"]
    [renewed] = tool(*where, "--json", "authority", "renew", "mail.example.org",
                     "--wait").answer["renewed"]
    assert renewed["served"]["service"] == "web-access"
    assert running.served_fingerprint(sni="mail.example.org") == renewed["fingerprint"]
    anchor = tmp_path / "anchor.pem"
    anchor.write_text(tool(*where, "authority", "show", "--pem").out)
    said = openssl("s_client", "-connect", f"127.0.0.1:{running.port()}", "-servername",
                   "mail.example.org", "-verify_hostname", "mail.example.org", "-CAfile", anchor,
                   "-verify_return_error", "-x509_strict", input=b"")
    assert "Verify return code: 0 (ok)" in said
    running.stop()
    tool(*where, "authority", "renew", "mail.example.org", "--wait", status=NO_DAEMON)
