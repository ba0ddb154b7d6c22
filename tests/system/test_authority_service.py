"""A service with a certificate of the local authority: issued, renewed and served by the daemon."""

import fcntl
import ipaddress
import json
import re
import threading
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from lib.certs import Certificate, days, new_key, now, replace_file
from lib.control import ask, told_service
from lib.daemon import is_sanitized
from lib.http import client_context
from lib.waiting import await_condition

NAME = "mail.example.org"
ENTRY = "authority-web-access"


@dataclass
class Authority:
    certificate: Certificate

    def put(self, made, passphrase=None):
        """As the tool does it: the key, encrypted or not, and the certificate, whole."""
        folder = made.state / "authority"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(folder / "authority.pem",
                     self.certificate.key_bytes(password=passphrase) + self.certificate.pem)
        return self

    def put_by(self, passphrase=None):
        return lambda made: self.put(made, passphrase)


def make_authority(domains=("example.org",), networks=("192.0.2.0/24",), ends=None):
    """In the tool's shape. Without domains and networks it may name anything."""
    key = new_key("ecdsa")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Local Authority")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now() - days(1)).not_valid_after(ends or now() + days(3650))
               .add_extension(x509.BasicConstraints(True, 0), True)
               .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False,
                                            False), True)
               .add_extension(identifier, False))
    permitted = [x509.DNSName(domain) for domain in domains]
    permitted += [x509.IPAddress(ipaddress.ip_network(network)) for network in networks]
    if permitted:
        builder = builder.add_extension(x509.NameConstraints(permitted, None), True)
    return Authority(Certificate(builder.sign(key, hashes.SHA256()), key))


@pytest.fixture
def authority():
    return make_authority()


def wanting(*names, listeners=1, **settings):
    """The configuration of a service that wants a certificate with these names."""
    return {"authority": settings, "services": {"web-access": {
        "certificate": "authority", "certificate_names": list(names),
        "listeners": tuple({"address": f"127.0.0.{1 + number}", "port": 0}
                           for number in range(listeners))}}}


def served(running, **how):
    return x509.load_der_x509_certificate(running.served_certificate(**how))


def names_of(certificate):
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return sorted(str(name.value) for name in names)


def issued_by(certificate, authority):
    """Really signed by it."""
    public = authority.certificate.key.public_key()
    try:
        public.verify(certificate.signature, certificate.tbs_certificate_bytes,
                      ec.ECDSA(certificate.signature_hash_algorithm))
        return True
    except InvalidSignature:
        return False


def await_leaf(running, authority, *names, within_s=10):
    """Waits for one of this authority with these names; what is served."""
    def is_served():
        certificate = served(running)
        return issued_by(certificate, authority) and (
            not names or names_of(certificate) == sorted(names)) and certificate
    return await_condition(f"a certificate with {names} of the authority is served",
                           is_served, within_s)


class Visitor(threading.Thread):
    """Connects again and again, trusting the authority alone; a failure ends it."""

    def __init__(self, running, authority, folder):
        super().__init__(daemon=True)
        self.running, self.failure, self.serials = running, None, []
        anchor = folder / "anchor.pem"
        anchor.write_bytes(authority.certificate.pem)
        self.context = client_context(verify=str(anchor))
        self.port, self.over = running.port(), threading.Event()

    def run(self):
        try:
            while not self.over.is_set():
                with self.running.connect(port=self.port, sni=NAME,
                                          context=self.context) as connection:
                    assert connection.ask().status == 200
                    serial = x509.load_der_x509_certificate(connection.certificate).serial_number
                if serial not in self.serials:
                    self.serials.append(serial)
        except Exception as failure:  # told by the test
            self.failure = failure


# ---- issued and renewed

def test_it_is_renewed_by_itself_and_no_client_notices(daemon, authority, tmp_path):
    running = daemon(wanting(NAME, leaf_lifetime_s=10), listen=[], prepare=authority.put_by())
    first = await_leaf(running, authority, NAME)
    assert first.not_valid_after - first.not_valid_before <= days(1)
    visitor = Visitor(running, authority, tmp_path)
    port = running.port()
    with running.connect(sni=NAME) as kept:
        visitor.start()

        def renewed_twice():
            assert kept.ask().status == 200
            assert visitor.failure is None, visitor.failure
            return len(visitor.serials) >= 3
        await_condition("three certificates were seen", renewed_twice, within_s=40, every_s=0.2)
        visitor.over.set()
        visitor.join()
        assert kept.ask().status == 200
        assert x509.load_der_x509_certificate(kept.certificate) == first
    assert visitor.failure is None
    assert visitor.serials[0] == first.serial_number
    assert running.port() == port
    assert " expires in " not in running.log, "what is renewed by itself is not warned of"
    lines = [line for line in running.log.splitlines() if " authority: " in line]
    assert "since there was none" in lines[0]
    assert all("since the last one was at two thirds of its life" in line for line in lines[1:])


def test_it_is_kept_over_a_restart(daemon, authority):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by())
    leaf = await_leaf(running, authority, NAME)
    running.restart()
    assert served(running) == leaf
    meta = json.loads((running.store / f"{ENTRY}.meta").read_text())
    assert meta["made_by"] == "authority" and not meta.get("exportable")
    told = told_service(running)
    assert (told["certificate"], told["pinned_by"]) == (ENTRY, "configuration")
    assert told["listeners"][0]["serves"] == ENTRY


def test_it_goes_before_what_would_be_chosen_by_name(daemon, authority, certs):
    def prepare(made):
        made.store.mkdir(parents=True, mode=0o700)
        certs.make(NAME).put(made.store, "named")
        authority.put(made)
    running = daemon(wanting(NAME), listen=[], prepare=prepare)
    assert issued_by(served(running, sni=NAME), authority)


def test_every_service_has_its_own_and_a_listener_can_want_it_alone(daemon, authority):
    running = daemon({"services": {
        "web-access": {"certificate": "authority", "certificate_names": [NAME],
                       "listeners": ({"address": "127.0.0.1", "port": 0},)},
        "client": {"certificate_names": ["client.example.org", "192.0.2.7"], "listeners": (
            {"address": "127.0.0.1", "port": 0, "certificate": "authority"},
            {"address": "127.0.0.2", "port": 0})},
        "administration": {"enabled": False, "certificate": "authority", "listeners": ()}}},
        listen=[], prepare=authority.put_by())
    assert names_of(served(running)) == [NAME]
    port = running.port("client", "127.0.0.1")
    assert names_of(served(running, port=port)) == ["192.0.2.7", "client.example.org"]
    assert sorted(path.name for path in running.store.glob("authority-*.pem")) == [
        "authority-client.pem", "authority-web-access.pem"]


@pytest.mark.parametrize("key, family", [("ecdsa-p384", "secp384r1"), ("rsa-2048", "2048")])
def test_the_kind_of_key_is_the_configured_one(daemon, authority, key, family):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by())
    first = served(running)
    running.configure(wanting(NAME, key=key))
    ask(running, "reload")
    public = served(running).public_key()
    assert served(running) != first
    assert family in (getattr(getattr(public, "curve", None), "name", None), str(public.key_size))


# ---- the authority comes, goes, changes

def test_who_waits_for_an_authority_has_its_certificate_at_once(daemon, authority):
    running = daemon(wanting(NAME), listen=[])
    line = running.await_log(r" warning authority: service web-access: there is no local authority "
                             r"yet .*authority create.*$")[0]
    assert str(running.state / "authority" / "authority.pem") in line
    assert told_service(running)["listeners"][0]["rule"] == "generated"
    with running.connect() as kept:
        authority.put(running)
        await_leaf(running, authority, NAME)
        assert kept.ask().status == 200
    ask(running, "rescan")
    assert running.log.count(" warning authority:") == 1


def test_while_the_tool_changes_the_store_it_does_not_wait_but_comes_back(daemon, authority):
    running = daemon(wanting(NAME))
    with open(running.store / ".mailstored-lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        authority.put(running)
        running.await_log(r"service web-access: .*-lock is held by .*: its certificate is issued")
        assert ask(running, "status")["ok"], "it goes on with what it does"
        assert not (running.store / f"{ENTRY}.pem").exists()
    await_leaf(running, authority, NAME, within_s=1.5)  # the pause after a failure is longer
    assert len(re.findall(r" is held by ", running.log)) == 1


def test_an_entry_that_is_removed_is_made_anew(daemon, authority):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by())
    first = served(running)
    (running.store / f"{ENTRY}.pem").unlink()
    await_condition("another is served", lambda: served(running) != first)
    await_leaf(running, authority, NAME)
    running.await_log("since there was none")


def test_what_stands_in_its_place_is_replaced(daemon, authority, certs):
    running = daemon({"store": {"poll_interval_s": 1}, **wanting(NAME)}, listen=[],
                     prepare=authority.put_by())
    certs.make("stranger.example.org").put(running.store, ENTRY)
    running.await_log("since the last one was not issued by the authority as it is now")
    await_leaf(running, authority, NAME)
    (running.store / f"{ENTRY}.pem").write_text("broken")
    await_condition("the file is whole again",
                    lambda: "BEGIN CERTIFICATE" in (running.store / f"{ENTRY}.pem").read_text())
    await_leaf(running, authority, NAME)


def test_another_authority_issues_anew(daemon, authority):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by())
    await_leaf(running, authority, NAME)
    other = make_authority().put(running)
    await_leaf(running, other, NAME)


def test_without_its_authority_the_certificate_stays(daemon, authority):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by())
    leaf = served(running)
    (running.state / "authority" / "authority.pem").unlink()
    running.await_log(r" warning authority: .*no local authority yet.*stays the one it has")
    ask(running, "rescan")
    assert served(running) == leaf


@pytest.mark.parametrize("spoil, said", [
    (lambda path: path.write_text("nothing\n"), "authority.pem"),
    (lambda path: path.chmod(0o644), "chmod 600")])
def test_an_authority_that_cannot_be_used_is_told(daemon, authority, spoil, said):
    def prepare(made):
        authority.put(made)
        spoil(made.state / "authority" / "authority.pem")
    running = daemon(wanting(NAME), listen=[], prepare=prepare)
    line = running.await_log(r" warning authority: .*$")[0]
    assert said in line and "one is chosen by name" in line
    authority.put(running)
    await_leaf(running, authority, NAME)


def test_an_authority_that_ends_is_told_and_nothing_is_renewed_for_nothing(daemon):
    ending = make_authority(ends=now() + days(0) + (days(1) / 24 / 3600) * 8)
    running = daemon(wanting(NAME), listen=[], prepare=ending.put_by())
    leaf = await_leaf(running, ending, NAME)
    assert leaf.not_valid_after == ending.certificate.x509.not_valid_after
    running.await_log(r" warning authority: .*the local authority ends on .*authority renew",
                      within_s=20)
    ask(running, "rescan")
    assert served(running) == leaf
    assert running.log.count("a certificate was issued") == 1
    longer = make_authority().put(running)
    await_leaf(running, longer, NAME)


# ---- names

def test_other_names_are_another_certificate(daemon, authority):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by())
    with running.connect() as kept:
        running.configure(wanting(NAME, "192.0.2.7", "*.archive.example.org"))
        ask(running, "reload")
        assert names_of(served(running)) == sorted([NAME, "192.0.2.7", "*.archive.example.org"])
        assert kept.ask().status == 200
    running.await_log("since the last one had not the names that it should have")


def test_names_that_the_authority_may_not_name_are_told(daemon, authority):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by())
    leaf = served(running)
    running.configure(wanting(NAME, "mail.example.com"))
    ask(running, "reload")
    line = running.await_log(r" warning authority: .*$")[0]
    assert "mail.example.com" in line and "example.org" in line
    assert "stays the one it has" in line
    assert served(running) == leaf
    running.configure(wanting(NAME, "192.0.2.7"))
    ask(running, "reload")
    assert names_of(served(running)) == ["192.0.2.7", NAME]


def test_without_names_it_has_the_hosts_own(daemon):
    anybody = make_authority((), ())
    running = daemon(wanting(), listen=[], prepare=anybody.put_by())
    names = names_of(await_leaf(running, anybody))
    assert "localhost" in names and "127.0.0.1" in names and "MailStoreServer" not in names


def test_of_the_hosts_names_it_has_those_that_the_authority_may_name(daemon):
    local = make_authority(("localhost",), ("127.0.0.0/8",))
    running = daemon(wanting(), listen=[], prepare=local.put_by())
    assert names_of(await_leaf(running, local)) == ["127.0.0.1", "localhost"]


def test_a_host_that_the_authority_may_not_name_is_told(daemon):
    foreign = make_authority(("elsewhere.example",), ("203.0.113.250/32",))
    running = daemon(wanting(), listen=[], prepare=foreign.put_by())
    running.await_log(r" warning authority: .*may name nothing that this host is called by")


