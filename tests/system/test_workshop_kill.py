"""Killed at any moment, a verb leaves everything as it was before or as it was to become.

Each case runs once under strace to learn at which system calls it writes, then once more for each of
them, killed as it is about to make that call. A case is a row of CASES: what stands there before,
the command, and the parts of the folder that it changes, in the order in which it must change them:
a request may not be there before its key is."""

import collections
import re
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from typing import Callable, Sequence

import pytest

from lib.daemon import MAILSTORECTL, environment
from lib.waiting import deadline_s
from lib.workshop import FINE, openssl, tool

# Those that change a folder or a file; of openat those that make a file or cut one off.
WRITING = ("openat", "open", "creat", "write", "pwrite64", "writev", "pwritev", "rename", "renameat",
           "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rmdir",
           "mkdir", "mkdirat", "fsync", "fdatasync", "chmod", "fchmod", "fchmodat", "chown", "fchown",
           "fchownat", "ftruncate", "truncate", "utimensat")
CALL = re.compile(r"^\d+ +(\w+)\((.*)")


@dataclass(frozen=True)
class Case:
    command: Sequence[str]  # behind --store; run in the folder "here"
    prepare: Callable  # prepare(box): what stands there before
    parts: Sequence[str] = ("store",)  # in the order in which they change
    once: bool = False  # when it is done, it cannot be done again


class Box:
    """A folder with all that a verb sees: certs/, the store, and here/, where it runs. With a
    configuration, here/mailstored.conf, the folder itself is the state folder; without one what
    would be in that is in the store."""

    def __init__(self, folder):
        self.folder, self.store, self.here = folder, folder / "certs", folder / "here"

    @classmethod
    def made(cls, folder):
        box = cls(folder)
        box.here.mkdir(parents=True)
        return box

    def copy(self, folder):
        shutil.copytree(self.folder, folder, symlinks=True)
        return Box(folder)

    @property
    def config(self):
        return self.here / "mailstored.conf"

    @property
    def state(self):
        return self.folder if self.config.exists() else self.store / ".mailstored"

    @property
    def where(self):
        if self.config.exists():
            return ["--config", str(self.config), "--state", str(self.folder)]
        return ["--store", str(self.store)]

    def run(self, *arguments, **options):
        return tool(*self.where, *arguments, cwd=self.here, **options)

    def entries(self):
        """What the store serves, asked of the tool: {name: fingerprint}."""
        if not self.store.exists():
            return {}
        answer = self.run("list", "--json").answer
        assert answer["refused"] == []
        return {entry["name"]: entry["fingerprint"] for entry in answer["entries"]}

    def part(self, name):
        """{path: octets} of "store", "waiting", "authority", "pins" or "here"."""
        top = {"store": self.store, "here": self.here}.get(name, self.state / name)
        if top.is_file():  # nothing in it is made anew in each run: all of it can be compared
            return {top.read_text(): b""}
        files = top.iterdir() if name == "store" else top.rglob("*")
        return {str(path.relative_to(top)): path.read_bytes()
                for path in (files if top.exists() else ())
                if path.is_file() and not path.name.startswith(".mailstored")
                and not path.name.endswith("lock")}

    def leftovers(self):
        return [path for path in self.folder.rglob(".mailstored-*")
                if path.is_file() and not path.name.endswith("lock")]

    def situation(self):
        """What was left, as far as one kill differs from another."""
        return tuple(sorted((path.parent.name, path.stat().st_size > 0)
                            for path in self.leftovers()))


# ---- strace

def straced(box, command, *options):
    environment_ = environment({"ASAN_OPTIONS": "detect_leaks=0"})  # which cannot be traced as well
    return subprocess.run(
        ["strace", "-f", "-qq", "-o", str(box.folder.parent / "trace"), *options, str(MAILSTORECTL),
         *box.where, *command], cwd=box.here, env=environment_, capture_output=True,
        start_new_session=True, timeout=deadline_s(60), check=False)


