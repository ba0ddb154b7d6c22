"""The Debian package and `cmake --install`, as files. What the package does stands in tests/systemd."""

import os
import pathlib
import re
import subprocess

import pytest

from debian_root import REPOSITORY, control_field, package

# Everything but documentation: what an administrator or another program relies on.
PROGRAMS_AND_SETTINGS = {
    "/etc/mailstored/mailstored.conf": "-rw-r--r--",
    "/usr/bin/mailstorectl": "-rwxr-xr-x",
    "/usr/lib/systemd/system/mailstored.service": "-rw-r--r--",
    "/usr/lib/systemd/system/mailstored.socket": "-rw-r--r--",
    "/usr/lib/sysusers.d/mailstored.conf": "-rw-r--r--",
    "/usr/sbin/mailstored": "-rwxr-xr-x",
    "/usr/share/bash-completion/completions/mailstorectl": "-rw-r--r--",
    "/usr/share/fish/vendor_completions.d/mailstorectl.fish": "-rw-r--r--",
    "/usr/share/lintian/overrides/mailstored": "-rw-r--r--",
    "/usr/share/man/man1/mailstorectl.1.gz": "-rw-r--r--",
    "/usr/share/man/man5/mailstored.conf.5.gz": "-rw-r--r--",
    "/usr/share/man/man8/mailstored.8.gz": "-rw-r--r--",
    "/usr/share/mailstored/certbot-deploy-hook": "-rwxr-xr-x",
    "/usr/share/zsh/vendor-completions/_mailstorectl": "-rw-r--r--",
}


@pytest.fixture(scope="module")
def deb():
    return package()


@pytest.fixture(scope="module")
def contents(deb):
    """{path: (mode, owner)}"""
    listed = subprocess.run(["dpkg-deb", "--contents", deb], check=True, capture_output=True,
                            text=True).stdout.splitlines()
    rows = (line.split(None, 5) for line in listed)
    return {path.removeprefix("."): (mode, owner) for mode, owner, _, _, _, path in rows}


@pytest.fixture(scope="module")
def extracted(deb, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["dpkg-deb", "--raw-extract", deb, folder], check=True)
    return folder


def test_files_stand_where_debian_expects_them(contents):
    found = {path: mode for path, (mode, _) in contents.items()
             if not path.endswith("/") and not path.startswith("/usr/share/doc/")}
    assert found == PROGRAMS_AND_SETTINGS


def test_everything_belongs_to_root(contents):
    assert {owner for _, owner in contents.values()} == {"root/root"}


def test_nothing_is_writable_by_others(contents):
    assert [path for path, (mode, _) in contents.items() if "w" in mode[5:]] == []


def test_the_documentation_is_complete(contents):
    documents = {path.rpartition("/")[2] for path in contents
                 if path.startswith("/usr/share/doc/mailstored/")}
    assert {"README.md", "changelog.gz", "changelog.Debian.gz", "copyright"} <= documents
    assert {path.name for path in (REPOSITORY / "docs/schema").iterdir()} <= documents


def test_the_configuration_is_the_administrators(extracted):
    assert (extracted / "DEBIAN/conffiles").read_text() == "/etc/mailstored/mailstored.conf\n"


def test_libraries_are_depended_on(deb):
    depends = control_field(deb, "Depends")
    for name in ("libc6", "libconfig9", "libgnutls30", "libjansson4", "libmicrohttpd12",
                 "systemd-sysusers"):
        assert re.search(rf"\b{re.escape(name)}\b", depends), depends


def test_versions_agree(deb, extracted):
    version = control_field(deb, "Version")
    changelog = (REPOSITORY / "packaging/debian/changelog").read_text()
    assert changelog.startswith(f"mailstored ({version}) ")
    said = subprocess.run([extracted / "usr/sbin/mailstored", "--version"], check=True,
                          capture_output=True, text=True).stdout
    assert version.partition("-")[0] in said


def test_the_installed_daemon_reads_what_is_installed(extracted):
    said = subprocess.run([extracted / "usr/sbin/mailstored", "--help"], check=True,
                          capture_output=True, text=True).stdout
    assert "/etc/mailstored/mailstored.conf" in said


def test_debug_information_is_left_out(extracted):
    for program in ("usr/sbin/mailstored", "usr/bin/mailstorectl"):
        sections = subprocess.run(["readelf", "--sections", "--wide", extracted / program],
                                  check=True, capture_output=True, text=True).stdout
        assert ".debug_info" not in sections


def test_cmake_installs_below_any_prefix(tmp_path):
    """As configured for a folder of its own: its paths are in the unit."""
    build = pathlib.Path(os.environ.get("MAILSTORED_BUILD", REPOSITORY / "build"))
    cache = (build / "CMakeCache.txt").read_text()
    prefix = re.search(r"^CMAKE_INSTALL_PREFIX:PATH=(.*)$", cache, re.MULTILINE)[1]
    subprocess.run(["cmake", "--install", build], check=True, capture_output=True,
                   env={**os.environ, "DESTDIR": str(tmp_path)})
    below = tmp_path / prefix.lstrip("/")
    for name in ("sbin/mailstored", "bin/mailstorectl", "share/man/man8/mailstored.8.gz",
                 "etc/mailstored/mailstored.conf", "share/mailstored/certbot-deploy-hook",
                 "share/bash-completion/completions/mailstorectl",
                 "share/zsh/site-functions/_mailstorectl",
                 "share/fish/vendor_completions.d/mailstorectl.fish"):
        assert (below / name).is_file(), name
    unit = (below / "lib/systemd/system/mailstored.service").read_text()
    assert f"ExecStart={prefix}/sbin/mailstored\n" in unit
    subprocess.run([below / "sbin/mailstored", "--version"], check=True)
