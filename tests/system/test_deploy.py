"""mailstorectl deploy and /trust.zip: what is written, of which certificate, and where.

What clients make of it is in tests/clients/test_deploy.py."""

import hashlib
import io
import json
import re
import shlex
import ssl
import stat
import subprocess
import zipfile

import pytest

from lib.certs import days, now
from lib.daemon import fingerprint
from lib.waiting import await_condition
from lib.workshop import ATTENTION, FAILED, NO_ENTRY, USAGE, content, tool

PATHS = {"README.txt", "install.sh", "windows/install.ps1", "windows/mailstored.cer",
         "apple/mailstored.mobileconfig", "android/mailstored.crt", "firefox/policies.json",
         "linux/mailstored.crt", "linux/mailstored.p11-kit", "java/truststore.jks"}


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    (folder / "certs").mkdir(parents=True, mode=0o700)
    return folder


@pytest.fixture
def deploy(state, tmp_path):
    """deploy(…): with --json, unless output is to be looked at; the folder of --output."""
    def run(*arguments, **options):
        return tool("--state", state, "deploy", "--json", *arguments, cwd=tmp_path, **options)
    return run


def anchor_in(folder):
    return (folder / "windows" / "mailstored.cer").read_bytes()


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


# ---- of which certificate

def test_a_self_signed_one_is_deployed_itself(deploy, state, tmp_path):
    made = tool("--state", state, "create", "mail.example.org", "--json").answer
    answer = deploy("--output", "out").answer
    assert (answer["entry"], answer["holds"]) == ("mail.example.org", "certificate")
    assert (answer["host"], answer["port"]) == ("mail.example.org", 8462)
    assert answer["certificate"]["fingerprint"] == made["fingerprint"]
    assert fingerprint(anchor_in(tmp_path / "out")) == made["fingerprint"]
    assert PATHS <= set(answer["files"]) == set(files_in(tmp_path / "out"))
    assert any("825 days" in warning for warning in answer["warnings"])


def test_of_an_issued_one_the_authority_is_deployed_as_export_hands_it_out(deploy, state, tmp_path):
    tool("--state", state, "authority", "create", "--domain", "example.org")
    tool("--state", state, "authority", "issue", "mail.example.org", "--days", "90")
    assert deploy("--output", "out").answer["holds"] == "authority"
    tool("--state", state, "export", "mail.example.org", "--output", tmp_path / "exported.cer")
    assert anchor_in(tmp_path / "out") == (tmp_path / "exported.cer").read_bytes()


def alone(path, leaf):
    """Stored without what issued it."""
    path.write_bytes(leaf.pem + leaf.key_pem)
    path.chmod(0o600)


def test_of_one_without_its_chain_the_authority_is_deployed_where_the_store_has_it(
        deploy, state, certs, tmp_path):
    leaf = certs.leaf("mail.example.org")
    alone(state / "certs" / "alone.pem", leaf)
    assert deploy("alone", "--output", "unknown", status=ATTENTION).answer["holds"] == "topmost"
    certs.leaf("b.example.org").put(state / "certs", "b")
    assert deploy("alone", "--output", "out").answer["holds"] == "authority"
    assert anchor_in(tmp_path / "out") == leaf.issuer.der
    another = certs.make("mail.example.org", issuer=certs.authority(key="rsa"))  # of that name
    alone(state / "certs" / "another.pem", another)
    answer = deploy("another", "--output", "another", status=ATTENTION).answer
    assert answer["holds"] == "topmost" and anchor_in(tmp_path / "another") == another.der


def test_of_one_without_its_chain_the_local_authority_is_deployed(deploy, state, tmp_path):
    tool("--state", state, "authority", "create", "--domain", "example.org")
    tool("--state", state, "authority", "issue", "mail.example.org", "--days", "90")
    path = state / "certs" / "mail.example.org.pem"
    parts = re.findall(r"-----BEGIN .*?-----END [A-Z ]+-----\n", path.read_text(), re.DOTALL)
    kept = [part for part in parts if "KEY" in part] + \
        [part for part in parts if "CERT" in part][:1]
    assert len(parts) == 3
    path.write_text("".join(kept))
    answer = deploy("--output", "out").answer
    assert (answer["holds"], answer["warnings"]) == ("authority", [])
    shown = tool("--state", state, "authority", "show", "--pem").out
    assert anchor_in(tmp_path / "out") == ssl.PEM_cert_to_DER_cert(shown)


