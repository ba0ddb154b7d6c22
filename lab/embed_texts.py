#!/usr/bin/python3
"""Makes one C file of the translations of the laboratory's page: lab/texts/LANGUAGE.json.

    embed_texts.py --source lab --output texts_embedded.c

English stands in the sources: what a scenario's row says in .what and .right, and whatever is
marked by TEXT("…"). Fails when one of these lacks its translation, when a translation belongs to
none of them (any more), when it does not mention the same values and the same code, or when a
translation has nothing of its own. The output depends on the input alone.
"""

import argparse
import json
import re
import sys
from pathlib import Path

# In the order of enum web_language; English is none of them.
LANGUAGES = {"fr": "WEB_FRENCH", "de": "WEB_GERMAN"}

LITERALS = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
ROW_TEXT = re.compile(r"\.(?:what|right)\s*=\s*" + LITERALS)
MARKED_TEXT = re.compile(r"\bTEXT\(\s*" + LITERALS + r"\)")
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(.)")
NOT_TO_TRANSLATE = re.compile(r"\{\}|`[^`]*`")  # a value, code


class Mistake(Exception):
    """Something in the sources that must be mended."""


def text_of(literals, path):
    """What the compiler makes of string literals that follow one another."""

    def unescape(match):
        if match[1] not in '"\\':
            raise Mistake(f"{path}: “{match[0]}” in a text that is to be translated")
        return match[1]

    return "".join(ESCAPE.sub(unescape, literal) for literal in LITERAL.findall(literals))


def english_texts(source):
    texts = set()
    for path in sorted(source.glob("*.c")):
        pattern = ROW_TEXT if path.name.startswith("scenarios_") else MARKED_TEXT
        texts.update(text_of(found, path) for found in pattern.findall(path.read_text("utf-8")))
    return texts


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise Mistake(f"“{key}” stands there twice")
    return dict(pairs)


def check(translations, english):
    for text in sorted(english - set(translations)):
        raise Mistake(f"“{text}” has no translation")
    for text in sorted(set(translations) - english):
        raise Mistake(f"“{text}” is no text of the laboratory's (any more)")
    for text, translated in translations.items():
        if not isinstance(translated, str) or not translated.strip():
            raise Mistake(f"“{text}” has an empty translation")
        if sorted(NOT_TO_TRANSLATE.findall(text)) != sorted(NOT_TO_TRANSLATE.findall(translated)):
            raise Mistake(f"“{text}”: the translation mentions other values, or other code")


def read_translations(path, english):
    try:
        translations = json.loads(path.read_text("utf-8"), object_pairs_hook=no_duplicates)
        check(translations, english)
    except (ValueError, Mistake) as error:
        raise Mistake(f"{path}: {error}") from error
    return translations


def c_string(text):
    out = []
    for byte in text.encode("utf-8"):
        char = chr(byte)
        if char in '"\\?':  # a question mark could begin a trigraph
            out.append("\\" + char)
        else:
            out.append(char if 32 <= byte < 127 else f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def embed(source):
    english = english_texts(source)
    out = ["/* Made by lab/embed_texts.py; do not edit. */\n", '#include "lab/texts.h"\n\n']
    tables = []
    for language, index in LANGUAGES.items():
        translations = read_translations(source / "texts" / f"{language}.json", english)
        out.append(f"static const struct lab_translation {language}[] = {{\n")
        for text in sorted(translations, key=lambda text: text.encode("utf-8")):
            out.append(f"    {{{c_string(text)},\n     {c_string(translations[text])}}},\n")
        out.append("};\n")
        tables.append(f"    [{index}] = {{{language}, sizeof {language} / sizeof *{language}}},\n")
    out.append("const struct lab_translations lab_translations[WEB_LANGUAGES] = {\n")
    return "".join([*out, *tables, "};\n"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        made = embed(arguments.source)
    except (Mistake, OSError) as error:
        sys.exit(f"embed_texts.py: {error}")
    arguments.output.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
