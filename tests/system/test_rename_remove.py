"""mailstorectl rename, remove and mark: with files alone, and with the daemon serving them."""

import json
import os
import threading

import pytest

from lib.certs import replace_file
from lib.daemon import fingerprint
from lib.workshop import (ATTENTION, FAILED, NO_ENTRY, USAGE, content, on_terminal, refused, tool)

TWO_SERVICES = {
    "web-access": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
    "client": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
}


def place(running):
    return ["--config", running.config, "--state", running.state]


def visible(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


@pytest.fixture
def store(tmp_path, certs):
    """Entries of every form."""
    folder = tmp_path / "store"
    folder.mkdir(mode=0o700)
    certs.make("one.example.org").put(folder, "one")
    pair = certs.leaf("pair.example.org")
    replace_file(folder / "pair.crt", pair.chain_pem)
    replace_file(folder / "pair.key", pair.key_pem)
    replace_file(folder / "pair.ocsp", pair.staple())
    replace_file(folder / "pfx.pfx", certs.make("pfx.example.org").pfx("secret"))
    replace_file(folder / "pfx.pass", b"secret\n")
    secret = certs.make("secret.example.org")
    (folder / "secret").mkdir(mode=0o700)
    replace_file(folder / "secret/tls.crt", secret.pem)
    replace_file(folder / "secret/tls.key", secret.key_pem)
    return folder


# ---- rename

@pytest.mark.parametrize("entry, before, after", [
    ("one", ["one.pem"], ["new.pem"]),
    ("pair", ["pair.crt", "pair.key", "pair.ocsp"], ["new.crt", "new.key", "new.ocsp"]),
    ("pfx", ["pfx.pass", "pfx.pfx"], ["new.pass", "new.pfx"]),
    ("secret", ["secret"], ["new"]),
])
def test_an_entry_is_renamed_with_all_its_files(store, entry, before, after):
    tool("--store", store, "mark", entry, "--friendly-name", "Ours")
    others = set(visible(store)) - set(before) - {f"{entry}.meta"}
    told = tool("--store", store, "--json", "show", entry).answer["entry"]
    answer = tool("--store", store, "--json", "rename", entry, "new").answer
    assert set(visible(store)) == others | set(after) | {"new.meta"}
    assert (answer["entry"], answer["previous"], answer["selected"]) == ("new", entry, [])
    assert answer["fingerprint"] == told["fingerprint"] == answer["certificate"]["fingerprint"]
    shown = tool("--store", store, "--json", "show", "new").answer["entry"]
    assert shown == {**told, "name": "new"}
    assert shown["friendly_name"] == "Ours"


def test_what_cannot_be_renamed_stays(store):
    before = content(store)
    where = ["--store", store, "rename"]
    assert 'did you mean "one"?' in refused(*where, "on", "new", status=NO_ENTRY)
    assert "has an entry" in refused(*where, "one", "pair")
    assert "is the name of the certificate that the daemon makes" in refused(
        *where, "one", "MailStoreServer")
    for name in (".hidden", "a/b", "x.pem", "authority", "x~", "a\nb", ""):
        refused(*where, "one", name, status=USAGE)
    assert "both names are" in refused(*where, "one", "one", status=USAGE)
    assert content(store) == before
    tool(*where, "--force", "one", "MailStoreServer")
    assert "MailStoreServer.pem" in visible(store)


def test_a_broken_entry_can_be_renamed_too(store):
    replace_file(store / "bad.pem", b"-----BEGIN CERTIFICATE-----\nnonsense\n")
    answer = tool("--store", store, "--json", "rename", "bad", "worse").answer
    assert answer["fingerprint"] is None and answer["certificate"] is None
    assert (store / "worse.pem").exists() and not (store / "bad.pem").exists()


def test_services_follow(daemon, certs):
    running = daemon({"services": TWO_SERVICES}, listen=())
    made = certs.make("old.example.org").put(running.store, "old")
    certs.newer("new.example.org").put(running.store, "other")
    for service in ("web-access", "client"):
        tool(*place(running), "select", service, "old", "--wait")
    answer = tool(*place(running), "--json", "rename", "old", "better", "--wait").answer
    assert answer["selected"] == ["client", "web-access"]
    assert answer["served"]["service"] in ("client", "web-access")
    for service in ("web-access", "client"):
        assert running.served_fingerprint(service=service) == fingerprint(made.der)
    assert json.loads((running.state / "pins").read_text()) == {
        "web-access": "better", "client": "better"}


def test_a_renaming_that_was_interrupted_is_finished_by_the_same_command(daemon, certs):
    running = daemon()
    made = certs.make("old.example.org").put(running.store, "old")
    certs.newer("new.example.org").put(running.store, "other")
    tool(*place(running), "select", "web-access", "old", "--wait")
    os.rename(running.store / "old.pem", running.store / "better.pem")
    answer = tool(*place(running), "--json", "rename", "old", "better").answer
    assert answer["selected"] == ["web-access"]
    assert running.served_fingerprint() == fingerprint(made.der)
    refused(*place(running), "rename", "old", "better", status=NO_ENTRY)


def test_the_line_that_pins_it_is_named(daemon, certs):
    config = {"services": {"web-access": {
        "listeners": ({"address": "127.0.0.1", "port": 0, "certificate": "old"},)}}}
    running = daemon(config, listen=())
    made = certs.make("old.example.org").put(running.store, "old")
    certs.newer("new.example.org").put(running.store, "other")
    running.await_served(made)
    line = 1 + next(number for number, text in enumerate(running.config.read_text().splitlines())
                    if "listeners = " in text)
    for verb in (["rename", "old", "better"], ["remove", "old"]):
        assert f"{running.config}:{line}: the configuration pins service web-access" in refused(
            *place(running), *verb)
    assert running.served_fingerprint() == fingerprint(made.der)
    tool(*place(running), "rename", "--force", "old", "better")
    # Another store than the daemon's is none of its configuration's business.
    elsewhere = running.folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("old", "another"):
        certs.make(f"{name}.example.org").put(elsewhere, name)
    tool(*place(running), "--store", elsewhere, "remove", "old")


def test_what_the_daemon_has_issued_for_a_service_is_pinned_too(daemon, certs):
    """certificate = "authority" stands for the entry authority-web-access."""
    config = {"services": {"web-access": {
        "certificate": "authority", "listeners": ({"address": "127.0.0.1", "port": 0},)}}}
    running = daemon(config, listen=())
    for entry in ("authority-web-access", "authority-client"):
        certs.make("mail.example.org").put(running.store, entry)
    for verb in (["rename", "authority-web-access", "mine"], ["remove", "authority-web-access"]):
        said = refused(*place(running), *verb)
        assert 'pins service web-access to "authority-web-access"' in said
    tool(*place(running), "remove", "authority-client")


# ---- remove

def test_entries_are_removed_with_all_their_files(store):
    tool("--store", store, "mark", "pair", "--friendly-name", "Ours")
    answer = tool("--store", store, "--json", "remove", "pair", "secret", "pair").answer
    assert [removed["entry"] for removed in answer["removed"]] == ["pair", "secret"]
    assert visible(store) == ["one.pem", "pfx.pass", "pfx.pfx"]


def test_all_go_or_none(store):
    before = content(store)
    assert 'did you mean "one"?' in refused("--store", store, "remove", "pair", "onne",
                                            status=NO_ENTRY)
    assert content(store) == before


def test_a_folder_that_a_link_leads_to_stays(store, certs, tmp_path):
    outside = tmp_path / "live"
    outside.mkdir()
    made = certs.make("bot.example.org")
    replace_file(outside / "fullchain.pem", made.pem)
    replace_file(outside / "privkey.pem", made.key_pem)
    (store / "bot").symlink_to(outside)
    tool("--store", store, "remove", "bot")
    assert not (store / "bot").is_symlink() and visible(outside) == ["fullchain.pem", "privkey.pem"]


def test_the_last_that_can_be_served_stays(store, certs):
    where = ["--store", store, "remove"]
    certs.make("generated.example.org").put(store, "MailStoreServer")
    replace_file(store / "bad.pem", b"-----BEGIN CERTIFICATE-----\nnonsense\n")
    tool(*where, "pair", "pfx", "secret")
    assert '"one" is the last that can be served' in refused(*where, "one")
    assert '"one" is the last' in refused(*where, "one", "MailStoreServer")
    tool(*where, "bad")
    tool(*where, "MailStoreServer")
    assert visible(store) == ["one.pem"]
    tool(*where, "--force", "one")
    assert visible(store) == []
    certs.make("generated.example.org").put(store, "MailStoreServer")
    assert '"MailStoreServer" is the last' in refused(*where, "MailStoreServer")


def test_a_person_is_asked(store):
    where = ["--store", store, "remove"]
    before = content(store)
    shown = on_terminal(*where, "one", "pair", answers=[("[y/N] ", "n")], status=FAILED)
    assert "one (CN=one.example.org), pair (CN=pair.example.org)?" in shown
    assert "nothing was removed" in shown and content(store) == before
    on_terminal(*where, "one", answers=[("[y/N] ", "")], status=FAILED)
    on_terminal(*where, "one", answers=[("[y/N] ", "y")])
    assert not (store / "one.pem").exists()
    assert "[y/N]" not in on_terminal(*where, "--yes", "pair")


def test_the_daemon_lets_it_go(daemon, certs):
    running = daemon()
    made = certs.make("old.example.org").put(running.store, "old")
    other = certs.newer("new.example.org").put(running.store, "other")
    tool(*place(running), "select", "web-access", "old", "--wait")
    [removed] = tool(*place(running), "--json", "remove", "old", "--wait").answer["removed"]
    assert removed == {"entry": "old", "subject": "CN=old.example.org", "gone": True,
                       "fingerprint": fingerprint(made.der), "unselected": ["web-access"]}
    assert running.served_fingerprint() == fingerprint(other.der)
    assert json.loads((running.state / "pins").read_text()) == {}


def test_a_removal_that_was_interrupted_is_finished_by_the_same_command(daemon, certs):
    running = daemon()
    certs.make("old.example.org").put(running.store, "old")
    certs.make("other.example.org").put(running.store, "other")
    tool(*place(running), "select", "web-access", "old", "--wait")
    (running.store / "old.pem").unlink()
    [removed] = tool(*place(running), "--json", "remove", "old").answer["removed"]
    assert removed["unselected"] == ["web-access"] and removed["fingerprint"] is None
    refused(*place(running), "remove", "old", status=NO_ENTRY)


# ---- mark

def test_marks_are_kept_and_told(store):
    where = ["--store", store]
    answer = tool(*where, "--json", "mark", "one", "--exportable", "--friendly-name", "Größe").answer
    assert answer == {"entry": "one", "friendly_name": "Größe", "exportable": True}
    assert (store / "one.meta").stat().st_mode & 0o777 == 0o600
    meta = json.loads((store / "one.meta").read_text())
    assert meta == {"friendly_name": "Größe", "exportable": True}
    # What another version wrote there is kept.
    replace_file(store / "one.meta", json.dumps({**meta, "colour": "blue"}).encode())
    tool(*where, "mark", "one", "--no-friendly-name")
    assert json.loads((store / "one.meta").read_text()) == {"exportable": True, "colour": "blue"}
    text = tool(*where, "show", "one").out
    assert "exportable    yes" in text and "friendly" not in text
    [one] = [entry for entry in tool(*where, "--json", "list").answer["entries"]
             if entry["name"] == "one"]
    assert one["exportable"] is True and one["friendly_name"] is None
    tool(*where, "mark", "one", "--not-exportable")
    assert tool(*where, "--json", "show", "one").answer["entry"]["exportable"] is False


def test_wrong_marks_change_nothing(store):
    where = ["--store", store, "mark"]
    before = content(store)
    refused(*where, "onne", "--exportable", status=NO_ENTRY)
    for wrong in ([], ["--exportable", "--not-exportable"], ["--friendly-name", "a\x1bb"],
                  ["--friendly-name", "x", "--no-friendly-name"], ["--friendly-name", "x" * 257]):
        refused(*where, "one", *wrong, status=USAGE)
    replace_file(store / "pair.meta", b"[1]")
    assert "pair.meta" in refused(*where, "pair", "--exportable")
    assert content(store) == {**before, "pair.meta": b"[1]"}


# ---- all of it at once

def test_many_tools_at_once_lose_nothing(store):
    """Each takes its turn; the store is never in between."""
    def work(number):
        name = f"own{number}"
        for i in range(3):
            tool("--store", store, "mark", "one", "--friendly-name", name)
            tool("--store", store, "rename", name if i % 2 else f"{name}.x",
                 f"{name}.x" if i % 2 else name)

    for number in range(4):
        tool("--store", store, "create", f"own{number}.example.org", "--entry", f"own{number}.x")
    failures = []
    threading.excepthook = lambda raised: failures.append(raised.exc_value)
    workers = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    threading.excepthook = threading.__excepthook__
    assert failures == []
    answer = tool("--store", store, "--json", "list").answer
    assert answer["refused"] == []
    assert [entry["name"] for entry in answer["entries"]] == [
        "one", "own0", "own1", "own2", "own3", "pair", "pfx", "secret"]
