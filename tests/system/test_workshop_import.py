"""mailstorectl import: certificates and keys from elsewhere, in every form and order."""

import json
import os
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lib.certs import DER, PEM, days, now, replace_file
from lib.workshop import FAILED, USAGE, content, on_terminal, openssl, refused, tool

OTHER_FORM = serialization.PrivateFormat.TraditionalOpenSSL


@pytest.fixture
def store(tmp_path):
    return tmp_path / "certs"


@pytest.fixture
def put(tmp_path):
    """put(name, octets): a file of that name, as a word for the command line."""
    folder = tmp_path / "given"
    folder.mkdir()

    def write(name, octets):
        replace_file(folder / name, octets)
        return str(folder / name)

    return write


def take(store, *arguments, **options):
    return tool("--store", store, "import", "--json", *arguments, **options).answer


def chain_of(path):
    blocks = path.read_text().split("-----BEGIN CERTIFICATE-----")[1:]
    return [x509.load_pem_x509_certificate(("-----BEGIN CERTIFICATE-----" + block).encode())
            for block in blocks]


def assert_holds(store, entry, made):
    """The store's file has chain and key in order, as OpenSSL sees it."""
    path = store / f"{entry}.pem"
    assert chain_of(path) == [made.x509] + ([made.issuer.x509] if made.issuer else [])
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert key.public_key().public_numbers() == made.x509.public_key().public_numbers()
    assert tool("--store", store, "show", entry).out.startswith(entry)


def test_every_form_and_order(store, put, certs):
    made = certs.leaf("mail.example.org")
    jumbled = put("jumbled.pem", b"bag attributes\n" + made.issuer.pem + made.pem)
    p7b = put("chain.p7b", b"")
    openssl("crl2pkcs7", "-nocrl", "-certfile", jumbled, "-outform", "DER", "-out", p7b)
    p7b_pem = put("chain.p7s", b"")
    openssl("crl2pkcs7", "-nocrl", "-certfile", jumbled, "-out", p7b_pem)
    key_pem, key_der = put("key.pem", made.key_pem), put("key.der", made.key_bytes(DER))
    forms = {
        "one": [put("all.pem", made.key_pem + made.issuer.pem + made.pem)],
        "parts": [key_pem, put("issuer.cer", made.issuer.der), put("leaf.cer", made.der)],
        "der key": [put("leaf.crt", made.pem), jumbled, key_der],
        "traditional": [jumbled, put("old.key", made.key_bytes(PEM, OTHER_FORM))],
        "pkcs7": [key_der, p7b],
        "pkcs7 pem": [p7b_pem, key_pem],
        "crlf": [put("crlf.pem", made.both_pem.replace(b"\n", b"\r\n"))],
        "mark": [put("mark.pem", b"\xef\xbb\xbf" + made.both_pem)],
        "bundle": [put("open.pfx", made.pfx(friendly_name=None))],
    }
    for entry, files in forms.items():
        answer = take(store, *files, "--entry", entry)
        assert answer["missing_issuer"] is None and answer["anchor"] == "CN=Test Authority"
        assert_holds(store, entry, made)


def test_pkcs12_with_its_password_and_name(store, put, certs, tmp_path):
    made = certs.leaf("mail.example.org", key="rsa")
    bundle = put("mail.pfx", made.pfx("g€heim", friendly_name="Büro: archive".encode()))
    password = put("pass", "g€heim\r\n".encode())
    answer = take(store, bundle, "--password-file", password)
    assert (answer["entry"], answer["friendly_name"]) == ("Büro_ archive", "Büro: archive")
    assert json.loads((store / "Büro_ archive.meta").read_text())["made_by"] == "import"
    assert_holds(store, "Büro_ archive", made)
    read, write = os.pipe()
    os.write(write, "g€heim".encode())
    os.close(write)
    answer = take(store, bundle, "--password-fd", str(read), "--entry", "fd", "--friendly-name", "x",
                  "--exportable", pass_fds=[read])
    assert (answer["friendly_name"], answer["exportable"]) == ("x", True)
    # What a shell makes of <(command).
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes("g€heim\n".encode()))
    writer.start()
    assert take(store, bundle, "--password-file", fifo, "--entry", "fifo")["entry"] == "fifo"
    writer.join()


