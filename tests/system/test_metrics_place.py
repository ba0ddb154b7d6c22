"""Where the metrics are told: to this host alone, whatever is asked there, and through reloads."""

import contextlib
import re
import socket
import stat
import time

import pytest

from lib.daemon import EX_UNAVAILABLE
from lib.http import Connection
from lib.metrics import TYPE, Samples, connect, metrics_port, samples
from lib.waiting import SLOWNESS, await_condition, deadline_s

METRICS = {"metrics": {"listen": "127.0.0.1:0"}}
REQUESTS = "mailstored_requests_total"
HERE = "127.0.0.1"


def test_only_what_is_asked_for_is_answered(daemon):
    running = daemon(METRICS)
    with connect(running) as connection:
        assert connection.ask("/").status == 404
        assert connection.ask("/metrics/").status == 404
        head = connection.ask("/metrics", method="HEAD")
        assert (head.status, head.body, head.get("Content-Type")) == (200, b"", TYPE)
        assert connection.ask("/metrics?x=1").status == 200
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        with connect(running) as connection:
            refused = connection.ask("/metrics", method=method, body=b"a" * 100)
            assert (refused.status, refused.get("Allow")) == (405, "GET, HEAD")
    for garbage in (b"\0" * 100, b"GET\r\n\r\n", b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * 9999):
        with connect(running) as connection:
            connection.send_as_far_as_taken(garbage)
            with contextlib.suppress(OSError):  # closed already
                connection.socket.shutdown(socket.SHUT_WR)
            # The library may miss an end that comes with the last bytes, until it is idle too long.
            connection.socket.settimeout(deadline_s(30))
            while connection.receive():
                pass
    samples(running)


def test_old_and_hasty_clients(daemon):
    running = daemon(METRICS)
    request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(running) as connection:
        connection.send(3 * request)
        for _ in range(3):
            Samples(connection.answer().text)
        with_content = request[:-2] + b"Content-Length: 5\r\n\r\nhello"
        connection.send(with_content + request)
        for _ in range(2):
            Samples(connection.answer().text)
    with connect(running) as connection:
        connection.send("GET /metrics HTTP/1.0\r\n\r\n")
        Samples(connection.answer().text)
        assert connection.ended()
    for head, status in (("GET /" + "a" * 10000 + " HTTP/1.1", 414),
                         ("GET /metrics HTTP/1.1\r\na: " + "b" * 10000, 431),
                         ("GET /metrics HTTP/2.0", 505)):
        with connect(running) as connection:
            connection.send_as_far_as_taken(head + "\r\n\r\n")
            assert connection.answer().status == status


def test_who_does_not_read_holds_nobody_up(daemon):
    running = daemon(METRICS)
    many = 500 * b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            lazy = stack.enter_context(connect(running)).socket
            lazy.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    lazy.send(many)
        assert running.fetch("/healthz").status == 200
        samples(running)
        running.configure(METRICS)
        running.reload()
        running.await_log("read again")


def test_without_the_setting_it_is_told_nowhere(daemon):
    running = daemon()
    assert [protocol for _, protocol, _, _ in running.listening] == ["https"]
    assert "metrics" not in running.log


@pytest.mark.parametrize("address, literal", [("127.0.0.1", "127.0.0.1"), ("127.8.9.10", "127.8.9.10"),
                                              ("[::1]", "::1")])
def test_loopback_addresses(daemon, address, literal):
    running = daemon({"metrics": {"listen": f"{address}:0"}})
    assert ("metrics", "http", literal, metrics_port(running)) in running.listening
    running.await_log(rf"metrics are at http://{address.replace('[', '.').replace(']', '.')}:\d+/")
    with connect(running, literal) as connection:
        Samples(connection.ask("/metrics").text)