def writing_calls(box, command):
    """Runs the command to its end: [(system call, which one of that name)]."""
    try:
        done = straced(box, command, "-e", "trace=" + ",".join(f"?{name}" for name in WRITING))
    except FileNotFoundError:
        pytest.fail("strace is not installed: without it nobody knows at which calls to kill")
    assert done.returncode == FINE, (
        f"the command failed under strace; where tracing is not permitted (ptrace), this test cannot "
        f"tell anything:\n{done.stdout.decode()}\n{done.stderr.decode()}")
    counts, calls = collections.Counter(), []
    for line in (box.folder.parent / "trace").read_text(errors="replace").splitlines():
        if not (found := CALL.match(line)):
            continue
        name, rest = found.groups()
        counts[name] += 1
        if name not in ("openat", "open") or "O_CREAT" in rest or "O_TRUNC" in rest:
            calls.append((name, counts[name]))
    assert any(name.startswith("rename") for name, _ in calls), calls
    return calls


def killed(box, command, call, number):
    done = straced(box, command, "-e", f"trace={call}",
                   "-e", f"inject={call}:signal=KILL:when={number}")
    assert done.returncode == -signal.SIGKILL, (call, number, done.returncode, done.stderr)


# ---- what must be true

def stands(found, before, after):
    """"before" or "after"; fails if it is neither. Keys are made anew in each run, so of the changed
    files only the names can be compared."""
    if found == before:
        return "before"
    kept = {name for name in before.keys() & after.keys() if before[name] == after[name]}
    assert found.keys() == after.keys(), (sorted(found), sorted(before), sorted(after))
    assert {name for name in kept if found[name] != before[name]} == set()
    unchanged = {name for name in (before.keys() & after.keys()) - kept
                 if found[name] == before[name]}
    assert not unchanged, "these are as before, and others as after"
    return "after"


class State:
    """What stands in a box. The entries are asked for first, since the store may have to be brought
    to the end of an interrupted change before it can be looked at."""

    def __init__(self, box, case):
        if "waiting" in case.parts and box.store.exists():
            box.run("request", "--list")
        self.entries = box.entries()
        self.parts = [box.part(part) for part in case.parts]


def check_killed(box, case, before, after):
    """Gives how far it came: the number of parts that are as after."""
    state = State(box, case)
    entries = stands(state.entries, before.entries, after.entries)
    assert not list(box.folder.rglob(".mailstored-change"))
    states = [stands(*three) for three in zip(state.parts, before.parts, after.parts)]
    assert states == sorted(states, key=("after", "before").index), states
    if "store" in case.parts and before.entries != after.entries:
        assert states[case.parts.index("store")] == entries
    for path in box.leftovers():
        readable = stat.S_IMODE(path.stat().st_mode) & 0o077
        assert not readable or b"PRIVATE KEY" not in path.read_bytes(), path
    return states.count("after")


def check_again(box, case, after):
    """The same verb once more goes through, and sweeps what was left."""
    box.run(*case.command)
    assert box.leftovers() == []
    state = State(box, case)
    assert state.entries.keys() == after.entries.keys()
    assert [part.keys() for part in state.parts] == [part.keys() for part in after.parts]


# ---- the verbs

def nothing(box):
    pass


def two_files(box):
    """An entry of certificate and key apart, with what it remembers and a staple, beside another."""
    box.run("create", "other")
    box.run("create", "mail", "--days", "9")
    text = (box.store / "mail.pem").read_text()
    key, cert = text.split("-----BEGIN CERTIFICATE", 1)
    for name, content in (("mail.key", key), ("mail.crt", "-----BEGIN CERTIFICATE" + cert),
                          ("mail.meta", '{"exportable": true}')):
        (box.store / name).write_text(content)
        (box.store / name).chmod(0o600)
    (box.store / "mail.pem").unlink()


def to_import(box):
    two_files(box)
    for name in ("mail.key", "mail.crt"):
        shutil.copy(box.store / name, box.here / name)


INF = """[Version]
Signature = "$Windows NT$"
[NewRequest]
Subject = "CN=mail.example.org"
KeyAlgorithm = ECDSA_P256
KeyLength = 256
RequestType = {type}
FriendlyName = mail
[Extensions]
2.5.29.17 = "{{text}}"
_continue_ = "DNS=mail.example.org"
"""


def to_request(kind):
    def prepare(box):
        two_files(box)
        (box.here / "mail.inf").write_text(INF.format(type=kind))
        (box.here / "mail.out").write_text("an older one\n")
    return prepare


def to_request_again(box):
    to_request("PKCS10")(box)
    box.run("request", "mail.inf", "--force", "--output", "mail.out")
    # Another than what is remembered within the same second.
    (box.store / ".mailstored/waiting/mail.meta").write_text('{"exportable": true}')


