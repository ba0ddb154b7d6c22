"""What the tool makes, deployed as trust anchor, at the daemon's own page in every client."""

import shutil

import pytest

from lib.daemon import Daemon
from visit.client import NO_NAME, SELF_SIGNED, Site

HOST, ADDRESS = "archive.example.org", "127.0.0.1"
KEYS = ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-4096"]


class Deployed:
    """A daemon, and what an administrator would have clients trust."""

    def __init__(self, daemon, anchor):
        self.anchor = anchor
        self._port = daemon.port()

    def at(self, host):
        return Site(host, self._port)


@pytest.fixture(scope="module")
def deploy(once, module_daemon):
    """deploy(name, make): make(folder) leaves a store in folder/certs and the anchor in
    folder/anchor.cer."""
    def get(name, make):
        folder = once(name, make)
        return Deployed(
            module_daemon(prepare=lambda made: shutil.copytree(folder / "certs", made.store)),
            (folder / "anchor.cer").read_bytes())
    return get


def made_by_the_daemon(**settings):
    def make(folder):
        made = Daemon(folder, {"first_certificate": settings}).start()
        (folder / "anchor.cer").write_bytes(made.fetch("/certificate.cer").body)
        made.stop()
        made.store.rename(folder / "certs")
    return make


# ---- self-signed

@pytest.fixture(scope="module", params=KEYS)
def self_signed(request, deploy):
    return deploy(f"first-{request.param}",
                  made_by_the_daemon(key=request.param, names=[HOST, ADDRESS]))


def test_self_signed_is_accepted_where_deployed_and_only_there(client, self_signed):
    client.expect(client.visit(self_signed.at(HOST)), SELF_SIGNED)
    for host in (HOST, ADDRESS):
        client.expect(client.visit(self_signed.at(host), self_signed.anchor))


# ---- the original's

@pytest.fixture(scope="module")
def classic(deploy):
    return deploy("first-classic", made_by_the_daemon(shape="classic"))


def test_the_classic_one_lacks_its_name_in_browsers_alone(client, classic):
    site = classic.at("mailstoreserver")
    client.expect(client.visit(site), SELF_SIGNED)
    client.expect(client.visit(site, classic.anchor),
                  NO_NAME if NO_NAME in client.refusals else None)
