"""The command line and --check-config: what is normalised, what is refused, where it says so."""

import socket

import pytest

from lib import sandbox
from lib.configuration import configuration
from lib.daemon import EX_CONFIG, EX_USAGE, REPOSITORY, run_mailstored

MISTAKES = """\
state_folder = 5;
stor_folder = "/tmp";
limits: { workers = "two"; header_bytes = 1; };
tls: { versions = [ "1.2", "1.1" ]; };
first_certificate: { key = "dsa"; };
log: { level = "loud"; };
services: {
    web-access: {
        listeners = (
            { address = "localhost.example"; port = 8462; },
            { address = "127.0.0.1"; port = 65536; },
            { address = "127.0.0.1"; port = 4294975758; },
            { address = "127.0.0.1"; port = -1; },
            { address = "127.0.0.1"; port = 9001; protocol = "gopher"; },
            { address = "127.0.0.1"; port = 9002; },
            { address = "127.0.0.1"; port = 9002; },
            { port = 9003; addres = "127.0.0.1"; }
        );
        hsts_s = true;
    };
};
"""
MISTAKEN_LINES = {1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 16, 17, 19}


@pytest.fixture
def check(tmp_path):
    """check(text) runs --check-config on it."""
    def run(text, *arguments, name="mailstored.conf"):
        (tmp_path / name).write_text(text if isinstance(text, str) else configuration(text))
        return run_mailstored("--check-config", "--state", tmp_path / "state",
                              "--config", tmp_path / name, *arguments)
    return run


def test_the_normalised_form_is_a_fixed_point(check):
    first = check({
        "store": {"poll_interval_s": 3},
        "tls": {"versions": ["1.3"]},
        "first_certificate": {"shape": "classic", "names": ["Mail.Example.org", "2001:DB8::1"]},
        "log": {"level": "debug"},
        "services": {
            "web-access": {"certificate": "mine", "hsts_s": 60, "listeners": (
                {"address": "127.0.0.1", "port": 0}, {"address": "::1", "port": 8462})},
            "web-access-http": {"redirect_host": "mail.example.org", "listeners": (
                {"address": "*", "port": 8461, "protocol": "redirect"},)}}})
    assert first.returncode == 0, first.stderr
    second = check(first.stdout, name="again.conf")
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout
    for setting in ('poll_interval_s = 3;', '"1.3"', 'shape = "classic"', 'hsts_s = 60'):
        assert setting in first.stdout


def test_the_shipped_configuration_is_sound_and_all_default(check):
    shipped = REPOSITORY / "conf" / "mailstored.conf"
    assert shipped.exists()
    # Where it listens by default depends on who starts it.
    listen = [f"--listen={service}=127.0.0.1:0" for service in
              ("web-access", "web-access-http", "client", "administration")]
    described, default = check(shipped.read_text(), *listen), check("", *listen)
    assert described.returncode == 0, described.stderr
    assert "warning" not in described.stderr
    assert described.stdout == default.stdout


def test_every_mistake_is_reported_with_its_line_in_one_run(check, tmp_path):
    refused = check(MISTAKES)
    assert refused.returncode == EX_CONFIG
    place = f"{tmp_path}/mailstored.conf:"
    lines = refused.stderr.splitlines()
    assert all(line.startswith(place) for line in lines), refused.stderr
    assert {int(line.removeprefix(place).split(":")[0]) for line in lines} == MISTAKEN_LINES
    assert refused.stdout == ""


@pytest.mark.parametrize("text, words", [
    ('stor: { };', ["stor", '"store"']),
    ('services: { web-access: { listeners = ( { address = "::1"; port = 4294975758; } ); }; };',
     ["65535", "4294975758"]),
    ('services: { web-access: { listeners = ( { address = "[::1]"; port = 1; } ); }; };',
     ["[::1]", "address"]),
    ('limits: { idle_timeout_s = 0; };', ["idle_timeout_s", "1", "86400"]),
    ('log: { level = "loud"; };', ["loud", "debug"]),
    ('first_certificate: { names = [ "no name" ]; };', ["no name"]),
])
def test_a_mistake_says_what_is_allowed(tmp_path, text, words):
    (tmp_path / "mailstored.conf").write_text(text)
    refused = run_mailstored("--check-config", "--config", tmp_path / "mailstored.conf")
    assert refused.returncode == EX_CONFIG, refused.stderr
    assert refused.stderr.startswith(f"{tmp_path}/mailstored.conf:1: ")
    for word in words:
        assert word in refused.stderr.splitlines()[0]


def test_a_folder_that_cannot_be_written_is_a_mistake(tmp_path):
    (tmp_path / "mailstored.conf").write_text(
        f'\nstate_folder = "{tmp_path}/state";\nlog: {{ file = "{tmp_path}/logs/log"; }};\n')
    refused = run_mailstored("--check-config", "--config", tmp_path / "mailstored.conf",
                             wrap=sandbox.with_read_only(tmp_path))
    assert refused.returncode == EX_CONFIG, refused.stderr
    assert refused.stderr.startswith(f"{tmp_path}/mailstored.conf:2: ")
    assert "state_folder" in refused.stderr and "Read-only" in refused.stderr


