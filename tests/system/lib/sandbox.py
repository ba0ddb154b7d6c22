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
from lib.waiting import deadline_s

NOBODY = pwd.getpwnam("nobody")


def after(script, *namespaces):
    """Shell lines first, then the command, in new namespaces ("--mount", "--net", …)."""
    if os.geteuid() != 0:  # whoever may not do it on the machine may do it in a user namespace
        namespaces = ("--user", "--map-current-user", "--keep-caps", *namespaces)
    return ["unshare", *namespaces, "sh", "-e", "-c", script + '\nexec "$@"', "sh"]


def with_read_only(folder):
    folder = shlex.quote(str(folder))
    return after(f"mount --bind {folder} {folder}\nmount -o remount,bind,ro {folder}", "--mount")


def with_network(script=""):
    """A network of its own: every port is free, and addresses are the script's."""
    return after("ip link set lo up\n" + script, "--net")


def without_file_events():
    """No inotify watch can be made: as on a file system that sends no events."""
    return ["unshare", "--user", "--map-root-user", "sh", "-e", "-c",
            'echo 0 > /proc/sys/user/max_inotify_watches\nexec "$@"', "sh"]


def named_host(name):
    """A host of that name, which /etc/hosts knows nothing of."""
    return after(f"hostname {shlex.quote(name)}", "--uts")


class Unprivileged:
    """A user without rights, in a folder of its own, with a copy of the program that it may run
    wherever the repository lies."""

    def __init__(self, program=MAILSTORED):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mailstored-test-"))
        self.program = self.home / program.name
        shutil.copy(program, self.program)
        self.program.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(self.home, NOBODY.pw_uid, NOBODY.pw_gid)

    def command(self, *command):
        """Without the rights, too, that a user has in a namespace of its own."""
        drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
        if os.geteuid() == 0:
            drop += [f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups"]
        return [*drop, "env", f"HOME={self.home}", "--unset=XDG_STATE_HOME", *map(str, command)]

    def run(self, *command, wrap=()):
        return subprocess.run([*wrap, *self.command(*command)], capture_output=True, text=True,
                              check=False, timeout=deadline_s(60), cwd=self.home)

    def remove(self):
        shutil.rmtree(self.home)
