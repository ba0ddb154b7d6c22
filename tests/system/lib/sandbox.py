"""Circumstances a test cannot have on the open machine, each in namespaces of its own.

Every function gives the words that stand before a command (Daemon's `wrap`)."""

import os
import pathlib
import pwd
import shlex
import shutil
import subprocess
import tempfile

from lib.daemon import MAILSTORED

NOBODY = pwd.getpwnam("nobody")


def with_mount(folder, kind, options):
    """The command sees a file system of its own at `folder`; so does nobody else."""
    script = f'mount -t {kind} -o {shlex.quote(options)} none {shlex.quote(str(folder))} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def with_read_only(folder):
    quoted = shlex.quote(str(folder))
    script = f'mount --bind {quoted} {quoted} && mount -o remount,bind,ro {quoted} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def after(script, namespaces=("--mount",)):
    """Shell lines first, then the command, in new namespaces."""
    return ["unshare", *namespaces, "sh", "-e", "-c", script + '\nexec "$@"', "sh"]


def without_file_events():
    """No inotify watch can be made: as on a file system that sends no events."""
    return after("echo 0 > /proc/sys/user/max_inotify_watches", ("--user", "--map-root-user"))


def named_host(name):
    """A host of that name, which /etc/hosts knows nothing of."""
    return after(f"hostname {shlex.quote(name)}", ("--uts",))


class Unprivileged:
    """A user without rights, in a folder of its own, with a copy of the program that it may run
    wherever the repository lies."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mailstored-test-"))
        os.chown(self.home, NOBODY.pw_uid, NOBODY.pw_gid)
        self.program = self.home / "mailstored"
        shutil.copy(MAILSTORED, self.program)
        self.program.chmod(0o755)

    def command(self, *command, env=()):
        settings = {"HOME": str(self.home), **dict(env)}
        return ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}",
                "--clear-groups", "env", *(f"{name}={value}" for name, value in settings.items()),
                *map(str, command)]

    def run(self, *command, **options):
        return subprocess.run(self.command(*command), capture_output=True, text=True, check=False,
                              timeout=60, cwd=self.home, **options)

    def remove(self):
        shutil.rmtree(self.home)