def test_where_the_root_is_not_known_it_says_so(deploy, state, certs):
    alone(state / "certs" / "alone.pem", certs.leaf("mail.example.org"))
    answer = deploy("--output", "out", status=ATTENTION).answer
    assert answer["holds"] == "topmost"
    assert any("CN=Test Authority" in warning for warning in answer["warnings"])
    ran = tool("--state", state, "deploy", "--output", "other", cwd=state, status=ATTENTION)
    assert re.search("^ +deploys +the topmost certificate that is sent", ran.out, re.MULTILINE)


def test_one_without_a_name_is_called_something(deploy, state, tmp_path):
    made = state / "certs" / "nobody.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-subj", "/", "-keyout", made, "-out", tmp_path / "crt"],
                   capture_output=True, check=True)
    made.write_bytes((tmp_path / "crt").read_bytes() + made.read_bytes())
    deploy("--output", "out")
    title = (tmp_path / "out" / "README.txt").read_text("utf-8-sig").splitlines()[0]
    assert re.fullmatch("Trusting mailstored-[0-9a-f]{8}", title)


def test_without_a_name_it_is_what_the_daemon_serves(daemon, certs, tmp_path):
    running = daemon()
    certs.make("a.example.org").put(running.store, "a")
    served = certs.make("b.example.org").put(running.store, "b")
    where = ["--config", running.config, "--state", running.state]
    tool(*where, "select", "web-access", "b", "--wait")
    answer = tool(*where, "deploy", "--json", "--output", tmp_path / "out").answer
    assert (answer["entry"], answer["port"]) == ("b", running.port())
    assert anchor_in(tmp_path / "out") == served.der
    answer = tool(*where, "deploy", "a", "--json", "--output", tmp_path / "other").answer
    assert answer["entry"] == "a"


def test_without_a_daemon_one_of_several_must_be_named(deploy, state):
    said = deploy("--output", "out", status=USAGE).errors
    assert f"no certificate yet: mailstorectl --state {state} create makes one" in said
    tool("--state", state, "create", "a.example.org")
    tool("--state", state, "create", "b.example.org")
    said = deploy("--output", "out", status=USAGE).errors
    assert "several: name one of a.example.org, b.example.org" in said
    assert deploy("b.example.org", "--output", "out").answer["entry"] == "b.example.org"
    assert "b.example.org" in deploy("b.exampel.org", "--output", "o", status=NO_ENTRY).errors


# ---- for which host, in which language

@pytest.mark.parametrize("given, host, port", [
    ("archive.example.org", "archive.example.org", 8462),
    ("ARCHIVE.example.org.:443", "archive.example.org", 443),
    ("192.0.2.7:9000", "192.0.2.7", 9000),
    ("2001:db8::7", "2001:db8::7", 8462),
    ("[2001:db8::7]:9000", "2001:db8::7", 9000),
])
def test_the_host_stands_in_the_texts(deploy, state, tmp_path, given, host, port):
    tool("--state", state, "create", "mail.example.org", "--name", "archive.example.org",
         "--address", "192.0.2.7", "--address", "2001:db8::7", "--days", "90")
    answer = deploy("--output", "out", "--host", given).answer
    assert (answer["host"], answer["port"], answer["warnings"]) == (host, port, [])
    url = f"https://{f'[{host}]' if ':' in host else host}:{port}/"
    assert url in (tmp_path / "out" / "README.txt").read_text("utf-8-sig")


@pytest.mark.parametrize("given", ["*.example.org", "a b", "mail.example.org:0", "mail:http", "",
                                   "mail.example.org:65536", "https://mail.example.org/"])
def test_what_is_no_host_is_refused(deploy, state, given):
    tool("--state", state, "create", "mail.example.org")
    assert "--host" in deploy("--output", "out", "--host", given, status=USAGE).errors


def test_a_host_that_the_certificate_does_not_name_is_warned_of(deploy, state):
    tool("--state", state, "create", "mail.example.org", "--days", "90")
    ran = deploy("--output", "out", "--host", "other.example.org")
    [warning] = ran.answer["warnings"]
    assert "does not name other.example.org" in warning and warning in ran.errors


# ---- who will refuse it all the same

def test_who_refuses_it_even_if_it_is_trusted_is_told_by_the_rules(deploy, state, certs):
    """And the command that mends it is one for this store, to be copied."""
    certs.make("mail.example.org", key="ed25519").put(state / "certs", "mail")
    ran = deploy("--output", "out")
    [warning] = ran.answer["warnings"]
    assert warning == (
        "refused, trusted or not, by Windows and Outlook, Chrome and Edge, Firefox, Apple, "
        "Android: its key is Ed25519, which these clients do not offer in the handshake; make it "
        f"again with a P-256 key: mailstorectl --state {state} create mail.example.org --key "
        "ecdsa-p256")
    assert warning in ran.errors


