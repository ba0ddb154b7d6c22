"""Completion of mailstorectl's command lines, by the shells themselves."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from lib.certs import replace_file
from lib.daemon import MAILSTORECTL, environment
from lib.waiting import deadline_s
from lib.workshop import USAGE, refused, tool


def candidates(*words):
    """(what the shell completes: "words", "files" or "folders"; the words)"""
    lines = tool("completion", "--candidates", "--", *words).out.splitlines()
    return lines[0], [line.split("\t")[0] for line in lines[1:]]


@pytest.fixture
def store(tmp_path, certs):
    folder = tmp_path / "store"
    folder.mkdir(mode=0o700)
    for name in ("mail", "my server", "other"):
        certs.make(f"{name.split()[0]}.example.org").put(folder, name)
    return folder


@pytest.fixture
def home(tmp_path):
    """A home with the tool in the path, and no settings of whoever runs the test."""
    folder = tmp_path / "home"
    folder.mkdir()
    return environment({"HOME": str(folder), "TERM": "dumb", "XDG_CONFIG_HOME": str(folder),
                        "PATH": f"{MAILSTORECTL.parent}:{os.environ['PATH']}"})


# ---- what may stand there

def test_verbs():
    kind, words = candidates("")
    assert kind == "words" and {"status", "select"} <= set(words)
    assert len(words) == len(set(words))
    assert candidates("sho") == ("words", ["show"])


def test_verbs_of_two_words():
    assert candidates("auth") == ("words", ["authority"])
    assert candidates("authority", "") == ("words", ["create", "show", "issue", "renew"])
    assert candidates("--json", "authority", "re") == ("words", ["renew"])
    assert "--passphrase-fd" in candidates("authority", "renew", "--pass")[1]
    assert "--unconstrained" in candidates("authority", "create", "-")[1]


def test_runs_of_the_laboratory(daemon):
    running = daemon(arguments=["--lab"])
    place = ["--state", str(running.state), "lab"]
    tool(*place, "start", "other")
    for verb in (["list"], ["stop"], ["report", "--all"], ["files", "/folder"]):
        assert candidates(*place, *verb, "") == ("words", ["default", "other"])
    assert candidates(*place, "stop", "o") == ("words", ["other"])
    assert candidates(*place, "stop", "other", "") == ("words", [])
    assert candidates(*place, "files", "") == ("folders", [])
    assert candidates("lab", "run", "--", "./t") == ("files", [])
    running.stop()
    assert candidates(*place, "stop", "") == ("words", [])


def test_options_are_those_of_the_verb():
    assert "--pem" in candidates("show", "--")[1]
    assert "--pem" not in candidates("list", "--")[1]
    assert "--pem" not in candidates("--")[1] and "--store" in candidates("--")[1]
    assert candidates("list", "--", "--js") == ("words", [])


@pytest.mark.parametrize("words, expected", [
    (["--config", ""], ("files", [])),
    (["--config=", ], ("files", [])),
    (["--store", "/t"], ("folders", [])),
    (["create", "--key", "rsa-2"], ("words", ["rsa-2048"])),
    (["create", "--key=rsa-2"], ("words", ["--key=rsa-2048"])),
    (["create", "--key", "=", "rsa-2"], ("words", ["rsa-2048"])),  # as bash parts it
    (["create", "--key", "="], None),
    (["create", "--days", ""], ("words", [])),
    (["completion", "z"], ("words", ["zsh"])),
    (["help", "unsel"], ("words", ["unselect"])),
])
def test_values_are_what_the_option_takes(words, expected):
    if expected is None:
        assert "ecdsa-p256" in candidates(*words)[1]
    else:
        assert candidates(*words) == expected


def test_entries_are_those_of_the_store_that_the_line_names(store):
    assert candidates("--store", store, "show", "m") == ("words", ["mail", "my server"])
    assert candidates(f"--store={store}", "remove", "mail", "o") == ("words", ["other"])
    assert candidates("--store", store, "show", "mail", "") == ("words", [])
    assert candidates("--store", store / "none", "show", "") == ("words", [])


def test_services_are_those_of_the_configuration(store, tmp_path):
    config = tmp_path / "c.conf"
    config.write_text('services: { first: { listeners = ( { address = "*"; port = 1; } ); }; };\n'
                      f'store_folder = "{store}";\n')
    where = ["--config", config, "--state", tmp_path / "state"]
    assert candidates(*where, "select", "") == ("words", ["first"])
    assert candidates(*where, "select", "first", "o") == ("words", ["other"])
    assert candidates(*where, "unselect", "f") == ("words", ["first"])


def test_only_three_shells_are_known():
    assert "for which shell?" in refused("completion", status=USAGE)
    assert "there is none for" in refused("completion", "csh", status=USAGE)


# ---- in the shells

def bash(home, *words):
    """What bash completes the last of the words to."""
    line = " ".join(map(str, words))
    script = f"""source <(mailstorectl completion bash) || exit 1
        COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        [[ $(complete -p mailstorectl) == *'-F _mailstorectl'* ]] || exit 1
        _mailstorectl; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "--norc", "-c", script], env=home, capture_output=True,
                          text=True, check=True, timeout=deadline_s(30))
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_bash_completes(home, store):
    assert bash(home, "mailstorectl", "sho") == ["show"]
    assert bash(home, "mailstorectl", "create", "--key", "=", "rsa-2") == ["rsa-2048"]
    assert bash(home, "mailstorectl", "--store", store, "show", "m") == ["mail", "my\\ server"]
    assert bash(home, "mailstorectl", "--store", f"{store.parent}/st") == [str(store)]
    replace_file(store.parent / "stone.conf", b"")
    assert bash(home, "mailstorectl", "--config", f"{store.parent}/ston") == [
        f"{store.parent}/stone.conf"]


