"""What --json prints, held against docs/schema (JSON Schema 2020-12)."""

import functools
import json

import jsonschema

from lib.daemon import REPOSITORY

FOLDER = REPOSITORY / "docs" / "schema"


@functools.cache
def schemas():
    """{file name: schema}"""
    read = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    for name, schema in read.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"] == name
    return read


def check(verb, answer):
    """Fails unless the answer is as the verb's schema says. `verb`: "create", "authority issue"."""
    schema = schemas()[f"{verb.replace(' ', '-')}.json"]
    resolver = jsonschema.RefResolver("", schema, store=schemas())
    jsonschema.Draft202012Validator(schema, resolver=resolver).validate(answer)
