"""As much of PowerShell's grammar as shows a slip of the pen: strings, comments, brackets, names.

There is no PowerShell on the machines where this runs; the real one was not asked.
"""

import re

QUOTES = "'‘’‚‛"  # PowerShell takes typographic ones for single quotes, too
CLOSING = {"(": ")", "{": "}", "[": "]"}


class Slip(Exception):
    """Something that PowerShell would refuse to read."""


class Script:
    """`code`: the text with strings and comments blanked; `strings`: those between single quotes;
    `expandable`: those between double quotes, as they stand."""

    def __init__(self, text):
        self.text, self.at = text, 0
        self.strings, self.expandable = [], []
        self.code = "".join(self._pieces())
        self._check_brackets()

    def _line(self, at):
        return self.text.count("\n", 0, at) + 1

    def _pieces(self):
        while self.at < len(self.text):
            rest = self.text[self.at:]
            if rest.startswith(("@'\n", '@"\n')):
                raise Slip(f"line {self._line(self.at)}: here-strings are not used here")
            if rest.startswith("<#"):
                yield self._skip(self._until("#>"))
            elif rest[0] == "#":
                yield self._skip(len(rest.split("\n", 1)[0]))
            elif rest[0] in QUOTES:
                yield self._single()
            elif rest[0] == '"':
                yield self._double()
            elif rest[0] == "`":
                raise Slip(f"line {self._line(self.at)}: a backtick outside a string")
            else:
                self.at += 1
                yield rest[0]

    def _until(self, end):
        found = self.text.find(end, self.at)
        if found < 0:
            raise Slip(f"line {self._line(self.at)}: no {end} follows")
        return found + len(end) - self.at

    def _skip(self, length):
        skipped = self.text[self.at:self.at + length]
        self.at += length
        return "\n" * skipped.count("\n")

    def _single(self):
        start, value = self.at, ""
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != "\n":
            if self.text[self.at] in QUOTES:
                if self.text[self.at + 1:self.at + 2] not in QUOTES or \
                        self.at + 1 >= len(self.text):
                    self.at += 1
                    self.strings.append(value)
                    return " S "
                self.at += 1
            value += self.text[self.at]
            self.at += 1
        raise Slip(f"line {self._line(start)}: a string does not end")

    def _double(self):
        match = re.compile(r'"((?:[^"`\n]|`.|"")*)"').match(self.text, self.at)
        if not match:
            raise Slip(f"line {self._line(self.at)}: a string does not end")
        self.expandable.append(match[1])
        self.at = match.end()
        return " S "

    def _check_brackets(self):
        open_ones = []
        for line, content in enumerate(self.code.splitlines(), 1):
            for char in content:
                if char in CLOSING:
                    open_ones.append((CLOSING[char], line))
                elif char in CLOSING.values():
                    if not open_ones or open_ones.pop()[0] != char:
                        raise Slip(f"line {line}: {char} closes nothing")
        if open_ones:
            raise Slip(f"line {open_ones[-1][1]}: {open_ones[-1][0]} is missing")

    def variables(self):
        """Those that are read or written, lower case, without those of a scope or drive."""
        expanded = " ".join(self.expandable)
        return {name.lower() for name in re.findall(r"\$(\w+)(?!:)", f"{self.code} {expanded}")}

    def assigned(self):
        """Those that an assignment, a parameter or a loop makes."""
        found = re.findall(r"\$(\w+)\s*=(?!=)", self.code)
        found += re.findall(r"\$(\w+),\s*\$(\w+)\s*=", self.code)
        found += re.findall(r"\[\w+\]\s*\$(\w+)", self.code)
        found += re.findall(r"foreach\s*\(\s*\$(\w+)", self.code)
        for parameters in re.findall(r"(?:param|function [\w-]+)\s*\(([^)]*)\)", self.code):
            found += re.findall(r"\$(\w+)", parameters)
        return {name.lower() for one in found for name in ([one] if isinstance(one, str) else one)}

    def functions(self):
        return set(re.findall(r"function ([\w-]+)", self.code))

    def commands(self):
        """What has the form of a command's name, and is none of a function's own."""
        return set(re.findall(r"(?<![\w$.:-])([A-Z]\w+-[A-Z]\w+)(?![\w-])", self.code)) \
            - self.functions()
