"""Every form in which a certificate may lie in the store, and every wrong one."""

import os
import re
import shutil
import stat

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs7
from cryptography import x509

from lib.certs import DER, PEM, replace_file, write_in_place
from lib.daemon import fingerprint
from lib.waiting import await_condition

PKCS1 = PrivateFormat.TraditionalOpenSSL


def folder_entry(store, name, **files):
    """Made aside and renamed, so that it appears whole."""
    made = store / f".{name}.new"
    made.mkdir(mode=0o700)
    for file_name, data in files.items():
        write_in_place(made / file_name.replace("_", "."), data)
    made.rename(store / name)


def one_file(store, leaf):
    replace_file(store / "mine.pem", leaf.both_pem)


def key_first(store, leaf):
    replace_file(store / "mine.pem", leaf.key_pem + leaf.chain_pem)


def chain_in_disorder(store, leaf):
    replace_file(store / "mine.pem", leaf.issuer.pem + leaf.key_pem + leaf.pem)


def words_around_it(store, leaf):
    """As `openssl s_client -showcerts` or an exporting browser leaves it."""
    text = b"Bag Attributes\n    friendlyName: x\nsubject=CN = x\n"
    replace_file(store / "mine.pem", text + leaf.pem + b"\n" + text + leaf.issuer.pem + leaf.key_pem)


def windows_text(store, leaf):
    replace_file(store / "mine.pem", b"\xef\xbb\xbf" + leaf.both_pem.replace(b"\n", b"\r\n"))


def crt_and_key(store, leaf):
    replace_file(store / "mine.key", leaf.key_pem)
    replace_file(store / "mine.crt", leaf.chain_pem)


def cer_and_key_in_der(store, leaf):
    replace_file(store / "mine.cer", leaf.der)
    replace_file(store / "mine.key", leaf.key_bytes(DER))


def pem_and_key(store, leaf):
    replace_file(store / "mine.pem", leaf.chain_pem)
    replace_file(store / "mine.key", leaf.key_pem)


def old_key_forms(store, leaf):
    replace_file(store / "mine.crt", leaf.chain_pem)
    replace_file(store / "mine.key", leaf.key_bytes(PEM, PKCS1))


def old_key_form_in_der(store, leaf):
    replace_file(store / "mine.crt", leaf.chain_pem)
    replace_file(store / "mine.key", leaf.key_bytes(DER, PKCS1))


def encrypted_key(store, leaf):
    replace_file(store / "mine.pass", b"open sesame\n")
    replace_file(store / "mine.key", leaf.key_bytes(password="open sesame"))
    replace_file(store / "mine.crt", leaf.chain_pem)


def encrypted_key_in_one_file(store, leaf):
    replace_file(store / "mine.pass", b"open sesame\r\n")
    replace_file(store / "mine.pem", leaf.chain_pem + leaf.key_bytes(password="open sesame"))


def pfx(store, leaf):
    replace_file(store / "mine.pass", b"open sesame")
    replace_file(store / "mine.pfx", leaf.pfx("open sesame"))


def p12_without_password(store, leaf):
    replace_file(store / "mine.p12", leaf.pfx())


def password_with_a_line_end_of_its_own(store, leaf):
    """One trailing line end is not part of it; the second one is."""
    replace_file(store / "mine.pass", "ünïcode \n\n".encode())
    replace_file(store / "mine.pfx", leaf.pfx("ünïcode \n"))


def pkcs7_chain(store, leaf):
    chain = pkcs7.serialize_certificates([leaf.issuer.x509, leaf.x509], DER)
    replace_file(store / "mine.key", leaf.key_pem)
    replace_file(store / "mine.cer", chain)


def kubernetes_folder(store, leaf):
    folder_entry(store, "mine", tls_crt=leaf.chain_pem, tls_key=leaf.key_pem)


def certbot_folder(store, leaf):
    folder_entry(store, "mine", fullchain_pem=leaf.chain_pem, privkey_pem=leaf.key_pem)


