"""The log: its forms, its file and its reopening, the access log, and the warnings worth a line."""

import datetime
import os
import re
import signal

import pytest

from lib import sandbox
from lib.certs import days, now
from lib.waiting import await_condition

PLAIN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (error|warning|notice|info|debug) "
                   r"[\w .-]+: .+")


def lines_of(path):
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def web_access(**service):
    return {"web-access": {"listeners": ({"address": "127.0.0.1", "port": 0},), **service}}


# ---- forms

def test_standard_error_has_the_plain_form(daemon):
    running = daemon()
    running.fetch()
    running.stop()
    assert lines_of(running.log_path)
    for line in lines_of(running.log_path):
        assert PLAIN.fullmatch(line), line


def test_the_journal_gets_priorities(tmp_path, daemon):
    """As sd-daemon(3) has it: JOURNAL_STREAM names the device and inode of standard error."""
    script = 'export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); exec "$@"'
    running = daemon(wrap=["sh", "-c", script, "sh"])
    for line in lines_of(running.log_path):
        assert re.fullmatch(r"<[3-7]>[\w .-]+: .+", line), line
    assert any(line.startswith("<5>") for line in lines_of(running.log_path))


def test_a_stale_journal_variable_means_nothing(daemon):
    running = daemon(env={"JOURNAL_STREAM": "1:2"})
    assert PLAIN.fullmatch(lines_of(running.log_path)[0])


def test_the_level_is_kept_to(daemon, certs):
    quiet = daemon({"log": {"level": "error"}})
    certs.make("mail.example.org").put(quiet.store, "mine")
    await_condition("served", lambda: quiet.served_certificate())
    assert lines_of(quiet.log_path) == []
    loud = daemon({"log": {"level": "debug"}})
    loud.fetch("/" + "a" * 3000)
    loud.await_log(" debug ")
    verbose = daemon({"log": {"level": "error"}}, arguments=["--verbose"])
    verbose.fetch("/" + "a" * 3000)
    verbose.await_log(" debug ")


def test_the_level_follows_the_configuration(daemon):
    running = daemon({"log": {"level": "notice"}, "services": web_access()}, listen=[])
    running.configure({"log": {"level": "debug"}, "services": web_access()})
    running.reload()

    def says_debug():
        running.fetch("/" + "a" * 3000)
        return " debug " in running.log
    await_condition("debug lines come", says_debug)


# ---- the file

def test_the_log_goes_to_a_file_too(daemon, tmp_path):
    file = tmp_path / "mailstored.log"
    running = daemon({"log": {"file": str(file)}})
    last = "drop a certificate with its key there"  # of those that a start writes
    await_condition("it has started", lambda: all(
        any(last in line for line in lines_of(path)) for path in (file, running.log_path)))
    assert lines_of(file) == lines_of(running.log_path) != []
    assert all(PLAIN.fullmatch(line) for line in lines_of(file))


def test_log_files_are_opened_anew_at_sigusr1(daemon, tmp_path):
    log, access = tmp_path / "mailstored.log", tmp_path / "access.log"
    running = daemon({"log": {"file": str(log)}, "services": web_access(access_log=str(access))},
                     listen=[])
    running.fetch("/healthz?before")
    await_condition("the request is there", lambda: lines_of(access))
    for file in (log, access):
        file.rename(file.with_suffix(".1"))
    running.signal(signal.SIGUSR1)
    await_condition("the files are there again", lambda: log.exists() and access.exists())
    running.fetch("/healthz?after")
    await_condition("the request is in the new one",
                    lambda: any("?after" in line for line in lines_of(access)))
    assert not any("?after" in line for line in lines_of(access.with_suffix(".1")))
    assert any("?before" in line for line in lines_of(access.with_suffix(".1")))


def test_requests_while_rotating_are_all_there(daemon, tmp_path):
    access = tmp_path / "access.log"
    running = daemon({"services": web_access(access_log=str(access))}, listen=[])
    with running.connect() as connection:
        for number in range(200):
            if number % 20 == 10:
                await_condition("it was opened anew", access.exists)
                access.rename(tmp_path / f"access.{number}")
                running.signal(signal.SIGUSR1)
            connection.ask(f"/healthz?{number}")

    def written():
        text = "".join(path.read_text() for path in tmp_path.glob("access.*"))
        return all(f"/healthz?{number} " in text for number in range(200))
    await_condition("all of them are written", written)


