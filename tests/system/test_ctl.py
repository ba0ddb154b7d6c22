"""mailstorectl: on files alone, and against the real daemon."""

import json
import os
import signal
import ssl
import subprocess
import threading

import pytest
from cryptography import x509

from lib.certs import days, now, replace_file
from lib.daemon import MAILSTORECTL, environment, fingerprint
from lib.sandbox import NOBODY, after
from lib.waiting import deadline_s

FINE, ATTENTION, NO_DAEMON, NO_ENTRY, FAILED, USAGE, BAD_CONFIG = 0, 1, 3, 4, 5, 64, 78

CERTIFICATE_MEMBERS = {"subject", "issuer", "common_name", "dns_names", "addresses", "serial", "key",
                       "signature", "not_before", "not_after", "fingerprint", "thumbprint",
                       "self_issued", "authority"}
ENTRY_MEMBERS = CERTIFICATE_MEMBERS | {"name", "chain", "staple", "generated", "used_by",
                                       "friendly_name", "exportable", "made_by", "made"}
REFUSAL_MEMBERS = {"entry", "file", "reason", "mend", "kept", "staple"}


def ctl(*arguments, status=FINE, wrap=(), **options):
    """Runs the tool; its output. Fails unless it ends with `status`."""
    done = subprocess.run([*map(str, wrap), str(MAILSTORECTL), *map(str, arguments)],
                          capture_output=True, timeout=deadline_s(60), env=environment(),
                          check=False, **options)
    out, errors = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == status, f"status {done.returncode}:\n{out}\n{errors}"
    ctl.errors = errors
    return out


def ctl_json(*arguments, **options):
    return json.loads(ctl("--json", *arguments, **options))


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def nowhere(tmp_path):
    """Options that lead to no daemon, whatever this machine has."""
    config = tmp_path / "empty.conf"
    config.write_text("")
    return ["--config", config, "--state", tmp_path / "no-state"]


# ---- the command line

def test_help_is_for_every_verb():
    general = ctl("help")
    for verb in ("status", "list", "show", "reload", "renew", "help"):
        assert f"\n  {verb}" in general
        assert ctl("help", verb) == ctl(verb, "--help")
    assert ctl("--help") == general
    assert "--name HOST" in ctl("help", "status")


def test_version():
    assert ctl("--version").split()[0] == "mailstorectl"


@pytest.mark.parametrize("arguments, words", [
    ([], "a verb is missing"),
    (["statsu"], 'did you mean "status"?'),
    (["list", "--jsno"], "did you mean --json?"),
    (["list", "too", "many"], "usage: mailstorectl list"),
    (["show"], "usage: mailstorectl show NAME"),
    (["list", "--name", "x"], "belongs to: status"),
    (["status", "--store", "a"], "--store asks none"),
    (["status", "--name", "no/host"], "is no host name"),
    (["help", "fly"], "unknown verb"),
])
def test_wrong_command_lines(arguments, words):
    assert ctl(*arguments, status=USAGE) == ""
    assert words in ctl.errors


def test_mistakes_of_the_configuration_are_told_by_line(tmp_path):
    config = tmp_path / "wrong.conf"
    config.write_text('state_folder = "/tmp";\nstate_fodler = "/tmp";\nlog: { level = "loud"; };\n')
    assert ctl("--config", config, "list", status=BAD_CONFIG) == ""
    assert f"{config}:2: " in ctl.errors
    assert f"{config}:3: " in ctl.errors


