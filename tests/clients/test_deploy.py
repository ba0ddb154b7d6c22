"""What `mailstorectl deploy` writes, applied to the client that it is for by the documented steps:
refused before, accepted after, refused when it is undone. And install.sh by itself."""

import functools
import json
import re
import shutil
import ssl

import pytest

from deployed import Deployed, certutil, deploy, install, outcomes, said
from lib.browser import Browser
from lib.daemon import MAILSTORECTL
from lib.waiting import await_condition
from lib.workshop import FAILED
from made import HOST, MADE, Made, tool
from visit.browsers import STATUS, Chromium, Firefox
from visit.client import Site, Verdict, verdict_of
from visit.command_line import REQUEST, Curl, GnuTls, OpenSsl, Python, Wget, run
from visit.marionette import Marionette
from visit.virtual_machines import HERE, KEYTOOL, QUICK, Java, Node, compiled

KINDS = ["ecdsa-p256", "issued-ecdsa-p256"]  # its own certificate; the local authority
both = pytest.mark.parametrize("made", KINDS, indirect=True)
one = pytest.mark.parametrize("made", KINDS[:1], indirect=True)


@pytest.fixture
def serve(daemon):
    """serve(made): where a daemon is that has its store."""
    def start(made):
        served = daemon(prepare=lambda new: shutil.copytree(made.store, new.store))
        return Site(HOST, served.port())
    return start


# ---- the system's programs, by install.sh

PYTHON = """
import http.client, ssl, sys
connection = http.client.HTTPSConnection(sys.argv[1], int(sys.argv[2]),
                                         context=ssl.create_default_context())
try:
    connection.request("GET", "/")
except ssl.SSLCertVerificationError as refused:
    print("refused", refused.verify_code, refused.verify_message)
else:
    print("status", connection.getresponse().status)
"""


def system_programs(site):
    """Each with what it trusts when nobody tells it: its class, words, input, how it refuses and
    accepts."""
    yield (Curl, ["curl", "--disable", "--silent", "--show-error", "--output", "/dev/null",
                  "--write-out", "status %{http_code}\n", site.url], "",
           r"^curl: \(60\) (.*)", "^status 200$")
    yield (Wget, ["wget", "--no-config", "--no-hsts", "--server-response", "--tries=1",
                  "--output-document", "/dev/null", site.url], "",
           r"^ERROR: The certificate of .*? (is not trusted).$", r"^ +HTTP/1\.1 200 ")
    yield (OpenSsl, ["openssl", "s_client", "-connect", f"{site.host}:{site.port}",
                     "-verify_return_error", "-verify_hostname", site.host, "-servername",
                     site.host, "-ign_eof"], REQUEST.format(site.host),
           r"^verify error:num=(.*)", r"^HTTP/1\.1 200 ")
    yield (GnuTls, ["gnutls-cli", "--no-ocsp", "--port", site.port, site.host],
           REQUEST.format(site.host),
           r"^- Status: The certificate is NOT trusted\. (.*)\. *$", r"^HTTP/1\.1 200 ")
    yield (Python, ["/usr/bin/python3", "-c", PYTHON, site.host, site.port], "",
           "^refused (.*)", "^status 200$")
    yield (Java, ["java", *QUICK, "-cp", compiled("Visit.java"), "Visit", site.url], "",
           "^refused (.*)", "^status 200$")


def visit_all(machine, site, refused_for=None):
    for client, command, stdin, refusal, accepted in system_programs(site):
        verdict = verdict_of(machine.run(command, stdin=stdin), refusal, accepted)
        expect(client, verdict, refused_for)


def expect(client, verdict, refused_for):
    if not refused_for:
        assert verdict.accepted, f"{client.__name__}: {verdict.code}\n{verdict.said}"
        return
    expected = client.refusals[refused_for]
    if client is Wget:
        expected = "is not trusted"  # the reasons are in further lines
    assert not verdict.accepted and re.fullmatch(expected, verdict.code), \
        f"{client.__name__}: {verdict.code}\n{verdict.said}"


