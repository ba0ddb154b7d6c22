"""Programs that are run once for each visit, and Python's own ssl."""

import os
import pathlib
import re
import shlex
import ssl

from lib import clients
from lib.http import Connection
from lib.sandbox import after
from visit.client import (NO_ISSUER, OUTSIDE, SELF_SIGNED, WRONG_NAME, Client, Verdict,
                          verdict_of)

REQUEST = "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"


def run(command, stdin="", **variables):
    """In English, and without what the environment says of proxies and roots."""
    passed = {name: value for name, value in os.environ.items()
              if not name.lower().endswith("_proxy") and not name.startswith(("SSL_", "NODE_"))}
    return clients.run(command, stdin, {**passed, "LC_ALL": "C.UTF-8", **variables}, within_s=120)


def run_well(command, stdin=""):
    """Its output, where it ended well and had nothing to complain of."""
    done = run(command, stdin)
    assert done.returncode == 0 and done.stderr == "", done.stdout + done.stderr
    return done.stdout


def run_many(command, visits, **how):
    """One of our own programs that visit what they read: of each (site, seconds) the client's own
    name of its refusal, or None."""
    asked = [f"{site.host} {site.port}" for site, _ in visits]
    done = clients.run(command, "".join(f"{site} {seconds}\n" for site, (_, seconds)
                                        in zip(asked, visits)), within_s=300, **how)
    said = re.findall(r"^(\S+ \d+) (.*)", done.stdout, re.MULTILINE)
    assert [site for site, _ in said] == asked, done.stdout + done.stderr
    return [None if verdict == "accepted" else verdict.removeprefix("refused ")
            for _, verdict in said]


def built(source, folder):
    """A program in Go, compiled once for each machine."""
    program = folder / source.removesuffix(".go")
    done = clients.run(["go", "build", "-o", program, pathlib.Path(__file__).parent / source],
                       within_s=300, env={
                           **os.environ, "GOFLAGS": "-mod=mod", "GO111MODULE": "off",
                           "GOCACHE": os.environ.get("GOCACHE") or
                           os.path.expanduser("~/.cache/mailstored-tests/go")})
    assert done.returncode == 0, done.stderr
    return program


def hosts_file(folder, site):
    path = folder / "hosts"
    path.write_text(f"127.0.0.1 {site.host}\n")
    return path


def knowing_host(folder, site):
    """Words before a program that has no means of its own to be told a name's address."""
    path = shlex.quote(str(hosts_file(folder, site)))
    return after(f"mount --bind {path} /etc/hosts", "--mount")


class Curl(Client):
    refusals = {
        SELF_SIGNED: "SSL certificate problem: self-signed certificate",
        NO_ISSUER: "SSL certificate problem: self-signed certificate in certificate chain",
        WRONG_NAME: "SSL: no alternative certificate subject name matches .*",
        OUTSIDE: "SSL certificate problem: (permitted|excluded) subtree violation",
    }

    def visit(self, site, anchor=None):
        folder = self.new_folder()
        done = run(["curl", "--disable", "--silent", "--show-error", "--noproxy", "*",
                    "--output", "/dev/null", "--write-out", "status %{http_code}\n",
                    "--capath", "/nonexistent", "--cacert", self.anchors(folder, anchor),
                    "--resolve", f"{site.host}:{site.port}:127.0.0.1", site.url])
        return verdict_of(done, r"^curl: \(60\) (.*)", "^status 200$")


class Wget(Client):
    """Debian's is built with GnuTLS."""

    refusals = {
        SELF_SIGNED: "is not trusted.*",
        NO_ISSUER: "is not trusted, doesn't have a known issuer",
        WRONG_NAME: "does not match hostname",
        OUTSIDE: "is not trusted",
    }

    def visit(self, site, anchor=None):
        folder = self.new_folder()
        empty = folder / "empty"
        empty.mkdir()
        done = run([*knowing_host(folder, site), "wget", "--no-config", "--no-proxy", "--no-hsts",
                    "--server-response", "--tries=1", "--output-document", "/dev/null",
                    "--ca-directory", empty,
                    "--ca-certificate", self.anchors(folder, anchor), site.url])
        verdict = verdict_of(done, r"^(?:ERROR: )?The certificate.*?(is|doe)", r"^ +HTTP/1\.1 200 ")
        if verdict.accepted:
            return verdict
        assert done.returncode == 5, verdict.said
        reasons = re.findall(r"^(?:ERROR: )?The certificate.*?((?:is|does).*?)[.]?$",
                             done.stderr, re.MULTILINE)
        return Verdict(", ".join(re.sub(r" [‘'].*", "", reason) for reason in reasons),
                       verdict.said)


class OpenSsl(Client):
    """With all that OpenSSL can be strict about."""

    refusals = {
        SELF_SIGNED: "18:self-signed certificate",
        NO_ISSUER: "19:self-signed certificate in certificate chain",
        WRONG_NAME: "6[24]:.* mismatch",
        OUTSIDE: "4[78]:(permitted|excluded) subtree violation",
    }

    def visit(self, site, anchor=None):
        whom = (["-verify_ip", site.host, "-noservername"] if site.is_address
                else ["-verify_hostname", site.host, "-servername", site.host])
        done = run(["openssl", "s_client", "-connect", f"127.0.0.1:{site.port}", "-x509_strict",
                    "-purpose", "sslserver", "-verify_return_error", *whom, "-no-CApath",
                    "-no-CAstore", "-CAfile", self.anchors(self.new_folder(), anchor),
                    "-ign_eof"], REQUEST.format(site.host))
        return verdict_of(done, r"^verify error:num=(.*)", r"^HTTP/1\.1 200 ")


class GnuTls(Client):
    refusals = {
        SELF_SIGNED: "The certificate issuer is unknown",
        NO_ISSUER: "The certificate issuer is unknown",
        WRONG_NAME: "The name in the certificate does not match the expected",
        OUTSIDE: "The certificate chain violates the signer's constraints",
    }

    def visit(self, site, anchor=None):
        whom = ["--disable-sni"] if site.is_address else ["--sni-hostname", site.host]
        done = run(["gnutls-cli", "--x509cafile", self.anchors(self.new_folder(), anchor),
                    "--verify-hostname", site.host, *whom, "--no-ocsp", "--port", site.port,
                    "127.0.0.1"], REQUEST.format(site.host))
        return verdict_of(done, r"^- Status: The certificate is NOT trusted\. (.*)\. *$",
                          r"^HTTP/1\.1 200 ")


class Python(Client):
    refusals = {
        SELF_SIGNED: "18 self-signed certificate",
        NO_ISSUER: "19 self-signed certificate in certificate chain",
        WRONG_NAME: "6[24] .*(Hostname|IP address) mismatch.*",
        OUTSIDE: "4[78] (permitted|excluded) subtree violation",
    }

    def visit(self, site, anchor=None):
        context = ssl.create_default_context(cafile=self.anchors(self.new_folder(), anchor))
        try:
            with Connection("127.0.0.1", site.port, sni=site.host, context=context) as connection:
                answer = connection.ask(host=site.host)
        except ssl.SSLCertVerificationError as refused:
            return Verdict(f"{refused.verify_code} {refused.verify_message}", str(refused))
        assert answer.status == 200
        return Verdict(None)
