"""mailstorectl as a program runs it, without a terminal, and as a person does, on one."""

import fcntl
import json
import os
import pty
import select
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

    @property
    def answer(self):
        """What --json printed, which must be as docs/schema says."""
        answer = json.loads(self.raw)
        for name in schema.schemas():
            verb = name.removesuffix(".json").split("-")
            if any(list(self.arguments[i:i + len(verb)]) == verb
                   for i in range(len(self.arguments))):
                schema.check(" ".join(verb), answer)
        return answer


def tool(*arguments, status=FINE, **options):
    """Runs it to its end, in a session of its own: it finds no terminal to ask on."""
    done = subprocess.run([str(MAILSTORECTL), *map(str, arguments)], capture_output=True,
                          timeout=deadline_s(60), env=environment(), check=False,
                          start_new_session=True, **options)
    ran = Run(tuple(map(str, arguments)), done.returncode, done.stdout, done.stderr.decode())
    assert ran.status == status, f"status {ran.status}:\n{ran.raw!r}\n{ran.errors}"
    return ran


def refused(*arguments, status=FAILED, **options):
    """What it says on standard error; nothing is on standard output."""
    ran = tool(*arguments, status=status, **options)
    assert ran.raw == b"" and ran.errors.startswith("mailstorectl: ")
    return ran.errors


def on_terminal(*arguments, answers=(), status=FINE, **options):
    """Runs it on a terminal, and types each answer when its prompt has come: ((prompt, text), …).
    Everything that the terminal showed."""
    ours, theirs = pty.openpty()

    def take_terminal():
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = subprocess.Popen([str(MAILSTORECTL), *map(str, arguments)], stdin=theirs,
                               stdout=theirs, stderr=theirs, start_new_session=True,
                               preexec_fn=take_terminal,
                               env=environment({"TERM": "xterm"}), **options)
    os.close(theirs)
    shown, waiting, end = "", list(answers), time.monotonic() + deadline_s(60)
    seen = 0
    while True:
        ready, _, _ = select.select([ours], [], [], max(0, end - time.monotonic()))
        assert ready, f"it hangs after:\n{shown}"
        try:
            octets = os.read(ours, 4096)
        except OSError:  # how Linux says that the other side is closed
            octets = b""
        if not octets:
            break
        shown += octets.decode(errors="replace")
        if waiting and waiting[0][0] in shown[seen:]:
            seen = len(shown)
            os.write(ours, waiting.pop(0)[1].encode() + b"\n")
    os.close(ours)
    assert process.wait(timeout=deadline_s(10)) == status, shown
    assert not waiting, f"it never asked {waiting[0][0]!r}:\n{shown}"
    return shown


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
