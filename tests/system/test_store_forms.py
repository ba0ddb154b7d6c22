"""Every form in which a certificate may lie in the store, and every wrong one."""

import os
import pathlib
import re
import shutil
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs7
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from lib.certs import DER, PEM, replace_file, write_in_place
from lib.daemon import fingerprint
from lib.waiting import await_condition

PKCS1 = PrivateFormat.TraditionalOpenSSL
UNIT_DATA = pathlib.Path(__file__).parent.parent / "unit" / "data"


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
    replace_file(store / "mine.pem",
                 text + leaf.pem + b"\n" + text + leaf.issuer.pem + leaf.key_pem)


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


@pytest.mark.parametrize("name", ["java", "java-p384", "java-p521"])
def test_an_ec_key_without_its_public_half_is_served(daemon, name):
    """As Java's keytool writes them into a PKCS#12; made by tests/unit/data/make.sh."""
    running = daemon()
    bundle = (UNIT_DATA / f"{name}.pfx").read_bytes()
    replace_file(running.store / "mine.pass", b"secret\n")
    replace_file(running.store / "mine.p12", bundle)
    certificate = load_pkcs12(bundle, b"secret").cert.certificate
    running.await_served(certificate.public_bytes(DER))
    assert "mine refused" not in running.log


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


# ---- wrong ones: each writes the entry NAME, in a way that no client could be served with

def request(certs):
    key = certs.make("x").key
    return x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([])).sign(key, hashes.SHA256()).public_bytes(PEM)


def wrong_key(store, name, good, certs):
    replace_file(store / f"{name}.pem", good.pem + certs.make("x").key_pem)


def no_key(store, name, good, certs):
    replace_file(store / f"{name}.pem", good.pem)


def no_certificate(store, name, good, certs):
    replace_file(store / f"{name}.pem", good.key_pem)


def a_request(store, name, good, certs):
    replace_file(store / f"{name}.pem", request(certs) + good.key_pem)


def truncated(store, name, good, certs):
    replace_file(store / f"{name}.pem", good.both_pem[:-40])


def cut_in_the_certificate(store, name, good, certs):
    replace_file(store / f"{name}.pem", good.key_pem + good.pem[:300])


def empty(store, name, good, certs):
    replace_file(store / f"{name}.pem", b"")


def nonsense(store, name, good, certs):
    replace_file(store / f"{name}.pem", bytes(range(256)) * 20)


def huge(store, name, good, certs):
    with open(store / ".huge", "wb") as file:
        file.write(good.both_pem)
        file.truncate(3 << 30)
    os.chmod(store / ".huge", 0o600)
    os.replace(store / ".huge", store / f"{name}.pem")


def huge_text(store, name, good, certs):
    replace_file(store / f"{name}.pem", good.both_pem + b"words\n" * 400000)


def tampered(store, name, good, certs):
    der = bytearray(good.der)
    der[4] ^= 0x55
    pem = ssl.DER_cert_to_PEM_cert(bytes(der)).encode()
    replace_file(store / f"{name}.pem", good.key_pem + pem)


def encrypted_without_password(store, name, good, certs):
    replace_file(store / f"{name}.pem", good.pem + good.key_bytes(password="open sesame"))


def wrong_password(store, name, good, certs):
    replace_file(store / f"{name}.pass", b"wrong\n")
    replace_file(store / f"{name}.pem", good.pem + good.key_bytes(password="open sesame"))


def pfx_without_password(store, name, good, certs):
    (store / f"{name}.pem").unlink(missing_ok=True)
    replace_file(store / f"{name}.pfx", good.pfx("open sesame"))


def key_for_everyone(store, name, good, certs):
    replace_file(store / ".mine", good.both_pem)
    os.chmod(store / ".mine", 0o644)
    os.replace(store / ".mine", store / f"{name}.pem")


def a_fifo(store, name, good, certs):
    os.mkfifo(store / ".fifo", 0o600)
    os.replace(store / ".fifo", store / f"{name}.pem")


def a_device(store, name, good, certs):
    os.symlink("/dev/zero", store / ".zero")
    os.replace(store / ".zero", store / f"{name}.pem")


def a_link_to_nowhere(store, name, good, certs):
    os.symlink("nowhere", store / ".link")
    os.replace(store / ".link", store / f"{name}.pem")


def a_link_to_itself(store, name, good, certs):
    os.symlink(f"{name}.pem", store / ".link")
    os.replace(store / ".link", store / f"{name}.pem")


