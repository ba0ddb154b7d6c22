"""What a first start leaves behind: one whole certificate in its place, or one clear message."""

import contextlib
import fcntl
import os
import pathlib
import random
import re
import signal
import socket
import stat
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from lib import sandbox
from lib.control import ask
from lib.daemon import (EX_CANTCREAT, EX_TEMPFAIL, EX_UNAVAILABLE, Daemon, fingerprint,
                        run_mailstored)
from lib.waiting import await_condition
from lib.workshop import refused


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def common_name(certificate):
    return certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def names_of(certificate):
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return ([name.lower() for name in san.get_values_for_type(x509.DNSName)],
            [str(address) for address in san.get_values_for_type(x509.IPAddress)])


def error_lines(log):
    return [line for line in log.splitlines() if " error " in line]


def whole_entries(store):
    """The entries of a store, each judged by another library than the daemon's."""
    entries = []
    for path in sorted(store.iterdir()) if store.exists() else []:
        if path.name.startswith("."):
            continue
        data = path.read_bytes()
        certificate = x509.load_pem_x509_certificate(data[data.index(b"-----BEGIN CERT"):])
        key = serialization.load_pem_private_key(data[data.index(b"-----BEGIN PRIV"):], None)
        assert key.public_key().public_numbers() == certificate.public_key().public_numbers()
        entries.append(path.name)
    return entries


def test_the_first_start_makes_one_private_entry(daemon):
    running = daemon()
    assert mode(running.store) == 0o700
    assert mode(running.state) & 0o077 == 0
    assert whole_entries(running.store) == ["MailStoreServer.pem"]
    for folder, _, files in os.walk(running.state):
        for name in files:
            path = os.path.join(folder, name)
            assert mode(path) & 0o077 == 0 or name == "listening", f"{path} is {mode(path):o}"
    assert mode(running.store / "MailStoreServer.pem") == 0o600
    assert mode(running.state / "control") == 0o600


def test_the_first_start_does_not_mind_the_umask(daemon):
    running = daemon(wrap=["sh", "-c", 'umask 000; exec "$@"', "sh"])
    assert mode(running.store) == 0o700
    assert mode(running.store / "MailStoreServer.pem") == 0o600


def test_the_modern_certificate_has_the_shape_every_client_takes(daemon):
    running = daemon()
    certificate = x509.load_der_x509_certificate(running.served_certificate())
    assert certificate.version == x509.Version.v3
    assert common_name(certificate) == "MailStoreServer"
    assert certificate.subject == certificate.issuer
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    assert isinstance(certificate.public_key().curve, ec.SECP256R1)
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    assert 0 < certificate.serial_number < 1 << 159
    kinds = {extension.oid for extension in certificate.extensions}
    assert kinds == {ExtensionOID.EXTENDED_KEY_USAGE, ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
                     ExtensionOID.SUBJECT_KEY_IDENTIFIER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER}
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert certificate.not_valid_after.year - certificate.not_valid_before.year == 20
    assert certificate.not_valid_before.timetuple()[1:5] == \
        certificate.not_valid_after.timetuple()[1:5]


def test_the_modern_certificate_names_the_host(daemon):
    running = daemon()
    names, addresses = names_of(x509.load_der_x509_certificate(running.served_certificate()))
    assert {"mailstoreserver", "localhost", socket.gethostname().lower()} <= set(names)
    assert {"127.0.0.1", "::1"} <= set(addresses) or not socket.has_dualstack_ipv6()
    assert len(set(names)) == len(names) and len(set(addresses)) == len(addresses)


def test_the_certificate_names_a_host_that_the_resolver_does_not_know(daemon):
    running = daemon(wrap=sandbox.named_host("Archive-7.Example.ORG"))
    names, _ = names_of(x509.load_der_x509_certificate(running.served_certificate()))
    assert "archive-7.example.org" in names


