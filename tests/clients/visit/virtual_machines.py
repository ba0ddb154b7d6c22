"""Java and Node."""

import atexit
import functools
import pathlib
import tempfile

from visit.client import NO_ISSUER, OUTSIDE, SELF_SIGNED, WRONG_NAME, Client, verdict_of
from visit.command_line import hosts_file, run

HERE = pathlib.Path(__file__).parent
STORE_PASSWORD = "changeit"
QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
KEYTOOL = ["keytool", *(f"-J{option}" for option in QUICK)]


@functools.cache
def compiled(source):
    """A folder with the classes of a program here, made once for each process: compiling takes
    longer than a visit."""
    folder = tempfile.TemporaryDirectory(prefix="mailstored-test-")
    atexit.register(folder.cleanup)
    done = run(["javac", "-d", folder.name, HERE / source])
    assert done.returncode == 0, done.stderr
    return folder.name


def new_truststore(folder, anchor):
    """By keytool, as an administrator would; the anchor as a file."""
    path = folder / "truststore.p12"
    done = run([*KEYTOOL, "-importcert", "-noprompt", "-alias", "anchor", "-storetype", "PKCS12",
                "-keystore", path, "-storepass", STORE_PASSWORD, "-file", anchor])
    assert done.returncode == 0, done.stdout + done.stderr
    return path


class Java(Client):
    # Nothing for OUTSIDE: Java looks at no constraints of an anchor (PKIXParameters gives each a
    # java.security.cert.TrustAnchor without them).
    refusals = {
        SELF_SIGNED: "SunCertPathBuilderException: unable to find valid certification path.*",
        NO_ISSUER: "SunCertPathBuilderException: unable to find valid certification path.*",
        WRONG_NAME: "CertificateException: No subject alternative .*",
    }

    def __init__(self, folder):
        super().__init__(folder)
        self._stores = {}  # by anchor

    def visit(self, site, anchor=None):
        folder = self.new_folder()
        if anchor not in self._stores:
            self._stores[anchor] = new_truststore(folder, self.anchors(folder, anchor))
        done = run(["java", *QUICK, f"-Djdk.net.hosts.file={hosts_file(folder, site)}",
                    f"-Djavax.net.ssl.trustStore={self._stores[anchor]}",
                    f"-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}",
                    "-cp", compiled("Visit.java"), "Visit", site.url])
        return verdict_of(done, "^refused (.*)", "^status 200$")


class Node(Client):
    refusals = {
        SELF_SIGNED: "DEPTH_ZERO_SELF_SIGNED_CERT: .*",
        NO_ISSUER: "SELF_SIGNED_CERT_IN_CHAIN: .*",
        WRONG_NAME: "ERR_TLS_CERT_ALTNAME_INVALID: .*",
        OUTSIDE: ".*(permitted|excluded) subtree violation",
    }

    def visit(self, site, anchor=None):
        done = run(["node", HERE / "visit.js", site.url],
                   NODE_EXTRA_CA_CERTS=str(self.anchors(self.new_folder(), anchor)))
        return verdict_of(done, "^refused (.*)", "^status 200$")