WRONG = {  # and what the reason must speak of
    wrong_key: "match|belong", no_key: "key", no_certificate: "certificate", a_request: "request",
    truncated: "", cut_in_the_certificate: "", empty: "", nonsense: "", tampered: "",
    huge: "large|big|limit|MiB|bytes", huge_text: "large|big|limit|MiB|bytes",
    encrypted_without_password: "password|encrypted", wrong_password: "password",
    pfx_without_password: "password|encrypted", key_for_everyone: "read", a_fifo: "file",
    a_device: "file", a_link_to_nowhere: "", a_link_to_itself: "",
}
EACH_WRONG = pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)


def host(wrong):
    return wrong.__name__.replace("_", "-") + ".example.org"


@pytest.fixture(scope="module")
def with_newcomers(module_daemon, certs):
    """Every wrong entry at once, none of which ever served."""
    running = module_daemon()
    for wrong in WRONG:
        wrong(running.store, wrong.__name__, certs.make(host(wrong)), certs)
    return running


@EACH_WRONG
def test_a_wrong_newcomer_is_refused_with_the_reason(with_newcomers, wrong):
    line = with_newcomers.await_log(
        rf"store: {with_newcomers.store}/{wrong.__name__}\.\w+ refused: (.*)$")
    assert re.search(WRONG[wrong], line[1]), line[0]
    assert re.search(r": \w.*|; mend: ", line[1]), f"what to do is missing: {line[0]}"
    served = with_newcomers.fetch("/connection", sni=host(wrong), host=host(wrong))
    assert served.status == 200 and "MailStoreServer" in served.text


@pytest.fixture(scope="module")
def with_successors(module_daemon, certs):
    """The same, each in the place of a good entry that served before."""
    running = module_daemon()
    good = {wrong: certs.make(host(wrong)) for wrong in WRONG}
    for wrong, certificate in good.items():
        certificate.put(running.store, wrong.__name__)
    for wrong, certificate in good.items():
        running.await_served(certificate, sni=host(wrong))
    for wrong in WRONG:
        wrong(running.store, wrong.__name__, certs.newer(host(wrong)), certs)
    return running, good


@EACH_WRONG
def test_a_wrong_successor_leaves_the_last_good_one_in_service(with_successors, certs, wrong):
    running, good = with_successors
    if wrong is not pfx_without_password:  # another file: the good one is removed, then
        running.await_log(rf"store: {running.store}/{wrong.__name__}\.\w+ refused: ")
        assert running.served_fingerprint(sni=host(wrong)) == fingerprint(good[wrong].der)
    mended = certs.newer(host(wrong), by_hours=3).put(running.store, wrong.__name__)
    for suffix in ("pass", "pfx"):
        (running.store / f"{wrong.__name__}.{suffix}").unlink(missing_ok=True)
    running.await_served(mended, sni=host(wrong))


def test_one_wrong_file_is_said_once(daemon, certs):
    running = daemon({"store": {"poll_interval_s": 1}})
    no_key(running.store, "mine", certs.make("mail.example.org"), certs)
    running.await_log("mine.pem refused: ")
    for number in range(5):  # other changes make it look again
        other = certs.newer("other.example.org", by_hours=number).put(running.store, "other")
        running.await_served(other, sni="other.example.org")
    assert running.log.count("mine.pem refused: ") == 1


def test_back_to_the_version_that_is_served_is_said(daemon, certs):
    running = daemon()
    good = certs.make("mail.example.org").put(running.store, "mine")
    running.await_served(good)
    no_key(running.store, "mine", good, certs)
    running.await_log("mine.pem refused: ")
    mark = running.mark()
    good.put(running.store, "mine")
    running.await_log("store: mine", since=mark)
    assert running.served_fingerprint() == fingerprint(good.der)


def test_a_key_for_everyone_is_taken_where_that_is_set(daemon, certs):
    running = daemon({"store": {"accept_public_keys": True, "poll_interval_s": 86400}})
    good = certs.make("mail.example.org")
    key_for_everyone(running.store, "mine", good, certs)
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
    key_for_everyone(running.store, "mine", good, certs)
    mend = running.await_log(r"mine\.pem refused: .*; mend: (.*)$")[1]
    assert mend.startswith("chmod "), mend
    assert os.system(mend) == 0
    running.await_served(good)


def test_a_pfx_says_its_password_file(daemon, certs):
    running = daemon()
    good = certs.make("mail.example.org")
    pfx_without_password(running.store, "mine", good, certs)
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
