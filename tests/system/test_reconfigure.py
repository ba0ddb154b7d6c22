"""SIGHUP: listeners come and go, open connections live on, a broken file changes nothing."""

import signal
import subprocess

from lib.daemon import MAILSTORECTL, fingerprint
from lib.waiting import await_condition


def listeners(*addresses, **service):
    return {"services": {"web-access": {"listeners": tuple(
        {"address": address, "port": port} for address, port in addresses), **service}}}


def refuses_connections(daemon, address, port):
    """For good: one that a listener took just before it closed is reset, which says nothing yet."""
    try:
        daemon.connect(address=address, port=port, context=None).close()
    except OSError as error:
        return isinstance(error, ConnectionRefusedError)
    return False


def serves(daemon, address, port):
    try:
        return daemon.fetch(address=address, port=port).status == 200
    except OSError:
        return False


def test_a_listener_is_added_and_removed_and_the_others_keep_their_port(daemon):
    running = daemon(listeners(("127.0.0.1", 0)), listen=[])
    first = running.port(address="127.0.0.1")
    with running.connect(port=first) as connection:
        assert connection.ask().status == 200

        running.configure(listeners(("127.0.0.1", 0), ("127.0.0.2", 0)))
        running.reload()
        await_condition("the second listener is there", lambda: len(running.listening) == 2)
        second = running.port(address="127.0.0.2")
        assert running.port(address="127.0.0.1") == first, "an unchanged listener is left alone"
        assert running.fetch(address="127.0.0.2", port=second).status == 200
        assert connection.ask().status == 200

        running.configure(listeners(("127.0.0.2", 0)))
        running.reload()
        await_condition("the first listener is gone",
                        lambda: refuses_connections(running, "127.0.0.1", first))
        assert connection.ask().status == 200, "a connection outlives its listener"
        await_condition("the file says so", lambda: len(running.listening) == 1)
        assert running.fetch(address="127.0.0.2", port=second).status == 200


def test_a_listener_on_every_address_narrows_to_one_on_the_same_port(daemon):
    """The new one cannot be bound while the old one stands."""
    running = daemon(listeners(("*", 0)), listen=[])
    port = running.port()
    with running.connect() as kept:
        kept.ask()
        running.configure(listeners(("127.0.0.1", port)))
        running.reload()
        await_condition("127.0.0.2 is left",
                        lambda: refuses_connections(running, "127.0.0.2", port))
        await_condition("127.0.0.1 is served",
                        lambda: serves(running, "127.0.0.1", port))
        assert running.fetch(port=port).status == 200
        assert kept.ask().status == 200
        running.configure(listeners(("*", port)))
        running.reload()
        await_condition("127.0.0.2 is served again",
                        lambda: serves(running, "127.0.0.2", port))
        assert kept.ask().status == 200


def test_a_broken_file_changes_nothing(daemon):
    running = daemon(listeners(("127.0.0.1", 0)), listen=[])
    before = running.listening
    with running.connect() as connection:
        connection.ask()
        for broken in ("services: {", "nonsense = 1;", 'services: { web-access: { listeners = '
                       '( { address = "127.0.0.9"; port = 70000; } ); }; };'):
            mark = running.mark()
            running.configure(broken)
            running.reload()
            running.await_log(r"mailstored\.conf:1: ", since=mark)
            assert running.listening == before
            assert running.fetch().status == 200
        assert connection.ask().status == 200

        running.configure(listeners(("127.0.0.1", 0), ("127.0.0.4", 0)))
        running.reload()
        await_condition("the mended file is taken", lambda: len(running.listening) == 2)
        assert connection.ask().status == 200


def test_an_address_that_cannot_be_bound_changes_nothing(daemon):
    running = daemon(listeners(("127.0.0.1", 0)), listen=[])
    mark = running.mark()
    before = running.listening
    running.configure(listeners(("127.0.0.1", 0), ("203.0.113.250", 9443)))
    running.reload()
    running.await_log(r"203\.0\.113\.250", since=mark)
    assert running.listening == before
    assert running.fetch().status == 200


def test_a_missing_file_changes_nothing(daemon):
    running = daemon(listeners(("127.0.0.1", 0)), listen=[])
    mark = running.mark()
    running.config.unlink()
    running.reload()
    running.await_log(r"mailstored\.conf", since=mark)
    assert running.fetch().status == 200


