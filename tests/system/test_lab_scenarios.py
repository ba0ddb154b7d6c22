"""Each scenario of the laboratory is broken in exactly the way it says, and in no other: read by
parsers that are not GnuTLS, which signed them."""

import re
import ssl
import subprocess

import pytest
from cryptography import x509

from lib.laboratory import Laboratory, lint
from lib.laboratory_rows import PROTOCOL, ROWS

PLAIN = ["right"] + [name for name in PROTOCOL if name != "foreign-key"]


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    return Laboratory(tmp_path_factory.mktemp("lab"))


def test_every_scenario_is_looked_at(laboratory):
    assert list(laboratory.scenarios) == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_it_differs_in_what_it_says_alone(laboratory, name):
    for chain in laboratory.chains(name):
        assert lint(chain, laboratory.host(name)) == ROWS[name].lints


@pytest.mark.parametrize("name", ROWS)
def test_it_is_what_it_says(laboratory, name):
    for chain in laboratory.chains(name):
        assert ROWS[name].holds(laboratory, laboratory.host(name), chain)


def test_none_would_pass_for_another(laboratory):
    """Each row tells its own scenario from all others, so the tests above have something to say.
    Those that are about the protocol alone show the plain certificate."""
    found = {name: lint(laboratory.chains(name)[0], laboratory.host(name)) for name in ROWS}
    for name, row in ROWS.items():
        passing = [other for other in ROWS if found[other] == row.lints and
                   row.holds(laboratory, laboratory.host(other), laboratory.chains(other)[0])]
        assert passing == (PLAIN if name in PLAIN else [name])


def test_another_domain_and_address_change_nothing_else(tmp_path):
    there = Laboratory(tmp_path, "lab.example.org", "::1", 80)
    for name, row in ROWS.items():
        wanted = {text.replace("lab.localhost", there.domain).replace("127.0.0.1", there.address)
                  for text in row.lints}
        for chain in there.chains(name):
            assert lint(chain, there.host(name)) == wanted
            assert row.holds(there, there.host(name), chain)


@pytest.mark.parametrize("name", ROWS)
def test_cryptography_reads_the_same(laboratory, name):
    for chain in laboratory.chains(name):
        for certificate in chain.sent:
            assert certificate.parsed.version.value + 1 == certificate.version
            assert certificate.parsed.not_valid_after == certificate.ends
            assert certificate.parsed.serial_number == int.from_bytes(certificate.serial, "big")
            if name == "internationalised-raw" and certificate is chain.leaf:
                continue  # newer versions refuse it, rightly
            assert len(certificate.parsed.extensions) == len(certificate.extensions)
            if certificate.dns:
                names = certificate.parsed.extensions.get_extension_for_class(
                    x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
                assert [name.encode() for name in names] == certificate.dns


def openssl_verdict(laboratory, name, chain):
    """The number of the first error; 0 for none."""
    for title, certificates in (("anchors", chain.anchors), ("sent", chain.sent)):
        pem = [ssl.DER_cert_to_PEM_cert(certificate.der) for certificate in certificates]
        (chain.folder / f"{title}.pem").write_text("".join(pem))
    host = laboratory.host(name)
    ran = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-auth_level", "2", "-purpose", "sslserver",
         "-verify_ip" if host == laboratory.address else "-verify_hostname", host,
         "-CAfile", chain.folder / "anchors.pem", "-no-CApath", "-no-CAstore",
         "-untrusted", chain.folder / "sent.pem", chain.folder / "sent.pem"],
        check=False, capture_output=True, text=True)
    found = re.findall(r"^error (\d+) at", ran.stdout + ran.stderr, re.M)
    assert (ran.returncode == 0) == (not found), ran.stderr
    return int(found[0]) if found else 0


@pytest.mark.parametrize("name", ROWS)
def test_openssl_minds_what_it_should(laboratory, name):
    for chain in laboratory.chains(name):
        assert openssl_verdict(laboratory, name, chain) == ROWS[name].openssl


def test_serial_numbers_are_those_that_are_revoked_by(laboratory):
    """Each its own, as the revocation list and the responses name them."""
    chains = [chain for name in ROWS for chain in laboratory.chains(name)]
    for chain in chains:
        assert int.from_bytes(chain.leaf.serial, "big") == int.from_bytes(chain.serial, "big")
    assert len({chain.serial for chain in chains}) == len(chains)


def test_one_that_changes_has_two_of_everything(laboratory):
    first, second = laboratory.chains("changes")
    assert first.leaf.der != second.leaf.der
    assert first.leaf.spki != second.leaf.spki
    assert first.path[1].der == second.path[1].der


def test_the_anchors_are_sound(laboratory):
    for root in (laboratory.root, laboratory.expired_root):
        assert root.is_self_issued and root.is_signed_by(root)
        assert root.version == 3 and root.constraints[0] and "keyCertSign" in root.usage
        assert {"constraints", "usage"} <= root.critical
        assert root.subject_key and root.algorithm == "ecdsa-sha256"
        assert len(root.serial) <= 20 and not root.serial[0] & 0x80
    assert laboratory.root.begins < laboratory.now < laboratory.root.ends
