"""Every way in which a certificate is replaced or removed: served at the next handshake, without
a restart, and said in one line."""

import os
import shutil
import signal
import subprocess
import threading

import pytest

from lib import sandbox
from lib.certs import replace_file, write_in_place
from lib.daemon import fingerprint
from lib.waiting import SLOWNESS, await_condition


@pytest.fixture
def pair(certs):
    return certs.make("mail.example.org"), certs.newer("mail.example.org")


def serving(daemon, first, config=None, **how):
    running = daemon(config, **how)
    first.put(running.store, "mine")
    running.await_served(first)
    return running


# ---- replacing

def test_replaced_by_rename(daemon, pair):
    first, second = pair
    running = serving(daemon, first)
    mark = running.mark()
    second.put(running.store, "mine")
    running.await_served(second)
    line = running.await_log("store: mine replaced: .*$", since=mark)[0]
    assert fingerprint(second.der) in line and "mail.example.org" in line
    assert running.log.count(" replaced: ") == 1 and running.log.count("mine added: ") == 1


def test_replaced_in_place(daemon, pair):
    first, second = pair
    running = serving(daemon, first)
    write_in_place(running.store / "mine.pem", second.both_pem)
    running.await_served(second)
    assert "refused" not in running.log


def test_written_slowly_in_pieces(daemon, pair):
    """Longer than any settling time: the last good one serves, and the end is what counts."""
    first, second = pair
    running = serving(daemon, first)
    data = second.both_pem
    with open(running.store / "mine.pem", "wb") as file:
        for begin in range(0, len(data), 200):
            file.write(data[begin:begin + 200])
            file.flush()
            os.fsync(file.fileno())
            assert running.served_fingerprint() == fingerprint(first.der) or \
                begin + 200 >= len(data)
    running.await_served(second)


def test_overwritten_with_the_old_times(daemon, pair):
    """Modification times lie."""
    first, second = pair
    running = serving(daemon, first)
    before = os.stat(running.store / "mine.pem")
    write_in_place(running.store / "mine.pem", second.both_pem)
    os.utime(running.store / "mine.pem", ns=(before.st_atime_ns, before.st_mtime_ns))
    running.await_served(second)
    replace_file(running.store / ".third", first.both_pem)
    os.utime(running.store / ".third", ns=(0, 0))
    os.replace(running.store / ".third", running.store / "mine.pem")
    running.await_served(first)


def test_copied_and_linked_and_moved_in(daemon, pair, tmp_path):
    first, second = pair
    running = serving(daemon, first)
    source = tmp_path / "source.pem"
    write_in_place(source, second.both_pem)
    for command in (["cp", source, running.store / "mine.pem"],
                    ["install", "-m", "600", source, running.store / "mine.pem"],
                    ["ln", "-f", source, running.store / "mine.pem"],
                    ["mv", source, running.store / "mine.pem"]):
        first.put(running.store, "mine")
        running.await_served(first)
        subprocess.run(command, check=True)
        running.await_served(second)


def test_key_and_certificate_one_after_the_other(daemon, pair):
    """In between they do not match: the last good pair serves, and nothing is called wrong that is
    only unfinished."""
    first, second = pair
    running = daemon()
    replace_file(running.store / "mine.key", first.key_pem)
    replace_file(running.store / "mine.crt", first.chain_pem)
    running.await_served(first)
    for certificate, order in ((second, ("key", "crt")), (first, ("crt", "key"))):
        for suffix in order:
            data = certificate.key_pem if suffix == "key" else certificate.chain_pem
            replace_file(running.store / f"mine.{suffix}", data)
        running.await_served(certificate)
    assert "refused" not in running.log


def test_a_pair_that_never_matches_is_refused_in_the_end(daemon, pair):
    first, second = pair
    running = daemon()
    replace_file(running.store / "mine.key", first.key_pem)
    replace_file(running.store / "mine.crt", first.chain_pem)
    running.await_served(first)
    replace_file(running.store / "mine.key", second.key_pem)
    running.await_log(r"store: \S+/mine\.(key|crt) refused: .*match")
    assert running.served_fingerprint() == fingerprint(first.der)
    replace_file(running.store / "mine.crt", second.chain_pem)
    running.await_served(second)


# ---- links

def test_a_link_is_turned(daemon, pair, tmp_path):
    first, second = pair
    running = daemon()
    for name, certificate in (("first", first), ("second", second)):
        write_in_place(tmp_path / f"{name}.pem", certificate.both_pem)
    (running.store / "mine.pem").symlink_to(tmp_path / "first.pem")
    running.await_served(first)
    os.symlink(tmp_path / "second.pem", running.store / ".next")
    os.replace(running.store / ".next", running.store / "mine.pem")
    running.await_served(second)