def test_the_pin_changes_with_the_next_handshake(daemon, certs):
    running = daemon(listeners(("127.0.0.1", 0), certificate="first"), listen=[])
    first = certs.make("a.example.org").put(running.store, "first")
    second = certs.make("b.example.org").put(running.store, "second")
    running.await_served(first)
    assert running.served_fingerprint(sni="b.example.org") == fingerprint(first.der)
    running.configure(listeners(("127.0.0.1", 0), certificate="second"))
    running.reload()
    running.await_served(second)
    assert running.served_fingerprint(sni="a.example.org") == fingerprint(second.der)


def test_tls_versions_change_without_a_new_port(daemon):
    running = daemon({**listeners(("127.0.0.1", 0)), "tls": {"versions": ["1.3"]}}, listen=[])
    port = running.port()
    with running.connect() as connection:
        assert connection.socket.version() == "TLSv1.3"
        running.configure({**listeners(("127.0.0.1", 0)), "tls": {"versions": ["1.2"]}})
        running.reload()

        def speaks_1_2():
            with running.connect(port=port) as other:
                return other.socket.version() == "TLSv1.2"
        await_condition("new connections speak TLS 1.2", speaks_1_2)
        assert connection.ask().status == 200


def test_the_store_moves(daemon, certs, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    there = certs.make("there.example.org").put(elsewhere, "there")
    running = daemon(listeners(("127.0.0.1", 0)), listen=[])
    running.configure({"store_folder": str(elsewhere), **listeners(("127.0.0.1", 0))})
    running.reload()
    running.await_served(there)
    after = certs.newer("there.example.org").put(elsewhere, "there")
    running.await_served(after)


def test_a_hundred_reloads_leave_nothing_open(daemon):
    running = daemon(listeners(("127.0.0.1", 0), ("127.0.0.2", 0)), listen=[])

    def reload_to(*addresses):
        running.configure(listeners(*addresses))
        running.reload()
        await_condition(f"{len(addresses)} listeners",
                        lambda: len(running.listening) == len(addresses))
    reload_to(("127.0.0.1", 0))
    before = running.open_descriptors
    for _ in range(50):
        reload_to(("127.0.0.1", 0), ("127.0.0.2", 0))
        reload_to(("127.0.0.1", 0))
    await_condition("as many descriptors as before", lambda: running.open_descriptors <= before)
    assert running.fetch().status == 200


def test_a_store_that_moves_to_an_empty_folder_is_filled(daemon, tmp_path):
    running = daemon(listeners(("127.0.0.1", 0)), listen=[])
    before = running.served_fingerprint()
    (tmp_path / "other").mkdir(mode=0o700)
    running.configure({**listeners(("127.0.0.1", 0)), "store_folder": str(tmp_path / "other")})
    running.reload()
    await_condition("one was made there",
                    lambda: (tmp_path / "other" / "MailStoreServer.pem").exists())
    await_condition("and is served", lambda: running.served_fingerprint() != before)


def test_any_port_does_not_take_a_siblings(daemon):
    running = daemon(listeners(("127.0.0.1", 0)), listen=[])
    port = running.port()
    running.configure(listeners(("127.0.0.1", 0), ("127.0.0.1", port)))
    running.reload()
    await_condition("both are there", lambda: len(running.listening) == 2)
    assert {int(row[3]) for row in running.listening} > {port}
    for row in running.listening:
        assert serves(running, "127.0.0.1", int(row[3]))


def test_what_is_told_a_file_cannot_hold_is_still_done(daemon):
    """Nobody can write `listening`: the listeners are the configured ones all the same."""
    running = daemon(listeners(("127.0.0.1", 0)), listen=[])
    port = running.port()
    running.listening_path.unlink()
    running.listening_path.mkdir()
    running.configure(listeners(("127.0.0.1", port), certificate="nowhere"))
    running.reload()
    running.await_log("read again")
    assert serves(running, "127.0.0.1", port)
    running.listening_path.rmdir()


def test_a_stopping_daemon_does_not_listen_again(daemon):
    running = daemon({**listeners(("127.0.0.1", 0)),
                      "limits": {"drain_timeout_s": 20, "workers": 1}}, listen=[])
    port = running.port()
    with running.connect() as busy:
        busy.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        for _ in range(3):  # by the one worker, which has read the half request by then
            running.fetch()
        running.signal(signal.SIGTERM)
        await_condition("it no longer listens",
                        lambda: refuses_connections(running, "127.0.0.1", port))
        told = subprocess.run([MAILSTORECTL, "--state", running.state, "reload"],
                              capture_output=True, text=True, check=False)
        assert told.returncode != 0 and "stopping" in told.stderr
        assert refuses_connections(running, "127.0.0.1", port)
        busy.send(b"\r\n")
        last = busy.answer()
        assert last.status == 200
        assert last.get("Connection") == "close", "the last answer says that it is"
    assert running.await_end() == 0