def test_the_commands_are_quoted_for_a_shell(state, certs, tmp_path):
    odd = tmp_path / "an odd $(name)'s"
    state.rename(odd)
    certs.make("mail.example.org", ends=now() + days(900)).put(odd / "certs", "mail")
    answer = tool("--state", odd, "deploy", "--json", "--output", tmp_path / "out").answer
    [warning] = answer["warnings"]
    words = shlex.split(re.search("mailstorectl .*", warning)[0])
    assert words[:3] == ["mailstorectl", "--state", str(odd)]


def test_names_that_stand_for_an_empty_subject_must_be_critical(deploy, certs, state, tmp_path):
    made = state / "certs" / "nobody.pem"
    for critical, expected in (("", 1), ("critical,", 0)):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/", "-days", "90",
                        "-addext", f"subjectAltName={critical}DNS:mail.example.org",
                        "-addext", "extendedKeyUsage=serverAuth",
                        "-keyout", made, "-out", tmp_path / "crt"], capture_output=True, check=True)
        made.write_bytes((tmp_path / "crt").read_bytes() + made.read_bytes())
        warnings = deploy("--output", "out", "--force").answer["warnings"]
        assert len([one for one in warnings if "are not critical" in one]) == expected


# ---- in which language

@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_every_file_is_described_beside_it_or_in_the_readme(deploy, state, tmp_path, language):
    tool("--state", state, "create", "mail.example.org")
    files = deploy("--output", "out", "--language", language).answer["files"]

    def text(path):
        return (tmp_path / "out" / path).read_text("utf-8-sig") if path in files else ""
    for path in files:
        folder, _, name = path.rpartition("/")
        place = path.split("/")[0]
        if name == "STEPS.txt":
            assert f"{folder}/" in text("README.txt")
        elif path.startswith("windows/gpo/"):
            assert "windows/gpo/" in text("README.txt")
        elif name != "README.txt":
            assert name in text("README.txt") + text(f"{place}/STEPS.txt"), path


@pytest.mark.parametrize("language, word", [("en", "COMPARE FIRST"), ("fr", "COMPAREZ D’ABORD"),
                                            ("de", "ZUERST VERGLEICHEN")])
def test_the_texts_are_in_the_language(deploy, state, tmp_path, language, word):
    tool("--state", state, "create", "mail.example.org")
    deploy("--output", "out", "--language", language)
    assert word in (tmp_path / "out" / "README.txt").read_text("utf-8-sig")


def test_the_command_line_is_checked(deploy, state):
    tool("--state", state, "create", "mail.example.org")
    assert "--output" in deploy(status=USAGE).errors
    assert "en, fr and de" in deploy("--output", "o", "--language", "es", status=USAGE).errors


# ---- where to

def test_the_same_entry_gives_the_same_files_in_a_folder_and_in_an_archive(deploy, state, tmp_path):
    tool("--state", state, "create", "mail.example.org")
    for name in ("one", "two", "one.zip", "two.ZIP"):
        deploy("--output", name)
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.ZIP").read_bytes()
    subprocess.run(["unzip", "-q", "one.zip"], cwd=tmp_path, check=True)
    assert files_in(tmp_path / "mailstored-trust") == files_in(tmp_path / "one")
    for folder in ("one", "mailstored-trust"):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode)
                 for path in (tmp_path / folder).rglob("*") if path.is_file()}
        assert modes.pop("install.sh") == 0o755 and set(modes.values()) == {0o644}


def test_everybody_may_read_it_whatever_the_umask(deploy, state, tmp_path):
    tool("--state", state, "create", "mail.example.org")
    deploy("--output", "out", umask=0o077)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").rglob("*")
             if path.is_dir()}
    assert modes | {stat.S_IMODE((tmp_path / "out").stat().st_mode)} == {0o755}


def test_an_older_one_is_replaced_whole_and_only_with_force(deploy, state, tmp_path):
    tool("--state", state, "create", "mail.example.org")
    (tmp_path / "out").mkdir()
    deploy("--output", "out")
    (tmp_path / "out" / "linux" / "older").touch()
    before = content(tmp_path / "out")
    assert "--force" in deploy("--output", "out/", status=FAILED).errors
    assert content(tmp_path / "out") == before
    tool("--state", state, "create", "mail.example.org", "--force")
    deploy("--output", "out/", "--force")
    assert not (tmp_path / "out" / "linux" / "older").exists()
    deploy("--output", "new")
    assert files_in(tmp_path / "out") == files_in(tmp_path / "new")
    deploy("--output", "one.zip")
    assert "--force" in deploy("--output", "one.zip", status=FAILED).errors
    deploy("--output", "one.zip", "--force")