@pytest.mark.parametrize("options", [["-legacy"], [], ["-nomac"], ["-certpbe", "NONE"]],
                         ids=["legacy", "aes", "no mac", "open certificates"])
def test_bundles_of_openssl(store, put, certs, options):
    made = certs.leaf("mail.example.org", key="rsa")
    bundle = put("mail.p12", b"")
    openssl("pkcs12", "-export", *options, "-in", put("all.pem", made.both_pem), "-name", "ours",
            "-passout", "pass:secret", "-out", bundle)
    assert take(store, bundle, "--password-file", put("pass", b"secret"))["entry"] == "ours"
    assert_holds(store, "ours", made)


def test_encrypted_keys_are_asked_for_on_a_terminal_alone(store, put, certs):
    made = certs.make("mail.example.org")
    cert = put("mail.crt", made.pem)
    for i, form in enumerate((made.key_bytes(PEM, password="secret"),
                              made.key_bytes(DER, password="secret"),
                              made.key_bytes(PEM, OTHER_FORM, "secret"))):
        key = put("mail.key", form)
        shown = on_terminal("--store", store, "import", cert, key, "--entry", f"e{i}",
                            answers=[(f"Password of {key}: ", "secret")])
        assert "secret" not in shown and f"e{i} is taken in" in shown
        assert_holds(store, f"e{i}", made)
        said = refused("--store", store, "import", cert, key, "--entry", "none")
        assert f"{key} is encrypted" in said and "--password-file FILE or --password-fd N" in said
    shown = on_terminal("--store", store, "import", cert, key, "--entry", "none", status=FAILED,
                        answers=[("Password of", "wrong")])
    assert "does not open with that password" in shown
    assert not (store / "none.pem").exists()


def test_two_files_may_have_two_passwords(store, put, certs):
    made = certs.leaf("mail.example.org")
    key = put("mail.key", made.key_bytes(PEM, password="first"))
    bundle = put("chain.p12", made.pfx("second"))
    shown = on_terminal("--store", store, "import", key, bundle, "--entry", "two", answers=[
        ("mail.key: ", "first"), ("chain.p12: ", "second")])
    assert "two is taken in" in shown and "left out" not in shown  # it is the same key


def test_a_password_that_is_not_needed_is_not_read(store, put, certs):
    file = put("open.pem", certs.make("mail.example.org").both_pem)
    assert take(store, file, "--password-file", "/nonexistent")["entry"] == "mail.example.org"


def test_a_password_for_everybody_is_warned_of(store, put, certs):
    password = put("pass", b"secret")
    os.chmod(password, 0o644)
    ran = tool("--store", store, "import", put("m.pfx", certs.make("m").pfx("secret")),
               "--password-file", password)
    assert f"everyone can read the password in {password}" in ran.errors


def test_entries_are_named_after_what_they_say(store, put, certs):
    for made, wanted in ((certs.make("a.example.org", common_name="Mail: *"), "Mail_ _"),
                         (certs.make("192.0.2.1", common_name=".."), None)):
        answer = take(store, put("x.pem", made.both_pem))
        assert answer["entry"] == wanted or wanted is None
        assert "/" not in answer["entry"] and answer["entry"][0] != "."


def test_what_is_missing_is_told(store, put, certs):
    root = certs.authority()
    between = certs.make(common_name="Between", authority=True, issuer=root, server=False)
    leaf = certs.make("mail.example.org", issuer=between)
    answer = take(store, put("leaf.pem", leaf.pem + leaf.key_pem))
    assert answer["missing_issuer"] == answer["certificate"]["issuer"] == "CN=Between"
    assert answer["next"] is None and answer["anchor_fingerprint"] is None
    answer = take(store, put("two.pem", root.pem + leaf.pem + leaf.key_pem), "--force")
    assert answer["missing_issuer"] == "CN=Between"
    assert answer["warnings"] == ["1 certificate among the files is not of its chain, and was left "
                                  "out"]
    answer = take(store, put("three.pem", root.pem + leaf.pem + between.pem + leaf.key_pem),
                  "--force")
    assert (answer["missing_issuer"], answer["anchor"]) == (None, "CN=Test Authority")
    assert chain_of(store / "mail.example.org.pem") == [leaf.x509, between.x509, root.x509]
    said = tool("--store", store, "import", put("leaf.pem", leaf.pem + leaf.key_pem), "--force").out
    assert "Its chain ends below CN=Between, whom clients must know and trust." in said