def test_a_log_file_that_cannot_be_opened_does_not_stop_the_service(daemon, tmp_path):
    file = tmp_path / "folder"
    running = daemon({"log": {"file": str(file / "log")}}, prepare=lambda _: file.mkdir())
    (file / "log").unlink()
    file.rmdir()
    running.signal(signal.SIGUSR1)
    running.await_log(re.escape(str(file / "log")))
    assert running.fetch().status == 200


def test_a_full_disk_under_the_access_log_does_not_stop_the_service(daemon, tmp_path):
    running = daemon({"services": web_access(access_log="/dev/full")}, listen=[])
    for _ in range(3):
        assert running.fetch().status == 200


# ---- the access log

COMBINED = re.compile(r'(?P<client>\S+) - - \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" '
                      r'(?P<status>\d{3}) (?P<size>\d+|-) "(?P<referrer>[^"]*)" "(?P<agent>[^"]*)" '
                      r'"(?P<service>[^"]*)"')


def entries(path, count):
    return await_condition(f"{count} requests are logged", lambda: (
        len(lines_of(path)) >= count and
        [COMBINED.fullmatch(line) or pytest.fail(line) for line in lines_of(path)]))


def test_the_access_log_has_the_combined_form_and_the_service(daemon, tmp_path):
    access = tmp_path / "access.log"
    running = daemon({"services": web_access(access_log=str(access))}, listen=[])
    shown = running.fetch("/?a=b", headers={"User-Agent": "Tester/1.0",
                                            "Referer": "https://example.org/"}, source="127.0.0.5")
    running.fetch("/nothing")
    running.fetch("/", method="HEAD")
    running.fetch("/", headers={"If-None-Match": shown.get("ETag")})
    running.fetch("/", host="a b")
    first, missing, head, cached, refused = entries(access, 5)
    assert first["client"] == "127.0.0.5"
    assert first["request"] == "GET /?a=b HTTP/1.1"
    assert (first["status"], first["size"]) == ("200", str(len(shown.body)))
    assert (first["referrer"], first["agent"]) == ("https://example.org/", "Tester/1.0")
    assert first["service"] == "web-access"
    moment = datetime.datetime.strptime(first["time"], "%d/%b/%Y:%H:%M:%S %z")
    assert abs((datetime.datetime.now(datetime.timezone.utc) - moment).total_seconds()) < 600
    assert missing["status"] == "404" and missing["agent"] == "-"
    assert head["request"].startswith("HEAD ") and head["status"] == "200"
    assert cached["status"] == "304"
    assert refused["status"] == "400"


def test_each_service_has_its_own(daemon, tmp_path):
    files = {"web-access": tmp_path / "one", "client": tmp_path / "two"}
    running = daemon({"services": {
        name: {"access_log": str(file), "listeners": ({"address": "127.0.0.1", "port": 0},)}
        for name, file in files.items()}}, listen=[])
    for name in files:
        running.fetch("/healthz", service=name)
    for name, file in files.items():
        (entry,) = entries(file, 1)
        assert entry["service"] == name


