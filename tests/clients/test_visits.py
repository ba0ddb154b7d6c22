"""What is made here, deployed as trust anchor, at the daemon's own page in every client."""

import shutil

import pytest

from made import ADDRESS, HOST, MADE, Made, authority_for, issue_regardless
from visit.browsers import Firefox, firefox_with_policy
from visit.client import NO_NAME, OUTSIDE, SELF_SIGNED, WRONG_NAME, Site


def at(daemon, host):
    return Site(host, daemon.port())


@pytest.fixture
def serve(daemon):
    """serve(made): a daemon with that store."""
    return lambda made: daemon(prepare=lambda new: shutil.copytree(made.store, new.store))


@pytest.mark.parametrize("made", [name for name in MADE if name != "classic"], indirect=True)
def test_it_is_accepted_where_it_is_deployed_and_only_there(client, made, serve):
    served = serve(made)
    client.expect(client.visit(at(served, HOST)), made.unknown)
    for host in (HOST, ADDRESS):
        client.expect(client.visit(at(served, host), made.anchor))


@pytest.mark.parametrize("made", ["classic"], indirect=True)
def test_the_classic_one_lacks_its_name_in_browsers_alone(client, made, serve):
    site = at(serve(made), made.host)
    client.expect(client.visit(site), SELF_SIGNED)
    client.expect(client.visit(site, made.anchor),
                  NO_NAME if NO_NAME in client.refusals else None)


def test_the_daemons_own_is_accepted_where_its_download_is_deployed(client, daemon):
    served = daemon()
    anchor = served.fetch("/certificate.cer").body
    client.expect(client.visit(at(served, "localhost")), SELF_SIGNED)
    client.expect(client.visit(at(served, "localhost"), anchor))
    client.expect(client.visit(at(served, "elsewhere.example.org"), anchor), WRONG_NAME)


@pytest.mark.xdist_group("Firefox")
@pytest.mark.parametrize("made", ["ecdsa-p256"], indirect=True)
def test_firefox_takes_what_a_policy_deploys(made, serve, tmp_path):
    site = at(serve(made), HOST)
    firefox = firefox_with_policy(tmp_path, made.anchor)
    try:
        verdict = Firefox.open(firefox, site)
    finally:
        firefox.close()
    assert verdict.accepted, verdict.said


# ---- name constraints, beside which somebody who took the authority's key might issue

@pytest.mark.parametrize("permitted, names, host", [
    (("--domain", "example.org", "--address", ADDRESS), ["archive.example.net"],
     "archive.example.net"),
    (("--domain", "example.org"), [HOST, ADDRESS], ADDRESS),
    (("--address", ADDRESS), [HOST, ADDRESS], HOST),
], ids=["another-domain", "an-address-under-domains", "a-name-under-addresses"])
def test_an_authority_is_believed_within_its_constraints(client, once, daemon, permitted,
                                                         names, host):
    folder = once(f"authority{'-'.join(permitted).replace('/', '_')}", authority_for(*permitted))
    leaf = issue_regardless(Made(folder, "issued"), *names)
    served = daemon()
    leaf.put(served.store, "stolen")
    served.await_served(leaf, sni=host)
    client.expect(client.visit(at(served, host), leaf.anchor_der),
                  OUTSIDE if OUTSIDE in client.refusals else None)
