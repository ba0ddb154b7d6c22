"""What a service manager sees and hands over: sd_notify(3), sd_watchdog_enabled(3),
sd_listen_fds(3), without one running."""

import signal
import socket
import sys
import time

import pytest

from lib.waiting import await_condition, deadline_s


@pytest.fixture
def notified(tmp_path):
    """A manager's socket; .path for NOTIFY_SOCKET, .until(word) gives the messages up to it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(deadline_s(10))

        def until(word):
            heard = []
            while not any(word in message for message in heard):
                heard.append(manager.recv(4096).decode())
            return heard
        manager_path = str(tmp_path / "notify")
        yield manager_path, until


def microseconds(messages, name):
    lines = [line for message in messages for line in message.splitlines()]
    return next(int(line.partition("=")[2]) for line in lines if line.startswith(name + "="))


def test_it_says_when_it_is_ready_reloading_and_stopping(daemon, notified):
    path, until = notified
    running = daemon(env={"NOTIFY_SOCKET": path})
    until("READY=1")
    assert running.fetch().status == 200
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    running.reload()
    reloading = until("RELOADING=1")
    assert microseconds(reloading, "MONOTONIC_USEC") >= before
    until("READY=1")
    running.signal(signal.SIGTERM)
    until("STOPPING=1")
    assert running.await_end() == 0


def test_a_broken_reload_ends_as_ready_too(daemon, notified):
    """Else `systemctl reload` would wait for ever."""
    path, until = notified
    running = daemon(env={"NOTIFY_SOCKET": path})
    until("READY=1")
    running.configure("nonsense = 1;")
    running.reload()
    until("RELOADING=1")
    until("READY=1")
    assert running.fetch().status == 200


def test_the_watchdog_is_fed(daemon, notified):
    path, until = notified
    daemon(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
    for _ in range(3):
        until("WATCHDOG=1")


def test_somebody_elses_watchdog_is_not_fed(daemon, notified):
    path, until = notified
    running = daemon(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"})
    until("READY=1")
    running.signal(signal.SIGTERM)
    assert not any("WATCHDOG=1" in message for message in until("STOPPING=1"))


def test_a_name_in_the_abstract_namespace_is_reached(daemon, tmp_path):
    name = f"mailstored-test-{tmp_path.name}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        manager.settimeout(deadline_s(10))
        daemon(env={"NOTIFY_SOCKET": "@" + name})
        while "READY=1" not in manager.recv(4096).decode():
            pass


# Binds two sockets and hands them over as descriptors 3 and 4, as systemd would.
ACTIVATE = """
import os, socket, sys
names = []
made = [socket.create_server((address, 0)) for address in ("127.0.0.1", "127.0.0.2")]
kept = [os.dup(each.fileno()) for each in made]
for number, descriptor in enumerate(kept):
    os.dup2(descriptor, 3 + number)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="https:plain")
os.execv(sys.argv[1], sys.argv[1:])
"""


def handed_over(*names):
    protocols = {"https": "https", "plain": "redirect"}
    return {"services": {
        "web-access" if name == "https" else "web-access-http": {"listeners": (
            {"address": f"systemd:{name}", "protocol": protocols[name]},)} for name in names}}


def test_sockets_are_taken_over_by_name(daemon):
    running = daemon(handed_over("https", "plain"), listen=[],
                     wrap=[sys.executable, "-c", ACTIVATE])
    bound = {service: (protocol, address) for service, protocol, address, _ in running.listening}
    assert bound == {"web-access": ("https", "127.0.0.1"),
                     "web-access-http": ("redirect", "127.0.0.2")}
    assert running.fetch().status == 200
    port, mark = running.port(), running.mark()
    running.reload()
    running.await_log("configuration", since=mark)
    assert running.port() == port and running.fetch().status == 200


def test_a_socket_that_nobody_handed_over_is_named(daemon):
    refused = daemon(handed_over("https"), listen=[], wait=False)
    refused.expected_status = refused.await_end()
    assert refused.expected_status != 0
    assert "systemd:https" in refused.log or '"https"' in refused.log


def test_sockets_of_another_process_are_left_alone(daemon):
    """LISTEN_PID says whose they are."""
    running = daemon(env={"LISTEN_PID": "1", "LISTEN_FDS": "3"})
    await_condition("it serves", lambda: running.fetch().status == 200)