def test_requests_cannot_forge_lines(daemon, tmp_path):
    access = tmp_path / "access.log"
    running = daemon({"services": web_access(access_log=str(access))}, listen=[])
    for agent in ('x" 200 1 "-" "y', "x\\", "\x1b[2J", "caf\xe9\x9b"):
        running.fetch("/healthz?%22%0a", headers={"User-Agent": agent})
    with running.connect() as connection:
        connection.send("GET /\" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.answer()
    entries(access, 5)
    assert len(lines_of(access)) == 5
    assert re.fullmatch(rb"[\n -~]*", access.read_bytes()), "printable ASCII, nothing else"


def test_the_access_log_is_nobody_elses(daemon, tmp_path):
    access = tmp_path / "access.log"
    running = daemon({"services": web_access(access_log=str(access))}, listen=[])
    running.fetch()
    entries(access, 1)
    assert os.stat(access).st_mode & 0o007 == 0


def test_without_a_setting_there_is_no_access_log(daemon):
    running = daemon()
    running.fetch("/healthz?quiet")
    assert "quiet" not in running.log
    assert not list(running.folder.glob("**/*access*"))


# ---- expiry

@pytest.mark.parametrize("left, warned", [
    (days(400), None), (days(31), None), (days(29), 29), (days(13), 13), (days(6), 6),
    (datetime.timedelta(hours=20), 1)])
def test_an_expiry_is_announced(daemon, certs, left, warned):
    soon = certs.make("mail.example.org", ends=now() + left + datetime.timedelta(minutes=5))

    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        soon.put(made.store, "mine")
    running = daemon(prepare=drop)
    lines = [line for line in lines_of(running.log_path) if "expires" in line]
    if warned is None:
        assert lines == []
        return
    (line,) = lines
    assert " warning " in line and "mine" in line
    assert soon.x509.not_valid_after.strftime("%Y-%m-%d") in line
    assert re.search(rf"\b{warned + (left != datetime.timedelta(hours=20))} days?\b", line)


def test_an_expired_one_is_an_error(daemon, certs):
    running = daemon()
    certs.expired("mail.example.org").put(running.store, "mine")
    line = running.await_log(r"^.*mine expired.*$")[0]
    assert " error " in line


def test_a_step_is_announced_once(daemon, certs):
    running = daemon()
    certs.make("mail.example.org", ends=now() + days(10)).put(running.store, "mine")
    running.await_log("mine expires")
    for number in range(3):
        other = certs.newer("other.example.org", by_hours=number).put(running.store, "other")
        running.await_served(other, sni="other.example.org")
    assert running.log.count("mine expires") == 1


# ---- the host's names

def test_a_renamed_host_is_noticed_with_the_command_that_mends_it(daemon):
    running = daemon()
    assert "does not name" not in running.log
    running.stop()
    renamed = daemon(state=running.state, wrap=sandbox.named_host("renamed.example.org"))
    line = renamed.await_log(r"^.* warning .*renamed\.example\.org.*$")[0]
    assert "mailstorectl renew" in line


def test_a_new_address_is_noticed(daemon):
    """In a network of its own, where an address is added between two starts."""
    running = daemon()
    running.stop()
    moved = daemon(state=running.state, wrap=sandbox.with_network(
        "ip addr add 198.51.100.7/24 dev lo"))
    line = moved.await_log(r"^.* warning .*198\.51\.100\.7.*$")[0]
    assert "mailstorectl renew" in line


def test_an_operators_certificate_makes_the_hosts_names_its_owners_business(daemon, certs):
    def drop(made):
        made.store.mkdir(parents=True, mode=0o700)
        certs.make("mail.example.org").put(made.store, "mine")
    running = daemon(prepare=drop, wrap=sandbox.named_host("renamed.example.org"))
    assert "does not name" not in running.log


# ---- stopping

def test_open_connections_are_drained_at_stop(daemon):
    running = daemon({"limits": {"drain_timeout_s": 30, "workers": 1}})
    port = running.port()
    with running.connect() as connection:
        connection.send("GET /healthz HTTP/1.1\r\nHost: local")
        running.fetch()  # by the same worker, which has seen the beginning by now
        running.signal(signal.SIGTERM)

        def refused():
            try:
                running.connect(port=port).close()
            except OSError:  # refused, or taken and dropped at the last moment
                return True
            return False
        await_condition("new connections are refused", refused)
        connection.send("host\r\n\r\n")
        assert connection.answer().status == 200
    assert running.await_end() == 0


def test_idle_connections_do_not_hold_up_a_stop(daemon):
    running = daemon({"limits": {"drain_timeout_s": 600}})
    with running.connect() as connection:
        connection.ask()
        assert running.stop() == 0
        assert connection.ended()


def test_the_drain_ends_at_its_deadline(daemon):
    running = daemon({"limits": {"drain_timeout_s": 1}})
    with running.connect() as connection:
        connection.send("GET / HTTP/1.1\r\nHost: ")
        assert running.stop() == 0
