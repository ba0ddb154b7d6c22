"""mailstorectl export: what is handed out, as OpenSSL reads it."""

import stat

import pytest
from cryptography import x509

from lib.daemon import fingerprint
from lib.workshop import (ATTENTION, FAILED, NO_ENTRY, USAGE, content, on_terminal, openssl, refused,
                          tool)


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "certs"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def export(store, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()

    def run(*arguments, **options):
        return tool("--store", store, "export", *arguments, cwd=folder, **options)

    run.folder = folder
    return run


@pytest.fixture
def made(store):
    return tool("--store", store, "create", "--json", "mail", "--exportable", "--friendly-name",
                "Büro").answer


def test_a_self_signed_one_is_its_own_anchor(export, made):
    answer = export("--json", "mail").answer
    assert (answer["output"], answer["holds"], answer["note"]) == ("mail.cer", "certificate", None)
    der = (export.folder / "mail.cer").read_bytes()
    assert fingerprint(der) == made["fingerprint"] == answer["certificate"]["fingerprint"]
    assert stat.S_IMODE((export.folder / "mail.cer").stat().st_mode) == 0o644
    pem = export("mail", "--format", "pem", "--output", "-")
    assert x509.load_pem_x509_certificate(pem.raw).public_bytes(
        x509.base.serialization.Encoding.DER) == der
    assert export("mail", "--output", "-").raw == der
    said = export("mail", "--force").out
    assert "mail.cer is written\n" in said and "which clients are to trust" in said


def test_of_a_leaf_the_authority_is_handed_out(export, store, certs):
    leaf = certs.leaf("mail.example.org").put(store, "leaf")
    answer = export("--json", "leaf").answer
    assert (answer["holds"], answer["certificate"]["subject"]) == ("authority", "CN=Test Authority")
    assert (export.folder / "leaf.cer").read_bytes() == leaf.issuer.der
    assert "its authority" in export("leaf", "--force").out
    answer = export("--json", "leaf", "--leaf", "--output", "itself.cer").answer
    assert answer["holds"] == "leaf" and "clients must trust who issued it" in answer["note"]
    assert (export.folder / "itself.cer").read_bytes() == leaf.der


def test_of_a_renewed_authority_the_newer_certificate_is_handed_out(export, store):
    tool("--store", store, "authority", "create", "--domain", "example.org", "--days", "900")
    tool("--store", store, "authority", "issue", "mail.example.org", "--days", "30")
    older = export("mail.example.org", "--output", "-").raw
    tool("--store", store, "authority", "renew")
    newer = export("mail.example.org", "--output", "-").raw
    assert newer != older
    openssl("verify", "-no-CAfile", "-no-CApath", "-trusted", "/dev/stdin",
            store / "mail.example.org.pem", input=openssl("x509", "-inform", "DER", input=newer)
            .encode())
    # Another authority, even of the same name, is none of this entry's.
    tool("--store", store, "authority", "create", "--domain", "example.org", "--force")
    assert export("mail.example.org", "--output", "-").raw == older


def test_where_the_root_is_not_there_its_name_is_told(export, store, certs):
    between = certs.make(common_name="Between", authority=True, issuer=certs.authority(),
                         server=False)
    leaf = certs.make("mail.example.org", issuer=between).put(store, "leaf")
    answer = export("--json", "leaf", status=ATTENTION).answer
    assert answer["holds"] == "topmost" and "CN=Test Authority" in answer["note"]
    assert (export.folder / "leaf.cer").read_bytes() == between.der
    ran = export("leaf", "--output", "-", status=ATTENTION)
    assert ran.raw == between.der and "CN=Test Authority" in ran.errors
    assert leaf.issuer is between


def test_the_whole_chain(export, store, certs):
    leaf = certs.leaf("mail.example.org").put(store, "leaf")
    export("leaf", "--format", "p7b")
    printed = openssl("pkcs7", "-inform", "DER", "-in", export.folder / "leaf.p7b", "-print_certs")
    # A set has no order: DER sorts it.
    assert {x509.load_pem_x509_certificate(("-----BEGIN" + block).encode())
            for block in printed.split("-----BEGIN")[1:]} == {leaf.x509, leaf.issuer.x509}


def test_the_key_leaves_with_a_password_alone(export, made, tmp_path):
    password = tmp_path / "pass"
    password.write_text("g€heim\n")
    password.chmod(0o600)
    answer = export("--json", "mail", "--format", "p12", "--password-file", password).answer
    assert answer["key"] and answer["holds"] == "key"
    assert "Java opens no file" in answer["note"] and "beyond ASCII" in answer["note"]
    words = ["mail", "--format", "p12", "--password-file", password]
    assert "\nnote: Java opens no file" in export(*words, "--force").out
    assert "note: Java opens no file" in export(*words, "--output", "-").errors
    path = export.folder / "mail.p12"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = openssl("pkcs12", "-in", path, "-passin", f"file:{password}", "-noenc", "-info")
    assert "PRIVATE KEY" in said and "AES-256" in said
    assert "friendlyName" in said and "localKeyID" in said
    openssl("pkcs12", "-in", path, "-passin", "pass:wrong", "-noout", status=1)

    password.write_text("secret ~\n")
    assert export("--json", *words, "--force").answer["note"] is None

    empty = tmp_path / "empty"
    empty.write_text("\n")
    empty.chmod(0o600)
    said = refused("--store", f"{tmp_path}/certs", "export", "mail", "--format", "p12",
                   "--password-file", empty, "--output", tmp_path / "x")
    assert "the password is empty" in said and not (tmp_path / "x").exists()


def test_the_password_is_asked_for_twice(export, made, store):
    place = ["--store", store, "export", "mail", "--format", "p12", "--output",
             export.folder / "asked.p12"]
    shown = on_terminal(*place, answers=[("for the new PKCS#12: ", "one"), ("again: ", "two")],
                        status=FAILED)
    assert "differ" in shown and not (export.folder / "asked.p12").exists()
    shown = on_terminal(*place, answers=[("for the new PKCS#12: ", "hush-hush"),
                                         ("again: ", "hush-hush")])
    assert "hush" not in shown
    openssl("pkcs12", "-in", export.folder / "asked.p12", "-passin", "pass:hush-hush", "-noout")
    assert "no terminal to ask on" in refused(*place, "--force")


def test_a_key_that_is_not_marked_stays(export, store, tmp_path):
    tool("--store", store, "create", "mail")
    password = tmp_path / "pass"
    password.write_text("x")
    said = refused("--store", store, "export", "mail", "--format", "p12", "--password-file", password)
    assert f"mailstorectl --store {store} mark mail --exportable" in said


def test_what_the_daemon_made_can_be_handed_out(daemon, tmp_path):
    running = daemon()
    ran = tool("--config", running.config, "--state", running.state, "export", "MailStoreServer",
               "--output", "-")
    assert fingerprint(ran.raw) == running.served_fingerprint()


def test_files_are_not_overwritten_unasked(export, made, store):
    path = export.folder / "mail.cer"
    path.write_text("mine")
    before = content(export.folder)
    said = refused("--store", store, "export", "mail", cwd=export.folder)
    assert "mail.cer is there already" in said and content(export.folder) == before
    export("mail", "--force")
    assert content(export.folder).keys() == {"mail.cer"} and path.read_bytes() != b"mine"
    for output, words in ((export.folder, "is a folder"), ("/dev/null", "is no regular file"),
                          ("/nonexistent/x.cer", "/nonexistent/x.cer")):
        assert words in refused("--store", store, "export", "mail", "--force", "--output", output)


@pytest.mark.parametrize("arguments, words", [
    (["--format", "jks"], "give der, pem, p7b or p12"),
    (["--password-fd", "0"], "is for --format p12 alone"),
    (["--leaf", "--format", "p7b"], "holds the whole chain"),
    (["--json", "--output", "-"], "leave one out"),
])
def test_wrong_command_lines(store, made, arguments, words):
    assert words in refused("--store", store, "export", "mail", *arguments, status=USAGE)


def test_what_is_not_there(store, made):
    assert 'did you mean "mail"?' in refused("--store", store, "export", "mial", status=NO_ENTRY)
    (store / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n")
    (store / "bad.pem").chmod(0o600)
    assert f"{store}/bad.pem: " in refused("--store", store, "export", "bad")


def test_a_terminal_gets_nothing_binary(store, made):
    shown = on_terminal("--store", store, "export", "mail", "--output", "-", status=USAGE)
    assert "standard output is a terminal" in shown
    shown = on_terminal("--store", store, "export", "mail", "--output", "-", "--format", "pem")
    assert "-----BEGIN CERTIFICATE-----" in shown