def test_what_a_link_leads_to_is_replaced(daemon, pair, tmp_path):
    first, second = pair
    running = daemon()
    far = tmp_path / "far"
    far.mkdir()
    replace_file(far / "some.pem", first.both_pem)
    (tmp_path / "near").symlink_to("far")
    (tmp_path / "between.pem").symlink_to("near/some.pem")
    (running.store / "mine.pem").symlink_to(tmp_path / "between.pem")
    running.await_served(first)
    replace_file(far / "some.pem", second.both_pem)
    running.await_served(second)
    other = tmp_path / "other"
    other.mkdir()
    replace_file(other / "some.pem", first.both_pem)
    os.symlink("other", tmp_path / ".near")
    os.replace(tmp_path / ".near", tmp_path / "near")
    running.await_served(first)


def mounted_secret(folder, certificate, version):
    """As the kubelet writes a Secret: data in a dated folder, `..data` leading there."""
    dated = folder / f"..2026_11_24_{version}"
    dated.mkdir()
    write_in_place(dated / "tls.crt", certificate.chain_pem)
    write_in_place(dated / "tls.key", certificate.key_pem)
    os.symlink(dated.name, folder / "..data_tmp")
    os.replace(folder / "..data_tmp", folder / "..data")
    for name in ("tls.crt", "tls.key"):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    return dated


@pytest.mark.parametrize("through_a_link", [False, True], ids=["in the store", "linked"])
def test_kubernetes_atomic_swap(daemon, certs, tmp_path, through_a_link):
    running = daemon()
    volume = tmp_path / "volume" if through_a_link else running.store / "mine"
    volume.mkdir()
    before = None
    for version in range(5):
        certificate = certs.newer("mail.example.org", by_hours=version)
        dated = mounted_secret(volume, certificate, version)
        if through_a_link and version == 0:
            (running.store / "mine").symlink_to(volume)
        if before:
            shutil.rmtree(before)
        before = dated
        running.await_served(certificate)
    assert "refused" not in running.log
    assert running.log.count("mine replaced: ") == 4


def test_certbots_renewal(daemon, certs, tmp_path):
    """archive/NAME/fullchainN.pem, and live/NAME/fullchain.pem that leads there."""
    archive, live = (tmp_path / "letsencrypt" / kind / "mail.example.org"
                     for kind in ("archive", "live"))
    archive.mkdir(parents=True)
    live.mkdir(parents=True)
    running = daemon()
    for number in range(1, 4):
        certificate = certs.newer("mail.example.org", by_hours=number, issuer=certs.authority())
        for name, data in (("privkey", certificate.key_pem), ("cert", certificate.pem),
                           ("chain", certificate.issuer.pem),
                           ("fullchain", certificate.chain_pem)):
            write_in_place(archive / f"{name}{number}.pem", data)
            (live / f"{name}.pem").unlink(missing_ok=True)
            (live / f"{name}.pem").symlink_to(
                f"../../archive/mail.example.org/{name}{number}.pem")
        if number == 1:
            (running.store / "mail.example.org").symlink_to(live)
        running.await_served(certificate)
    assert "refused" not in running.log


# ---- removing

def test_removed_means_gone_at_the_next_handshake(daemon, pair):
    first, _ = pair
    running = daemon()
    generated = running.served_fingerprint()
    first.put(running.store, "mine")
    running.await_served(first)
    with running.connect() as open_one:
        (running.store / "mine.pem").unlink()
        await_condition("it is gone", lambda: running.served_fingerprint() == generated)
        assert open_one.ask("/certificate.cer").body == first.der, \
            "a connection keeps what it began with"
    running.await_log("store: mine removed")


def test_half_removed_is_a_refusal_and_keeps_serving(daemon, pair):
    first, _ = pair
    running = daemon()
    replace_file(running.store / "mine.key", first.key_pem)
    replace_file(running.store / "mine.crt", first.chain_pem)
    running.await_served(first)
    (running.store / "mine.key").unlink()
    running.await_log(r"store: \S*mine\S* refused: ")
    assert running.served_fingerprint() == fingerprint(first.der)


def test_the_generated_entry_is_made_again_if_nothing_is_left(daemon):
    running = daemon()
    before = running.served_fingerprint()
    (running.store / "MailStoreServer.pem").unlink()
    await_condition("a new one serves", lambda: running.served_fingerprint() != before)
    assert (running.store / "MailStoreServer.pem").exists()


def test_the_folder_vanishes_and_returns(daemon, pair):
    first, second = pair
    running = serving(daemon, first)
    mark = running.mark()
    aside = running.store.with_name("aside")
    running.store.rename(aside)
    running.await_log("store: ", since=mark)
    assert running.served_fingerprint() == fingerprint(first.der)
    mark = running.mark()
    aside.rename(running.store)
    running.await_log("store: ", since=mark)
    second.put(running.store, "mine")
    running.await_served(second)