def test_a_folder_with_other_things_is_never_replaced(deploy, state, tmp_path):
    tool("--state", state, "create", "mail.example.org")
    deploy("--output", "out")
    (tmp_path / "out" / "thesis.txt").touch()
    before = content(tmp_path / "out")
    assert "thesis.txt" in deploy("--output", "out", "--force", status=FAILED).errors
    assert content(tmp_path / "out") == before
    (tmp_path / "file").touch()
    assert "no folder" in deploy("--output", "file", "--force", status=FAILED).errors
    (tmp_path / "link").symlink_to("out")
    assert "no folder" in deploy("--output", "link", "--force", status=FAILED).errors
    for name in ("/", ".", "nowhere/out"):
        deploy("--output", name, "--force", status=FAILED)
    assert {path.name for path in tmp_path.iterdir()} == {"state", "out", "file", "link"}


# ---- signed

def test_the_profile_is_signed_by_an_entry_or_a_file(deploy, state, certs, tmp_path):
    tool("--state", state, "create", "mail.example.org", "--key", "rsa-2048", "--days", "90")
    plain = deploy("--output", "plain").answer
    assert plain["signed"] is False
    signer = certs.make("signer.example.org").put(tmp_path, "signer")
    for given in ("mail.example.org", str(tmp_path / "signer.pem")):
        answer = deploy("mail.example.org", "--output", "out", "--force", "--sign", given).answer
        assert answer["signed"] is True
        signed = tmp_path / "out" / "apple" / "mailstored.mobileconfig"
        done = subprocess.run(["openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in",
                               signed], capture_output=True, check=True)
        profile = (tmp_path / "plain" / "apple" / "mailstored.mobileconfig").read_bytes()
        assert done.stdout == profile
    assert signer.der in signed.read_bytes()
    deploy("--output", "o", "--sign", "nobody", status=NO_ENTRY)
    assert "nobody.pem" in deploy("--output", "o", "--sign", "nobody.pem", status=FAILED).errors


# ---- what stands in it

def test_the_policy_for_firefox_names_the_file_beside_it(deploy, state, tmp_path):
    tool("--state", state, "create", "mail.example.org")
    deploy("--output", "out")
    policies = json.loads((tmp_path / "out" / "firefox" / "policies.json").read_text())
    name, path = policies["policies"]["Certificates"]["Install"]
    assert path == f"/etc/firefox/policies/{name}"
    assert (tmp_path / "out" / "firefox" / name).read_bytes() == anchor_in(tmp_path / "out")


def test_the_script_is_one_for_any_shell(deploy, state, tmp_path):
    tool("--state", state, "create", "mail.example.org")
    deploy("--output", "out")
    script = tmp_path / "out" / "install.sh"
    subprocess.run(["shellcheck", script], check=True)
    subprocess.run(["dash", "-n", script], check=True)


# ---- the page

def opened(response):
    return zipfile.ZipFile(io.BytesIO(response.body))


def test_the_page_gives_what_the_tool_writes(daemon, tmp_path):
    running = daemon()
    host = f"localhost:{running.port()}"
    response = running.fetch("/trust.zip", host=host)
    assert (response.status, response.get("Content-Type")) == (200, "application/zip")
    assert response.get("Content-Disposition") == 'attachment; filename="mailstored-trust.zip"'
    tool("--config", running.config, "--state", running.state, "deploy", "--host", host,
         "--output", tmp_path / "out.zip")
    assert response.body == (tmp_path / "out.zip").read_bytes()
    head = running.fetch("/trust.zip", method="HEAD", host=host)
    assert head.body == b"" and head.get("Content-Length") == str(len(response.body))


def test_the_page_gives_it_in_the_language_of_the_visitor(daemon):
    running = daemon()
    tags = set()
    for language, word in (("en", "Trusting"), ("fr", "Faire confiance"), ("de", "vertrauen")):
        response = running.fetch("/trust.zip", headers={"Accept-Language": language})
        assert (response.get("Content-Language"), response.get("Vary")) == (
            language, "Accept-Language")
        readme = opened(response).read("mailstored-trust/README.txt").decode("utf-8-sig")
        assert word in readme.splitlines()[0]
        tags.add(response.get("ETag"))
    assert len(tags) == 3


def test_who_has_it_is_told_that_it_is_still_the_same(daemon):
    running = daemon()
    first = running.fetch("/trust.zip")
    again = running.fetch("/trust.zip", headers={"If-None-Match": first.get("ETag")})
    assert (again.status, again.body, again.get("ETag")) == (304, b"", first.get("ETag"))
    tool("--config", running.config, "--state", running.state, "renew")
    changed = running.fetch("/trust.zip", headers={"If-None-Match": first.get("ETag")})
    assert changed.status == 200 and changed.get("ETag") != first.get("ETag")


