#!/usr/bin/python3
"""Makes one C file of the pages, texts, style sheet and pictures: compressed, hashed, checked.

    embed.py --source web --output assets.c --brotli /usr/bin/brotli

Fails when a text is missing in any language, when one is used by no page, when languages differ
in the values they mention, or when a section does not close. The output depends on the input
alone. What stands in a template is described in template.h.
"""

import argparse
import gzip
import hashlib
import html
import json
import re
import subprocess
import sys
from pathlib import Path

# In the order of enum web_language and enum web_coding.
LANGUAGES = {"en": "WEB_ENGLISH", "fr": "WEB_FRENCH", "de": "WEB_GERMAN"}
CODINGS = ("WEB_IDENTITY", "WEB_GZIP", "WEB_BROTLI")

PAGES = {"sign-in": "/", "password": "/password", "placeholder": "/placeholder"}
TEMPLATES = {  # filled at run time
    "connection": "web_connection_page",
    "error": "web_error_page",
    "trust": "web_trust_page",
}

PICTURES = ("icon.svg", "logo.svg", "postmark.svg")
STYLE = "style.css"
FAVICON = "favicon.ico"  # browsers ask for it by this very path, so it carries no hash
# One names the other, and a worker's path is its name. Neither is cached: over a connection whose
# warning was clicked through, Chromium asks whether what it has is still good, and takes the answer
# that it is (304) for the script itself.
SCRIPTS = ("trust.js", "trust-worker.js")
SCRIPT_OF = {"trust": "trust.js"}  # no other page has one
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",  # RFC 9239
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
}

# {{text.key}}, {{asset:style.css}}, {{part:NAME}} for pages/parts/NAME.html
BUILD_MARK = re.compile(r"\{\{([a-z][\w.:-]*)\}\}")
RUN_MARK = re.compile(r"\{\{([=?!#/])(\w*)\}\}")  # {{=slot}} and the sections
SECTIONS = {"?": "PART_WHEN", "!": "PART_UNLESS", "#": "PART_EACH"}
ERROR_KEY = re.compile(r"error\.(\d+|other)\.(title|advice)")
CONDITION_KEY = re.compile(r"condition\.(\w+)")


class Mistake(Exception):
    """Something in the sources that must be mended."""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# Texts


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise Mistake(f"“{key}” stands there twice")
    return dict(pairs)


def read_texts(source):
    texts = {}
    for language in LANGUAGES:
        path = source / "strings" / f"{language}.json"
        try:
            texts[language] = json.loads(path.read_text("utf-8"), object_pairs_hook=no_duplicates)
        except (ValueError, Mistake) as error:
            raise Mistake(f"{path}: {error}") from error
    every_key = {key for known in texts.values() for key in known}
    for key in sorted(every_key):
        missing = [language for language, known in texts.items() if key not in known]
        if missing:
            raise Mistake(f"“{key}” is missing in {', '.join(missing)}")
        values = {tuple(sorted(RUN_MARK.findall(known[key]))) for known in texts.values()}
        if len(values) > 1:
            raise Mistake(f"“{key}”: the languages mention different values")
    return texts


def text_as_html(text):
    return re.sub(r"\*(.+?)\*", r"<strong>\1</strong>", html.escape(text))


# Pages


def fill(template, replacement):
    return BUILD_MARK.sub(lambda match: replacement(match[1]), template)


def compose(source, page, language, texts, paths, used):
    """The page in its layout, in one language; {{=slots}} and sections are still in it."""
    title = "{{=title}}" if page == "error" else "{{" + page + ".title}}"
    built_in = {
        "content": (source / "pages" / f"{page}.html").read_text("utf-8"),
        "page": page,
        "title": title,
        "lang": language,
        "script": f'<script src="/{SCRIPT_OF[page]}" defer></script>' if page in SCRIPT_OF else "",
    }

    def part(key):
        if not key.startswith("part:"):
            return "{{" + key + "}}"
        return (source / "pages" / "parts" / f"{key.removeprefix('part:')}.html").read_text("utf-8")

    def text(key):
        if key.startswith("asset:"):
            return paths[key.removeprefix("asset:")]
        if key not in texts:
            raise Mistake(f"{page}: “{key}” is missing in {language}")
        used.add(key)
        return text_as_html(texts[key])

    layout = (source / "pages" / "layout.html").read_text("utf-8")
    whole = fill(layout, lambda key: built_in.get(key, "{{" + key + "}}"))
    whole = fill(fill(whole, part), text)
    return "\n".join(line.strip() for line in whole.splitlines() if line.strip()) + "\n"


