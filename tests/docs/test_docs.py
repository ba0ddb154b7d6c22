"""What is written about mailstored, held against what is there."""

import os
import pathlib
import re
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MAILSTORED_BUILD", REPOSITORY / "build"))
MAILSTORED = BUILD / "daemon" / "mailstored"
MAILSTORECTL = BUILD / "ctl" / "mailstorectl"
ROOMS = "base|platform|conf|certs|trust|report|web|control|daemon|ctl"
FOLDERS = f"{ROOMS}|systemd|packaging|docs|tests|cmake|tools"

# What git would keep: in a tree that is being worked on, also what is not added yet.
documents = sorted(REPOSITORY / name for name in subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=REPOSITORY,
    check=True, capture_output=True, text=True).stdout.split())


def said_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def manual(name):
    """A manual page as people read it, without overstriking and broken lines."""
    text = said_by("mandoc", "-T", "utf8", "-O", "width=1000", REPOSITORY / "docs" / name)
    return re.sub(r".\x08", "", text)


def name_of(document):
    return str(document.relative_to(REPOSITORY))


@pytest.mark.parametrize("document", documents, ids=name_of)
def test_files_that_are_named_exist(document):
    """`room/file.c` in any document; `room/file` stands for its header and its source, NAME and
    ROOM for any."""
    named = set(re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", document.read_text()))
    patterns = {name: re.sub("NAME|ROOM", "*", name) for name in named}
    missing = [name for name, pattern in sorted(patterns.items())
               if not any(True for _ in REPOSITORY.glob(pattern))
               and not any(True for _ in REPOSITORY.glob(f"{pattern}.*"))]
    assert missing == []


@pytest.mark.parametrize("document", documents, ids=name_of)
def test_links_lead_somewhere(document):
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    local = {target for target in targets if not re.match(r"[a-z]+:", target)}
    assert [target for target in sorted(local) if not (document.parent / target).exists()] == []


def test_the_architecture_knows_every_room():
    text = (REPOSITORY / "docs/ARCHITECTURE.md").read_text()
    rooms = [path.parent.name for path in REPOSITORY.glob("*/CMakeLists.txt")]
    assert rooms and [room for room in rooms if f"`{room}/`" not in text] == []


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Every setting, from the normalised form of the shipped configuration."""
    normalised = said_by(MAILSTORED, "--config", REPOSITORY / "conf/mailstored.conf",
                         "--state", tmp_path_factory.mktemp("state"), "--check-config")
    names = set(re.findall(r"^\s*([a-z][a-z0-9_]*) = ", normalised, re.MULTILINE))
    assert {"state_folder", "drain_timeout_s", "protocol"} <= names
    return names


def test_every_setting_is_in_the_manual(settings):
    described = set(re.findall(r"^\s+([a-z][a-z0-9_]*)\b", manual("mailstored.conf.5"),
                               re.MULTILINE))
    assert settings - described == set()


def test_every_setting_is_in_the_shipped_configuration(settings):
    shipped = (REPOSITORY / "conf/mailstored.conf").read_text()
    shown = set(re.findall(r"\b([a-z][a-z0-9_]*) = ", shipped))
    assert settings - shown == set()


@pytest.mark.parametrize("program, name", [(MAILSTORED, "mailstored.8"),
                                           (MAILSTORECTL, "mailstorectl.1")],
                         ids=["mailstored", "mailstorectl"])
def test_every_option_is_in_the_manual(program, name):
    options = set(re.findall(r"--[a-z][a-z-]+", said_by(program, "--help")))
    assert len(options) > 3
    text = manual(name)
    assert [option for option in sorted(options) if option not in text] == []


def test_every_verb_is_in_the_manual():
    verbs = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", said_by(MAILSTORECTL, "--help"), re.MULTILINE)
    assert "status" in verbs
    lines = manual("mailstorectl.1").splitlines()
    described = {" ".join(line.split()[:words]) for line in lines for words in (1, 2)}
    assert set(verbs) - described == set()


def test_the_changelog_has_this_version():
    version = re.search(r"project\(mailstored VERSION (\S+)",
                        (REPOSITORY / "CMakeLists.txt").read_text())[1]
    assert f"## [{version}]" in (REPOSITORY / "CHANGELOG.md").read_text()


def test_the_parts_of_the_checks_are_described():
    parts = [path.stem for path in (REPOSITORY / "tests/parts").glob("*.sh") if path.stem != "part"]
    text = (REPOSITORY / "tests/README.md").read_text()
    assert len(parts) > 10 and [part for part in parts if f"`{part}`" not in text] == []


def test_the_rules_of_clients_are_those_of_the_code():
    """After a change: mailstorectl check --rules"""
    text = (REPOSITORY / "docs/clients.md").read_text()
    assert text.endswith("-->\n" + said_by(MAILSTORECTL, "check", "--rules"))
