"""A Debian to install the package in: made once by mmdebstrap and kept in the user's cache."""

import fcntl
import hashlib
import os
import pathlib
import platform
import re
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                     "mailstored-tests")
# What the tests use beside what the package depends on.
TOOLS = ("curl", "dbus", "openssl", "systemd", "systemd-sysv")


def package():
    """The .deb that `./check package` builds."""
    named = os.environ.get("MAILSTORED_PACKAGE")
    found = [pathlib.Path(named)] if named else sorted(
        (REPOSITORY / "build-package").glob("mailstored_*.deb"), key=os.path.getmtime)
    assert found, "no package is built; `./check package` builds it"
    return found[-1].resolve()


def control_field(deb, field):
    return subprocess.run(["dpkg-deb", "--field", deb, field], check=True, capture_output=True,
                          text=True).stdout.strip()


def dependencies(deb):
    """Names of packages; of alternatives the first."""
    return [re.match(r"[\w.+-]+", clause.strip())[0]
            for clause in control_field(deb, "Depends").split(",")]


def debian_root(deb):
    """The folder of a Debian, of this machine's release, that can install `deb` offline. Whoever
    changes something in it does so on an overlay."""
    suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
    include = sorted({*TOOLS, *dependencies(deb)})
    key = hashlib.sha256("\n".join([suite, *include]).encode()).hexdigest()[:16]
    root = CACHE / f"{suite}-{key}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            unfinished = root.with_suffix(".new")
            subprocess.run(["rm", "-rf", unfinished], check=True)
            subprocess.run(["mmdebstrap", "--variant=minbase", f"--include={','.join(include)}",
                            "--mode=root", "--quiet", suite, unfinished], check=True)
            unfinished.chmod(0o755)
            unfinished.rename(root)
    return root
