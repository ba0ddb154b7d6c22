#!/usr/bin/python3
"""Makes one C file of the texts of a deployment, checked.

    embed.py --source trust/texts --output deployment_texts.c

Fails when a text has a mark that deployment_text.h does not describe, when a section does not
close, when languages are missing or differ in the values they mention, or when a line ends as on
Windows (that is done when the text is written out). The output depends on the input alone.
"""

import argparse
import re
import sys
from pathlib import Path

LANGUAGES = ("de", "en", "fr")
MARK = re.compile(r"\{\{(.*?)\}\}")
KNOWN_MARK = re.compile(r"[a-z][a-z0-9_]*(:(xml|ps|sh))?|[?!/][a-z][a-z0-9_]*")
LANGUAGE = re.compile(rf"\.({'|'.join(LANGUAGES)})(?=\.[a-z0-9]+$)")


class Mistake(Exception):
    """Something in the sources that must be mended."""


def check_marks(name, text):
    open_sections = []
    for match in MARK.finditer(text):
        mark = match[1]
        if not KNOWN_MARK.fullmatch(mark):
            raise Mistake(f"{name}: {match[0]} is no mark")
        if mark[0] in "?!":
            open_sections.append(mark[1:])
        elif mark[0] == "/" and (not open_sections or open_sections.pop() != mark[1:]):
            raise Mistake(f"{name}: {match[0]} closes what is not open")
    if open_sections:
        raise Mistake(f"{name}: {open_sections[-1]} does not close")


def check_languages(texts):
    """Each text in one language is there in all, with the same values."""
    spoken = {}
    for name, text in texts.items():
        if match := LANGUAGE.search(name):
            spoken.setdefault(LANGUAGE.sub("", name), {})[match[1]] = set(MARK.findall(text))
    for name, by_language in sorted(spoken.items()):
        if missing := sorted(set(LANGUAGES) - set(by_language)):
            raise Mistake(f"{name} is missing in {', '.join(missing)}")
        if len({frozenset(marks) for marks in by_language.values()}) > 1:
            raise Mistake(f"{name}: the languages mention different values")


def c_string(text):
    """One literal for each line. ISO C promises 4095 characters; the compilers we use take more."""
    lines = []
    for line in text.splitlines(keepends=True):
        out = []
        for byte in line.encode("utf-8"):
            char = chr(byte)
            if char in '"\\?':  # a question mark could begin a trigraph
                out.append("\\" + char)
            elif char == "\n":
                out.append("\\n")
            elif char == "\t":
                out.append("\\t")
            elif 32 <= byte < 127:
                out.append(char)
            else:
                out.append(f"\\{byte:03o}")
        lines.append('     "' + "".join(out) + '"')
    return "\n".join(lines)


def embed(source):
    texts = {}
    for path in sorted(source.rglob("*")):
        if path.is_dir():
            continue
        name = path.relative_to(source).as_posix()
        text = path.read_bytes().decode("utf-8")
        if "\r" in text or text.startswith("\ufeff") or not text.endswith("\n"):
            raise Mistake(f"{name}: it must be UTF-8 without a mark, each line ended by LF alone")
        check_marks(name, text)
        texts[name] = text
    check_languages(texts)
    rows = "".join(f'    {{"{name}",\n{c_string(text)}}},\n' for name, text in texts.items())
    return (
        '/* Made by trust/embed.py; do not edit. */\n#include "trust/deployment_text.h"\n\n'
        "const struct deployment_text_file deployment_texts[] = {\n" + rows + "};\n"
        "const size_t deployment_texts_count =\n"
        "    sizeof deployment_texts / sizeof deployment_texts[0];\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        made = embed(arguments.source)
    except (Mistake, OSError, UnicodeDecodeError) as error:
        sys.exit(f"embed.py: {error}")
    arguments.output.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
