"""What is handed out so that clients trust an anchor, made by deployment_print as the tool makes it."""

import pathlib
import subprocess

from lib.certs import DER
from lib.daemon import BUILD

PRINT = pathlib.Path(BUILD) / "tests" / "deployment_print"


class Deployed:
    """A folder with all its files; `warnings` are for whoever makes it."""

    def __init__(self, folder, anchor, language="en", leaf=None, host=None, port=0, signer=None):
        self.anchor = anchor
        self.folder = folder / "deployed"
        made = folder / "made"
        made.mkdir(parents=True)
        command = [PRINT, self.folder, language, self._der(made, "anchor", anchor),
                   self._der(made, "leaf", leaf) if leaf else "=", host or "-", str(port)]
        if signer:
            key = made / "signer.key"
            key.write_bytes(signer.key_bytes(encoding=DER))
            command.append(key)
            command += [self._der(made, name, certificate) for name, certificate in
                        [("signer", signer), ("issuer", signer.issuer)] if certificate]
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        self.warnings = ran.stdout.splitlines()

    @staticmethod
    def _der(folder, name, certificate):
        path = folder / f"{name}.der"
        path.write_bytes(certificate.der)
        return path

    def path(self, name):
        return self.folder / name

    def read(self, name):
        return self.path(name).read_bytes()
