"""`mailstorectl lab run -- COMMAND…`: a laboratory for one command, of which nothing stays."""

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import xml.etree.ElementTree as xml

import pytest

from lib import schema
from lib.daemon import MAILSTORECTL, environment
from lib.sandbox import Unprivileged, after, with_network
from lib.visits import curls, fetch
from lib.waiting import await_condition, deadline_s
from lib.workshop import (ATTENTION, FAILED, FINE, USAGE, Terminal, on_terminal, openssl, refused,
                          tool)

WRONG = "common-name-only"  # which Debian's curl takes
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]


@pytest.fixture
def temporary(tmp_path):
    """Where the tool keeps its things; a name that needs care."""
    folder = tmp_path / "tmp of \"x\""
    folder.mkdir()
    return folder


def run(temporary, *command, status=FINE, options=(), **more):
    ran = tool("lab", "run", *options, "--", *command, status=status,
               env={"TMPDIR": str(temporary)}, **more)
    assert list(temporary.iterdir()) == []
    return ran


class Running:
    """One that is under way, with a command that has said what is wanted of it: `script` goes on
    when it has written its marks into the folder."""

    def __init__(self, temporary, folder, script, wait="while :; do sleep 0.05; done"):
        self.temporary, self.folder = temporary, folder
        self.ready = folder / "ready"
        script = (f'{script}\ncd {shlex.quote(str(folder))}\ncp "$MAILSTORED_LAB_JSON" lab.json'
                  f'\necho $$ > ready.new; mv ready.new ready\n{wait}')
        self.process = subprocess.Popen(
            [MAILSTORECTL, "lab", "run", "--", "sh", "-c", script], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment({"TMPDIR": str(temporary)}), text=True,
            start_new_session=True)
        await_condition("the command runs", lambda: self.ready.exists() or self.process.poll())
        assert self.process.poll() is None, self.process.communicate()
        self.command = int(self.ready.read_text())

    def end(self):
        """(status, standard output, standard error)"""
        out, errors = self.process.communicate(timeout=deadline_s(20))
        return self.process.returncode, out, errors

    def await_nothing_left(self):
        told = json.loads((self.folder / "lab.json").read_text())

        def closed():
            try:
                now = json.loads(fetch(told["page"] + "lab.json")[2])
            except (OSError, ValueError):
                return True
            return now["scenarios"] != told["scenarios"]  # somebody else's, by now
        await_condition("its folder is gone", lambda: not list(self.temporary.iterdir()))
        await_condition("its ports are closed", closed)
        await_condition("its processes are gone", lambda: not group(self.command))


