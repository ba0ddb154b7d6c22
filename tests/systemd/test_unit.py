"""The unit files as systemd's own tools judge them."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

UNITS = pathlib.Path(__file__).resolve().parents[2] / "systemd"


@pytest.fixture
def units(tmp_path):
    """The units as installed, in a root that has the programs they name."""
    folder = tmp_path / "usr/lib/systemd/system"
    folder.mkdir(parents=True)
    text = (UNITS / "mailstored.service.in").read_text()
    for directory, name in (("SBINDIR", "mailstored"), ("BINDIR", "mailstorectl")):
        program = tmp_path / directory / name
        program.parent.mkdir()
        shutil.copy("/bin/true", program)
        text = text.replace(f"@CMAKE_INSTALL_FULL_{directory}@", str(program.parent))
    folder.joinpath("mailstored.service").write_text(text)
    shutil.copy(UNITS / "mailstored.socket", folder)
    return folder


def exposure(unit):
    said = subprocess.run(["systemd-analyze", "security", "--offline=yes", unit], check=True,
                          capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return float(re.search(r"Overall exposure level for \S+: (\d+\.\d+)", said.stdout)[1])


def test_the_service_is_exposed_as_little_as_it_can(units):
    assert exposure(units / "mailstored.service") <= 1.5


def test_ports_below_1024_cost_little(units):
    """With the drop-in that mailstored(8) shows."""
    dropin = units / "mailstored.service.d"
    dropin.mkdir()
    dropin.joinpath("port.conf").write_text(
        "[Service]\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"
        "AmbientCapabilities=CAP_NET_BIND_SERVICE\n")
    assert exposure(units / "mailstored.service") <= 1.5


@pytest.mark.parametrize("name", ["mailstored.service", "mailstored.socket"])
def test_systemd_understands_every_line(units, name):
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", units / name],
                          capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_the_line_that_hands_over_a_passphrase_is_understood(units):
    unit = units / "mailstored.service"
    text = unit.read_text()
    line = "LoadCredential=authority-passphrase:/etc/mailstored/passphrase\n"
    assert f"#{line}" in text
    unit.write_text(text.replace(f"#{line}", line))
    test_systemd_understands_every_line(units, "mailstored.service")