def test_bash_knows_the_home_of_whoever_types(home, store):
    shutil.move(store, f"{home['HOME']}/mine")
    assert bash(home, "mailstorectl", "--store", "'~/mine'", "show", "o") == ["other"]


def fish(home, line):
    script = f"mailstorectl completion fish | source; complete -C '{line}'"
    done = subprocess.run(["fish", "--no-config", "-c", script], env=home, capture_output=True,
                          text=True, check=True, timeout=deadline_s(30))
    return [found.split("\t")[0] for found in done.stdout.splitlines()]


def test_fish_completes(home, store):
    assert fish(home, "mailstorectl sho") == ["show"]
    assert "status" in fish(home, "mailstorectl ")
    assert fish(home, "mailstorectl authority iss") == ["issue"]
    assert fish(home, "mailstorectl create --key=rsa-2") == ["--key=rsa-2048"]
    assert fish(home, f"mailstorectl --store {store} show o") == ["other"]
    assert fish(home, f"mailstorectl --store {store.parent}/st") == [f"{store}/"]


class Zsh:
    """One on a terminal, since zsh completes nowhere else."""

    def __init__(self, home):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], home)
        self.shown = ""
        self.type("PS1='rea''dy> '; stty cols 200; autoload -U compinit; compinit -u -D; "
                  "source <(mailstorectl completion zsh)\n")
        self.until("ready> ")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def until(self, text):
        end = time.monotonic() + deadline_s(20)
        while text not in self.shown:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {text!r} in {self.shown!r}"
            self.shown += re.sub(r"\x1b\[[?0-9;]*[A-Za-z]|.\x08", "",
                                 os.read(self.terminal, 4096).decode(errors="replace"))

    def completes(self, line, to):
        self.shown = ""
        self.type(line + "\t")
        self.until(to)
        self.type("\x15")  # empties the line

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def test_zsh_completes(home, store):
    zsh = Zsh(home)
    try:
        zsh.completes("mailstorectl sho", "show ")
        zsh.completes("mailstorectl ren", "-- give an entry another name")
        zsh.completes("mailstorectl create --key=rsa-2", "--key=rsa-2048 ")
        zsh.completes(f"mailstorectl --store {store} show my", "my\\ server ")
        zsh.completes(f"mailstorectl --store={store.parent}/sto", f"{store}/")
    finally:
        zsh.end()
