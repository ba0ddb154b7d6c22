"""install.sh where little is as it should be: programs that are missing, files that were moved, disks
that are full. What it does where all is well is in test_deploy.py."""

import shutil

import pytest

from deployed import deploy, install, outcomes, said

one = pytest.mark.parametrize("made", ["ecdsa-p256"], indirect=True)


@pytest.fixture
def deployed(made, tmp_path):
    return deploy(made, tmp_path / "out")


def path_without(machine, folder, *programs, **instead):
    """A PATH with all programs but these; `instead`: scripts in the place of others."""
    folder.mkdir()
    for source in ("/usr/sbin", "/usr/bin"):
        for name in machine.run_well("ls", source).split():
            link = folder / name
            if name not in programs and name not in instead and not link.is_symlink():
                link.symlink_to(f"{source}/{name}")
    for name, script in instead.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def hide(machine, *paths):
    """Folders that the script looks into by itself are empty there."""
    for path in paths:
        machine.run_well("mount", "-t", "tmpfs", "none", path)


@one
def test_what_cannot_be_verified_is_told_by_the_exit_status(deployed, machine, tmp_path):
    path = path_without(machine, tmp_path / "bin", "openssl", "curl",
                        **{"update-ca-certificates": "exit 0"})
    parts = install(machine, deployed, status=3, PATH=path)
    assert outcomes(parts)["System"] == "done"
    assert any("NOTHING could be verified" in text for _, _, text in parts)
    assert outcomes(install(machine, deployed, "--dry-run", PATH=path))["System"] == "already so"
    install(machine, deployed, "--undo", PATH=path)


@one
def test_where_there_is_no_client_nothing_was_verified(deployed, machine, tmp_path):
    path = path_without(machine, tmp_path / "bin", "chromium", "firefox", "firefox-esr")
    parts = install(machine, deployed, "--user", status=3, PATH=path)
    assert {outcome for outcome, _, _ in parts} == {"not here"}
    assert not list(machine.home.rglob("mailstored*"))


@one
def test_a_user_without_a_home_has_no_browser(deployed, machine):
    machine.run_well("useradd", "--no-create-home", "--home-dir", "/nonexistent", "nohome")
    parts = install(machine, deployed, SUDO_USER="nohome")
    assert ("not here", "Chromium of nohome", "there is no folder /nonexistent") in parts
    install(machine, deployed, "--undo", SUDO_USER="nohome")


@one
def test_it_undoes_nothing_without_the_files_by_which_it_knows_its_own(deployed, machine, tmp_path):
    """It would forget what it has installed, and leave it."""
    install(machine, deployed)
    moved = tmp_path / "elsewhere" / "install.sh"
    moved.parent.mkdir()
    shutil.copy(deployed.script, moved)
    done = machine.run(["sh", moved, "--undo"])
    assert done.returncode == 2 and "unpack the whole archive" in done.stderr
    listed = machine.run_well("certutil", "-d", f"sql:{machine.home}/.pki/nssdb", "-L")
    assert deployed.label in listed
    install(machine, deployed, "--undo")
    assert not list(machine.home.iterdir())


@one
@pytest.mark.parametrize("option", ["--fingerprint", "--host", "--for-user"])
def test_an_empty_value_is_none(deployed, machine, option):
    """Else a variable that is not set would take any certificate."""
    done = machine.run(["sh", deployed.script, "--dry-run", option, ""])
    assert done.returncode == 2 and "needs a value" in done.stderr and said(done) == []


@one
def test_what_it_has_done_is_remembered_on_a_full_disk(deployed, machine, tmp_path):
    install(machine, deployed)
    state = f"/var/lib/mailstored-trust/{deployed.label}"
    lines = machine.run_well("cat", state)
    path = path_without(machine, tmp_path / "bin", grep='case $1 in -vxF) echo full >&2; exit 2 ;; '
                        'esac; exec /usr/bin/grep "$@"')
    parts = install(machine, deployed, "--undo", status=1, PATH=path)
    assert {outcome for outcome, _, text in parts if not text.startswith("java ")} == {"failed"}
    assert machine.run_well("cat", state) == lines
    install(machine, deployed, "--undo")
    assert machine.run(["test", "-e", state]).returncode == 1


@one
def test_in_a_folder_with_an_odd_name_and_twice(made, machine, tmp_path):
    odd = tmp_path / "-an odd $(touch pwned) 'name' `id` \"x\" &;*ü"
    deployed = deploy(made, odd)
    for status in ({"done"}, {"already so"}):
        parts = install(machine, deployed)
        assert status <= {outcome for outcome, part, _ in parts if part == "System"}
    for expected in ("done", "already so"):
        assert expected in {outcome for outcome, _, _ in install(machine, deployed, "--undo")}
    assert not list(machine.home.iterdir()) and not list(tmp_path.rglob("pwned"))


@one
def test_where_etc_cannot_be_written_it_says_so(deployed, machine):
    """And what was begun is undone."""
    script = f"mount --bind /etc /etc && mount -o remount,bind,ro /etc && exec sh '{deployed.script}'"
    done = machine.run(["unshare", "--mount", "sh", "-c", script])
    assert done.returncode == 1, done.stdout + done.stderr
    assert {part: outcome for outcome, part, _ in said(done)}["Firefox"] == "failed"
    install(machine, deployed, "--undo")
    for folder in ("/etc/firefox", "/var/lib/mailstored-trust", machine.home / ".pki"):
        assert machine.run(["test", "-e", folder]).returncode == 1


@one
def test_with_no_program_of_any_store(deployed, machine, tmp_path):
    path = path_without(machine, tmp_path / "bin", "update-ca-certificates", "update-ca-trust",
                        "trust", "certutil", "keytool", "java", "firefox", "firefox-esr",
                        "chromium", "python3")
    hide(machine, "/usr/lib/jvm", "/usr/sbin")
    machine.run(["sh", "-c", "mount -t tmpfs none /usr/lib/firefox-esr"])
    parts = install(machine, deployed, status=1, PATH=path)
    assert outcomes(parts)["System"] == "not here"
    [text] = [text for outcome, _, text in parts if outcome == "failed"]
    assert "the system does not trust the certificate" in text
    install(machine, deployed, "--undo", PATH=path)
    assert machine.run(["test", "-e", "/var/lib/mailstored-trust"]).returncode == 1


@one
def test_under_another_shell_it_does_the_same(made, deployed, machine):
    for shell in ("dash", "bash --posix", "bash"):
        done = machine.run([*shell.split(), deployed.script, "--dry-run"])
        assert done.returncode == 0 and outcomes(said(done))["System"] == "would do", done.stderr
