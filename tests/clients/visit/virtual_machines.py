"""Java and Node."""

import pathlib

from visit.client import NO_ISSUER, OUTSIDE, SELF_SIGNED, WRONG_NAME, Client, verdict_of
from visit.command_line import hosts_file, run

HERE = pathlib.Path(__file__).parent
STORE_PASSWORD = "changeit"
QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def compile_java(folder, source):
    """Compiling takes longer than a visit."""
    classes = folder / "classes"
    if not classes.exists():
        done = run(["javac", "-d", classes, HERE / source])
        assert done.returncode == 0, done.stderr
    return classes


def new_truststore(folder, *anchors):
    """By keytool, as an administrator would; anchors as files."""
    path = folder / "truststore.p12"
    for number, anchor in enumerate(anchors):
        done = run(["keytool", *(f"-J{option}" for option in QUICK), "-importcert", "-noprompt",
                    "-alias", f"anchor{number}", "-storetype", "PKCS12", "-keystore", path,
                    "-storepass", STORE_PASSWORD, "-file", anchor])
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

    def visit(self, site, anchor=None):
        folder = self.new_folder()
        store = new_truststore(folder, self.anchors(folder, anchor))
        done = run(["java", *QUICK, f"-Djdk.net.hosts.file={hosts_file(folder, site)}",
                    f"-Djavax.net.ssl.trustStore={store}",
                    f"-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}",
                    "-cp", compile_java(self.folder, "Visit.java"), "Visit", site.url])
        return verdict_of(done, "^refused (.*)", "^status 200$")


class Node(Client):
    refusals = {
        SELF_SIGNED: "DEPTH_ZERO_SELF_SIGNED_CERT: .*",
        NO_ISSUER: "SELF_SIGNED_CERT_IN_CHAIN: .*",
        WRONG_NAME: "ERR_TLS_CERT_ALTNAME_INVALID: .*",
        OUTSIDE: ".*permitted subtree violation",
    }

    def visit(self, site, anchor=None):
        done = run(["node", HERE / "visit.js", site.url],
                   NODE_EXTRA_CA_CERTS=str(self.anchors(self.new_folder(), anchor)))
        return verdict_of(done, "^refused (.*)", "^status 200$")