def test_what_cannot_be_printed_was_not_done(store):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([MAILSTORECTL, "--store", store, "list"], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    assert done.returncode == FAILED
    assert b"No space left" in done.stderr


# ---- files alone

def test_an_empty_store_is_fine(store):
    assert "no certificate" in ctl("--store", store, "list")
    answer = ctl_json("--store", store, "list")
    assert answer == {"entries": [], "refused": [], "source": "files", "store_folder": str(store)}


def test_a_store_that_is_not_there(tmp_path):
    ctl("--store", tmp_path / "none", "list", status=FAILED)
    assert str(tmp_path / "none") in ctl.errors
    ctl("--store", tmp_path / "none", "show", "mail", status=FAILED)


def test_list_tells_what_certificates_say(store, certs):
    today = now()
    made = certs.leaf("mail.example.org", "*.example.net", "192.0.2.1", "2001:db8::1",
                      begins=today - days(1), ends=today + days(100.5)).put(store, "mail")
    certs.make("other.example.org", key="rsa").put(store, "other")
    answer = ctl_json("--store", store, "list")
    assert [entry["name"] for entry in answer["entries"]] == ["mail", "other"]
    mail, other = answer["entries"]
    assert set(mail) == set(other) == ENTRY_MEMBERS
    assert mail["dns_names"] == ["mail.example.org", "*.example.net"]
    assert mail["addresses"] == ["192.0.2.1", "2001:db8::1"]
    assert mail["fingerprint"] == fingerprint(made.der)
    assert int(mail["serial"], 16) == made.x509.serial_number
    assert mail["not_after"] - mail["not_before"] == 101.5 * 86400
    assert (mail["chain"], mail["self_issued"], mail["generated"]) == (2, False, False)
    assert (other["chain"], other["self_issued"]) == (1, True)
    assert (mail["key"], other["key"]) == ("ECDSA P-256", "RSA 2048")
    assert mail["used_by"] is None

    text = ctl("--store", store, "list")
    row = next(line for line in text.splitlines() if line.startswith("  mail "))
    assert "ECDSA P-256" in row and "100 days left" in row
    assert "mail.example.org, *.example.net, 192.0.2.1, 2001:db8::1" in row
    assert "USED BY" not in text


def test_list_tells_what_is_refused(store, certs):
    certs.make("good.example.org").put(store, "good")
    replace_file(store / "bad.pem", certs.make("bad.example.org").pem + certs.make("x").key_pem)
    replace_file(store / "open.pem", certs.make("open.example.org").both_pem, mode=0o644)
    answer = ctl_json("--store", store, "list", status=ATTENTION)
    assert [entry["name"] for entry in answer["entries"]] == ["good"]
    assert {refusal["entry"] for refusal in answer["refused"]} == {"bad", "open"}
    for refusal in answer["refused"]:
        assert set(refusal) == REFUSAL_MEMBERS
        assert refusal["file"] == str(store / f"{refusal['entry']}.pem")
        assert refusal["reason"] and not refusal["kept"] and not refusal["staple"]
    text = ctl("--store", store, "list", status=ATTENTION)
    assert f"  {store}/open.pem\n" in text
    assert "; not served\n" in text
    mends = [refusal["mend"] for refusal in answer["refused"] if refusal["entry"] == "open"]
    assert f"    mend: {mends[0]}\n" in text


def test_keys_for_everybody_are_taken_where_the_configuration_takes_them(store, certs, tmp_path):
    replace_file(store / "open.pem", certs.make("open.example.org").both_pem, mode=0o644)
    config = tmp_path / "open.conf"
    config.write_text("store: { accept_public_keys = true; };\n")
    answer = ctl_json("--config", config, "--store", store, "list")
    assert [entry["name"] for entry in answer["entries"]] == ["open"]


def test_certificates_out_of_time_need_attention(store, certs):
    certs.expired("old.example.org").put(store, "old")
    assert "expired 30 days ago" in ctl("--store", store, "list", status=ATTENTION)
    assert "expired 30 days ago" in ctl("--store", store, "show", "old", status=ATTENTION)


def test_nothing_in_a_certificate_reaches_the_terminal_raw(store, certs):
    certs.make(common_name="a\x1b]0;owned\x07\u202egpj\u009bm", san=False).put(store, "evil")
    for verb in (["list"], ["show", "evil"]):
        text = ctl("--store", store, *verb)
        assert not set(text) & {"\x1b", "\x07", "\u202e", "\u009b"}
        assert "owned" in text
    assert "owned" in ctl_json("--store", store, "list")["entries"][0]["common_name"]


def test_names_beyond_ascii_and_beyond_utf8(store, certs):
    certs.make("mail.example.org", common_name="größe 日本").put(store, "größe")
    with open(os.path.join(os.fsencode(store), b"caf\xe9.pem"), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(certs.make("cafe.example.org").both_pem)
    names = [entry["name"] for entry in ctl_json("--store", store, "list")["entries"]]
    assert sorted(names) == ["caf\\xE9", "größe"]
    assert ctl_json("--store", store, "show", "größe")["entry"]["common_name"] == "größe 日本"


def test_show_tells_everything_but_the_key(store, certs):
    made = certs.leaf("mail.example.org").put(store, "mail")
    answer = ctl_json("--store", store, "show", "mail")
    assert set(answer) == {"entry", "refused", "source", "store_folder"}
    entry = answer["entry"]
    assert set(entry) == ENTRY_MEMBERS | {"staple_until", "chain_pem", "chain_certificates"}
    assert [set(one) for one in entry["chain_certificates"]] == [CERTIFICATE_MEMBERS] * 2
    assert entry["chain_certificates"][1]["authority"]
    assert [x509.load_pem_x509_certificate(pem.encode()) for pem in entry["chain_pem"]] == [
        made.x509, made.issuer.x509]

    pem = ctl("--store", store, "show", "--pem", "mail")
    assert pem.encode() == made.chain_pem
    for out in (pem, json.dumps(answer), ctl("--store", store, "show", "mail")):
        assert "PRIVATE" not in out
    text = ctl("--store", store, "show", "mail")
    assert text.startswith("mail\n")
    assert fingerprint(made.der) in text and fingerprint(made.issuer.der) in text
    assert "sent with it, 1 of 1:" in text


def test_show_tells_the_staple(store, certs):
    made = certs.leaf("mail.example.org").put(store, "mail")
    replace_file(store / "mail.ocsp", made.staple())
    entry = ctl_json("--store", store, "show", "mail")["entry"]
    assert entry["staple"] and entry["staple_until"] > entry["not_before"]
    assert "sent until 20" in ctl("--store", store, "show", "mail")

    replace_file(store / "mail.ocsp", made.staple(status="revoked"))
    answer = ctl_json("--store", store, "show", "mail", status=ATTENTION)
    assert not answer["entry"]["staple"] and answer["entry"]["staple_until"] is None
    assert [refusal["staple"] for refusal in answer["refused"]] == [True]
    assert "served without it" in ctl("--store", store, "show", "mail", status=ATTENTION)


def test_show_knows_what_is_not_there(store, certs):
    certs.make("mail.example.org").put(store, "mail")
    replace_file(store / "bad.pem", b"-----BEGIN CERTIFICATE-----\nnonsense\n")
    ctl("--store", store, "show", "mial", status=NO_ENTRY)
    assert 'did you mean "mail"?' in ctl.errors
    answer = ctl_json("--store", store, "show", "bad", status=ATTENTION)
    assert answer["entry"] is None and answer["refused"][0]["entry"] == "bad"
    assert "every version of it is refused" in ctl("--store", store, "show", "bad",
                                                   status=ATTENTION)
    ctl("--store", store, "show", "--pem", "bad", status=FAILED)


# ---- no daemon where one is needed

@pytest.mark.parametrize("verb", ["status", "reload", "renew"])
def test_verbs_that_need_a_daemon_say_so(nowhere, verb):
    assert ctl(*nowhere, verb, status=NO_DAEMON) == ""
    assert "no daemon answers on" in ctl.errors


def test_status_without_a_daemon_as_json(nowhere):
    answer = ctl_json(*nowhere, "status", status=NO_DAEMON)
    assert answer["running"] is False and set(answer) == {"running", "error", "control_socket"}


def test_a_daemon_that_hangs_is_none(daemon):
    running = daemon()
    running.signal(signal.SIGSTOP)
    try:
        ctl(*place(running), "status", status=NO_DAEMON)
    finally:
        running.signal(signal.SIGCONT)


# ---- with a daemon

def place(running):
    return ["--config", running.config, "--state", running.state]


def listeners(answer):
    return [listener for service in answer["services"] for listener in service["listeners"]]


def test_status_tells_what_is_really_served(daemon, certs):
    running = daemon()
    answer = ctl_json(*place(running), "status")
    assert answer["running"] and answer["pid"] == running.pid
    assert answer["store_folder"] == str(running.store)
    [listener] = listeners(answer)
    assert listener["port"] == running.port()
    assert listener["probe"]["problem"] is None and listener["probe"]["matches"]
    assert listener["probe"]["entry"] == listener["serves"] == "MailStoreServer"
    assert listener["probe"]["tls_version"] == "TLS 1.3" and listener["probe"]["status"] == 200
    assert listener["probe"]["certificate"]["fingerprint"] == running.served_fingerprint()
    assert set(listener["probe"]["certificate"]) == CERTIFICATE_MEMBERS

    made = certs.make("mail.example.org").put(running.store, "mail")
    running.await_served(made)
    text = ctl(*place(running), "status")
    assert "web-access\n" in text and f"https 127.0.0.1:{running.port()}\n" in text
    assert "mail (by rule: newest), TLS 1.3" in text
    assert fingerprint(made.der) in text
    assert "client (off)\n" in text
    assert "PROBLEM" not in text
    # The tool is not taken for a client that dislikes the certificate.
    assert "left web-access" not in running.log and "refused" not in running.log


def test_status_asks_with_a_name(daemon, certs):
    running = daemon()
    certs.newer("new.example.org").put(running.store, "new")
    made = certs.make("mail.example.org").put(running.store, "mail")
    running.await_served(made, sni="mail.example.org")
    [listener] = listeners(ctl_json(*place(running), "status", "--name", "Mail.example.org."))
    assert (listener["serves"], listener["rule"]) == ("mail", "name")
    assert listener["probe"]["matches"] and listener["probe"]["entry"] == "mail"
    [listener] = listeners(ctl_json(*place(running), "status"))
    assert (listener["serves"], listener["rule"]) == ("new", "newest")


def test_status_reaches_wildcards_and_redirects(daemon):
    running = daemon(listen=["web-access=*:0", "web-access-http=127.0.0.1:0"])
    answer = ctl_json(*place(running), "status")
    secure, plain = listeners(answer)
    assert secure["address"] == "*" and secure["reach"] in ("::1", "127.0.0.1")
    assert secure["probe"]["matches"]
    assert plain["probe"]["problem"] is None
    assert plain["probe"]["location"].startswith("https://")
    text = ctl(*place(running), "status")
    assert f"https *:{secure['port']}, asked at " in text
    assert "leads to" in text


def test_status_tells_that_nobody_answers(daemon):
    running = daemon()
    alone = after("ip link set lo up", "--net")
    text = ctl(*place(running), "status", wrap=alone, status=ATTENTION)
    assert "PROBLEM" in text and "refused" in text
    [listener] = listeners(ctl_json(*place(running), "status", wrap=alone, status=ATTENTION))
    assert listener["probe"]["certificate"] is None


def test_status_tells_that_another_certificate_is_served(daemon, certs, tmp_path):
    running = daemon()
    # In a network of the tool's own another server has taken the daemon's address.
    other = certs.make("other.example.org")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    replace_file(chain, other.chain_pem)
    replace_file(key, other.key_pem)
    server = f"""ip link set lo up
        openssl s_server -quiet -accept 127.0.0.1:{running.port()} -cert {chain} -key {key} \
            </dev/zero >/dev/null 2>&1 &
        until ss -Hltn | grep -q .; do :; done"""
    inside = after(server, "--net", "--pid", "--fork", "--kill-child")
    text = ctl(*place(running), "status", wrap=inside, status=ATTENTION)
    assert "PROBLEM     another certificate than the daemon says" in text
    assert "a certificate that is not in the store" in text
    assert fingerprint(other.der) in text
    assert "expected    MailStoreServer" in text


def test_status_tells_that_an_expired_certificate_is_served(daemon, certs):
    running = daemon()
    made = certs.expired("old.example.org").put(running.store, "old")
    running.await_served(made)
    assert "the certificate expired" in ctl(*place(running), "status", status=ATTENTION)


def test_list_and_show_ask_the_daemon(daemon, certs):
    running = daemon()
    made = certs.make("mail.example.org").put(running.store, "mail")
    running.await_served(made)
    asked = ctl_json(*place(running), "list")
    assert asked["source"] == "daemon"
    by_name = {entry["name"]: entry for entry in asked["entries"]}
    assert by_name["mail"]["used_by"] == ["web-access"]
    assert by_name["MailStoreServer"]["used_by"] == []
    assert by_name["MailStoreServer"]["generated"]
    read = ctl_json("--store", running.store, "list")
    for entry in asked["entries"]:
        entry["used_by"] = None
    assert asked["entries"] == read["entries"] and asked["refused"] == read["refused"]
    assert "USED BY" in ctl(*place(running), "list")
    assert ctl(*place(running), "show", "--pem", "mail").encode() == made.pem
    ctl(*place(running), "show", "mial", status=NO_ENTRY)
    assert 'did you mean "mail"?' in ctl.errors


def test_list_tells_what_the_daemon_kept(daemon, certs):
    running = daemon()
    made = certs.make("mail.example.org").put(running.store, "mail")
    running.await_served(made)
    replace_file(running.store / "mail.pem", b"nonsense")
    running.await_log("mail.pem refused")
    answer = ctl_json(*place(running), "list", status=ATTENTION)
    assert "mail" in {entry["name"] for entry in answer["entries"]}
    assert [refusal["kept"] for refusal in answer["refused"]] == [True]
    assert "the last good version is served" in ctl(*place(running), "list", status=ATTENTION)
    answer = ctl_json(*place(running), "show", "mail", status=ATTENTION)
    assert answer["entry"]["fingerprint"] == fingerprint(made.der)


def test_reload(daemon):
    running = daemon()
    assert ctl(*place(running), "reload") == "reloaded\n"
    assert ctl_json(*place(running), "reload") == {"reloaded": True}
    good = running.config.read_text()
    elsewhere = running.folder / "good.conf"
    elsewhere.write_text(good)
    running.configure("nonsense = 1;\n")
    ctl("--config", elsewhere, "--state", running.state, "reload", status=BAD_CONFIG)
    assert "nonsense" in ctl.errors
    assert running.fetch("/healthz").status == 200


def test_renew(daemon):
    running = daemon()
    before = running.served_fingerprint()
    ctl(*place(running), "renew")
    assert running.served_fingerprint() != before


def test_others_may_not_ask(daemon):
    running = daemon()
    for folder in [running.folder, *running.folder.parents]:
        if folder.stat().st_uid == os.getuid() and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    other = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups"]
    ctl(*place(running), "list", wrap=other, status=FAILED)
    assert "Permission denied" in ctl.errors


def test_many_ask_at_once(daemon):
    running = daemon()
    answers = []
    askers = [threading.Thread(target=lambda: answers.append(ctl_json(*place(running), "list")))
              for _ in range(40)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(answers) == 40


def test_ten_thousand_entries_are_told(daemon, certs):
    running = daemon()
    made = certs.make("mail.example.org")
    for i in range(10000):
        (running.store / f"entry{i:05}.pem").write_bytes(made.both_pem)
        (running.store / f"entry{i:05}.pem").chmod(0o600)
    ctl(*place(running), "reload")
    answer = ctl_json(*place(running), "list")
    assert len(answer["entries"]) == 10001
    assert answer["entries"][-1]["name"] == "entry09999"


def test_tls_1_2_alone_is_told(daemon):
    running = daemon({"tls": {"versions": ["1.2"]}})
    [listener] = listeners(ctl_json(*place(running), "status"))
    assert listener["probe"]["tls_version"] == "TLS 1.2"
    assert ssl.HAS_TLSv1_2