def to_accept(box):
    to_request_again(box)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", box.here / "ca.key", "-out", box.here / "ca.pem", "-subj", "/CN=authority")
    openssl("x509", "-req", "-in", box.here / "mail.out", "-CA", box.here / "ca.pem", "-CAkey",
            box.here / "ca.key", "-out", box.here / "mail.cer", "-days", "30")


def to_export(box):
    box.run("create", "mail", "--exportable")
    (box.here / "mail.p12").write_text("an older one\n")
    (box.here / "pass").write_text("secret")
    (box.here / "pass").chmod(0o600)


def selected(box):
    two_files(box)
    box.config.write_text("")
    box.run("select", "web-access", "mail")
    box.run("select", "client", "mail")


def authority(box):
    two_files(box)
    box.run("authority", "create", "--domain", "example.org", "--domain", "mail")


def issued(box):
    authority(box)
    for name in ("mail", "second.example.org"):
        box.run("authority", "issue", name, "--force")
        # Made long ago, so that whatever makes it anew changes this as well.
        (box.store / f"{name}.meta").write_text('{"made_by": "authority", "made": 1}')


CASES = {
    "create": Case(["create", "mail", "--force"], nothing),
    "create in place of another": Case(["create", "mail", "--force"], two_files),
    "import": Case(["import", "mail.crt", "mail.key", "--entry", "mail", "--force"], to_import),
    "request of a certificate": Case(["request", "mail.inf", "--force", "--output", "mail.out"],
                                     to_request("Cert"), ("store", "here")),
    "request": Case(["request", "mail.inf", "--force", "--output", "mail.out"],
                    to_request("PKCS10"), ("waiting", "here")),
    "request in place of another": Case(["request", "mail.inf", "--force", "--output", "mail.out"],
                                        to_request_again, ("waiting", "here")),
    "accept": Case(["accept", "mail.cer", "ca.pem", "--force"], to_accept, ("store", "waiting")),
    "export": Case(["export", "mail", "--format", "p12", "--password-file", "pass", "--force"],
                   to_export, ("here",)),
    "select": Case(["select", "web-access", "other"], selected, ("pins",)),
    "unselect": Case(["unselect", "web-access"], selected, ("pins",)),
    "mark": Case(["mark", "mail", "--friendly-name", "Ours"], two_files),
    "rename": Case(["rename", "mail", "post"], two_files, once=True),
    "rename of one that is selected": Case(["rename", "mail", "post"], selected, ("store", "pins"),
                                           once=True),
    "remove": Case(["remove", "mail"], two_files, once=True),
    "remove several": Case(["remove", "mail", "other", "--force"], two_files, once=True),
    "remove one that is selected": Case(["remove", "mail"], selected, ("store", "pins"), once=True),
    "authority create": Case(["authority", "create", "--force"], nothing, ("authority",)),
    "authority create in place of another": Case(["authority", "create", "--force"], authority,
                                                 ("authority",)),
    "authority renew": Case(["authority", "renew"], authority, ("authority",)),
    "authority issue": Case(["authority", "issue", "mail", "--force"], authority),
    "authority renew of several": Case(["authority", "renew", "mail", "second.example.org"], issued),
}


@pytest.mark.parametrize("case", CASES.values(), ids=[name.replace(" ", "-") for name in CASES])
def test_killed_at_any_moment(tmp_path, case):
    prepared = Box.made(tmp_path / "before")
    case.prepare(prepared)
    done = prepared.copy(tmp_path / "after")
    calls = writing_calls(done, case.command)
    before, after = State(prepared, case), State(done, case)
    assert done.leftovers() == [] and len(calls) > 5
    progress, seen = [], set()
    for call, number in calls:
        box = prepared.copy(tmp_path / f"{call}{number}")
        killed(box, case.command, call, number)
        progress.append(check_killed(box, case, before, after))
        situation = (progress[-1], box.situation())
        is_done = progress[-1] == len(case.parts)
        if situation not in seen and not (case.once and is_done):
            seen.add(situation)
            check_again(box, case, after)
    # Both were seen, and what was reached once was reached from then on.
    assert progress[0] == 0 and progress[-1] == len(case.parts)
    assert progress == sorted(progress)