def test_extra_names_and_another_key_are_taken_from_the_configuration(daemon):
    running = daemon({"first_certificate": {
        "key": "ecdsa-p384", "names": ["mail.example.org", "*.example.org", "192.0.2.25"]}})
    certificate = x509.load_der_x509_certificate(running.served_certificate())
    names, addresses = names_of(certificate)
    assert {"mail.example.org", "*.example.org", "localhost"} <= set(names)
    assert "192.0.2.25" in addresses
    assert isinstance(certificate.public_key().curve, ec.SECP384R1)


def test_the_classic_certificate_is_as_the_original_makes_it(daemon):
    running = daemon({"first_certificate": {"shape": "classic"}})
    certificate = x509.load_der_x509_certificate(running.served_certificate())
    assert common_name(certificate) == "MailStoreServer"
    assert isinstance(certificate.public_key(), rsa.RSAPublicKey)
    assert certificate.public_key().key_size == 2048
    assert ExtensionOID.SUBJECT_ALTERNATIVE_NAME not in {e.oid for e in certificate.extensions}


def test_the_second_start_keeps_the_certificate(daemon):
    running = daemon()
    first = running.served_fingerprint()
    running.restart()
    assert running.served_fingerprint() == first


def test_an_operators_certificate_makes_the_generated_one_needless(daemon, certs):
    mine = certs.make("mail.example.org")

    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        mine.put(made.store, "mine")

    running = daemon(prepare=drop)
    assert running.served_fingerprint() == fingerprint(mine.der)
    assert whole_entries(running.store) == ["mine.pem"]


def test_two_started_together_on_one_state_folder_make_one_certificate(tmp_path, daemon):
    for attempt in range(5):
        state = tmp_path / f"shared{attempt}"
        both = [daemon(state=state, wait=False) for _ in range(2)]
        loser = await_condition("one gives way", lambda: next(
            (each for each in both if not each.running), None))
        winner = both[0] if loser is both[1] else both[1]
        loser.expected_status = EX_TEMPFAIL
        assert loser.process.returncode == EX_TEMPFAIL
        assert len(error_lines(loser.log)) == 1, loser.log
        assert str(state) in error_lines(loser.log)[0]
        winner.await_listening()
        assert whole_entries(state / "certs") == ["MailStoreServer.pem"]
        stored = (state / "certs" / "MailStoreServer.pem").read_bytes()
        served = x509.load_der_x509_certificate(winner.served_certificate())
        assert served.public_bytes(serialization.Encoding.PEM) in stored


def test_a_folder_in_use_is_named_with_its_user(daemon):
    running = daemon()
    second = daemon(state=running.state, wait=False)
    second.expected_status = EX_TEMPFAIL
    assert second.await_end() == EX_TEMPFAIL
    (line,) = error_lines(second.log)
    assert str(running.state) in line and str(running.pid) in line
    assert running.fetch().status == 200 and running.listening_path.exists()


def test_killed_at_any_early_moment_it_leaves_a_whole_certificate_or_none(tmp_path, daemon):
    """The moments are spread over the time a whole start takes here."""
    whole = daemon()
    began = time.monotonic()
    whole.restart()
    start_s = time.monotonic() - began
    moments = random.Random(20)
    for attempt in range(40):
        state = tmp_path / f"killed{attempt}"
        (tmp_path / f"folder{attempt}").mkdir()
        victim = Daemon(tmp_path / f"folder{attempt}", state=state).start(wait=False)
        try:
            victim.process.wait(timeout=moments.uniform(0, start_s))
        except subprocess.TimeoutExpired:
            victim.kill()
        assert whole_entries(state / "certs") in ([], ["MailStoreServer.pem"]), victim.log
    survivor = daemon(state=state)
    assert whole_entries(survivor.store) == ["MailStoreServer.pem"]
    assert survivor.fetch().status == 200
    left = [path.name for path in survivor.store.iterdir() if path.name.startswith(".")]
    assert left == [".mailstored-lock"], "what an interrupted start left is swept"


