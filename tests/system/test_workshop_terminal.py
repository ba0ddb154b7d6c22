"""Asking for a password on a terminal: nothing is shown, and whatever happens the echo is on again."""

import signal

import pytest

from lib.waiting import deadline_s
from lib.workshop import FAILED, Terminal


@pytest.fixture
def locked(tmp_path, certs):
    """A certificate with an encrypted key."""
    made = certs.make("mail.example.org")
    (tmp_path / "mail.pem").write_bytes(made.pem + made.key_bytes(password="hush"))
    return tmp_path / "mail.pem"


@pytest.fixture
def asked(tmp_path, locked):
    """A tool that asks for its password."""
    with Terminal("--store", tmp_path / "certs", "import", locked) as terminal:
        terminal.await_text("Password of ")
        assert not terminal.echoes()
        yield terminal


def status(terminal):
    return terminal.process.wait(timeout=deadline_s(20))


@pytest.mark.parametrize("typed, number", [("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT),
                                           (None, signal.SIGTERM), (None, signal.SIGHUP)])
def test_the_echo_is_on_again_after_a_signal(asked, typed, number):
    if typed:
        asked.type("half a wo" + typed)
    else:
        asked.process.send_signal(number)
    assert status(asked) == -number
    assert asked.echoes() and "half" not in asked.shown


# Only a shell with job control can stop it: it tells the state of the terminal meanwhile.
SHELL = """set -m
"$@"
[ $? -gt 128 ] || exit 9
stty -a | grep -q " echo " && echo "stopped, and it echoes"
fg
"""


def test_it_asks_again_after_a_stop(tmp_path, locked):
    with Terminal("--store", tmp_path / "certs", "import", locked,
                  wrap=["bash", "-c", SHELL, "bash"]) as terminal:
        terminal.await_text("Password of ")
        terminal.type("half\x1a")
        behind = terminal.await_text("stopped, and it echoes")
        terminal.await_text("Password of ", behind)
        assert not terminal.echoes()
        terminal.type("hush\n")
        assert status(terminal) == 0
        assert terminal.echoes()
        assert "hush" not in terminal.shown and "half" not in terminal.shown


def test_nothing_is_refused(asked):
    asked.type("\x04")
    asked.await_text("nothing was entered")
    assert status(asked) == FAILED and asked.echoes()


def test_a_line_that_is_too_long_is_refused(asked):
    for _ in range(3):
        asked.type("x" * 500)
    asked.type("\n")
    asked.await_text("longer than 1024 octets")
    assert status(asked) == FAILED and asked.echoes()
