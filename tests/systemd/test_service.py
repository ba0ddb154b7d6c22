"""mailstored as a service: installed from its package, run by systemd, watched through the journal."""

import json
import pathlib
import re
import subprocess
import sys

VISITORS = pathlib.Path(__file__).with_name("visitors.py")
STORE = "/var/lib/mailstored/certs"
ERROR, WARNING, NOTICE = 3, 4, 5


def test_an_installation_starts_it_and_keeps_it_so(machine):
    assert machine.unit("ActiveState") == "active"
    assert machine.unit("UnitFileState") == "enabled"
    assert machine.unit("UnitFileState", "mailstored.socket") == "disabled"
    assert "Web Access" in machine.fetch("https://localhost:8462/")
    assert machine.run("stat", "-c", "%U:%G %a", "/var/lib/mailstored", STORE,
                       f"{STORE}/MailStoreServer.pem").stdout.splitlines() == [
        "mailstored:mailstored 700", "mailstored:mailstored 700", "mailstored:mailstored 600"]


def test_it_runs_as_its_own_user_without_rights(machine):
    status = machine.path(f"/proc/{machine.unit('MainPID')}/status").read_text()
    fields = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.MULTILINE))
    assert fields["Uid"].split()[0] == machine.run("id", "-u", "mailstored").stdout.strip()
    assert {fields[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")


def test_a_certificate_dropped_in_is_served(machine):
    first = machine.served_fingerprint()
    wanted = machine.make_certificate(f"{STORE}/mail.example.org.pem", "mail.example.org")
    assert wanted != first
    machine.await_served(wanted)
    machine.run("rm", f"{STORE}/mail.example.org.pem")
    machine.await_served(first)


def test_systemd_hands_over_the_passphrase_of_the_authority(machine):
    """As mailstored(8) shows it: the file belongs to root alone."""
    machine.sh("""
        umask 077
        echo 'open sesame' >/etc/mailstored/passphrase
        mkdir -p /etc/systemd/system/mailstored.service.d
        echo '[Service]
        LoadCredential=authority-passphrase:/etc/mailstored/passphrase' \
            >/etc/systemd/system/mailstored.service.d/passphrase.conf
        sed -i '0,/certificate = "";/s//certificate = "authority";/' /etc/mailstored/mailstored.conf
        folder=/var/lib/mailstored/authority
        mkdir $folder
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 30 -subj '/CN=Ours' \
            -passout 'pass:open sesame' -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
            -addext keyUsage=critical,keyCertSign -keyout $folder/key -out $folder/chain 2>/dev/null
        cat $folder/key $folder/chain >$folder/authority.pem
        rm $folder/key $folder/chain
        chown -R mailstored:mailstored $folder
        systemctl daemon-reload
        systemctl restart mailstored""")
    machine.await_journal("service web-access: a certificate was issued")
    assert "issuer=CN = Ours" in machine.sh(
        "openssl s_client -connect 127.0.0.1:8462 </dev/null 2>/dev/null |"
        " openssl x509 -noout -issuer")


def test_the_journal_has_priorities(machine):
    assert machine.await_journal(r"^store: MailStoreServer added: .*SHA-256")[0] == NOTICE
    machine.sh(f"echo nonsense >{STORE}/broken.pem")
    priority, refusal = machine.await_journal(r"^store: .*broken\.pem refused")
    assert priority in (ERROR, WARNING)
    assert not any(message.startswith("<") for _, message in machine.journal()), refusal


def test_a_message_names_the_owner_of_a_key(machine):
    """The unit's restrictions must not turn every owner into nobody."""
    machine.sh(f"useradd --no-create-home alice && cd {STORE} && cp MailStoreServer.pem alice.pem &&"
               " chown alice:alice alice.pem && chmod 600 alice.pem")
    assert "alice" in machine.await_journal(r"alice\.pem refused")[1].partition("refused")[2]


def test_reload_takes_the_configuration_over(machine):
    before = machine.unit("MainPID")
    machine.sh("sed -i 's/port = 8462/port = 9462/' /etc/mailstored/mailstored.conf")
    machine.run("systemctl", "reload", "mailstored")
    machine.await_journal(r"^listener: web-access listens on \S*:9462")
    assert "Web Access" in machine.fetch("https://localhost:9462/")
    assert machine.unit("MainPID") == before
    machine.await_unit("ActiveState", "active")


def test_a_broken_configuration_changes_nothing(machine):
    before = machine.unit("MainPID")
    machine.sh("echo 'nonsense = 1;' >>/etc/mailstored/mailstored.conf")
    assert machine.run("systemctl", "reload", "mailstored", check=False).returncode != 0
    machine.await_journal(r"mailstored\.conf:\d+: .*nonsense")
    assert "Web Access" in machine.fetch("https://localhost:8462/")
    assert (machine.unit("ActiveState"), machine.unit("MainPID")) == ("active", before)


def test_a_signal_reloads_too(machine):
    machine.sh("echo 'nonsense = 1;' >>/etc/mailstored/mailstored.conf")
    machine.run("systemctl", "kill", "--signal=HUP", "mailstored")
    assert machine.await_journal(r"mailstored\.conf:\d+: .*nonsense")[0] in (ERROR, WARNING)
    machine.await_unit("ActiveState", "active")
    assert "Web Access" in machine.fetch("https://localhost:8462/")


def test_a_start_with_a_broken_configuration_is_not_tried_again(machine):
    machine.sh("echo 'nonsense = 1;' >>/etc/mailstored/mailstored.conf")
    machine.run("systemctl", "restart", "mailstored", check=False)
    machine.await_unit("ActiveState", "failed")
    assert machine.unit("ExecMainStatus") == "78"
    assert machine.unit("NRestarts") == "0"


def test_it_comes_back_when_it_is_killed(machine):
    fingerprint = machine.served_fingerprint()
    before = machine.unit("MainPID")
    machine.sh(f"kill -KILL {before}")
    machine.await_unit("NRestarts", "1")
    machine.await_unit("ActiveState", "active")
    assert machine.unit("MainPID") != before
    assert machine.served_fingerprint() == fingerprint


def test_it_comes_back_when_it_hangs(machine):
    """The watchdog's deadline is shortened, so that the test need not wait for it."""
    machine.sh("mkdir -p /run/systemd/system/mailstored.service.d &&"
               " printf '[Service]\\nWatchdogSec=1\\nWatchdogSignal=SIGKILL\\n'"
               " >/run/systemd/system/mailstored.service.d/watchdog.conf &&"
               " systemctl daemon-reload && systemctl restart mailstored")
    before = machine.unit("MainPID")
    machine.sh(f"kill -STOP {before}")
    machine.await_unit("NRestarts", "1")
    machine.await_unit("ActiveState", "active")
    assert machine.unit("MainPID") not in (before, "0")
    assert "Web Access" in machine.fetch("https://localhost:8462/")


def test_a_stop_cuts_no_answer(machine):
    """Open connections are drained: answers end, whoever only holds one open is told."""
    command = [*machine.inside("--net"), sys.executable, VISITORS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as visitors:
        assert visitors.stdout.readline() == "visiting\n"
        machine.run("systemctl", "stop", "mailstored")
        said = json.loads(visitors.stdout.readline())
    assert said["cut"] == [] and said["told"]
    assert machine.await_journal(r"stopping: \d+ open connections")
    assert (machine.unit("Result"), machine.unit("ExecMainStatus")) == ("success", "0")


def test_systemd_hands_a_socket_over(machine):
    machine.sh("systemctl stop mailstored; sed -i '0,/address = \"\\*\"/s//address = \"systemd:web-access\"/'"
               " /etc/mailstored/mailstored.conf; systemctl start mailstored.socket")
    assert machine.unit("ActiveState") == "inactive"
    assert "Web Access" in machine.fetch("https://localhost:8462/")
    machine.await_unit("ActiveState", "active")
    # While it restarts the socket stays open: connections wait, none is refused.
    machine.run("systemctl", "restart", "--no-block", "mailstored")
    assert "Web Access" in machine.fetch("https://localhost:8462/")


def test_a_port_below_1024_needs_the_drop_in(machine):
    machine.sh("sed -i 's/port = 8462/port = 443/' /etc/mailstored/mailstored.conf;"
               " echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start")
    machine.run("systemctl", "restart", "mailstored", check=False)
    machine.await_journal(r"443.*(privilege|root|CAP_NET_BIND_SERVICE)")
    machine.sh("systemctl stop mailstored; mkdir -p /etc/systemd/system/mailstored.service.d &&"
               " printf '[Service]\\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\\n"
               "AmbientCapabilities=CAP_NET_BIND_SERVICE\\n'"
               " >/etc/systemd/system/mailstored.service.d/port.conf &&"
               " systemctl daemon-reload && systemctl reset-failed mailstored &&"
               " systemctl start mailstored")
    assert "Web Access" in machine.fetch("https://localhost/")


def test_the_tool_asks_the_service(machine):
    assert "8462" in machine.run("mailstorectl", "status").stdout
    assert "MailStoreServer" in machine.run("mailstorectl", "list").stdout
