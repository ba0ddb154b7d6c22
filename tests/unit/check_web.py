#!/usr/bin/python3
"""Judges what web/ serves, from outside: check_web.py WEB_PRINT SOURCE BROTLI.

Each coded body is decoded by another program than made it; each page is parsed, and its promises
(no script but that of /trust, nothing typed is sent, no foreign resource, contrast) are checked; and the build step
must be repeatable and must refuse broken sources.
"""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from web_page import Page

WEB_PRINT, SOURCE, BROTLI = sys.argv[1], Path(sys.argv[2]), sys.argv[3]

LANGUAGES = ("en", "fr", "de")
SERVED_BY_THE_DAEMON = {"/connection", "/certificate.cer", "/trust", "/trust.zip"}
SCRIPT = {"src": "/trust.js", "defer": None}  # of the pages named "trust-…" alone
PAGE_LIMIT = 4096  # bytes as they stand
FACTORS = {"connection": 2, "trust": 4}  # a rendered page holds a visitor's values, or steps besides


def printed(folder):
    subprocess.run([WEB_PRINT, folder], check=True)
    return json.loads((Path(folder) / "index.json").read_text("utf-8"))


class Served(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.bodies = printed(cls.folder.name)
        for body in cls.bodies:
            body["data"] = (Path(cls.folder.name) / body["file"]).read_bytes()
        cls.identity = {
            (body["path"], body["language"]): body
            for body in cls.bodies
            if body["coding"] == "identity"
        }
        cls.pages = {
            (path, language): body["data"].decode("utf-8")
            for (path, language), body in cls.identity.items()
            if body["type"].startswith("text/html")
        }
        for rendered in Path(cls.folder.name).glob("*-*.html"):
            name, language = rendered.stem.rsplit("-", 1)
            cls.pages[name, language] = rendered.read_text("utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_coded_bodies_decode_to_the_plain_one(self):
        coded = [body for body in self.bodies if body["coding"] != "identity"]
        self.assertGreater(len(coded), len(self.identity))
        for body in coded:
            plain = self.identity[body["path"], body["language"]]["data"]
            if body["coding"] == "gzip":
                decoded = gzip.decompress(body["data"])
                self.assertEqual(body["data"][4:8], bytes(4), "a time stands in the gzip head")
            else:
                command = [BROTLI, "--decompress", "--stdout", "-"]
                decoded = subprocess.run(
                    command, input=body["data"], stdout=subprocess.PIPE, check=True
                ).stdout
            self.assertEqual(decoded, plain, body["file"])
            self.assertLess(len(body["data"]), len(plain), body["file"])

    def test_tags_tell_contents_apart(self):
        by_tag = {}
        for body in self.bodies:
            self.assertEqual(body["etag"], hashlib.sha256(body["data"]).hexdigest()[:32])
            by_tag.setdefault(body["etag"], set()).add((body["data"], body["path"]))
        for tag, contents in by_tag.items():
            self.assertEqual(len(contents), 1, tag)

    def test_immutable_paths_carry_their_hash(self):
        for (path, _), body in self.identity.items():
            found = re.fullmatch(r"/\w+\.([0-9a-f]{12})\.\w+", path)
            self.assertEqual(bool(found), body["immutable"], path)
            if path.endswith(".svg"):
                self.assertEqual(found[1], hashlib.sha256(body["data"]).hexdigest()[:12])

    def test_pages_are_well_formed_and_small(self):
        self.assertGreater(len(self.pages), 40)
        for (name, language), text in self.pages.items():
            with self.subTest(page=name, language=language):
                page = Page(text)
                self.assertEqual(page.faults, [])
                self.assertNotIn("{{", text)
                self.assertEqual(page.all("html"), [{"lang": language}])
                self.assertEqual(len(page.all("h1")), 1)
                self.assertEqual(len(page.all("main")), 1)
                self.assertEqual(len(page.all("title")), 1)
                limit = PAGE_LIMIT * FACTORS.get(name.split("-")[0], 1)
                self.assertLessEqual(len(text.encode("utf-8")), limit)

    def test_the_policy_is_kept(self):
        """default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; and for /trust
        script-src 'self'"""
        for (name, language), text in self.pages.items():
            with self.subTest(page=name, language=language):
                scripts = [SCRIPT] if name.startswith("trust-") else []
                self.assertEqual(Page(text).all("script"), scripts)
                self.assertNotRegex(text, r"<script[^>]*>[^<]")
                for tag, attributes in Page(text).elements:
                    self.assertNotIn(tag, ("style", "iframe", "object", "base"))
                    for attribute, value in attributes.items():
                        self.assertFalse(attribute.startswith("on"), attribute)
                        self.assertNotEqual(attribute, "style")
                        if attribute in ("href", "src", "action"):
                            self.assertRegex(value, r"^/([^/]|$)")

    def test_links_lead_somewhere(self):
        for (name, language), text in self.pages.items():
            for _, attributes in Page(text).elements:
                for attribute in ("href", "src", "action"):
                    target = attributes.get(attribute)
                    if target and target not in SERVED_BY_THE_DAEMON:
                        self.assertIn((target, language), self.identity, f"{name}: {target}")
        style = next(b["data"].decode() for p, b in self.identity.items() if "/style." in p[0])
        for target in re.findall(r'url\("(/[^"]*)"\)', style):
            self.assertIn((target, "en"), self.identity)
        self.assertNotIn("{{", style)

    def test_nothing_typed_is_sent(self):
        forms = 0
        for (name, language), text in self.pages.items():
            page = Page(text)
            forms += len(page.all("form"))
            self.assertTrue(all(form["method"] == "get" for form in page.all("form")))
            for tag in ("input", "button", "textarea", "select"):
                for field in page.all(tag):
                    self.assertNotIn("name", field, f"{name} {language}: it would be sent")
        self.assertEqual(forms, 2 * len(LANGUAGES))

    def test_fields_have_labels(self):
        for text in self.pages.values():
            page = Page(text)
            labels = {label["for"] for label in page.all("label")}
            for field in page.all("input"):
                self.assertIn(field["id"], labels)
                self.assertIn("autocomplete", field)
                self.assertIn("required", field)
            ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
            self.assertEqual(len(ids), len(set(ids)))
            for section in page.all("section"):
                self.assertIn(section["aria-labelledby"], ids)
            for picture in page.all("img"):
                self.assertIn("alt", picture)

    def test_what_the_script_shows_is_there(self):
        """Each verdict that the script may find has its words, and without it exactly those are
        shown that say how to find out by oneself."""
        script = self.identity["/trust.js", "en"]["data"].decode()
        for page in ("trust-well", "trust-amiss", "trust-elsewhere"):
            for language in LANGUAGES:
                elements = Page(self.pages[page, language]).elements
                told = [attributes for _, attributes in elements if "data-verdict" in attributes]
                for verdict in ("silent", "trusted", "refused"):
                    self.assertIn(f'"{verdict}"', script)
                    self.assertGreaterEqual(
                        sum(verdict in each["data-verdict"].split() for each in told), 2)
                for each in told:
                    self.assertEqual("hidden" not in each, "unknown" in each["data-verdict"])
        self.assertIn('"/trust-worker.js"', script)
        self.assertIn(("/trust-worker.js", "en"), self.identity)
        for path in ("/trust.js", "/trust-worker.js"):
            self.assertEqual(self.identity[path, "en"]["type"], "text/javascript; charset=utf-8")

    def test_verdicts_are_words(self):
        for language in LANGUAGES:
            good = Page(self.pages["connection-good", language]).words
            bad = Page(self.pages["connection-bad", language]).words
            texts = json.loads((SOURCE / "strings" / f"{language}.json").read_text("utf-8"))
            self.assertIn(texts["name.yes"], good)
            self.assertNotIn(texts["name.no"], good)
            self.assertIn(texts["name.no"], bad)
            self.assertIn(texts["valid.expired"], bad)
            self.assertIn("10.20.30.40", bad)
            # What is copied from the page can be compared as it is.
            self.assertIn("3C:9A:51:E7:08:DD:42:B6:1F:73:A0:C8:95:2E:64:FB:D1:07", good)


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Contrast(unittest.TestCase):
    TEXT = [  # on what; at least 4.5
        ("ink", "sheet"),
        ("soft", "sheet"),
        ("ink", "field"),
        ("mark", "sheet"),
        ("mark-strong", "sheet"),
        ("soft", "desk"),
        ("mark", "desk"),
        ("mark-strong", "desk"),
        ("stamp", "sheet"),
        ("on-mark", "mark"),
        ("on-mark", "mark-strong"),
    ]
    SHAPES = [("edge", "sheet"), ("edge", "field"), ("mark", "field")]  # at least 3

    def test_both_schemes_reach_aa(self):
        style = (SOURCE / "style.css").read_text("utf-8")
        light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
        colours = {}
        for scheme, block in (("light", light), ("dark", dark)):
            colours.update(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))
            for least, pairs in ((4.5, self.TEXT), (3, self.SHAPES)):
                for front, back in pairs:
                    reached = contrast(colours[front], colours[back])
                    self.assertGreaterEqual(reached, least, f"{scheme}: {front} on {back}")


class BuildStep(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.source = Path(self.folder.name) / "web"
        shutil.copytree(SOURCE, self.source)

    def embed(self, name="assets.c"):
        output = Path(self.folder.name) / name
        script = [sys.executable, str(SOURCE / "embed.py"), "--source", str(self.source)]
        done = subprocess.run(
            [*script, "--output", str(output), "--brotli", BROTLI],
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        return done, output

    def refuses(self, why):
        done, output = self.embed()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(why, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertFalse(output.exists())

    def change(self, path, old, new):
        file = self.source / path
        text = file.read_text("utf-8")
        self.assertIn(old, text)
        file.write_text(text.replace(old, new, 1), "utf-8")

    def test_repeats_itself(self):
        first, one = self.embed("one.c")
        second, two = self.embed("two.c")
        self.assertEqual((first.returncode, second.returncode), (0, 0), first.stderr)
        self.assertEqual(one.read_bytes(), two.read_bytes())

    def test_a_style_that_changes_changes_its_path(self):
        _, before = self.embed("before.c")
        self.change("style.css", "--ink: #15211d", "--ink: #15211e")
        _, after = self.embed("after.c")
        paths = [re.search(r"/style\.\w+\.css", file.read_text()) for file in (before, after)]
        self.assertNotEqual(paths[0][0], paths[1][0])

    def test_refuses_a_text_missing_in_one_language(self):
        self.change("strings/fr.json", '"sign-in.next"', '"sign-in.suivant"')
        self.refuses("“sign-in.next” is missing in fr")

    def test_refuses_a_text_missing_in_every_language(self):
        self.change("pages/password.html", "{{password.back}}", "{{password.forgotten}}")
        self.refuses("“password.forgotten” is missing in en")

    def test_refuses_a_text_nobody_uses(self):
        self.change("pages/password.html", "{{password.back}}", "back")
        self.refuses("used by no page: password.back")

    def test_refuses_a_text_given_twice(self):
        self.change("strings/de.json", '"yes": "ja",', '"yes": "ja", "yes": "jawohl",')
        self.refuses("“yes” stands there twice")

    def test_refuses_languages_that_mention_different_values(self):
        self.change("strings/de.json", "{{=days}}", "viele")
        self.refuses("the languages mention different values")

    def test_refuses_a_section_left_open(self):
        self.change("pages/connection.html", "{{/}}", "")
        self.refuses("a section does not close")

    def test_refuses_a_missing_part_of_a_page(self):
        (self.source / "pages" / "parts" / "windows.html").unlink()
        self.refuses("windows.html")

    def test_refuses_texts_that_are_no_json(self):
        self.change("strings/en.json", "{", "")
        self.refuses("en.json")

    def test_refuses_a_missing_picture(self):
        (self.source / "logo.svg").unlink()
        self.refuses("logo.svg")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
