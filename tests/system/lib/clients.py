"""Command-line TLS clients, run to their end."""

import subprocess

from lib.waiting import deadline_s


def run(command, stdin="", env=None, within_s=30):
    return subprocess.run([str(word) for word in command], input=stdin, capture_output=True,
                          text=True, errors="replace", timeout=deadline_s(within_s), check=False,
                          env=env)


def s_client(port, *options, address="127.0.0.1", request=""):
    """openssl s_client; with a request, what came back is in stdout."""
    ended = ["-ign_eof"] if request else []
    return run(["openssl", "s_client", "-connect", f"{address}:{port}", "-no-CAfile",
                "-no-CApath", "-no-CAstore", *ended, *options], request)


def gnutls_cli(port, *options, address="127.0.0.1"):
    return run(["gnutls-cli", "--port", port, "--no-ocsp", *options, address])


def curl(url, *options):
    return run(["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time",
                deadline_s(20), *options, url])