def split_parts(page, name):
    """The page as C initialisers of struct template_part."""
    parts = []  # [kind, index, pair, text]
    open_sections = []
    at = 0

    def add(kind, index="0", pair=0, text=""):
        parts.append([kind, index, pair, text])

    for mark in RUN_MARK.finditer(page):
        if mark.start() > at:
            add("PART_TEXT", text=page[at : mark.start()])
        at = mark.end()
        sign, slot = mark[1], mark[2]
        repeating = [i for i in open_sections if parts[i][0] == "PART_EACH"]
        if sign == "=" and slot == "item":
            if not repeating:
                raise Mistake(f"{name}: {{{{=item}}}} outside a list")
            add("PART_ITEM")
        elif sign == "=":
            add("PART_VALUE", f"SLOT_{slot.upper()}")
        elif sign in SECTIONS:
            if sign == "#" and repeating:
                raise Mistake(f"{name}: lists do not nest")
            open_sections.append(len(parts))
            prefix = "LIST" if sign == "#" else "SLOT"
            add(SECTIONS[sign], f"{prefix}_{slot.upper()}")
        else:
            if not open_sections:
                raise Mistake(f"{name}: a section closes that is not open")
            opened = open_sections.pop()
            parts[opened][2] = len(parts)
            add("PART_END", pair=opened)
    if at < len(page):
        add("PART_TEXT", text=page[at:])
    if open_sections:
        raise Mistake(f"{name}: a section does not close")
    return parts


def shorten_style(style):
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"\s+", " ", style)
    style = re.sub(r"\s*([{};,])\s*", r"\1", style)
    return style.replace(": ", ":").replace(";}", "}").strip() + "\n"


# C


def c_string(text):
    out = []
    for byte in text.encode("utf-8"):
        char = chr(byte)
        if char in '"\\?':  # a question mark could begin a trigraph
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def c_bytes(name, data):
    lines = [f"static const unsigned char {name}[] = {{"]
    for i in range(0, len(data), 24):
        lines.append("    " + ",".join(str(byte) for byte in data[i : i + 24]) + ",")
    return "\n".join(lines) + "\n};\n"