def test_it_is_that_of_the_certificate_that_the_visitor_was_shown(daemon, certs):
    running = daemon()
    leaf = certs.leaf("a.example.org").put(running.store, "a")
    own = certs.make("b.example.org", "*.b.example.org").put(running.store, "b")
    running.await_served(own, sni="b.example.org")
    for name, anchor in (("a.example.org", leaf.issuer.der), ("b.example.org", own.der)):
        archive = opened(running.fetch("/trust.zip", sni=name))
        assert archive.read("mailstored-trust/windows/mailstored.cer") == anchor


def test_an_authority_that_is_renewed_under_the_same_certificate_is_given_at_once(daemon, certs):
    running = daemon()
    leaf = certs.leaf("a.example.org").put(running.store, "a")
    running.await_served(leaf, sni="a.example.org")
    first = running.fetch("/trust.zip", sni="a.example.org")
    renewed = certs.authority(key=leaf.issuer.key)
    (running.store / "a.pem").write_bytes(leaf.pem + renewed.pem + leaf.key_pem)
    tool("--config", running.config, "--state", running.state, "reload")
    again = running.fetch("/trust.zip", sni="a.example.org",
                          headers={"If-None-Match": first.get("ETag")})
    assert opened(again).read("mailstored-trust/windows/mailstored.cer") == renewed.der


def test_after_a_renewal_of_the_authority_all_hand_out_the_one_that_lasts(daemon, tmp_path):
    running = daemon()
    where = ["--config", running.config, "--state", running.state]
    tool(*where, "authority", "create", "--domain", "example.org")
    tool(*where, "authority", "issue", "mail.example.org", "--wait")
    host = f"mail.example.org:{running.port()}"
    before = running.fetch("/trust.zip", sni="mail.example.org", host=host).body
    tool(*where, "authority", "renew")
    renewed = ssl.PEM_cert_to_DER_cert(tool(*where, "authority", "show", "--pem").out)

    def handed_out(path):
        return running.fetch(path, sni="mail.example.org", host=host).body
    await_condition("the page has the renewed one",
                    lambda: handed_out("/certificate.cer") == renewed)
    told = re.sub(r"<[^>]*>|\s", "", handed_out("/trust").decode())
    assert fingerprint(renewed).replace(":", "") in told.replace(":", "")
    tool(*where, "deploy", "mail.example.org", "--host", host, "--output", tmp_path / "out.zip")
    after = handed_out("/trust.zip")
    assert after == (tmp_path / "out.zip").read_bytes() and after != before
    archive = zipfile.ZipFile(io.BytesIO(after))
    assert archive.read("mailstored-trust/windows/mailstored.cer") == renewed


def test_a_page_of_one_without_its_chain_hands_out_the_authority(daemon, certs):
    running = daemon()
    leaf = certs.leaf("a.example.org")
    alone(running.store / "a.pem", leaf)
    certs.leaf("b.example.org").put(running.store, "b")
    running.await_served(leaf, sni="a.example.org")
    tool("--config", running.config, "--state", running.state, "reload")
    archive = opened(running.fetch("/trust.zip", sni="a.example.org"))
    assert archive.read("mailstored-trust/windows/mailstored.cer") == leaf.issuer.der
    assert running.fetch("/certificate.cer", sni="a.example.org").body == leaf.issuer.der


@pytest.mark.parametrize("host, told", [
    ("x.example.org:1234", "https://x.example.org:1234/"),
    ("x.example.org", "https://x.example.org:443/"),
    ("elsewhere.example.net", r"https://mail.example.com:\d+/"),
])
def test_the_address_is_the_visitors_where_the_certificate_names_it(daemon, certs, host, told):
    running = daemon()
    mine = certs.make("*.example.org", "mail.example.com").put(running.store, "mine")
    running.await_served(mine)
    readme = opened(running.fetch("/trust.zip", host=host)).read("mailstored-trust/README.txt")
    assert re.search(f"^{told}\r$", readme.decode("utf-8-sig"), re.MULTILINE)


def test_more_than_are_kept_are_made_anew(daemon, certs):
    running = daemon()
    mine = certs.make("*.example.org").put(running.store, "mine")
    running.await_served(mine)

    def digests():
        return [hashlib.sha256(running.fetch("/trust.zip", host=f"h{i}.example.org").body).digest()
                for i in range(40)]
    first = digests()
    assert len(set(first)) == 40 and digests() == first