def test_what_is_there_twice_is_nothing_left_out(store, put, certs):
    """As in a folder of certbot: cert.pem, chain.pem, fullchain.pem, privkey.pem."""
    made = certs.leaf("mail.example.org")
    files = [put("cert.pem", made.pem), put("chain.pem", made.issuer.pem),
             put("fullchain.pem", made.chain_pem), put("privkey.pem", made.key_pem),
             put("again.key", made.key_bytes(DER))]
    assert take(store, *files)["warnings"] == []
    assert_holds(store, "mail.example.org", made)


def test_a_chain_goes_up_to_a_root_that_is_there(store, put, certs):
    """An authority that two others certified, of which only one is among the files."""
    root, absent = certs.authority(), certs.authority("Absent Authority")
    between = certs.make(common_name="Between", authority=True, issuer=root, server=False)
    other = certs.make(common_name="Between", authority=True, issuer=absent, server=False,
                       key=between.key)
    leaf = certs.make("mail.example.org", issuer=between)
    for jumbled in ([other, between, root], [root, other, between]):
        answer = take(store, "--force", put("all.pem", leaf.key_pem + leaf.pem +
                                            b"".join(made.pem for made in jumbled)))
        assert (answer["missing_issuer"], answer["anchor"]) == (None, "CN=Test Authority")
        assert chain_of(store / "mail.example.org.pem") == [leaf.x509, between.x509, root.x509]


def test_certificates_that_no_client_takes_are_warned_of(store, put, certs):
    old = certs.expired("mail.example.org")
    assert "it has expired: no client takes it" in take(store, put("o.pem", old.both_pem))["warnings"]
    early = certs.make("mail.example.org", begins=now() + days(1), ends=now() + days(2))
    assert "not valid yet" in take(store, put("e.pem", early.both_pem), "--force")["warnings"][0]
    weak = certs.make("mail.example.org", key="rsa-1024")
    assert "less than 2048" in take(store, put("w.pem", weak.both_pem), "--force")["warnings"][0]
    odd = certs.make("mail.example.org", key="ed25519")
    assert "no browser takes" in take(store, put("k.pem", odd.both_pem), "--force")["warnings"][0]
    authority = certs.make("mail.example.org", authority=True)  # as "openssl req -x509" has it
    assert "CA:TRUE" in take(store, put("a.pem", authority.both_pem), "--force")["warnings"][0]
    nameless = certs.make("mail.example.org", san=False)
    assert "no alternative names" in take(store, put("n.pem", nameless.both_pem),
                                          "--force")["warnings"][0]


def test_what_cannot_be_taken_is_refused_with_the_reason(store, put, certs):
    made, other = certs.make("mail.example.org"), certs.make("other.example.org", key="rsa")
    request = put("request.csr", b"")
    openssl("req", "-new", "-key", put("k.pem", made.key_pem), "-subj", "/CN=x", "-out", request)
    cert, key = put("mail.crt", made.pem), put("other.key", other.key_pem)
    for files, words in (
            ([cert, key], "no private key among the files is that of a certificate"),
            ([cert], f"is for \"mailstorectl --store {store} accept\""),
            ([key], "there is no certificate"),
            ([request], f"{request}: it holds a certificate request"),
            ([put("cut.pem", made.both_pem[:300])], "cut.pem: "),
            ([put("empty.pem", b"")], "it is empty"),
            ([put("text.txt", b"no certificate at all\n")], "found other text"),
            ([put("page.pem", b"<html>no</html>")], "a web page"),
            ([put("half.pfx", other.pfx("x")[:500])], "truncated"),
            ([put("big.pem", b"\n" * 2000000)], "more than the 1048576"),
            (["/nonexistent/mail.pem"], "/nonexistent/mail.pem cannot be read"),
            ([str(store.parent)], "is no regular file"),
    ):
        said = refused("--store", store, "import", *files)
        assert words in said, said
    assert not store.exists()


