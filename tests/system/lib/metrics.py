"""The metrics as Prometheus reads them."""

import re

from lib.http import Connection

TYPE = "text/plain; version=0.0.4; charset=utf-8"
SAMPLE = re.compile(r"^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (-?\d+)$")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def metrics_port(running):
    return next(port for service, protocol, _, port in running.listening
                if (service, protocol) == ("metrics", "http"))


def connect(running, address="127.0.0.1"):
    return Connection(address, metrics_port(running), context=None)


def scrape(running):
    """The text."""
    with connect(running) as connection:
        answer = connection.ask("/metrics")
    assert (answer.status, answer.get("Content-Type")) == (200, TYPE)
    return answer.text


def labels_of(text):
    labels, end = {}, 0
    for found in LABEL.finditer(text):
        assert found.start() == end, text
        end = found.end()
        labels[found[1]] = re.sub(r"\\.", lambda escape: ESCAPED[escape[0]], found[2])
    assert end == len(text), text
    return labels


class Samples:
    """What a scrape says; strict about its form."""

    def __init__(self, text):
        self.samples, self.types = [], {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                assert name not in self.types, f"{name} begins twice"
                self.types[name] = kind
            elif not line.startswith("# HELP "):
                found = SAMPLE.match(line)
                assert found, f"no sample: {line!r}"
                assert list(self.types)[-1] == found[1], f"{line!r} stands in another family"
                self.samples.append((found[1], labels_of(found[2] or ""), int(found[3])))

    def all(self, name, **labels):
        """[(labels, value)] of the samples that have these labels."""
        assert name in self.types, f"there is no {name}"
        return [(has, value) for found, has, value in self.samples
                if found == name and labels.items() <= has.items()]

    def sum(self, name, **labels):
        return sum(value for _, value in self.all(name, **labels))

    def one(self, name, **labels):
        [(_, value)] = self.all(name, **labels)
        return value

    def by(self, name, *keys, **labels):
        """{(label, …): value} of those that are not 0."""
        return {tuple(has[key] for key in keys): value for has, value in self.all(name, **labels)
                if value}


def samples(running):
    return Samples(scrape(running))