def ask_local(path):
    with socket.socket(socket.AF_UNIX) as local:
        local.settimeout(deadline_s(10))
        local.connect(str(path))
        local.sendall(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
        head, _, text = b"".join(iter(lambda: local.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") or head.startswith(b"HTTP/1.0 200"), head
    return Samples(text.decode())


def test_a_local_socket(daemon, tmp_path):
    path = tmp_path / "metrics"
    running = daemon({"metrics": {"listen": f"unix:{path}"}})
    assert running.listening_path.read_text().splitlines()[-1] == f"metrics unix {path} 0"
    found = path.lstat()
    assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o660
    running.fetch()
    await_condition("it is counted", lambda: ask_local(path).sum(REQUESTS) == 1)
    running.kill()
    assert path.exists()
    running.expected_status = 0
    running.start()  # a stale one makes way
    ask_local(path)
    assert running.stop() == 0
    assert not path.exists()


def reload_to(running, config):
    since = running.mark()
    running.configure(config)
    running.reload()
    running.await_log("configuration: (read again|not changed)", since)
    return running.log[since:]


def test_a_reload_moves_it(daemon, tmp_path):
    path = tmp_path / "metrics"
    running = daemon(METRICS)

    def reconfigure(metrics):
        return reload_to(running, {"metrics": {"listen": metrics}})
    first = metrics_port(running)
    with connect(running) as kept:
        kept.ask("/metrics")
        reconfigure("127.0.0.1:0")
        assert metrics_port(running) == first
        assert kept.ask("/metrics").status == 200, "the same listener"
    reconfigure(f"unix:{path}")
    ask_local(path)
    with pytest.raises(ConnectionRefusedError):
        Connection("127.0.0.1", first, context=None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert re.search(f"not changed: metrics: .*{port}", reconfigure(f"127.0.0.1:{port}"))
    assert re.search(r'mailstored\.conf:\d+: metrics\.listen is "0\.0\.0\.0:0"; allowed: ',
                     reconfigure("0.0.0.0:0"))
    ask_local(path)
    reconfigure("")
    assert not path.exists()
    assert [protocol for _, protocol, _, _ in running.listening] == ["https"]
    reconfigure("127.0.0.1:0")
    samples(running)


def both(web, metrics):
    """A service at these ports, and the metrics there."""
    listeners = tuple({"address": address, "port": port} for address, port in web)
    return {"services": {"web-access": {"listeners": listeners}}, "metrics": {"listen": metrics}}


def test_it_and_the_listeners_change_places_in_one_reload(daemon):
    """Each is in the way of the other until it has left."""
    running = daemon(both([(HERE, 0)], f"{HERE}:0"), listen=())
    web, metrics = running.port(), metrics_port(running)
    for turn in range(4):
        web, metrics = metrics, web
        address = "*" if turn % 2 else HERE  # which is in the way of every other
        assert "not changed" not in reload_to(running, both([(address, web)], f"{HERE}:{metrics}"))
        assert (running.port(), metrics_port(running)) == (web, metrics)
        assert running.fetch("/healthz").status == 200
        assert samples(running).one("mailstored_configuration_reloads_total",
                                    result="taken") == turn + 1


def test_it_takes_the_port_of_a_listener_that_leaves(daemon):
    running = daemon(both([(HERE, 0), ("127.0.0.2", 0)], ""), listen=())
    stays, leaves = running.port(address=HERE), running.port(address="127.0.0.2")
    with running.connect(port=leaves, address="127.0.0.2") as kept:
        kept.ask("/healthz")
        assert "not changed" not in reload_to(running, both([(HERE, stays)], f"127.0.0.2:{leaves}"))
        assert kept.ask("/healthz").status == 200, "connections live on"
    with connect(running, "127.0.0.2") as connection:
        Samples(connection.ask("/metrics").text)
    assert "not changed" not in reload_to(running, both([(HERE, stays), ("127.0.0.2", leaves)], ""))
    assert running.fetch("/healthz", port=leaves, address="127.0.0.2").status == 200


@pytest.mark.parametrize("culprit", ["metrics", "web"])
def test_a_place_that_is_taken_leaves_everyone_where_he_was(daemon, culprit):
    running = daemon(both([(HERE, 0)], f"{HERE}:0"), listen=())
    before, web, metrics = running.listening, running.port(), metrics_port(running)
    with socket.create_server((HERE, 0)) as other:
        taken = other.getsockname()[1]
        asked = (both([(HERE, metrics)], f"{HERE}:{taken}") if culprit == "metrics"
                 else both([(HERE, taken)], f"{HERE}:{web}"))
        assert re.search(f"not changed: .*{taken}", reload_to(running, asked))
        for _ in range(2):
            assert running.fetch("/healthz").status == 200
            assert samples(running).one("mailstored_configuration_reloads_total",
                                        result="refused") >= 1
            reload_to(running, asked)
    assert running.listening == before
    assert "not changed" not in reload_to(running, both([(HERE, metrics)], f"{HERE}:{web}"))


def test_the_same_place_under_another_name(daemon, tmp_path):
    (tmp_path / "a").mkdir()
    running = daemon({"metrics": {"listen": f"unix:{tmp_path}/metrics"}})
    path = tmp_path / "a" / ".." / "metrics"
    assert "not changed" not in reload_to(running, {"metrics": {"listen": f"unix:{path}"}})
    ask_local(path)
    assert running.stop() == 0
    assert not path.exists()


def test_an_address_in_use_is_told(daemon):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = daemon({"metrics": {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}}, wait=False)
        running.expected_status = EX_UNAVAILABLE
        assert running.await_end() == EX_UNAVAILABLE
    assert "not started: metrics: " in running.log


def test_idle_connections_end_and_cost_nothing(daemon):
    running = daemon(METRICS)
    with connect(running) as idle, connect(running) as begun:
        idle.ask("/metrics")
        begun.send("GET /metrics HT")
        spent, began = running.cpu_s, time.monotonic()
        assert idle.ended(within_s=30) and begun.ended(within_s=30)
        waited_s = time.monotonic() - began
        assert (running.cpu_s - spent) / waited_s < 0.02 * SLOWNESS, "it does not spin"


def test_more_connections_than_are_let_in_hold_nobody_up(daemon):
    running = daemon(METRICS)
    for _ in range(5):
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(connect(running))
            assert running.fetch().status == 200
        samples(running)