def test_after_kill_9_the_same_certificate_is_served_again(daemon):
    running = daemon()
    before = running.served_fingerprint()
    running.kill()
    running.expected_status = 0
    running.start()
    assert running.served_fingerprint() == before


@pytest.mark.parametrize("pages_left", [0, 1, 2, 3, 4])
def test_a_full_disk_gives_one_message_and_no_half_certificate(tmp_path, pages_left):
    """A file system with so many pages left that the start fails here or there."""
    disk, found = tmp_path / "disk", tmp_path / "found"
    for folder in (disk, found):
        folder.mkdir()
    (tmp_path / "mailstored.conf").write_text("")
    script = f"""
        mount -t tmpfs -o size=64k none {disk}
        mkdir -m 700 {disk}/state
        head -c 1M /dev/zero > {disk}/filler 2>/dev/null || true
        truncate -s -{4096 * pages_left} {disk}/filler
        "$@" & daemon=$!
        while kill -0 $daemon 2>/dev/null && [ ! -e {disk}/state/listening ]; do
            sleep 0.01
        done
        kill $daemon 2>/dev/null || true
        status=0; wait $daemon || status=$?
        cp -a {disk}/state/certs {found}/ 2>/dev/null || true
        exit $status"""
    ended = run_mailstored("--state", disk / "state", "--listen=web-access=127.0.0.1:0",
                           "--config", tmp_path / "mailstored.conf",
                           wrap=sandbox.after(script, "--mount"))
    entries = whole_entries(found / "certs")
    if ended.returncode == 0:  # enough was left
        assert entries == ["MailStoreServer.pem"] and pages_left > 0
    else:
        assert ended.returncode == EX_CANTCREAT, ended.stderr
        assert len(error_lines(ended.stderr)) == 1, ended.stderr
        assert "No space left on device" in ended.stderr or "full" in ended.stderr
        assert entries in ([], ["MailStoreServer.pem"])


def test_a_read_only_folder_gives_one_message(tmp_path):
    (tmp_path / "mailstored.conf").write_text("")
    ended = run_mailstored("--state", tmp_path / "state", "--listen=web-access=127.0.0.1:0",
                           "--config", tmp_path / "mailstored.conf",
                           wrap=sandbox.with_read_only(tmp_path))
    assert ended.returncode != 0
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1 and str(tmp_path) in lines[0], ended.stderr


