"""mailstorectl as a program runs it, without a terminal, and as a person does, on one."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import termios
import time
from dataclasses import dataclass

from lib import schema
from lib.daemon import MAILSTORECTL, environment
from lib.waiting import deadline_s

FINE, ATTENTION, NO_DAEMON, NO_ENTRY, FAILED, USAGE = 0, 1, 3, 4, 5, 64


@dataclass(frozen=True)
class Run:
    arguments: tuple
    status: int
    raw: bytes
    errors: str

    @property
    def out(self):
        return self.raw.decode()

    def _verb(self):
        """The first of the arguments that are one, "authority show" before "show"."""
        verbs = {name.removesuffix(".json").replace("-", " ") for name in schema.schemas()}
        for i in range(len(self.arguments)):
            for count in (2, 1):
                if " ".join(self.arguments[i:i + count]) in verbs:
                    return " ".join(self.arguments[i:i + count])
        return None

    @property
    def answer(self):
        """What --json printed, which must be as docs/schema says."""
        answer = json.loads(self.raw)
        verb = self._verb()
        if verb:
            schema.check(verb, answer)
        return answer


def tool(*arguments, status=FINE, wrap=(), env=None, **options):
    """Runs it to its end, in a session of its own: it finds no terminal to ask on."""
    done = subprocess.run([*wrap, str(MAILSTORECTL), *map(str, arguments)], capture_output=True,
                          timeout=deadline_s(60), env=environment(env), check=False,
                          start_new_session=True, **options)
    ran = Run(tuple(map(str, arguments)), done.returncode, done.stdout, done.stderr.decode())
    assert ran.status == status, f"status {ran.status}:\n{ran.raw!r}\n{ran.errors}"
    return ran


def refused(*arguments, status=FAILED, **options):
    """What it says on standard error; nothing is on standard output."""
    ran = tool(*arguments, status=status, **options)
    assert ran.raw == b"" and ran.errors.startswith("mailstorectl: ")
    return ran.errors


class Terminal:
    """The tool on a terminal of its own."""

    def __init__(self, *arguments, wrap=(), **options):
        self.ours, self.theirs = pty.openpty()
        self.shown = ""
        self.end = time.monotonic() + deadline_s(60)
        self.process = subprocess.Popen(
            [*wrap, str(MAILSTORECTL), *map(str, arguments)], stdin=self.theirs, stdout=self.theirs,
            stderr=self.theirs, start_new_session=True, preexec_fn=self._take,
            env=environment({"TERM": "xterm"}), **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.hang_up()
        os.close(self.ours)

    def _take(self):
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)  # some who run tests ignore them
        fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)

    def hang_up(self):
        """Lets go of the tool's side, so that reading ends with the tool."""
        if self.theirs is not None:
            os.close(self.theirs)
        self.theirs = None

    def echoes(self):
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.ours, text.encode())

    def read(self):
        """More of what is shown; False at the end."""
        ready, _, _ = select.select([self.ours], [], [], max(0, self.end - time.monotonic()))
        assert ready, f"it hangs after:\n{self.shown}"
        try:
            octets = os.read(self.ours, 4096)
        except OSError:  # how Linux says that the other side is closed
            octets = b""
        self.shown += octets.decode(errors="replace")
        return bool(octets)

    def await_text(self, text, behind=0):
        """Reads until it is shown; where it ends."""
        while text not in self.shown[behind:]:
            assert self.read(), f"it never showed {text!r}:\n{self.shown}"
        return self.shown.index(text, behind) + len(text)


def on_terminal(*arguments, answers=(), status=FINE, **options):
    """Runs it on a terminal, and types each answer when its prompt has come: ((prompt, text), …).
    Everything that the terminal showed."""
    with Terminal(*arguments, **options) as terminal:
        terminal.hang_up()
        seen = 0
        for prompt, answer in answers:
            seen = terminal.await_text(prompt, seen)
            terminal.type(answer + "\n")
        while terminal.read():
            pass
        assert terminal.process.wait(timeout=deadline_s(10)) == status, terminal.shown
        return terminal.shown


def openssl(*arguments, input=None, status=0):
    """What openssl says, both streams; the judge of what we make."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=input, capture_output=True,
                          timeout=deadline_s(60), check=False)
    said = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    assert done.returncode == status, said
    return said


def content(folder):
    """What stands in a folder: {path: octets}, without locks, which hold nothing."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.endswith("lock")}