def test_another_folder_takes_the_place_of_the_store(daemon, pair):
    first, second = pair
    running = serving(daemon, first)
    other = running.store.with_name("other")
    other.mkdir(mode=0o700)
    second.put(other, "mine")
    running.store.rename(running.store.with_name("old"))
    other.rename(running.store)
    running.await_served(second)
    first.put(running.store, "mine")
    running.await_served(first)


def test_the_store_is_deleted_while_serving(daemon, pair):
    first, second = pair
    running = serving(daemon, first)
    shutil.rmtree(running.store)
    assert running.fetch().status == 200
    running.store.mkdir(mode=0o700, exist_ok=True)  # the daemon may have made it by now
    second.put(running.store, "mine")
    running.await_served(second)


def test_an_entrys_folder_vanishes_and_returns(daemon, pair):
    first, second = pair
    running = daemon()
    for certificate in (first, second):
        folder = running.store / "mine"
        folder.mkdir()
        write_in_place(folder / "tls.key", certificate.key_pem)
        write_in_place(folder / "tls.crt", certificate.chain_pem)
        running.await_served(certificate)
        shutil.rmtree(folder)
        await_condition("gone", lambda served=certificate:
                        running.served_fingerprint() != fingerprint(served.der))


# ---- events, too many and too few

def test_thousands_of_events_delay_nothing(daemon, certs):
    """The folder is never quiet; the change must be seen in the middle of it."""
    running = serving(daemon, certs.make("mail.example.org"))
    over = threading.Event()

    def flood(name):
        while not over.is_set():
            path = running.store / f".{name}"
            path.write_bytes(b"x")
            path.rename(running.store / f".{name}2")
            (running.store / f"{name}.txt").write_bytes(b"y")
            (running.store / f".{name}2").unlink()
    writers = [threading.Thread(target=flood, args=(name,)) for name in ("one", "two")]
    for writer in writers:
        writer.start()
    try:
        for number in range(5):
            certificate = certs.newer("mail.example.org", by_hours=number + 1)
            certificate.put(running.store, "mine")
            running.await_served(certificate)
    finally:
        over.set()
        for writer in writers:
            writer.join()


def test_an_overflown_queue_loses_nothing(daemon, certs):
    """While the daemon stands still, more happens than the kernel keeps."""
    with open("/proc/sys/fs/inotify/max_queued_events") as limit:
        room = int(limit.read())
    running = serving(daemon, certs.make("mail.example.org"))
    after = certs.newer("mail.example.org")
    running.signal(signal.SIGSTOP)
    for number in range(room):  # alternating, since equal events in a row become one
        noise = running.store / f".{number % 2}"
        os.close(os.open(noise, os.O_CREAT | os.O_WRONLY, 0o600))
        noise.unlink()
    after.put(running.store, "mine")
    running.signal(signal.SIGCONT)
    running.await_served(after)


def test_hundreds_of_entries_come_and_go(daemon, certs):
    running = daemon()
    key = certs.make("x").key
    entries = [certs.make(f"host{number}.example.org", key=key) for number in range(300)]
    for number, certificate in enumerate(entries):
        certificate.put(running.store, f"host{number}")
    for number in (0, 150, 299):
        running.await_served(entries[number], sni=f"host{number}.example.org")
    for number in range(299):
        (running.store / f"host{number}.pem").unlink()
    running.await_served(entries[299], sni="host0.example.org")
    await_condition("each change is said once", lambda: (
        running.log.count(" added: ") >= 300 and running.log.count(" removed") >= 299))
    assert running.log.count(" added: ") <= 301 and running.log.count(" removed") == 299


def test_without_events_the_slow_poll_finds_it(daemon, pair):
    first, second = pair
    running = serving(daemon, first, {"store": {"poll_interval_s": 1}},
                      wrap=sandbox.without_file_events())
    second.put(running.store, "mine")
    running.await_served(second)
    (running.store / "mine.pem").unlink()
    await_condition("gone", lambda: running.served_fingerprint() != fingerprint(second.der))


def test_a_poll_of_many_entries_is_cheap(daemon, certs):
    """It looks at what changed, it does not read everything again."""
    key = certs.make("x").key

    def fill(made):
        made.store.mkdir(parents=True, mode=0o700)
        for number in range(500):
            certs.make(f"host{number}.example.org", key=key).put(made.store, f"host{number}")
    running = daemon({"store": {"poll_interval_s": 1}}, prepare=fill)
    running.fetch()
    spent = running.cpu_s
    marked = certs.newer("last.example.org").put(running.store, "last")
    running.await_served(marked, sni="last.example.org")
    for number in range(5):
        (running.store / f".touch{number}").touch()
        newer = certs.newer("last.example.org", by_hours=number + 2).put(running.store, "last")
        running.await_served(newer, sni="last.example.org")
    spent = running.cpu_s - spent
    assert spent < 1.0 * SLOWNESS, f"{spent:.2f} s for six changes among 500 entries"
