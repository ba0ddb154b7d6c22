"""OCSP stapling from a file: the right response in both versions, and never a wrong one."""

import datetime

import pytest

from lib.certs import now, replace_file
from lib.clients import s_client
from lib.waiting import await_condition

BOTH = pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
HOUR = datetime.timedelta(hours=1)


def stapled(running, version="-tls1_3"):
    shown = s_client(running.port(), "-status", version).stdout
    assert "OCSP response" in shown or "OCSP Response" in shown, shown
    return "OCSP Response Status: successful" in shown


def with_staple(certificate, response, name="mine"):
    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        replace_file(made.store / f"{name}.ocsp", response)
        certificate.put(made.store, name)
    return drop


@pytest.fixture
def leaf(certs):
    return certs.leaf("mail.example.org")


@BOTH
def test_a_staple_is_sent(daemon, leaf, version):
    running = daemon(prepare=with_staple(leaf, leaf.staple()))
    assert stapled(running, version)


def test_a_client_that_does_not_ask_gets_none(daemon, leaf):
    running = daemon(prepare=with_staple(leaf, leaf.staple()))
    assert "OCSP Response Status" not in s_client(running.port(), "-tls1_3").stdout
    assert running.fetch().status == 200


@BOTH
def test_a_delegated_responder_may_sign(daemon, certs, leaf, version):
    responder = certs.leaf("responder", ocsp_signing=True, server=False)
    running = daemon(prepare=with_staple(leaf, leaf.staple(signer=responder, responder=responder)))
    assert stapled(running, version)


def wrong_staples(certs, leaf):
    other = certs.leaf("other.example.org")
    stranger = certs.authority("Another Authority")
    undelegated = certs.leaf("no responder")
    return {
        "expired": leaf.staple(this_update=now() - 48 * HOUR, next_update=now() - 24 * HOUR),
        "not yet valid": leaf.staple(this_update=now() + 24 * HOUR, next_update=now() + 48 * HOUR),
        "about another": other.staple(),
        "revoked": leaf.staple(status="revoked"),
        "signed by a stranger": leaf.staple(signer=stranger),
        "signed without delegation": leaf.staple(signer=undelegated, responder=undelegated),
        "truncated": leaf.staple()[:-20],
        "empty": b"",
        "nonsense": b"\x30\x82\xff\xff" + b"x" * 100,
        "PEM": b"-----BEGIN OCSP RESPONSE-----\n",
        "tampered": leaf.staple()[:-10] + bytes(10),
    }


@pytest.fixture(scope="module")
def with_wrong_ones(module_daemon, certs):
    """An entry for each wrong staple, all at once."""
    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        for number, name in enumerate(WRONG):
            leaf = certs.leaf(f"host{number}.example.org")
            replace_file(made.store / f"host{number}.ocsp", wrong_staples(certs, leaf)[name])
            leaf.put(made.store, f"host{number}")
    return module_daemon(prepare=drop)


WRONG = ["expired", "not yet valid", "about another", "revoked", "signed by a stranger",
         "signed without delegation", "truncated", "empty", "nonsense", "PEM", "tampered"]


@pytest.mark.parametrize("number", range(len(WRONG)), ids=WRONG)
def test_a_wrong_staple_is_never_sent_and_the_certificate_still_is(with_wrong_ones, number):
    name = f"host{number}.example.org"
    with_wrong_ones.await_log(rf"store: .*host{number}\.ocsp not stapled: ")
    for version in ("-tls1_2", "-tls1_3"):
        shown = s_client(with_wrong_ones.port(), "-status", version, "-servername", name).stdout
        assert "OCSP response: no response sent" in shown
        assert f"CN = {name}" in shown


def test_a_staple_that_comes_later_is_taken(daemon, leaf):
    running = daemon()
    leaf.put(running.store, "mine")
    running.await_served(leaf)
    assert not stapled(running)
    replace_file(running.store / "mine.ocsp", leaf.staple())
    await_condition("it is stapled", lambda: stapled(running))
    (running.store / "mine.ocsp").unlink()
    await_condition("it is gone", lambda: not stapled(running))


def test_a_renewed_certificate_drops_the_old_ones_staple(daemon, certs, leaf):
    running = daemon(prepare=with_staple(leaf, leaf.staple()))
    after = certs.leaf("mail.example.org").put(running.store, "mine")
    running.await_served(after)
    assert not stapled(running)
    replace_file(running.store / "mine.ocsp", after.staple())
    await_condition("the new one is stapled", lambda: stapled(running))


def test_a_staple_is_not_sent_past_its_end(daemon, leaf):
    """Nothing in the store changes meanwhile: the time alone ends it."""
    brief = leaf.staple(next_update=now() + datetime.timedelta(seconds=3))
    running = daemon(prepare=with_staple(leaf, brief))
    assert stapled(running)
    await_condition("it is no longer sent", lambda: not stapled(running), every_s=0.3)
    assert running.fetch().status == 200


@BOTH
def test_a_staple_in_a_folder_entry(daemon, leaf, version):
    def drop(made):
        folder = made.store / "mine"
        folder.mkdir(parents=True, mode=0o700)
        made.store.chmod(0o700)
        (folder / "tls.crt").write_bytes(leaf.chain_pem)
        replace_file(folder / "tls.key", leaf.key_pem)
        replace_file(folder / "ocsp.der", leaf.staple())
    running = daemon(prepare=drop)
    running.await_served(leaf)
    assert stapled(running, version)