@pytest.mark.parametrize("number", ["abc", "", " 0", "-1", "+0", "0x0", "99999", "2147483648",
                                    "18446744073709551616"])
def test_what_is_no_open_descriptor_is_a_wrong_command_line(store, put, certs, number):
    """Also where no password is needed, and where only the passphrase of an authority would be."""
    file = put("mail.pem", certs.make("mail.example.org").both_pem)
    for rest in (["import", file, f"--password-fd={number}"],
                 ["export", "mail", "--format", "p12", f"--password-fd={number}"],
                 ["authority", "create", f"--passphrase-fd={number}"]):
        said = refused("--store", store, *rest, status=USAGE)
        assert rest[-1].partition("=")[0] in said
        assert "descriptor" in said or "needs a value" in said
    assert not store.exists()


def test_a_password_comes_from_one_place(store, put, certs):
    file = put("mail.pem", certs.make("mail.example.org").both_pem)
    for rest in (["import", file, "--password-fd", "0", "--password-file", "x"],
                 ["authority", "create", "--passphrase-file", "x", "--passphrase-fd", "0"],
                 ["authority", "create", "--passphrase", "--passphrase-fd", "0"]):
        assert "leave one out" in refused("--store", store, *rest, status=USAGE)
    assert not store.exists()


def test_a_password_of_an_editor_of_windows(store, put, certs):
    """With a UTF-8 mark, also for the authority, whose daemon reads it as well."""
    bundle = put("mail.pfx", certs.leaf("mail.example.org").pfx("secret"))
    marked = put("pass", b"\xef\xbb\xbfsecret\r\n")
    assert take(store, bundle, "--password-file", marked)["entry"] == "ours"
    tool("--store", store, "authority", "create", "--passphrase-file", marked)
    tool("--store", store, "authority", "issue", "localhost", "--passphrase-file",
         put("plain", b"secret"))
    wide = put("wide", "secret".encode("utf-16"))
    assert "save it as UTF-8" in refused("--store", store, "import", bundle, "--password-file", wide)


def test_an_entry_is_not_overwritten_unasked(store, put, certs):
    first, second = certs.make("mail.example.org"), certs.make("mail.example.org")
    take(store, put("1.pem", first.both_pem))
    before = content(store)
    assert "--force" in refused("--store", store, "import", put("2.pem", second.both_pem))
    assert content(store) == before
    assert take(store, put("2.pem", second.both_pem), "--force")["replaced"]
    assert_holds(store, "mail.example.org", second)


def test_the_password_stands_nowhere(store, put, certs):
    """Neither in the arguments of a process nor in a file: it was given by a descriptor."""
    made = certs.make("mail.example.org")
    bundle = put("mail.pfx", made.pfx("verysecret"))
    read, write = os.pipe()
    os.write(write, b"verysecret")
    os.close(write)
    ran = tool("--store", store, "import", bundle, "--password-fd", str(read), pass_fds=[read])
    assert "verysecret" not in ran.out + ran.errors
    assert not any(b"verysecret" in octets for octets in content(store.parent).values())
    assert "unknown option --password" in refused("--store", store, "import", bundle, "--password",
                                                  "x", status=USAGE)


def test_it_is_served(daemon, put, certs):
    running = daemon()
    made = certs.leaf("mail.example.org")
    answer = tool("--config", running.config, "--state", running.state, "import", "--json", "--wait",
                  put("mail.pem", made.both_pem)).answer
    assert answer["served"]["server_name"] == "mail.example.org"
    assert running.served_fingerprint(sni="mail.example.org") == answer["fingerprint"]
