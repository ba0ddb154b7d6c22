"""What `mailstorectl deploy` writes for these tests, and running its script in a machine."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from made import HOST, tool


@dataclass(frozen=True)
class Deployed:
    folder: Path

    @property
    def script(self):
        return self.folder / "install.sh"

    @property
    def readme(self):
        return (self.folder / "README.txt").read_text("utf-8-sig")

    @property
    def label(self):
        """What the certificate is called where it is installed."""
        [path] = (self.folder / "firefox").glob("*.cer")
        return path.stem

    @property
    def pem(self):
        return self.folder / "linux" / "mailstored.crt"


NOBODY = 1  # no daemon of anybody on this machine has that port


def deploy(made, folder, port=NOBODY):
    tool(made.folder / "state", "deploy", made.entry, "--output", folder, "--host",
         f"{HOST}:{port}")
    return Deployed(folder)


def said(done):
    """What the script said of each part: [("done", "System", "…")]."""
    return re.findall(r"^(done|would do|already so|not here|failed) +([^:]+): (.*)$", done.stdout,
                      re.MULTILINE)


def install(machine, deployed, *options, status=0, **how):
    """The very script, and what it said."""
    done = machine.run(["sh", deployed.script, *options], **how)
    assert done.returncode == status, f"{done.returncode}\n{done.stdout}{done.stderr}"
    return said(done)


def outcomes(parts):
    """{"System": "done"}, the user left out."""
    return {part.split(" of ")[0]: outcome for outcome, part, _ in parts}


def certutil(*arguments):
    return subprocess.run(["certutil", *map(str, arguments)], capture_output=True, text=True,
                          check=True).stdout