# ---- pinned by the tool

def test_the_tool_can_pin_it(daemon):
    anybody = make_authority((), ())
    running = daemon(listen=["web-access=127.0.0.1:0"], prepare=anybody.put_by())
    assert not issued_by(served(running), anybody)
    replace_file(running.state / "pins", b'{"web-access": "authority"}')
    leaf = await_leaf(running, anybody)
    told = told_service(running)
    assert (told["certificate"], told["pinned_by"]) == (ENTRY, "tool")
    replace_file(running.state / "pins", b"{}")
    await_condition("it is no longer pinned",
                    lambda: told_service(running)["certificate"] is None)
    assert served(running) == leaf, "the entry stays, and is chosen as any other"


# ---- the key

def with_passphrase_file(text):
    def prepare(made):
        path = made.folder / "passphrase"
        path.write_text(text)
        path.chmod(0o600)
        return path
    return prepare


def test_the_passphrase_comes_from_a_file(daemon, authority):
    def prepare(made):
        with_passphrase_file("open sesame\n")(made)
        authority.put(made, "open sesame")
    running = daemon(wanting(NAME, passphrase_file="passphrase"), listen=[], prepare=prepare)
    await_leaf(running, authority, NAME)


def test_the_passphrase_comes_from_the_service_manager(daemon, authority, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "authority-passphrase").write_text("open sesame")
    (credentials / "authority-passphrase").chmod(0o400)
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by("open sesame"),
                     env={"CREDENTIALS_DIRECTORY": str(credentials)})
    await_leaf(running, authority, NAME)


def test_a_passphrase_that_is_nowhere_is_told(daemon, authority):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by("open sesame"))
    line = running.await_log(r" warning authority: .*$")[0]
    for word in ("authority.passphrase_file", "authority-passphrase", "LoadCredential="):
        assert word in line


def test_with_a_wrong_passphrase_the_old_certificate_stays(daemon, authority):
    def prepare(made):
        with_passphrase_file("open sesame")(made)
        authority.put(made, "open sesame")
    running = daemon(wanting(NAME, passphrase_file="passphrase"), listen=[], prepare=prepare)
    leaf = await_leaf(running, authority, NAME)
    path = with_passphrase_file("open barley")(running)
    running.configure(wanting(NAME, "192.0.2.7", passphrase_file="passphrase"))
    ask(running, "reload")
    line = running.await_log(r" warning authority: .*$")[0]
    assert f"the passphrase in {path} does not open the key" in line
    assert "stays the one it has" in line
    assert served(running) == leaf
    ask(running, "rescan")
    assert running.log.count(" warning authority:") == 1, "said once"

    with_passphrase_file("open sesame")(running)
    ask(running, "rescan")
    assert names_of(served(running)) == ["192.0.2.7", NAME]


def test_what_failed_is_tried_again(daemon, authority, tmp_path):
    """Nobody tells the daemon that the passphrase is there now."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by("open sesame"),
                     env={"CREDENTIALS_DIRECTORY": str(credentials)})
    running.await_log(r" warning authority: ")
    (credentials / "authority-passphrase").write_text("open sesame")
    (credentials / "authority-passphrase").chmod(0o400)
    await_leaf(running, authority, NAME, within_s=20)


def holds(pid, secret):
    """Does the process have these bytes anywhere in its own memory? What a sanitizer sets aside is
    passed over: it has terabytes of it."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            begin, end = (int(number, 16) for number in place.split("-"))
            if rights.startswith("rw") and end - begin < 1 << 30:
                memory.seek(begin)
                if secret in memory.read(end - begin):
                    return True
    return False


def secret_of(key):
    """Most of it: the beginning of what was freed is the first to be overwritten."""
    return key.private_numbers().private_value.to_bytes(32, "big")[16:]


def test_the_key_is_not_in_memory_when_it_is_not_needed(daemon, authority):
    running = daemon(wanting(NAME), listen=[], prepare=authority.put_by())
    await_leaf(running, authority, NAME)
    leaf_key = load_pem_private_key((running.store / f"{ENTRY}.pem").read_bytes(), None)
    assert holds(running.pid, secret_of(leaf_key)), "what is there is found"
    if not is_sanitized():  # it keeps what libraries have freed without wiping it
        secret = secret_of(authority.certificate.key)
        assert not holds(running.pid, secret) and not holds(running.pid, secret[::-1])
