"""Commands that the tool suggests: with the folders it was given, as a shell takes them."""

import re
import shlex

import pytest

from lib.workshop import ATTENTION, FAILED, NO_ENTRY, openssl, refused, tool


@pytest.fixture
def home(tmp_path):
    """A configuration and what it names, whose paths a shell would take apart."""
    class Home:
        folder = tmp_path / "it's a home"
        config = folder / "mailstored.conf"
        cert = folder / "mail.crt"
        key = folder / "mail.key"
    Home.folder.mkdir()
    Home.config.write_text(f'state_folder = "{Home.folder}/state";\n'
                           f'store_folder = "{Home.folder}/certs";\n')
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=mail", "-keyout", Home.key, "-out", Home.cert)
    return Home


def suggested(text, verb):
    """The words of the one command in the text that begins with this verb; its options before."""
    found = [words for words in
             (shlex.split(one) for one in re.findall(r'"?(mailstorectl [^"\n]+)', text))
             if " ".join(words).find(f" {verb}") >= 0]
    assert len(found) == 1, text
    return found[0]


REFUSALS = [
    (["accept", "{cert}", "{key}"], "import"),
    (["import", "{cert}"], "accept"),
    (["request", "--cancel", "none"], "request --list"),
    (["authority", "show"], "authority create"),
    (["authority", "issue", "mail"], "authority create"),
    (["select", "nonsense", "mail"], "status"),
]


@pytest.mark.parametrize("place, verb, suggestion", [
    (place, *refusal) for refusal in REFUSALS
    for place in (["--config"], ["--config", "--state"], ["--store"])
    if "--store" not in place or refusal[0][0] != "select"])
def test_what_a_refusal_suggests(home, place, verb, suggestion):
    given = {"--config": home.config, "--state": home.folder / "state",
             "--store": home.folder / "certs"}
    options = [str(word) for option in place for word in (option, given[option])]
    words = [word.format(cert=home.cert, key=home.key) for word in verb]
    missing = verb[0] == "authority" or "--cancel" in verb
    said = refused(*options, *words, status=NO_ENTRY if missing else FAILED)
    assert suggested(said, suggestion) == ["mailstorectl", *options, *suggestion.split()]


def test_a_second_authority_is_refused_with_both_ways(home):
    where = ["--config", str(home.config)]
    tool(*where, "authority", "create")
    said = refused(*where, "authority", "create")
    for verb in ("authority show", "authority renew"):
        assert suggested(said, verb) == ["mailstorectl", *where, *verb.split()]


def test_what_is_suggested_for_a_running_daemon(home, daemon):
    running = daemon()
    where = ["--state", str(running.state)]
    done = tool(*where, "renew").out
    shows = suggested(done, "show")
    assert shows == ["mailstorectl", *where, "show", "MailStoreServer"]
    tool(*shows[1:])
    tool(*where, "create", "first.example.org")
    tool(*where, "select", "web-access", "first.example.org")
    # --store is repeated by no verb that takes none.
    why = tool(*where, "--store", running.store, "--json", "create", "second.example.org", "--entry",
               "it's second", "--wait", status=ATTENTION).answer["why"]
    selects = suggested(why, "select")
    assert selects == ["mailstorectl", *where, "select", "web-access", "it's second"]
    tool(*selects[1:], "--wait")
