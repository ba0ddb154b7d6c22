#!/usr/bin/python3
"""Judges the laboratory's page and its translations, from outside:
check_lab_page.py LAB_PAGE_PRINT LAB.

Each page is parsed, and its promises (no script, no foreign resource, links that lead somewhere)
are checked; the step that embeds the translations must be repeatable and refuse broken ones.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from web_page import Page

PRINT, SOURCE = sys.argv[1], Path(sys.argv[2])
LANGUAGES = ("en", "fr", "de")
VISITORS = ("own", "other", "stranger", "distrusting")
FILES = ("/ca.pem", "/hosts", "/lab.json", "/report.json", "/report.xml", "/report.tap")
SERVED = re.compile(r"/|/favicon\.ico|/(icon|logo|style)\.[0-9a-f]{12}\.(svg|css)")
SCENARIO = re.compile(r"https://[a-z0-9-]+\.lab\.localhost:\d+/")


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PRINT, folder], check=True)
            cls.pages = {
                (visitor, language): (Path(folder) / f"{visitor}-{language}.html").read_text("utf-8")
                for visitor in VISITORS
                for language in LANGUAGES
            }

    def each(self):
        for (visitor, language), text in self.pages.items():
            with self.subTest(visitor=visitor, language=language):
                yield language, Page(text)

    def test_pages_are_well_formed(self):
        for language, page in self.each():
            self.assertEqual(page.faults, [])
            self.assertEqual(page.all("html"), [{"lang": language}])
            for once in ("h1", "main", "title"):
                self.assertEqual(len(page.all(once)), 1)
            ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
            self.assertEqual(len(ids), len(set(ids)))
            for section in page.all("section"):
                self.assertIn(section["aria-labelledby"], ids)
            for picture in page.all("img"):
                self.assertIn("alt", picture)
            for mark in ("{}", "`"):
                self.assertNotIn(mark, page.words)

    def test_the_policy_is_kept(self):
        """default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'"""
        for _, page in self.each():
            for tag, attributes in page.elements:
                self.assertNotIn(tag, ("script", "style", "iframe", "object", "base", "form"))
                for attribute in attributes:
                    self.assertFalse(attribute.startswith("on") or attribute == "style", attribute)

    def test_links_lead_somewhere(self):
        for _, page in self.each():
            ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
            scenarios = 0
            for tag, attributes in page.elements:
                for attribute in {"href", "src"} & set(attributes):
                    target = attributes[attribute]
                    if target.startswith("#"):
                        self.assertIn(target[1:], ids)
                    elif SCENARIO.fullmatch(target):
                        self.assertEqual(tag, "a")
                        scenarios += 1
                    else:
                        self.assertTrue(target in FILES or SERVED.fullmatch(target), target)
            self.assertGreaterEqual(scenarios, 60)
            targets = [link.get("href") for link in page.all("a")]
            self.assertEqual([target for target in targets if target in FILES], list(FILES))

    def test_no_english_is_left(self):
        """Every sentence that has a translation stands in it."""
        for language in LANGUAGES[1:]:
            known = json.loads((SOURCE / "texts" / f"{language}.json").read_text("utf-8"))
            for visitor in VISITORS:
                words = Page(self.pages[visitor, language]).words
                for english, translated in known.items():
                    if " " in english and "{}" not in english and "`" not in english:
                        self.assertNotIn(english, words)
                self.assertIn(known["What your client did so far"], words)


class BuildStep(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.source = Path(self.folder.name) / "lab"
        shutil.copytree(SOURCE, self.source)

    def embed(self, name="texts.c"):
        output = Path(self.folder.name) / name
        script = [sys.executable, str(SOURCE / "embed_texts.py"), "--source", str(self.source)]
        done = subprocess.run(
            [*script, "--output", str(output)], stderr=subprocess.PIPE, encoding="utf-8"
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

    def test_refuses_a_sentence_that_changed_in_the_table(self):
        self.change("scenarios_time.c", "expired a day ago", "expired two days ago")
        self.refuses("“The certificate expired two days ago.” has no translation")

    def test_refuses_a_translation_of_nothing(self):
        self.change("texts/de.json", "{", '{ "Of no scenario.": "Von keinem Szenario.",')
        self.refuses("“Of no scenario.” is no text of the laboratory's")

    def test_refuses_a_missing_translation_in_one_language(self):
        self.change("texts/fr.json", '"Not tried yet"', '"Not tried"')
        self.refuses("fr.json: “Not tried yet” has no translation")

    def test_refuses_another_value_or_code(self):
        self.change("texts/de.json", "stehen in `/ca.pem`", "stehen in `/ca.cer`")
        self.refuses("the translation mentions other values, or other code")

    def test_refuses_an_empty_translation(self):
        known = json.loads((self.source / "texts/de.json").read_text("utf-8"))
        self.change("texts/de.json", f'"{known["Not tried yet"]}"', '" "')
        self.refuses("“Not tried yet” has an empty translation")

    def test_refuses_a_sentence_given_twice(self):
        self.change("texts/de.json", '"Source":', '"Source": "Quelle", "Source":')
        self.refuses("“Source” stands there twice")

    def test_refuses_what_is_no_json(self):
        self.change("texts/de.json", "{", "")
        self.refuses("de.json")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
