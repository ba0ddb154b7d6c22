"""--wait: what a verb changed is really served when it returns, or it says why not; and while the
store is worked on, no client notices."""

import threading

import pytest

from lib.certs import replace_file
from lib.daemon import fingerprint
from lib.workshop import ATTENTION, NO_DAEMON, USAGE, refused, tool

BOTH = {"web-access": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
        "client": {"listeners": ({"address": "127.0.0.1", "port": 0},)}}


def place(running):
    return ["--config", running.config, "--state", running.state]


def create(running, *arguments, **options):
    return tool(*place(running), "--json", "create", *arguments, "--wait", **options)


def test_what_is_made_is_served_when_the_verb_returns(daemon):
    running = daemon()
    for number in range(5):
        name = f"mail{number}.example.org"
        answer = create(running, name).answer
        assert running.served_fingerprint(sni=name) == answer["fingerprint"]
        assert answer["served"] == {"listener": f"https 127.0.0.1:{running.port()}",
                                    "server_name": name, "service": "web-access"}
        assert "why" not in answer
    text = tool(*place(running), "create", "text.example.org", "--wait").out
    assert (f"  served        by service web-access at https 127.0.0.1:{running.port()}, to clients "
            "that ask for text.example.org\n") in text
    # The look from outside is not taken for a client that dislikes the certificate.
    assert "refused" not in running.log and "left web-access" not in running.log


def test_a_wildcard_is_looked_for_below_it(daemon, certs):
    running = daemon()
    certs.make("www.example.org").put(running.store, "www")
    answer = create(running, "*.example.org").answer
    assert answer["served"]["server_name"] == "any.example.org"


def test_a_certificate_without_names_goes_to_clients_without_one(daemon):
    running = daemon()
    answer = create(running, "old.example.org", "--classic").answer
    assert answer["served"]["service"] == "web-access"


def test_what_goes_first_is_named(daemon, certs, tmp_path):
    running = daemon()
    certs.make("later.example.org").put(running.store, "ours")
    tool(*place(running), "select", "web-access", "ours")
    answer = create(running, "new.example.org", status=ATTENTION).answer
    assert answer["served"] is None
    again = " ".join(["mailstorectl", *map(str, place(running)), "select web-access"])
    assert answer["why"] == (f'service web-access is pinned to "ours"; "{again} new.example.org" '
                             'pins it to this one')
    answer = create(running, "spare.example.org", "--entry", "my spare", status=ATTENTION).answer
    assert f"\"{again} 'my spare'\" pins it to this one" in answer["why"]
    text = tool(*place(running), "create", "newer.example.org", "--wait", status=ATTENTION).out
    assert '  NOT SERVED    service web-access is pinned to "ours"' in text
    tool(*place(running), "unselect", "web-access")

    # The same name by a key that goes first; and for those without a name it is not the newest.
    other = tmp_path / "other.pem"
    other.write_bytes(certs.make("later.example.org", key="rsa").both_pem)
    answer = tool(*place(running), "--json", "import", other, "--wait", status=ATTENTION).answer
    assert 'that ask for later.example.org get "ours", which names it too' in answer["why"]


def test_what_is_refused_says_why(daemon, certs):
    """What the tool puts there the daemon takes; so somebody else spoils it at once."""
    running = daemon()
    certs.make("mail.example.org").put(running.store, "mail")
    tool(*place(running), "rename", "mail", "post", "--wait")
    replace_file(running.store / "bad.pem", b"-----BEGIN CERTIFICATE-----\nnonsense\n")
    answer = tool(*place(running), "--json", "rename", "bad", "worse", "--wait",
                  status=ATTENTION).answer
    assert answer["why"].startswith('the daemon refuses "worse": ')


def test_another_store_than_the_daemons_is_named(daemon, tmp_path):
    running = daemon()
    other = tmp_path / "other"
    answer = tool(*place(running), "--store", other, "--json", "create", "mail.example.org",
                  "--wait", status=ATTENTION).answer
    assert answer["why"] == f"the daemon's store is {running.store}, not {other}"
    # By another path it is the same.
    link = tmp_path / "link"
    link.symlink_to(running.store)
    tool(*place(running), "--store", link, "create", "mail.example.org", "--wait")


def test_without_a_daemon_it_is_made_all_the_same(daemon, tmp_path):
    ran = tool("--store", tmp_path / "store", "create", "mail.example.org", "--wait",
               status=NO_DAEMON)
    assert "no daemon is known" in ran.errors and (tmp_path / "store/mail.example.org.pem").exists()
    running = daemon()
    running.stop()
    ran = tool(*place(running), "--json", "create", "mail.example.org", "--wait", status=NO_DAEMON)
    assert "no daemon answers" in ran.errors and "served" not in ran.answer
    assert (running.store / "mail.example.org.pem").exists()


def test_what_is_removed_is_gone_when_the_verb_returns(daemon, certs):
    running = daemon()
    for name in ("mail", "other"):
        certs.make(f"{name}.example.org").put(running.store, name)
    [removed] = tool(*place(running), "--json", "remove", "mail", "--wait").answer["removed"]
    assert removed["gone"] is True
    shown = tool(*place(running), "--json", "list").answer
    assert shown["source"] == "daemon"
    assert "mail" not in {entry["name"] for entry in shown["entries"]}


# ---- under load

class Visitor(threading.Thread):
    """Connects and asks again and again; keeps every failure, and which certificates it saw."""

    def __init__(self, running, service, sni):
        super().__init__()
        self.running, self.service, self.sni = running, service, sni
        self.over = threading.Event()
        self.visits, self.failures, self.seen = 0, [], set()

    def run(self):
        while not self.over.is_set():
            try:
                with self.running.connect(self.service, sni=self.sni) as connection:
                    self.seen.add(fingerprint(connection.certificate))
                    assert connection.ask("/healthz").status == 200
            except Exception as failure:  # whatever it is, a client noticed
                self.failures.append(repr(failure))
            self.visits += 1


@pytest.mark.timeout(300)
def test_no_client_notices_that_the_store_is_worked_on(daemon, certs):
    running = daemon({"services": BOTH}, listen=())
    where = place(running)
    stays = certs.make("stays.example.org").put(running.store, "stays")
    tool(*where, "select", "client", "stays", "--wait")
    tool(*where, "authority", "create", "--domain", "example.org")
    visitors = [Visitor(running, "web-access", None), Visitor(running, "web-access", "a.example.org"),
                Visitor(running, "client", "b.example.org")]
    for visitor in visitors:
        visitor.start()
    try:
        for _ in range(4):
            tool(*where, "create", "a.example.org", "--wait")
            tool(*where, "rename", "a.example.org", "b", "--wait")
            tool(*where, "mark", "b", "--exportable")
            tool(*where, "select", "web-access", "b", "--wait")
            tool(*where, "authority", "issue", "c.example.org", "--force", "--wait",
                 status=ATTENTION)  # web-access and client are pinned
            tool(*where, "authority", "renew", "c.example.org")
            tool(*where, "unselect", "web-access", "--wait")
            tool(*where, "remove", "b", "--wait")
    finally:
        for visitor in visitors:
            visitor.over.set()
            visitor.join()
    for visitor in visitors:
        assert visitor.failures == []
        assert visitor.visits > 20
    assert len(visitors[0].seen) > 4
    # Who was pinned all the time saw one certificate.
    assert visitors[2].seen == {fingerprint(stays.der)}
    assert "refused" not in running.log


def test_the_wrong_place_for_waiting():
    assert "--wait waits for entries" in refused("--store", "/nonexistent", "authority", "renew",
                                                 "--wait", status=USAGE)
