"""mailstorectl create: what it makes, as OpenSSL and GnuTLS see it, and what it refuses."""

import json
import os
import re
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from lib.daemon import fingerprint
from lib.workshop import (FAILED, NO_DAEMON, USAGE, ATTENTION, content, on_terminal, openssl, refused,
                          tool)

YEAR = 365.25 * 86400


@pytest.fixture
def store(tmp_path):
    return tmp_path / "certs"


def create(store, *arguments, **options):
    return tool("--store", store, "create", "--json", *arguments, **options).answer


def certificate(store, entry):
    return x509.load_pem_x509_certificate((store / f"{entry}.pem").read_bytes())


def judged(path, *names):
    """OpenSSL, strictly, and GnuTLS take the certificate as its own anchor, for all these names."""
    for name in names:
        kind = "-verify_ip" if name[0].isdigit() or ":" in name else "-verify_hostname"
        openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", path, kind, name, path)
    done = subprocess.run(["certtool", "--verify", "--load-ca-certificate", path, "--infile", path,
                           "--verify-hostname", names[0], "--verify-purpose", "1.3.6.1.5.5.7.3.1"],
                          capture_output=True, check=False)
    assert b"Chain verification output: Verified" in done.stdout, done.stdout


@pytest.mark.parametrize("key", ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072"])
def test_what_is_made_is_accepted(store, key):
    made = create(store, "Mail.Example.org", "--name", "*.example.net", "--name", "büro.example.org",
                  "--name", "mail.example.org", "--address", "192.0.2.1", "--address",
                  "2001:DB8:0::1", "--key", key)
    assert made["entry"] == "Mail.Example.org" and not made["replaced"]
    told = made["certificate"]
    assert told["key"] == key.upper().replace("ECDSA-P", "ECDSA P-").replace("RSA-", "RSA ")
    assert told["dns_names"] == ["mail.example.org", "*.example.net", "xn--bro-hoa.example.org"]
    assert told["addresses"] == ["192.0.2.1", "2001:db8::1"]
    path = store / "Mail.Example.org.pem"
    assert str(path) == made["file"]
    judged(path, "mail.example.org", "any.example.net", "xn--bro-hoa.example.org", "192.0.2.1",
           "2001:db8::1")
    openssl("pkey", "-in", path, "-noout", "-check")
    der = certificate(store, "Mail.Example.org").public_bytes(x509.base.serialization.Encoding.DER)
    assert made["fingerprint"] == made["anchor_fingerprint"] == fingerprint(der)


def test_the_defaults_are_the_originals_in_a_shape_that_deploys(store):
    create(store, "mail.example.org")
    made = certificate(store, "mail.example.org")
    assert made.subject.rfc4514_string() == made.issuer.rfc4514_string() == "CN=mail.example.org"
    assert made.not_valid_after.year - made.not_valid_before.year == 20
    assert made.not_valid_after.replace(year=2000) == made.not_valid_before.replace(year=2000)
    assert isinstance(made.signature_hash_algorithm, hashes.SHA256)
    assert {extension.oid._name for extension in made.extensions} == {
        "subjectAltName", "extendedKeyUsage", "subjectKeyIdentifier", "authorityKeyIdentifier"}
    assert 0 < made.serial_number.bit_length() <= 127


def test_the_classic_one_is_the_originals(store):
    made = create(store, "--classic", "mailstore.mydomain.local")
    told = made["certificate"]
    assert (told["key"], told["signature"]) == ("RSA 2048", "RSA-SHA256")
    assert told["subject"] == "CN=mailstore.mydomain.local" and told["dns_names"] == []
    assert abs(told["not_after"] - told["not_before"] - 20 * YEAR) < 2 * 86400
    assert len(certificate(store, "mailstore.mydomain.local").extensions) == 0
    assert any("Chromium" in warning for warning in made["warnings"])
    assert create(store, "--classic", "Our server: Büro")["entry"] == "Our server_ Büro"


@pytest.mark.parametrize("option", [["--name", "x"], ["--address", "192.0.2.1"], ["--days", "9"],
                                    ["--years", "1"], ["--key", "rsa-4096"],
                                    ["--friendly-name", "x"]])
def test_the_classic_one_leaves_no_choice(store, option):
    said = refused("--store", store, "create", "--classic", "mail", *option, status=USAGE)
    assert f"leave out {option[0]}" in said and not store.exists()


def test_the_common_name_of_the_classic_one_is_any_text_that_it_can_hold(store):
    assert create(store, "--classic", "ä" * 64)["certificate"]["common_name"] == "ä" * 64
    for text, words in (("", "CN is empty"), ("ä" * 65, "CN has 65 characters"),
                        ("a\nb", "CN has the character")):
        assert words in refused("--store", store, "create", "--classic", text, "--entry", "no",
                                status=USAGE)
    assert not (store / "no.pem").exists()


def test_the_life_is_as_asked(store):
    for given, days in ((["--days", "1"], 1), (["--days", "824"], 824), (["--years", "1"], 365)):
        made = create(store, "mail", "--force", *given)
        told = made["certificate"]
        assert abs(told["not_after"] - told["not_before"] - days * 86400) <= 86400
        assert made["warnings"] == []
    # With both its ends, 825 days are a second more than Apple's clients allow.
    for given in (["--days", "825"], []):
        assert any("more than 824 days" in warning
                   for warning in create(store, "long", "--force", *given)["warnings"])
    assert "warning: it is valid for more than 824 days" in tool("--store", store, "create", "l2").out


@pytest.mark.parametrize("arguments, words", [
    (["mail.*.org"], 'a "*" can only be'),
    (["*.org"], "no client takes a wildcard"),
    (["192.0.2.1"], "--address 192.0.2.1"),
    (["[2001:db8::1]"], "--address 2001:db8::1"),
    (["https://mail.example.org/"], 'give "mail.example.org" alone'),
    (["mail.example.org:8462"], "it has a port behind it"),
    (["a\x1b[31m"], "\\x1B"),
    (["a" * 64 + ".example.org"], "63"),
    ([".".join(["abcdefghi"] * 8)], "the common name of a certificate can have 64"),
    (["mail", "--name", "under score"], "--name: "),
    (["mail", "--address", "mail.example.org"], "is no IP address"),
    (["mail", "--address", "fe80::1%eth0"], "is no IP address"),
    (["mail", "--days", "0"], "--days 0"),
    (["mail", "--days", "1.5"], "--days 1.5"),
    (["mail", "--days", "99999999999999999999"], "--days 9999"),
    (["mail", "--years", "8000"], "after the year 9999"),
    (["mail", "--days", "1", "--years", "1"], "leave one out"),
    (["mail", "--key", "rsa-1024"], "no such kind of key"),
    (["mail", "--key", "ed25519"], "no such kind of key"),
    (["mail", "--entry", "../mail"], "--entry: "),
    (["mail", "--entry", ".hidden"], "--entry: "),
    (["mail", "--entry", "authority"], "--entry: "),
    (["mail", "--friendly-name", "two\nlines"], "without control characters"),
    (["mail", "--friendly-name", b"\xff"], "UTF-8"),
], ids=lambda value: value[-1] if isinstance(value, list) and isinstance(value[-1], str) else None)
def test_wrong_command_lines_are_refused_with_the_reason(store, arguments, words):
    arguments = [os.fsdecode(word) for word in arguments]
    said = refused("--store", store, "create", *arguments, status=USAGE)
    assert words in said and "\x1b" not in said
    assert not store.exists()


def test_an_entry_is_not_overwritten_unasked(store, certs):
    create(store, "mail")
    older = content(store)
    assert "--force" in refused("--store", store, "create", "mail")
    assert content(store) == older
    made = create(store, "mail", "--force")
    assert made["replaced"] and content(store).keys() == older.keys()
    assert content(store)["mail.pem"] != older["mail.pem"]
    assert create(store, "mail", "--entry", "other")["entry"] == "other"


def test_an_older_entry_gives_way_whatever_its_form(store, certs):
    store.mkdir(mode=0o700)
    older = certs.leaf("mail.example.org")
    for name, octets in (("mail.crt", older.chain_pem), ("mail.key", older.key_pem),
                         ("mail.ocsp", older.staple()), ("mail.meta", b'{"exportable": true}')):
        (store / name).write_bytes(octets)
        (store / name).chmod(0o600)
    assert "there is an entry" in refused("--store", store, "create", "mail")
    made = create(store, "mail", "--force", "--days", "30")
    assert made["replaced"] and not made["exportable"]
    assert content(store).keys() == {"mail.pem", "mail.meta"}
    assert [entry["name"] for entry in
            tool("--store", store, "list", "--json").answer["entries"]] == ["mail"]


def test_what_it_remembers(store):
    made = create(store, "*.example.org", "--friendly-name", "Büro: archive", "--exportable")
    assert made["entry"] == "_.example.org"
    meta = json.loads((store / "_.example.org.meta").read_text())
    assert abs(meta.pop("made") - made["certificate"]["not_before"]) <= 1
    assert meta == {"friendly_name": "Büro: archive", "exportable": True, "made_by": "create"}


def test_nobody_else_can_read_it(store):
    old = os.umask(0)
    try:
        create(store, "mail", "--exportable")
    finally:
        os.umask(old)
    assert stat.S_IMODE(store.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in store.iterdir()
            if stat.S_IMODE(path.stat().st_mode) & 0o077} == {}
    assert content(store).keys() == {"mail.pem", "mail.meta"}


def test_people_are_told_what_to_do_next(store):
    said = tool("--store", f"{store}/../certs", "create", "Büro.example.org", "--days", "30").out
    assert said.startswith("Büro.example.org is made\n")
    [command] = re.findall(r"^  mailstorectl (.*)$", said, re.MULTILINE)
    assert command == f"--store {store}/../certs export 'Büro.example.org'"
    label = said.index("key           ")
    assert all(line[:2] == "  " and line[15] == " " for line in said[label:].splitlines()[1:4])


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is no folder" in refused("--store", tmp_path / "file", "create", "mail")
    assert refused("--store", "/proc/1/none", "create", "mail")


def test_it_moves_on_a_terminal_while_a_large_key_is_made(store):
    """Made within a fifth of a second it tells nothing, which the lucky do now and then."""
    for i in range(20):
        shown = on_terminal("--store", store, "create", f"n{i}", "--key", "rsa-4096")
        if "making an RSA key of 4096 bits" in shown:
            break
    assert "\rmaking an RSA key of 4096 bits" in shown
    assert "\r\033[K" in shown[shown.rindex("bits"):]
    assert tool("--store", store, "create", "quiet", "--key", "rsa-4096").errors == ""


# ---- with the daemon

def test_it_waits_until_it_is_served(daemon):
    running = daemon()
    place = ["--config", running.config, "--state", running.state]
    made = tool(*place, "create", "--wait", "--json", "mail.example.org").answer
    assert made["served"]["server_name"] == "mail.example.org"
    assert running.served_fingerprint(sni="mail.example.org") == made["fingerprint"]
    said = tool(*place, "create", "--wait", "other.example.org").out
    assert "\n  served        by service web-access" in said


def test_it_says_why_it_is_not_served(daemon, certs):
    running = daemon({"services": {"web-access": {"certificate": "first"}}}, prepare=lambda made: (
        made.store.mkdir(parents=True, mode=0o700),
        certs.make("first.example.org").put(made.store, "first")))
    place = ["--config", running.config, "--state", running.state]
    made = tool(*place, "create", "--wait", "--json", "mail.example.org", status=ATTENTION).answer
    assert made["served"] is None and "first" in made["why"]


def test_without_a_daemon_there_is_nothing_to_wait_for(store):
    ran = tool("--store", store, "create", "--wait", "mail", status=NO_DAEMON)
    assert "no daemon" in ran.errors and (store / "mail.pem").exists()


@pytest.mark.parametrize("verb", [["create", "mail.example.org"], ["authority", "create"],
                                  ["request", "x.inf", "--force"]], ids=lambda verb: verb[0])
@pytest.mark.parametrize("slash", ["", "/"], ids=["plain", "slash"])
def test_folders_that_it_makes_are_for_nobody_else(tmp_path, verb, slash):
    """As the daemon makes them: the state folder with the store in it, and the other way round."""
    (tmp_path / "x.inf").write_text("[NewRequest]\nSubject=\"CN=mail.example.org\"\n")
    for option in ("--state", "--store"):
        made = tmp_path / option.strip("-")
        tool(option, f"{made}{slash}", *verb, umask=0o022, cwd=tmp_path)
        folders = [path for path in (made, *made.rglob("*")) if path.is_dir()]
        assert len(folders) > 1 or (option, verb[0]) == ("--store", "create")
        assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_a_state_folder_for_what_is_selected_is_made(tmp_path):
    config = tmp_path / "mailstored.conf"
    config.write_text(f'state_folder = "{tmp_path}/state";\nstore_folder = "{tmp_path}/certs";\n')
    tool("--config", config, "create", "mail.example.org")
    assert not (tmp_path / "state").exists()
    tool("--config", config, "select", "web-access", "mail.example.org")
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert json.loads((tmp_path / "state" / "pins").read_text()) == {
        "web-access": "mail.example.org"}