def group(number):
    """The living processes of a process group."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == number and state != "Z":
            found.append(stat)
    return found


# ---- exit statuses

@pytest.mark.parametrize("command, status", [
    (["true"], ATTENTION),  # nobody came
    (curls("right"), FINE),
    (curls("right", "expired-yesterday"), FINE),
    (curls("right", WRONG), ATTENTION),
    (curls("wrong-host"), ATTENTION),  # left without a request: it cannot be told why
])
def test_it_tells_whether_the_client_was_right(temporary, command, status):
    run(temporary, *command, status=status)


def test_the_commands_own_status_counts_if_it_must(temporary):
    failing = curls("right", after="exit 3")
    assert "mailstorectl: sh ended with status 3" in run(temporary, *failing).errors
    must = ["--command-must-succeed"]
    run(temporary, *failing, options=must, status=ATTENTION)
    assert run(temporary, *curls("right"), options=must).errors == ""


def test_a_command_that_a_signal_ends(temporary):
    said = run(temporary, *curls("right", after="kill -KILL $$")).errors
    assert "sh ended with status 137" in said


def test_commands_that_cannot_be_run(temporary, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("no program")
    for command, why in (("no-such-command", "No such file or directory"),
                         (plain, "Permission denied"), (tmp_path, "Permission denied")):
        ran = run(temporary, command, status=FAILED)
        assert ran.out == "" and ran.errors == f"mailstorectl: {command}: {why}\n"
    assert "COMMAND" in refused("lab", "run", status=USAGE)


@pytest.mark.parametrize("option, value", [
    ("--domain", "Upper.Example"), ("--domain", "a b"), ("--domain", "x" * 37), ("--domain", ""),
    ("--address", "example.org"), ("--address", "300.1.1.1"), ("--format", "xml")])
def test_values_that_cannot_be(option, value):
    assert option in refused("lab", "run", option, value, "--", "true", status=USAGE)


def test_an_address_that_is_not_here(temporary):
    said = run(temporary, "true", options=["--address", "192.0.2.1"], status=FAILED).errors
    assert "192.0.2.1" in said and said.startswith("mailstorectl: laboratory: ")


# ---- what the command finds

def test_its_environment(temporary, tmp_path):
    script = 'env -0 > "$0/env"; cp -r "$(dirname "$MAILSTORED_LAB_JSON")" "$0/copy"'
    run(temporary, "sh", "-c", script, tmp_path, status=ATTENTION)
    found = dict(each.split("=", 1) for each in (tmp_path / "env").read_text().split("\0")[:-1])
    told = json.loads((tmp_path / "copy" / "lab.json").read_text())
    schema.check("lab files", told)
    assert told["page"] == found["MAILSTORED_LAB_PAGE"]
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
                 "GIT_SSL_CAINFO", "PERL_LWP_SSL_CA_FILE", "MAILSTORED_LAB_CA"):
        assert found[name] == told["ca_file"]
    assert found["MAILSTORED_LAB_HOSTS"] == told["hosts_file"]
    assert found["MAILSTORED_LAB_TRUSTSTORE"] == told["truststore_file"]
    assert told["ca_file"].startswith(str(temporary))
    assert (tmp_path / "copy" / "truststore.jks").read_bytes()[:4] == b"\xfe\xed\xfe\xed"
    assert openssl("storeutl", "-noout", "-certs", tmp_path / "copy" / "ca.pem")
    hosts = (tmp_path / "copy" / "hosts").read_text().splitlines()
    assert "127.0.0.1 right.lab.localhost" in hosts and len(hosts) == len(set(hosts))
    java = shlex.split(found["JAVA_TOOL_OPTIONS"])  # which parts them by the same rules
    assert f"-Djavax.net.ssl.trustStore={told['truststore_file']}" in java and len(java) == 3


def test_options_for_java_that_are_there_stay(temporary):
    ran = tool("lab", "run", "--", "sh", "-c", 'echo "$JAVA_TOOL_OPTIONS"', status=ATTENTION,
               env={"TMPDIR": str(temporary), "JAVA_TOOL_OPTIONS": "-Dx=y"})
    assert ran.out.startswith('-Dx=y -Djavax.net.ssl.trustStore=')


def test_nothing_is_open_that_was_not(temporary):
    script = "import os, signal; print(os.listdir('/proc/self/fd'), " \
             "signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGTTOU).name)"
    out = run(temporary, "python3", "-c", script, status=ATTENTION).out
    assert out.startswith("['0', '1', '2', '3'] set() SIG_DFL\n")  # 3: its own listing


def test_standard_input_is_the_commands(temporary, tmp_path):
    run(temporary, "sh", "-c", 'cat > "$0"', tmp_path / "seen", status=ATTENTION, input=b"said\0so")
    assert (tmp_path / "seen").read_bytes() == b"said\0so"


def test_its_output_stands_before_the_report(temporary):
    out = run(temporary, *curls("right", before="echo first; echo second >&2")).out
    assert re.match(r"first\ncurl/\S+ \(127\.0\.0\.1\): 1 right", out)


def test_another_domain_and_address(temporary):
    options = ["--domain", "lab.example.org", "--address", "::1"]
    command = ["sh", "-c", 'jq -r ".domain, .address, .page, .scenarios[0].url" '
               '"$MAILSTORED_LAB_JSON"']
    out = run(temporary, *command, options=options, status=ATTENTION, wrap=with_network()).out
    domain, address, page, url = out.splitlines()[:4]
    assert (domain, address) == ("lab.example.org", "::1")
    assert page.startswith("http://[::1]:") and url.startswith("https://right.lab.example.org:")


# ---- the report

def test_the_report_goes_to_a_file(temporary, tmp_path):
    path = tmp_path / "report.xml"
    path.write_text("an older one")
    ran = run(temporary, *curls("right", WRONG, before="echo said"), status=ATTENTION,
              options=["--format", "junit", "--output", path])
    assert ran.out == "said\n"
    assert xml.parse(path).getroot().tag == "testsuites"
    missing = tmp_path / "none" / "report"
    assert str(missing) in run(temporary, *curls("right"), status=FAILED,
                               options=["--output", missing]).errors


def test_as_json(temporary):
    told = run(temporary, *curls("right", WRONG, "wrong-host"), status=ATTENTION,
               options=["--json"]).answer
    assert (told["right"], told["wrong"], told["undetermined"], told["lost"]) == (2, 1, 0, 0)
    refused("lab", "run", "--json", "--format", "tap", "--", "true", status=USAGE)


def test_as_junit(temporary):
    agent = "x \\# SKIP <&\"'> ]]>"
    out = run(temporary, *curls("right", WRONG, options=f"-A {shlex.quote(agent)}"),
              status=ATTENTION, options=["--format", "junit"]).out
    root = xml.fromstring(out)
    assert root.tag == "testsuites" and [each.tag for each in root] == ["testsuite"]
    suite = root[0]
    assert suite.get("name") == f"{agent} (127.0.0.1)"
    cases = {case.get("name"): case for case in suite}
    assert len(cases) == len(suite) == int(suite.get("tests"))
    for counted, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(counted)) == len(suite.findall(f"testcase/{tag}"))
    assert list(cases["right"]) == [] and cases["right"].get("classname") == "names"
    failure, = cases[WRONG]
    assert failure.tag == "failure" and failure.get("type") == "accepted-wrongly"
    assert failure.get("message").startswith("ACCEPTED WHAT IT MUST REFUSE: TLS 1.")
    assert "RFC 9110" in failure.text
    assert [each.tag for each in cases["wrong-host"]] == ["skipped"]
    assert all(float(case.get("time")) >= 0 for case in cases.values())


# By Perl's own reader: number, whether it passed, its directive, its description.
READ_TAP = """
use TAP::Parser; local $/;
my $parser = TAP::Parser->new({tap => <STDIN>});
while (my $result = $parser->next) {
    printf "%s|%d|%s|%s\n", $result->number, $result->is_actual_ok, $result->directive,
        $result->description if $result->is_test;
}
printf "errors %s, planned %d\n", join(";", $parser->parse_errors), $parser->tests_planned;
"""


def read_tap(text):
    done = subprocess.run(["perl", "-e", READ_TAP], input=text, capture_output=True, text=True,
                          check=True)
    *rows, last = done.stdout.splitlines()
    rows = [row.split("|", 3) for row in rows]
    assert last == f"errors , planned {len(rows)}", done.stdout
    return {description.rpartition(": ")[2].split(" ")[0]: (ok == "1", directive)
            for _, ok, directive, description in rows}


@pytest.mark.parametrize("agent", ["curl/1", "x # SKIP", "x \\# SKIP", "x \\\\# TODO"])
def test_as_tap(temporary, agent):
    out = run(temporary, *curls("right", WRONG, options=f"-A {shlex.quote(agent)}"),
              status=ATTENTION, options=["--format", "tap"]).out
    told = read_tap(out)
    assert told["right"] == (True, "") and told[WRONG] == (False, "")
    assert told["wrong-host"] == (True, "SKIP")


def test_as_tap_where_nobody_came(temporary):
    out = run(temporary, "true", options=["--format", "tap"], status=ATTENTION).out
    assert read_tap(out) == {}


def test_all_is_told_if_wanted(temporary):
    out = run(temporary, *curls("right", "expired-yesterday"), options=["--all"]).out
    assert re.search(r"^  right +accepted rightly: TLS 1\.3$", out, re.M)
    assert re.search(r"^  expired-yesterday +refused rightly: alert certificate_expired", out, re.M)
    assert re.search(r"^  wrong-host +not tried$", out, re.M)


MANY = 300

# Sends ClientHellos and is gone: whoever asks for the report at once must find all of them in it.
HASTE = f"""
import json, os, socket, ssl
told = json.load(open(os.environ["MAILSTORED_LAB_JSON"]))
where = next(each for each in told["scenarios"] if each["scenario"] == "right")
out = ssl.MemoryBIO()
try:
    ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="x").do_handshake()