class Output:
    """Collects the C file."""

    def __init__(self, brotli):
        self.brotli = brotli
        self.text = ["/* Made by web/embed.py; do not edit. */\n", '#include "web/assets.h"\n\n']
        self.bodies = {}  # content -> the initialiser of its codings
        self.assets = []

    def add(self, text):
        self.text.append(text)

    def compress(self, data):
        command = [self.brotli, "--quality=11", "--stdout", "-"]
        packed = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
        return (data, gzip.compress(data, compresslevel=9, mtime=0), packed)

    def body(self, data):
        """The initialiser for one content: identity and the codings that are smaller."""
        if data not in self.bodies:
            fields = []
            for coding, coded in zip(CODINGS, self.compress(data)):
                if coded is not data and len(coded) >= len(data):
                    continue
                name = f"body_{len(self.bodies)}_{coding.lower()}"
                self.add(c_bytes(name, coded))
                etag = f'"\\"{sha256(coded)[:32]}\\""'
                fields.append(f"[{coding}] = {{{name}, sizeof {name}, {etag}}}")
            self.bodies[data] = "{" + ", ".join(fields) + "}"
        return self.bodies[data]

    def asset(self, path, kind, contents, immutable=False, unstored=False):
        """`contents`: bytes, or a dict of them by language."""
        by_language = isinstance(contents, dict)
        bodies = [
            f"[{index}] = {self.body(contents[language] if by_language else contents)}"
            for language, index in LANGUAGES.items()
        ]
        self.assets.append(
            f"    {{{c_string(path)}, {c_string(CONTENT_TYPES[kind])}, "
            f"{str(by_language).lower()}, {str(immutable).lower()}, {str(unstored).lower()},\n     {{"
            + ",\n      ".join(bodies)
            + "}},\n"
        )

    def hashed(self, name, content):
        """Adds an asset whose path changes with its content; returns the path."""
        stem, suffix = name.rsplit(".", 1)
        path = f"/{stem}.{sha256(content)[:12]}.{suffix}"
        self.asset(path, f".{suffix}", content, immutable=True)
        return path

    def template(self, symbol, pages):
        for language, page in pages.items():
            self.add(f"static const struct template_part {symbol}_{language}[] = {{\n")
            for kind, index, pair, text in split_parts(page, symbol):
                size = len(text.encode("utf-8"))
                self.add(f"    {{{kind}, {index}, {pair}, {c_string(text)}, {size}}},\n")
            self.add("};\n")
        self.add(f"const struct template {symbol}[WEB_LANGUAGES] = {{\n")
        for language, index in LANGUAGES.items():
            parts = f"{symbol}_{language}"
            self.add(f"    [{index}] = {{{parts}, sizeof {parts} / sizeof {parts}[0]}},\n")
        self.add("};\n")

    def error_texts(self, texts, used):
        for language, known in texts.items():
            statuses = {match[1] for match in map(ERROR_KEY.fullmatch, known) if match}
            numbers = sorted(int(status) for status in statuses - {"other"})
            self.add(f"static const struct web_error_text error_texts_{language}[] = {{\n")
            for status in [*map(str, numbers), "other"]:
                keys = [f"error.{status}.title", f"error.{status}.advice"]
                for key in keys:
                    if key not in known:
                        raise Mistake(f"“{key}” is missing in {language}")
                used.update(keys)
                title, advice = (c_string(known[key]) for key in keys)
                self.add(f"    {{{0 if status == 'other' else status}, {title}, {advice}}},\n")
            self.add("};\n")
        self.add("const struct web_error_text *const web_error_texts[WEB_LANGUAGES] = {\n")
        for language, index in LANGUAGES.items():
            self.add(f"    [{index}] = error_texts_{language},\n")
        self.add("};\n")

    def condition_texts(self, texts, used):
        for language, known in texts.items():
            self.add(f"static const struct web_condition_text condition_texts_{language}[] = {{\n")
            for match in filter(None, map(CONDITION_KEY.fullmatch, known)):
                used.add(match[0])
                self.add(f"    {{{c_string(match[1])}, {c_string(known[match[0]])}}},\n")
            self.add("    {0, 0},\n};\n")
        self.add("const struct web_condition_text *const web_condition_texts[WEB_LANGUAGES] = {\n")
        for language, index in LANGUAGES.items():
            self.add(f"    [{index}] = condition_texts_{language},\n")
        self.add("};\n")

    def finish(self):
        self.add("const struct web_asset web_assets[] = {\n" + "".join(self.assets) + "};\n")
        self.add("const size_t web_assets_count = sizeof web_assets / sizeof web_assets[0];\n")
        return "".join(self.text)


def embed(source, brotli):
    texts = read_texts(source)
    output = Output(brotli)
    used = set()
    paths = {}
    for picture in PICTURES:
        paths[picture] = output.hashed(picture, (source / picture).read_bytes())
    style = fill((source / STYLE).read_text("utf-8"), lambda key: paths[key.removeprefix("asset:")])
    paths[STYLE] = output.hashed(STYLE, shorten_style(style).encode("utf-8"))
    output.asset(f"/{FAVICON}", ".ico", (source / FAVICON).read_bytes())
    for script in SCRIPTS:
        output.asset(f"/{script}", ".js", (source / script).read_bytes(), unstored=True)

    def in_every_language(page):
        return {
            language: compose(source, page, language, known, paths, used)
            for language, known in texts.items()
        }

    for page, path in PAGES.items():
        contents = {key: text.encode("utf-8") for key, text in in_every_language(page).items()}
        output.asset(path, ".html", contents)
    for page, symbol in TEMPLATES.items():
        output.template(symbol, in_every_language(page))
    output.error_texts(texts, used)
    output.condition_texts(texts, used)
    unused = sorted(set(texts["en"]) - used)
    if unused:
        raise Mistake(f"used by no page: {', '.join(unused)}")
    return output.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--brotli", default="brotli")
    arguments = parser.parse_args()
    try:
        made = embed(arguments.source, arguments.brotli)
    except (Mistake, OSError, KeyError, subprocess.CalledProcessError) as error:
        sys.exit(f"embed.py: {error}")
    arguments.output.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