@both
def test_install_sh_makes_the_system_trust_it_and_undoes_that(made, serve, machine, tmp_path):
    site = serve(made)
    deployed = deploy(made, tmp_path / "out", site.port)
    visit_all(machine, site, made.unknown)
    parts = install(machine, deployed)
    assert outcomes(parts) == {"System": "done", "Firefox": "done", "Chromium": "done",
                               "Java": "already so", "Check": "already so"}
    assert ("already so", "Check", f"https://{HOST}:{site.port}/ is trusted") in parts
    visit_all(machine, site)
    assert set(outcomes(install(machine, deployed)).values()) == {"already so"}
    install(machine, deployed, "--undo")
    visit_all(machine, site, made.unknown)
    left = machine.run(["grep", "-rlF", deployed.label, "/etc", "/usr/local", "/var/lib"])
    assert left.stdout == "" and not list(machine.home.iterdir())
    assert machine.run(["test", "-e", "/etc/firefox"]).returncode == 1
    assert install(machine, deployed, "--undo") == [
        ("already so", "Undo", "nothing is installed")]


@pytest.mark.parametrize("made", ["issued-ecdsa-p256"], indirect=True)
@pytest.mark.xdist_group("Chromium")
def test_a_renewed_authority_is_good_for_what_was_issued_before(made, serve, machine, tmp_path):
    """The server sends the one that it was issued by; clients have the other alone."""
    site = serve(made)
    shutil.copytree(made.folder / "state", tmp_path / "state")
    tool(tmp_path / "state", "authority", "renew")
    deployed = deploy(Made(tmp_path, made.name), tmp_path / "out", site.port)
    renewed = (deployed.folder / "windows" / "mailstored.cer").read_bytes()
    assert renewed != made.anchor
    parts = install(machine, deployed)
    assert ("already so", "Check", f"https://{HOST}:{site.port}/ is trusted") in parts
    visit_all(machine, site)
    done = run(["node", HERE / "visit.js", site.url], NODE_EXTRA_CA_CERTS=str(deployed.pem))
    expect(Node, verdict_of(done, "^refused (.*)", "^status 200$"), None)
    home = tmp_path / "home"
    home.mkdir()
    done = run(["sh", deployed.script, "--user"], HOME=str(home), XDG_STATE_HOME=str(home / "state"))
    assert done.returncode == 0, done.stdout + done.stderr
    expect(Chromium, visit_by_chromium(home, site), None)


# ---- Java and Node, which have stores of their own

@both
def test_java_takes_the_truststore(made, serve, tmp_path):
    site = serve(made)
    store = deploy(made, tmp_path / "out").folder / "java" / "truststore.jks"
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 {HOST}\n")

    def visit(*options):
        done = run(["java", *QUICK, f"-Djdk.net.hosts.file={hosts}", *options, "-cp",
                    compiled("Visit.java"), "Visit", site.url])
        return verdict_of(done, "^refused (.*)", "^status 200$")
    expect(Java, visit(), made.unknown)
    expect(Java, visit(f"-Djavax.net.ssl.trustStore={store}",
                       "-Djavax.net.ssl.trustStorePassword=changeit"), None)
    listed = run([*KEYTOOL, "-list", "-rfc", "-keystore", store, "-storepass", "changeit"]).stdout
    assert "Your keystore contains 1 entry" in listed
    assert "Entry type: trustedCertEntry" in listed
    assert ssl.PEM_cert_to_DER_cert(listed[listed.index("-----BEGIN"):].split("\n\n")[0].strip()) \
        == made.anchor


@both
def test_node_takes_the_file(made, serve, tmp_path):
    site = serve(made)
    deployed = deploy(made, tmp_path / "out")
    for variables, reason in (({}, made.unknown), ({"NODE_EXTRA_CA_CERTS": str(deployed.pem)}, None)):
        done = run(["node", HERE / "visit.js", site.url], **variables)
        expect(Node, verdict_of(done, "^refused (.*)", "^status 200$"), reason)


# ---- browsers

def visit_by_chromium(home, site):
    with Browser(home, insecure=False) as browser:
        browser.open(site.url)
        source = browser.ask("GET", "/source")
        refused = re.search(r"(?:NET::)?(ERR_(?:CERT|SSL)_\w+)", source)
        assert refused or browser.run(STATUS) == 200
        return Verdict(refused and refused[1], source)


@both
@pytest.mark.xdist_group("Chromium")
def test_chromium_takes_what_its_user_installs_and_forgets_it(made, serve, tmp_path):
    site, home = serve(made), tmp_path / "home"
    home.mkdir()
    deployed = deploy(made, tmp_path / "out")
    expect(Chromium, visit_by_chromium(home, site), made.unknown)

    def by_its_user(*options):
        done = run(["sh", deployed.script, "--user", *options], HOME=str(home),
                   XDG_STATE_HOME=str(home / "state"))
        assert done.returncode == 0, done.stdout + done.stderr
    by_its_user()
    expect(Chromium, visit_by_chromium(home, site), None)
    by_its_user("--undo")
    expect(Chromium, visit_by_chromium(home, site), made.unknown)