def test_an_address_in_use_is_named_with_the_way_out(daemon, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = daemon(listen=[f"web-access=127.0.0.1:{port}"], wait=False)
        refused.expected_status = EX_UNAVAILABLE
        assert refused.await_end() == EX_UNAVAILABLE
    assert len(error_lines(refused.log)) == 1
    assert re.search(rf"127\.0\.0\.1\D+{port}.*in use", error_lines(refused.log)[0])


def test_an_address_of_nobody_is_named(daemon):
    refused = daemon(listen=["web-access=203.0.113.250:0"], wait=False)
    refused.expected_status = EX_UNAVAILABLE
    assert refused.await_end() == EX_UNAVAILABLE
    assert len(error_lines(refused.log)) == 1 and "203.0.113.250" in error_lines(refused.log)[0]


def test_a_clean_stop_leaves_no_trace_of_running(daemon):
    running = daemon()
    running.signal(signal.SIGINT)
    assert running.await_end() == 0
    assert not running.listening_path.exists()
    assert not (running.state / "control").exists()


class TestWithoutRoot:
    @pytest.fixture
    def user(self):
        user = sandbox.Unprivileged()
        yield user
        user.remove()

    def test_it_starts_anywhere_without_configuration(self, user):
        """On the ports of the product, hence in a network of its own."""
        state = user.home / ".local/state/mailstored"
        with open(user.home / "log", "w") as log:
            process = subprocess.Popen([*sandbox.with_network(), *user.command(user.program)],
                                       stderr=log, stdout=log, cwd=user.home)
        try:
            await_condition("it listens", lambda: (state / "listening").exists()
                            or process.poll() is not None)
            assert process.poll() is None, (user.home / "log").read_text()
            lines = (state / "listening").read_text().splitlines()
            assert "web-access https 127.0.0.1 8462" in lines
            assert all(line.split()[2] in ("127.0.0.1", "::1") for line in lines), \
                "nobody else on the network is invited"
            assert mode(state) == 0o700
            assert whole_entries(state / "certs") == ["MailStoreServer.pem"]
        finally:
            process.terminate()
            process.wait(30)
        assert process.returncode == 0

    def test_the_users_own_state_home_is_respected(self, user):
        """Of the default folder only the place is asked."""
        ended = user.run("env", f"XDG_STATE_HOME={user.home}/elsewhere", user.program,
                         "--check-config")
        assert ended.returncode == 0, ended.stderr
        assert f'state_folder = "{user.home}/elsewhere/mailstored"' in ended.stdout

    def test_a_folder_that_it_may_not_write_gives_one_message(self, user):
        foreign = user.home / "foreign"
        foreign.mkdir(mode=0o555)
        ended = user.run(user.program, "--state", foreign / "state",
                         "--listen=web-access=127.0.0.1:0")
        assert ended.returncode != 0
        lines = ended.stderr.strip().splitlines()
        assert len(lines) == 1 and str(foreign) in lines[0], ended.stderr
        assert "ermission" in lines[0]

    def test_a_privileged_port_is_named_with_the_way_out(self, user):
        ended = user.run(user.program, "--listen=web-access=127.0.0.1:443",
                         wrap=sandbox.with_network(
                             "echo 1024 > /proc/sys/net/ipv4/ip_unprivileged_port_start"))
        assert ended.returncode == EX_UNAVAILABLE, ended.stderr
        assert len(error_lines(ended.stderr)) == 1
        assert re.search(r"443.*CAP_NET_BIND_SERVICE", ended.stderr)


# ---- while the tool changes the store

class Held:
    """The store's lock, as a tool holds it that changes the store."""

    def __init__(self, store):
        self.path = store / ".mailstored-lock"
        self.file = None

    def __enter__(self):
        self.file = open(self.path, "w", encoding="ascii")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        self.file.close()

    def is_wanted_by(self, running):
        """Has the process opened it, which it does to take it?"""
        folder = pathlib.Path(f"/proc/{running.pid}/fd")
        return any(os.path.realpath(one) == str(self.path) for one in folder.iterdir())


def test_a_start_waits_for_who_is_changing_the_store(daemon, certs):
    with contextlib.ExitStack() as until:
        held = []

        def hold(made):
            made.store.mkdir(parents=True, mode=0o700)
            held.append(until.enter_context(Held(made.store)))
        running = daemon(wait=False, prepare=hold)
        await_condition("it wants to change the store", lambda: held[0].is_wanted_by(running))
        mine = certs.make("mail.example.org").put(running.store, "mine")
    running.await_listening()
    assert running.served_fingerprint() == fingerprint(mine.der)
    assert whole_entries(running.store) == ["mine.pem"]


def test_a_running_daemon_does_not_wait_but_comes_back(daemon, certs):
    mine = certs.make("mail.example.org")
    running = daemon(prepare=lambda made: (made.store.mkdir(parents=True, mode=0o700),
                                           mine.put(made.store, "mine")))
    with Held(running.store):
        (running.store / "mine.pem").unlink()
        running.await_log(r"\.mailstored-lock is held by .*: a certificate is made when")
        assert ask(running, "status")["ok"], "it goes on with what it does"
        assert "cannot be made" not in running.log
        assert "try again" in refused("--state", running.state, "renew")
        assert whole_entries(running.store) == []
        assert running.served_fingerprint() == fingerprint(mine.der)
    await_condition("the generated one is served",
                    lambda: running.served_fingerprint() != fingerprint(mine.der))
    assert whole_entries(running.store) == ["MailStoreServer.pem"]