def test_addresses_that_overlap_are_refused(check):
    def two(first, second):
        return {"services": {
            "web-access": {"listeners": ({"address": first, "port": 8462},)},
            "client": {"listeners": ({"address": second, "port": 8462},)}}}
    for first, second in [("127.0.0.1", "127.0.0.1"), ("*", "127.0.0.1"), ("127.0.0.1", "*"),
                          ("::1", "0:0:0:0:0:0:0:1"), ("0.0.0.0", "127.0.0.1"), ("*", "::1")]:
        refused = check(two(first, second))
        assert refused.returncode == EX_CONFIG, (first, second)
        assert "8462" in refused.stderr
    for first, second in [("127.0.0.1", "127.0.0.2"), ("127.0.0.1", "::1")]:
        assert check(two(first, second)).returncode == 0, (first, second)


def test_a_syntax_error_is_reported_at_its_line(check, tmp_path):
    refused = check('log: { level = "info"; };\nlimits: { workers = ; };\n')
    assert refused.returncode == EX_CONFIG
    assert refused.stderr.startswith(f"{tmp_path}/mailstored.conf:2: ")
    assert len(refused.stderr.splitlines()) == 1


def test_a_missing_pin_is_a_warning(check, tmp_path):
    warned = check({"services": {"web-access": {"certificate": "nowhere", "listeners": (
        {"address": "127.0.0.1", "port": 0},)}}})
    assert warned.returncode == 0, warned.stderr
    assert "warning" in warned.stderr and "nowhere" in warned.stderr
    assert warned.stderr.startswith(f"{tmp_path}/mailstored.conf:")


def test_a_missing_configuration_file_is_a_mistake(tmp_path):
    refused = run_mailstored("--check-config", "--config", tmp_path / "none.conf")
    assert refused.returncode == EX_CONFIG
    assert str(tmp_path / "none.conf") in refused.stderr


def test_a_broken_configuration_does_not_start(daemon):
    broken = daemon("limits: { workers = 0x; };", wait=False)
    broken.expected_status = EX_CONFIG
    assert broken.await_end() == EX_CONFIG
    assert "mailstored.conf:1:" in broken.log


def test_the_command_line_overrides_the_file(check, tmp_path):
    text = {"state_folder": str(tmp_path / "written"), "services": {
        "web-access": {"listeners": ({"address": "127.0.0.1", "port": 9001},
                                     {"address": "127.0.0.2", "port": 9001})},
        "client": {"enabled": False, "listeners": ({"address": "127.0.0.1", "port": 9002},)}}}
    shown = check(text, "--listen=web-access=[::1]:9003", "--listen=client=127.0.0.3:0").stdout
    assert f'state_folder = "{tmp_path}/state"' in shown
    assert '"::1"' in shown and "9003" in shown
    assert "9001" not in shown and "9002" not in shown
    services = shown[shown.index("services: {"):]
    assert '"127.0.0.3"' in services and "enabled = false" not in services


@pytest.mark.parametrize("listen", [
    "web-access", "web-access=", "web-access=127.0.0.1", "web-access=127.0.0.1:65536",
    "web-access=127.0.0.1:4294975758", "web-access=::1:8462", "web-access=name:1",
    "nothing=127.0.0.1:0"])
def test_a_mistaken_listen_says_so(check, listen):
    refused = check("", f"--listen={listen}")
    assert refused.returncode == EX_CONFIG
    assert listen in refused.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["word"], ["--config"]])
def test_a_mistaken_command_line_says_how_to_get_help(arguments):
    refused = run_mailstored(*arguments)
    assert refused.returncode == EX_USAGE
    assert "--help" in refused.stderr


def test_help_and_version():
    told = run_mailstored("--help")
    assert told.returncode == 0
    for option in ("--config", "--state", "--listen", "--check-config", "--verbose", "--version"):
        assert option in told.stdout
    version = run_mailstored("--version")
    assert version.returncode == 0 and version.stdout.startswith("mailstored ")


def test_the_addresses_really_bound_are_kept_and_logged(daemon):
    running = daemon(listen=["web-access=127.0.0.1:0", "web-access=127.0.0.2:0",
                             "web-access=[::1]:0", "client=127.0.0.1:0"])
    assert sorted(row[:3] for row in running.listening) == [
        ("client", "https", "127.0.0.1"), ("web-access", "https", "127.0.0.1"),
        ("web-access", "https", "127.0.0.2"), ("web-access", "https", "::1")]
    for service, _, address, port in running.listening:
        assert port != 0
        shown = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        assert shown in running.await_log(rf"{service}.*:{port}\b.*$")[0]
        assert running.fetch(service=service, address=address, port=port).status == 200


def test_a_star_listens_on_both_families(daemon):
    running = daemon(listen=["web-access=*:0"])
    port = running.port()
    families = ["127.0.0.1", "::1"] if socket.has_dualstack_ipv6() else ["127.0.0.1"]
    for address in families:
        assert running.fetch(address=address, port=port).status == 200