except ssl.SSLWantReadError:
    hello = out.read()
all = [socket.create_connection((where["address"], where["port"])) for _ in range({MANY})]
for each in all:
    each.sendall(hello)
os._exit(0)
"""


def test_what_was_done_last_is_counted(temporary):
    told = run(temporary, "python3", "-c", HASTE, options=["--json"], status=ATTENTION).answer
    client, = told["clients"]
    right = next(each for each in client["results"] if each["scenario"] == "right")
    assert right["connections"] == MANY


# ---- its end

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_tells_the_command(temporary, tmp_path, number):
    name = number.name.removeprefix("SIG")
    running = Running(temporary, tmp_path, f'trap "echo said-{name}; exit 0" {name}')
    running.process.send_signal(number)
    status, out, errors = running.end()
    assert status == ATTENTION and "mailstorectl" not in errors  # the shell may tell of its own
    assert out == f"said-{name}\nrun run: no client came\n"
    running.await_nothing_left()


def test_a_command_that_does_not_mind_goes_on(temporary, tmp_path):
    running = Running(temporary, tmp_path, 'trap "echo more" TERM', wait="""
        while [ ! -e go ]; do sleep 0.02; done; echo done""")
    running.process.send_signal(signal.SIGTERM)
    (tmp_path / "go").touch()
    assert running.end()[1] in ("more\ndone\nrun run: no client came\n",)


@pytest.mark.parametrize("whom", [os.kill, os.killpg])
def test_killed_it_leaves_nothing_behind(temporary, tmp_path, whom):
    running = Running(temporary, tmp_path, "trap '' HUP INT\n(trap '' TERM; sleep 100) &")
    whom(running.process.pid, signal.SIGKILL)
    running.end_status = running.process.wait()
    running.await_nothing_left()
    running.process.stdout.close()
    running.process.stderr.close()


def test_children_of_the_command_end_with_it(temporary, tmp_path):
    running = Running(temporary, tmp_path, "sleep 100 & (trap '' TERM; sleep 100) &",
                      wait="while [ ! -e go ]; do sleep 0.02; done")
    assert len(group(running.command)) > 2
    (tmp_path / "go").touch()
    assert running.process.wait(timeout=deadline_s(20)) == ATTENTION
    running.await_nothing_left()
    running.end()


def test_whatever_the_command_puts_there_goes(temporary):
    run(temporary, "sh", "-c", 'cd "$(dirname "$MAILSTORED_LAB_JSON")"; mkdir -p a/b ../c; '
        'touch a/b/x; ln -s / root; mkfifo pipe; cd /', status=ATTENTION)
    assert pathlib.Path("/etc/passwd").exists()


def test_where_the_end_of_children_is_ignored(temporary):
    run(temporary, *curls("right", after="exit 3"), status=ATTENTION,
        options=["--command-must-succeed"],
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))


@pytest.mark.parametrize("closed", ["<&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(temporary, tmp_path, closed):
    script = "import os, sys; found = os.listdir('/proc/self/fd'); " \
             "open(sys.argv[1], 'w').write(' '.join(found))"
    command = ["python3", "-c", script, tmp_path / "fds"]
    tool("lab", "run", "--output", tmp_path / "report", "--", *command, status=ATTENTION,
         env={"TMPDIR": str(temporary)}, wrap=["sh", "-c", f'exec "$@" {closed}', "sh"])
    assert (tmp_path / "report").read_text() == "run run: no client came\n"
    assert (tmp_path / "fds").read_text() == "0 1 2 3"  # 3: its own listing
    assert list(temporary.iterdir()) == []


# ---- on a terminal

def test_control_c_is_the_commands(temporary):
    command = ["sh", "-c", 'trap "echo interrupted; exit 0" INT; echo ready; '
               "while :; do sleep 0.05; done"]
    with Terminal("lab", "run", "--", *command) as terminal:
        terminal.await_text("ready")
        terminal.type("\x03")
        terminal.await_text("interrupted")
        terminal.await_text("no client came")
        assert terminal.process.wait(timeout=deadline_s(10)) == ATTENTION


READS = ["sh", "-c", 'echo "what?"; read line </dev/tty; echo "so $line"']


@pytest.mark.parametrize("wrap", [[], ["sh", "-c", 'exec "$@" </dev/null', "sh"]])
def test_a_command_that_asks(wrap):
    shown = on_terminal("lab", "run", "--", *READS, answers=[("what?", "this")], status=ATTENTION,
                        wrap=wrap)
    assert "so this" in shown


def test_control_z_where_nobody_would_continue_it():
    with Terminal("lab", "run", "--", *READS) as terminal:
        terminal.await_text("what?")
        terminal.type("\x1a")
        terminal.type("this\n")
        terminal.await_text("so this")
        assert terminal.process.wait(timeout=deadline_s(10)) == ATTENTION


def test_control_z_under_a_shell():
    shell = 'set -m; "$@"; echo "stopped $?"; read line; echo "between $line"; fg >/dev/null; ' \
            'echo "ended $?"'
    with Terminal("lab", "run", "--", *READS, wrap=["bash", "-c", shell, "bash"]) as terminal:
        terminal.await_text("what?")
        terminal.type("\x1a")
        terminal.await_text(f"stopped {128 + signal.SIGTSTP}")
        terminal.type("them\n")
        terminal.await_text("between them")
        terminal.type("this\n")
        terminal.await_text("so this")
        terminal.await_text(f"ended {ATTENTION}")


# ---- the folder for temporary files

def test_folders_that_cannot_be_had(tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    for folder, why in ((tmp_path / "none", "No such file or directory"),
                        (plain, "Not a directory"), (tmp_path / ("x" * 255) / ("y" * 4000), "")):
        ran = tool("lab", "run", "--", "true", status=FAILED, env={"TMPDIR": str(folder)})
        assert ran.errors.startswith(f"mailstorectl: a folder for temporary files: {tmp_path}")
        assert why in ran.errors


@pytest.mark.parametrize("value", ["", "relative", "."])
def test_one_that_is_no_absolute_path_is_not_used(tmp_path, value):
    out = tool("lab", "run", "--", "sh", "-c", 'echo "$MAILSTORED_LAB_JSON"', status=ATTENTION,
               env={"TMPDIR": value}, cwd=tmp_path).out
    assert out.startswith("/tmp/mailstored-lab-")
    assert not pathlib.Path(out.splitlines()[0]).exists() and not list(tmp_path.iterdir())


# ---- names

NAMES = ["sh", "-c", "getent hosts right.lab.test underscore_.lab.test localhost"]
LOOK = ["--domain", "lab.test"]


def addresses(out):
    """{name: its first address} of what getent told."""
    rows = [line.split() for line in reversed(out.splitlines()) if len(line.split()) > 1]
    return {name: row[0] for row in rows for name in row[1:]}


def test_the_commands_own_hosts(temporary):
    before = pathlib.Path("/etc/hosts").read_text()
    out = run(temporary, "sh", "-c", "cat /etc/hosts; getent hosts right.lab.test localhost",
              options=LOOK, status=ATTENTION, wrap=with_network()).out
    assert re.search(r"^127\.0\.0\.1 +right\.lab\.test$", out, re.M)
    assert before in out  # and with it the machine's own name
    assert "localhost" in addresses(out)
    assert pathlib.Path("/etc/hosts").read_text() == before


def test_a_user_without_rights_has_them_too():
    user = Unprivileged(MAILSTORECTL)
    try:
        ran = user.run("env", f"TMPDIR={user.home}", user.program, "lab", "run", *LOOK, "--",
                       "sh", "-c", "getent hosts right.lab.test; id -u; touch mine; ls -n mine",
                       wrap=with_network())
        assert ran.returncode == ATTENTION and ran.stderr == ""
        assert addresses(ran.stdout)["right.lab.test"] == "127.0.0.1"
        assert not list(user.home.glob("mailstored-lab*")) and (user.home / "mine").exists()
    finally:
        user.remove()


def test_where_it_cannot_be_had(temporary):
    ran = run(temporary, "sh", "-c", 'cat "$MAILSTORED_LAB_HOSTS"', options=LOOK, status=ATTENTION,
              wrap=["unshare", "--user", "--map-root-user", *with_network(), *WITHOUT_RIGHTS])
    assert "do not resolve here, and an /etc/hosts for the command alone cannot be" in ran.errors
    assert "127.0.0.1 right.lab.test" in ran.out


def test_names_that_lead_elsewhere_are_put_right(temporary, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.9 right.lab.test localhost\n")
    out = run(temporary, "getent", "hosts", "right.lab.test", options=LOOK, status=ATTENTION,
              wrap=after(f"mount --bind {shlex.quote(str(hosts))} /etc/hosts", "--mount")).out
    assert addresses(out)["right.lab.test"] == "127.0.0.1"


def test_names_that_are_found_need_no_hosts(temporary, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 right.lab.test mark\n")
    out = run(temporary, "cat", "/etc/hosts", options=LOOK, status=ATTENTION,
              wrap=after(f"mount --bind {shlex.quote(str(hosts))} /etc/hosts", "--mount")).out
    assert out.startswith("127.0.0.1 right.lab.test mark\n")