@both
def test_the_command_of_the_readme_does_what_the_script_does(made, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    lines = re.search(r"^  mkdir.*\n(?:  .*\n)+", deployed.readme, re.MULTILINE)[0]
    listed = []
    for name, command in (("by-hand", lines.replace("(if it is new)", "")),
                          ("by-script", "mkdir -p ~/.pki/nssdb && "
                           "certutil -d sql:$HOME/.pki/nssdb -N --empty-password && "
                           "sh install.sh --user")):
        home = tmp_path / name
        done = run(["sh", "-e", "-c", f"cd '{deployed.folder}'\n{command}"], HOME=str(home),
                   XDG_STATE_HOME=str(home / "state"))
        assert done.returncode == 0, done.stderr
        listed.append(certutil("-d", f"sql:{home}/.pki/nssdb", "-L"))
    assert listed[0] == listed[1] and deployed.label in listed[0]


@pytest.mark.xdist_group("Firefox")
def test_firefox_takes_the_policy_or_what_its_user_installs_and_forgets_it(once, serve, machine,
                                                                           tmp_path):
    """Both kinds at once, since it takes seconds to start: one by the very policies.json, the other
    in the profile of a user without rights."""
    both_made = [Made(once(kind, MADE[kind]), kind) for kind in KINDS]
    sites = [serve(made) for made in both_made]
    by_policy, by_user = [deploy(made, tmp_path / made.name) for made in both_made]
    profile = machine.home / ".mozilla" / "firefox" / "own"

    def visit_both(refused):
        firefox = Marionette(machine.home, machine.enter, profile)
        try:
            for made, site in zip(both_made, sites):
                verdict = (Firefox.open(firefox, site) if refused else
                           # It takes what a policy names while it is running already.
                           await_condition("it is accepted",
                                           functools.partial(accepted_by, firefox, site)))
                expect(Firefox, verdict, made.unknown if refused else None)
        finally:
            firefox.close()
    visit_both(refused=True)
    install(machine, by_policy)
    assert machine.run_well("cat", "/etc/firefox/policies/policies.json") == \
        (by_policy.folder / "firefox" / "policies.json").read_text()
    assert outcomes(install(machine, by_user, "--user"))["Firefox"] == "done"
    visit_both(refused=False)
    for deployed, options in ((by_policy, []), (by_user, ["--user"])):
        parts = install(machine, deployed, *options, "--undo")
        assert any("has forgotten it" in text for _, _, text in parts)
    visit_both(refused=True)


def accepted_by(firefox, site):
    verdict = Firefox.open(firefox, site)
    return verdict if verdict.accepted else None


# ---- p11-kit, by which Fedora and others deploy

P11_KIT = """module: p11-kit-trust.so
priority: 1
trust-policy: yes
x-init-reserved: paths='{}'
"""


@both
def test_p11_kit_puts_it_into_the_bundle_that_programs_read(made, machine, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(deployed.folder / "linux" / "mailstored.p11-kit", source)
    module = "/usr/share/p11-kit/modules/p11-kit-trust.module"
    machine.run_well("tee", module, stdin=P11_KIT.format(source))
    bundle = tmp_path / "bundle.pem"
    machine.run_well("trust", "extract", "--filter=ca-anchors", "--purpose=server-auth",
                     "--format=pem-bundle", bundle)
    found = re.search("-----BEGIN.*-----END CERTIFICATE-----", bundle.read_text(), re.DOTALL)[0]
    assert ssl.PEM_cert_to_DER_cert(found) == made.anchor


# ---- install.sh

@one
def test_a_dry_run_tells_the_same_and_does_nothing(made, machine, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    told = [outcome for outcome, part, _ in install(machine, deployed, "--dry-run") if part != "Java"]
    assert told == ["would do"] * 3
    assert machine.run(["find", "/etc/firefox", "/var/lib/mailstored-trust"]).stdout == ""
    assert not list(machine.home.iterdir())


@one
def test_another_certificate_than_is_told_is_not_installed(made, machine, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    told = re.search("SHA-256 +(.*)", deployed.readme)[1]
    assert told.lower() in "".join(
        machine.run_well("sh", deployed.script, "--dry-run", "--fingerprint", told.lower())).lower()
    assert install(machine, deployed, "--fingerprint", "AB:CD", status=2) == []
    for path in ("linux/mailstored.crt", "linux/mailstored.p11-kit"):
        broken = Deployed(tmp_path / path.replace("/", "-"))
        shutil.copytree(deployed.folder, broken.folder)
        text = (broken.folder / path).read_text()
        (broken.folder / path).write_text(text.replace("MII", "MIJ").replace("MIIB", "MIJB"))
        assert (broken.folder / path).read_text() != text
        assert install(machine, broken, status=2) == []
    assert machine.run(["test", "-e", "/var/lib/mailstored-trust"]).returncode == 1


OTHERS = {"policies": {"DisableTelemetry": True, "Certificates": {"Install": ["theirs.cer"]}}}


@one
def test_a_policy_of_others_is_added_to_and_left_as_it_was(made, machine, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    path = "/etc/firefox/policies/policies.json"
    machine.run_well("mkdir", "-p", "/etc/firefox/policies")
    machine.run_well("tee", path, stdin=json.dumps(OTHERS))
    assert outcomes(install(machine, deployed))["Firefox"] == "done"
    policies = json.loads(machine.run_well("cat", path))["policies"]
    assert policies["DisableTelemetry"] is True
    assert policies["Certificates"]["Install"] == [
        "theirs.cer", f"{deployed.label}.cer", f"/etc/firefox/policies/{deployed.label}.cer"]
    install(machine, deployed, "--undo")
    assert json.loads(machine.run_well("cat", path)) == OTHERS
    machine.run_well("tee", path, stdin="{ broken")
    assert outcomes(install(machine, deployed, status=1))["Firefox"] == "failed"
    assert machine.run_well("cat", path) == "{ broken"


@one
def test_a_user_without_rights_has_what_needs_none(made, machine, tmp_path):
    """And root does the rest for him, in his name."""
    deployed = deploy(made, tmp_path / "out")
    machine.run_well("useradd", "--create-home", "alice")
    machine.run_well("cp", "-r", deployed.folder, "/home/alice/out")
    state = "/home/alice/.local/state/mailstored-trust"

    def as_alice(*options, status=0):
        done = machine.run(["runuser", "-u", "alice", "--", "env", "HOME=/home/alice", "sh",
                            "/home/alice/out/install.sh", *options])
        assert done.returncode == status, done.stdout + done.stderr
        return done
    assert "--user" in as_alice(status=2).stderr
    as_alice("--user")
    listed = machine.run_well("certutil", "-d", "sql:/home/alice/.pki/nssdb", "-L")
    assert deployed.label in listed
    as_alice("--user", "--undo")
    assert machine.run(["ls", "/home/alice/.pki", state]).stdout == ""
    install(machine, deployed, SUDO_USER="alice")
    owners = machine.run_well("find", "/home/alice/.pki", "-printf", "%u\n")
    assert set(owners.split()) == {"alice"} and not list(machine.home.iterdir())
    install(machine, deployed, "--undo", SUDO_USER="alice")
    assert machine.run(["ls", "/home/alice/.pki"]).returncode != 0


@one
def test_it_needs_no_more_of_its_environment_than_a_service_manager_gives(made, machine, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    machine.run_well("rm", "-rf", "/root/.pki", "/root/.local/share/pki")
    script = ["env", "-i", f"PATH={machine.run_well('printenv', 'PATH').strip()}",
              "POSIXLY_CORRECT=1", "sh", deployed.script]
    done = machine.run(script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("done", "Chromium of root", "/root/.pki/nssdb") in said(done)
    assert machine.run([*script, "--undo"]).returncode == 0
    assert machine.run(["test", "-e", "/root/.pki"]).returncode == 1


@one
@pytest.mark.parametrize("name, flags", [("other", ",c,"), (None, ",,")])
def test_a_certificate_that_its_user_has_added_is_trusted_under_its_name_and_left_as_it_was(
        made, machine, tmp_path, name, flags):
    """Such a database holds no certificate twice."""
    deployed = deploy(made, tmp_path / "out")
    database = machine.home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    within = ["certutil", "-d", f"sql:{database}"]
    machine.run_well(*within, "-N", "--empty-password")
    machine.run_well(*within, "-A", "-n", name or deployed.label, "-t", flags, "-a", "-i",
                     deployed.pem)

    def trust():
        return re.search(rf"^{name or deployed.label} +(\S+)", machine.run_well(*within, "-L"),
                         re.MULTILINE)[1]
    assert trust() == flags
    assert outcomes(install(machine, deployed))["Chromium"] == "done"
    assert trust() == f"P{flags}"
    assert outcomes(install(machine, deployed))["Chromium"] == "already so"
    install(machine, deployed, "--undo")
    assert trust() == flags


@one
def test_a_link_to_the_policies_stays_one(made, machine, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    machine.run_well("mkdir", "-p", "/etc/firefox/policies")
    machine.run_well("tee", "/etc/theirs.json", stdin=json.dumps(OTHERS))
    machine.run_well("ln", "-s", "/etc/theirs.json", "/etc/firefox/policies/policies.json")
    assert outcomes(install(machine, deployed))["Firefox"] == "done"
    assert deployed.label in machine.run_well("cat", "/etc/theirs.json")
    install(machine, deployed, "--undo")
    assert json.loads(machine.run_well("cat", "/etc/theirs.json")) == OTHERS
    machine.run_well("test", "-L", "/etc/firefox/policies/policies.json")


def test_the_server_is_refused_whatever_curl_is_configured_to(once, serve, machine, tmp_path):
    own, other = (Made(once(kind, MADE[kind]), kind) for kind in KINDS)
    site = serve(other)
    (machine.home / ".curlrc").write_text("insecure\n")
    parts = install(machine, deploy(own, tmp_path / "out"), "--host", f"{site.host}:{site.port}",
                    status=1)
    assert [part for part in parts if part[:2] == ("failed", "Check")]


@one
def test_what_somebody_else_has_told_java_stays(made, machine, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    keytool = [*KEYTOOL, "-cacerts", "-storepass", "changeit"]
    machine.run_well(*keytool, "-importcert", "-noprompt", "-alias", "theirs", "-file", deployed.pem)
    assert outcomes(install(machine, deployed, "--dry-run"))["Java"] == "already so"
    install(machine, deployed)
    assert "java" in str(install(machine, deployed, "--undo"))  # Debian's hook had added it again
    assert "theirs" in machine.run_well(*keytool, "-list")
    (tmp_path / "bin").mkdir()
    hookless = tmp_path / "bin" / "update-ca-certificates"
    hookless.write_text("#!/bin/sh\n")
    hookless.chmod(0o755)
    path = f"{hookless.parent}:{machine.run_well('printenv', 'PATH').strip()}"
    install(machine, deployed, status=1, PATH=path)
    assert "java" not in str(install(machine, deployed, "--undo", PATH=path))


@one
def test_nothing_is_installed_that_could_not_be_undone(made, machine, tmp_path):
    deployed = deploy(made, tmp_path / "out")
    done = machine.run(["unshare", "--mount", "sh", "-c", "mount -t tmpfs -o ro none /var/lib && "
                        f"exec sh '{deployed.script}'"])
    assert done.returncode == 2 and "/var/lib/mailstored-trust cannot be written" in done.stderr
    assert said(done) == [] and not list(machine.home.iterdir())


@one
def test_what_was_interrupted_is_undone_whole(made, machine, tmp_path):
    """By a kill at each of the moments at which a file is written beside its place."""
    deployed = deploy(made, tmp_path / "out")
    path = machine.run_well("printenv", "PATH").strip()
    count, program = tmp_path / "count", tmp_path / "bin" / "cp"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho >>{count}\n"
                       f"[ $(wc -l <{count}) -lt $KILLS ] || kill -KILL $PPID\n"
                       f"PATH={path} exec cp \"$@\"\n")
    program.chmod(0o755)
    for kills in (1, 2, 3):
        count.write_text("")
        done = machine.run(["sh", deployed.script], PATH=f"{program.parent}:{path}",
                           KILLS=str(kills))
        assert done.returncode == -9, done.stdout + done.stderr
        install(machine, deployed, "--undo")
        left = machine.run(["find", "/etc/firefox", "/var/lib/mailstored-trust"])
        assert left.stdout == ""


# ---- what the tool itself writes

@one
@pytest.mark.parametrize("options, why", [("size=16k", "No space left on device"),
                                          ("ro", "Read-only file system")])
@pytest.mark.parametrize("output", ["/mnt/out", "/mnt/out.zip"])
def test_where_it_cannot_be_written_nothing_is_left(made, machine, options, why, output):
    """And one message, which names what was asked for."""
    script = (f"mount -t tmpfs -o {options} none /mnt && '{MAILSTORECTL}' --state "
              f"'{made.folder}/state' deploy {made.entry} --output {output}; echo $?; ls -A /mnt")
    done = machine.run(["unshare", "--mount", "sh", "-c", script])
    assert done.stdout == f"{FAILED}\n"
    [line] = done.stderr.splitlines()
    assert output in line and why in line and ".tmp" not in line
