"""promtool, which judges the metrics: taken out of Debian's package, without its server, and kept
in the user's cache."""

import fcntl
import subprocess
import tempfile

from debian_root import CACHE


def promtool():
    """Its path. Touches the network only when it is not in the cache; CalledProcessError if it
    cannot be had."""
    program = CACHE / "promtool"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "promtool.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                subprocess.run(["apt-get", "download", "--quiet", "prometheus"], cwd=folder,
                               check=True, capture_output=True, text=True)
                subprocess.run("dpkg -x prometheus_*.deb root", cwd=folder, check=True, shell=True)
                subprocess.run(["mv", f"{folder}/root/usr/bin/promtool", program], check=True)
    return program