def link_to_a_folder(store, leaf):
    elsewhere = store.parent / "elsewhere"
    elsewhere.mkdir()
    folder_entry(elsewhere, "mail.example.org", fullchain_pem=leaf.chain_pem,
                 privkey_pem=leaf.key_pem)
    (store / "mine").symlink_to(elsewhere / "mail.example.org")


def link_to_a_file(store, leaf):
    elsewhere = store.parent / "elsewhere"
    elsewhere.mkdir()
    replace_file(elsewhere / "some.pem", leaf.both_pem)
    (store / "mine.pem").symlink_to("../elsewhere/some.pem")


FORMS = [one_file, key_first, chain_in_disorder, words_around_it, windows_text, crt_and_key,
         cer_and_key_in_der, pem_and_key, old_key_forms, old_key_form_in_der, encrypted_key,
         encrypted_key_in_one_file, pfx, p12_without_password, password_with_a_line_end_of_its_own,
         pkcs7_chain, kubernetes_folder, certbot_folder, link_to_a_folder, link_to_a_file]


@pytest.mark.parametrize("key", ["ecdsa", "rsa"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_is_served(daemon, certs, form, key):
    running = daemon()
    leaf = certs.leaf("mail.example.org", key=key)
    form(running.store, leaf)
    running.await_served(leaf)
    running.await_log("store: mine added: serial ")
    assert "refused" not in running.log.replace("client 127.0.0.1 refused", "")


def test_the_line_of_an_addition_names_all(daemon, certs):
    running = daemon()
    leaf = certs.leaf("mail.example.org", "*.example.org", "192.0.2.7").put(running.store, "mine")
    line = running.await_log(r"store: mine added: .*$")[0]
    assert f"serial {leaf.x509.serial_number:X}" in line or \
        f"serial 0{leaf.x509.serial_number:X}" in line
    assert f"SHA-256 {fingerprint(leaf.der)}" in line
    for name in ("mail.example.org", "*.example.org", "192.0.2.7"):
        assert name in line
    assert leaf.x509.not_valid_after.strftime("%Y-%m-%d") in line


def test_the_same_entry_is_served_after_a_restart(daemon, certs):
    running = daemon()
    for number, form in enumerate((pfx, kubernetes_folder, crt_and_key)):
        leaf = certs.newer("mail.example.org", by_hours=number + 1,
                           issuer=certs.authority())
        store = running.store / f".{number}"
        store.mkdir()
        form(store, leaf)
        for path in store.iterdir():
            path.rename(running.store / path.name.replace("mine", f"mine{number}"))
        store.rmdir()
        running.await_served(leaf)
        running.restart()
        assert running.served_fingerprint() == fingerprint(leaf.der)


def test_hidden_and_temporary_files_are_passed_over(daemon, certs):
    running = daemon()
    generated = running.served_fingerprint()
    other = certs.make("other.example.org")
    for name in (".mine.pem", "mine.pem~", "mine.pem.tmp", "mine.pem.swp", "mine.pem.bak",
                 ".mailstored-x.tmp"):
        write_in_place(running.store / name, other.both_pem)
    for name in ("README", "mine.txt", "mine.meta", "empty.d"):
        write_in_place(running.store / name, b"words")
    last = certs.make("last.example.org").put(running.store, "last")
    running.await_served(last)
    assert "refused" not in running.log
    (running.store / "last.pem").unlink()
    await_condition("back", lambda: running.served_fingerprint() == generated)


# ---- wrong ones

def request(certs):
    key = certs.make("x").key
    return x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([])).sign(key, hashes.SHA256()).public_bytes(PEM)


def wrong_key(store, good, certs):
    replace_file(store / "mine.pem", good.pem + certs.make("x").key_pem)


def no_key(store, good, certs):
    replace_file(store / "mine.pem", good.pem)


def no_certificate(store, good, certs):
    replace_file(store / "mine.pem", good.key_pem)


def a_request(store, good, certs):
    replace_file(store / "mine.pem", request(certs) + good.key_pem)


def truncated(store, good, certs):
    replace_file(store / "mine.pem", good.both_pem[:-40])


def cut_in_the_certificate(store, good, certs):
    replace_file(store / "mine.pem", good.key_pem + good.pem[:300])


def empty(store, good, certs):
    replace_file(store / "mine.pem", b"")


def nonsense(store, good, certs):
    replace_file(store / "mine.pem", os.urandom(5000))


def huge(store, good, certs):
    with open(store / ".huge", "wb") as file:
        file.write(good.both_pem)
        file.truncate(3 << 30)
    os.chmod(store / ".huge", 0o600)
    os.replace(store / ".huge", store / "mine.pem")


def huge_text(store, good, certs):
    replace_file(store / "mine.pem", good.both_pem + b"words\n" * 400000)


def tampered(store, good, certs):
    der = bytearray(good.der)
    der[4] ^= 0x55
    replace_file(store / "mine.pem", good.key_pem + PEM_OF(bytes(der)))


def PEM_OF(der):
    import ssl
    return ssl.DER_cert_to_PEM_cert(der).encode()


def encrypted_without_password(store, good, certs):
    replace_file(store / "mine.pem", good.pem + good.key_bytes(password="open sesame"))


def wrong_password(store, good, certs):
    replace_file(store / "mine.pass", b"wrong\n")
    replace_file(store / "mine.pem", good.pem + good.key_bytes(password="open sesame"))


def pfx_without_password(store, good, certs):
    (store / "mine.pem").unlink(missing_ok=True)
    replace_file(store / "mine.pfx", good.pfx("open sesame"))


def key_for_everyone(store, good, certs):
    replace_file(store / ".mine", good.both_pem, 0o600)
    os.chmod(store / ".mine", 0o644)
    os.replace(store / ".mine", store / "mine.pem")


def a_fifo(store, good, certs):
    os.mkfifo(store / ".fifo", 0o600)
    os.replace(store / ".fifo", store / "mine.pem")


def a_device(store, good, certs):
    os.mknod(store / ".zero", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    os.replace(store / ".zero", store / "mine.pem")


def a_link_to_nowhere(store, good, certs):
    os.symlink("nowhere", store / ".link")
    os.replace(store / ".link", store / "mine.pem")


def a_link_to_itself(store, good, certs):
    os.symlink("mine.pem", store / ".link")
    os.replace(store / ".link", store / "mine.pem")


WRONG = [wrong_key, no_key, no_certificate, a_request, truncated, cut_in_the_certificate, empty,
         nonsense, huge, huge_text, tampered, encrypted_without_password, wrong_password,
         pfx_without_password, key_for_everyone, a_fifo, a_device, a_link_to_nowhere,
         a_link_to_itself]
SAYS = {
    wrong_key: "match|belong", no_key: "key", no_certificate: "certificate", a_request: "request",
    truncated: "", huge: "large|big|limit|MiB|bytes", encrypted_without_password: "password|encrypted",
    wrong_password: "password", pfx_without_password: "password|encrypted",
    key_for_everyone: "read", a_fifo: "regular", a_device: "regular",
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_a_wrong_newcomer_is_refused_with_the_reason_and_others_serve(daemon, certs, wrong):
    running = daemon()
    generated = running.served_fingerprint()
    wrong(running.store, certs.make("mail.example.org"), certs)
    line = running.await_log(r"store: (\S+) refused: (.*)$")
    assert line[1].startswith(f"{running.store}/mine"), line[0]
    assert re.search(SAYS.get(wrong, ""), line[2]), line[0]
    assert "; mend: " in line[2], line[0]
    assert running.served_fingerprint() == generated
    assert running.fetch().status == 200


@pytest.mark.parametrize("wrong", [each for each in WRONG if each is not pfx_without_password],
                         ids=lambda wrong: wrong.__name__)
def test_a_wrong_successor_leaves_the_last_good_one_in_service(daemon, certs, wrong):
    running = daemon()
    good = certs.make("mail.example.org").put(running.store, "mine")
    running.await_served(good)
    wrong(running.store, certs.newer("mail.example.org"), certs)
    running.await_log(r"store: \S+/mine\.\S+ refused: ")
    assert running.served_fingerprint() == fingerprint(good.der)
    mended = certs.newer("mail.example.org", by_hours=3).put(running.store, "mine")
    (running.store / "mine.pass").unlink(missing_ok=True)
    running.await_served(mended)


def test_one_wrong_file_is_said_once(daemon, certs):
    running = daemon({"store": {"poll_interval_s": 1}})
    no_key(running.store, certs.make("mail.example.org"), certs)
    running.await_log("mine.pem refused: ")
    for number in range(5):  # other changes make it look again
        other = certs.newer("other.example.org", by_hours=number).put(running.store, "other")
        running.await_served(other, sni="other.example.org")
    assert running.log.count("mine.pem refused: ") == 1


def test_back_to_the_version_that_is_served_is_said(daemon, certs):
    running = daemon()
    good = certs.make("mail.example.org").put(running.store, "mine")
    running.await_served(good)
    no_key(running.store, good, certs)
    running.await_log("mine.pem refused: ")
    mark = running.mark()
    good.put(running.store, "mine")
    running.await_log("store: mine", since=mark)
    assert running.served_fingerprint() == fingerprint(good.der)


def test_a_key_for_everyone_is_taken_where_that_is_set(daemon, certs):
    running = daemon({"store": {"accept_public_keys": True}})
    good = certs.make("mail.example.org")
    key_for_everyone(running.store, good, certs)
    running.await_served(good)


def test_a_key_for_the_group_is_taken(daemon, certs):
    running = daemon()
    good = certs.make("mail.example.org").put(running.store, "mine")
    os.chmod(running.store / "mine.pem", 0o640)
    running.await_served(good)
    assert "refused" not in running.log


def test_the_mending_command_mends(daemon, certs):
    running = daemon()
    good = certs.make("mail.example.org")
    key_for_everyone(running.store, good, certs)
    mend = running.await_log(r"mine\.pem refused: .*; mend: (.*)$")[1]
    assert mend.startswith("chmod "), mend
    assert os.system(mend) == 0
    running.await_served(good)


def test_a_pfx_says_its_password_file(daemon, certs):
    running = daemon()
    good = certs.make("mail.example.org")
    pfx_without_password(running.store, good, certs)
    running.await_log(r"mine\.pfx refused: .*mine\.pass")
    replace_file(running.store / "mine.pass", b"open sesame\n")
    running.await_served(good)


def test_a_secret_is_never_logged(daemon, certs):
    running = daemon(arguments=["--verbose"])
    good = certs.make("mail.example.org")
    replace_file(running.store / "mine.pass", b"0pen-sesame\n")
    replace_file(running.store / "mine.pfx", good.pfx("0pen-sesame"))
    running.await_served(good)
    replace_file(running.store / "mine.pass", b"clo5ed-sesame\n")
    running.await_log("refused: ")
    assert "sesame" not in running.log
    assert good.key_pem.split(b"\n")[1].decode() not in running.log


def test_names_of_files_cannot_forge_lines(daemon, certs):
    running = daemon()
    name = "a\n2026-11-24 10:00:00.000 notice store: mine removed\x1b[2J.pem"
    write_in_place(running.store / name, b"nonsense")
    running.await_log("refused: ")
    assert "\x1b" not in running.log
    assert not re.search(r"^2026-11-24 10:00:00\.000", running.log, re.MULTILINE)


def test_two_forms_of_one_name_do_no_harm(daemon, certs):
    running = daemon()
    one, two = certs.make("one.example.org"), certs.newer("two.example.org")
    one.put(running.store, "mine")
    running.await_served(one)
    folder_entry(running.store, "mine", tls_crt=two.chain_pem, tls_key=two.key_pem)
    last = certs.newer("last.example.org", by_hours=9).put(running.store, "last")
    running.await_served(last)
    assert running.served_fingerprint(sni="one.example.org") == fingerprint(one.der), \
        "what served before goes on"
    shutil.rmtree(running.store / "mine")
    (running.store / "last.pem").unlink()
    running.await_served(one)
