"""A machine of its own, as far as files go: what is installed in it is not installed here.

The folders that installing writes to lie under an overlay, in a mount namespace that a process
holds open. Needs root."""

import os
import shlex
import subprocess

from lib.waiting import await_condition, deadline_s

FOLDERS = ("/etc", "/usr/local", "/usr/share/p11-kit", "/var/lib", "/home", "/root")

# The overlay's upper layers are in memory, wherever the folders themselves are.
MAKE = """
mount -t tmpfs tmpfs /mnt
for folder in {folders}; do
    mkdir -p "/mnt$folder/upper" "/mnt$folder/work"
    mount -t overlay overlay \
        -o "lowerdir=$folder,upperdir=/mnt$folder/upper,workdir=/mnt$folder/work" "$folder"
done
echo made
exec cat
"""


class Machine:
    def __init__(self, folder):
        assert os.geteuid() == 0, "only root can make a machine of its own: ./check asks sudo"
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self._log = folder / "machine.log"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-e", "-c",
                 MAKE.format(folders=" ".join(shlex.quote(one) for one in FOLDERS))],
                stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            await_condition("the machine is made", self._is_made)
        except BaseException:
            self.close()
            raise

    def _is_made(self):
        said = self._log.read_text()
        assert self._process.poll() is None, said
        return "made" in said

    def close(self):
        self._process.stdin.close()
        self._process.wait()

    @property
    def enter(self):
        """Words before a command that is to run in it."""
        return ["nsenter", f"--target={self._process.pid}", "--mount", "--"]

    def run(self, command, stdin="", **variables):
        """As root, in a home of its own, in English, and with nothing told of proxies and roots."""
        passed = {name: value for name, value in os.environ.items()
                  if not name.lower().endswith("_proxy")
                  and not name.startswith(("SSL_", "NODE_", "SUDO_", "XDG_"))}
        return subprocess.run(
            [*self.enter, *map(str, command)], input=stdin, capture_output=True, text=True,
            errors="replace", check=False, timeout=deadline_s(120), cwd=self.home,
            env={**passed, "HOME": str(self.home), "LC_ALL": "C.UTF-8", **variables})

    def run_well(self, *command, **how):
        done = self.run(command, **how)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout
