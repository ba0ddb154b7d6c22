#!/usr/bin/python3
"""Dependencies point one way: test_layers.py [ROOT].

Reads every #include of every room and complains about those that the table below does not allow,
about libraries used where they have no business, and about headers of the operating system outside
platform/. The table in docs/ARCHITECTURE.md must say the same.
"""

import re
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])

# The rooms, and which others each may use.
ROOMS = {
    "base": set(),
    "platform": {"base"},
    "tls": {"base"},
    "http": {"base", "platform"},
    "conf": {"base", "platform"},
    "certs": {"base", "platform"},
    "trust": {"base", "platform", "certs"},
    "report": {"base", "platform", "certs"},
    "web": {"base"},
    "control": {"base", "platform"},
    "lab": {"base", "platform", "tls", "http", "certs", "trust", "web"},
    "daemon": {"base", "platform", "tls", "http", "conf", "certs", "trust", "report", "web", "control",
               "lab"},
    "ctl": {"base", "platform", "tls", "conf", "certs", "trust", "report", "control", "lab"},
}

# Libraries, by how their headers begin, and the rooms that may use them.
LIBRARIES = {
    "gmp.h": {"certs", "lab"},
    "gnutls/": {"certs", "trust", "lab", "daemon", "ctl"},
    "idn2.h": {"certs"},
    "jansson.h": {"certs", "report", "control", "lab", "daemon", "ctl"},
    "libconfig.h": {"conf"},
    "microhttpd.h": {"http", "lab", "daemon"},
    "nettle/": {"certs", "lab"},
    "zip.h": {"trust"},
}

# ISO/IEC 9899:2018. Every other header in angle brackets belongs to a library or to the system.
STANDARD = {
    f"{name}.h" for name in (
        "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal "
        "stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath "
        "threads time uchar wchar wctype").split()
}

# Headers of the system that may be used outside platform/, and why: everywhere, or in one file.
EXCEPTIONS = {
    "pthread.h": "threads are POSIX threads everywhere; the Windows toolchain has them too",
    "strings.h": "strcasecmp; the Windows toolchain has it too",
    "getopt.h": "getopt_long; the Windows toolchain has it too",
    ("platform/socket.h", "sys/socket.h"): "struct sockaddr_storage is what the header is about",
    ("daemon/handshake_gate.c", "sys/types.h"): "ssize_t stands in GnuTLS's own signatures",
    ("lab/wiretap.c", "sys/types.h"): "ssize_t stands in GnuTLS's own signatures",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)"|(\S[^\n]*))', re.MULTILINE)


def room_of(path):
    return path.split("/")[0]


def is_behind_the_platform(path):
    """Do the system's own headers belong there?"""
    return path.startswith("platform/") and path.count("/") > 1


def complaint_of_system(path, header):
    """What is wrong with <header> in this file, or None."""
    for library, rooms in LIBRARIES.items():
        if header.startswith(library):
            return None if room_of(path) in rooms else f"<{header}> is for {sorted(rooms)} alone"
    if (header in STANDARD or header in EXCEPTIONS or (path, header) in EXCEPTIONS
            or is_behind_the_platform(path)):
        return None
    return f"<{header}> is of the operating system: it belongs under platform/"


def complaint_of_own(root, path, header):
    """What is wrong with "header" in this file, or None."""
    if not (root / header).is_file() or ".." in header.split("/"):
        return f'"{header}" is no file as seen from the root'
    if is_behind_the_platform(header) and not path.startswith(header.rpartition("/")[0] + "/"):
        return f'"{header}" stands behind the platform'
    room = room_of(path)
    if room_of(header) not in ROOMS[room] | {room}:
        return f"{room}/ may not use {room_of(header)}/"
    return None


def complaints_of(root, path):
    text = (root / path).read_text()
    for found in INCLUDE.finditer(text):
        system, own, other = found.groups()
        if system:
            complaint = complaint_of_system(path, system)
        elif own:
            complaint = complaint_of_own(root, path, own)
        else:
            complaint = f"{other}: the name of a header must be seen"
        if complaint:
            yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: {complaint}"


def rooms_in(root):
    return {listing.parent.name for listing in root.glob("*/CMakeLists.txt")
            if re.search(r"^room\(", listing.read_text(), re.MULTILINE)}


def sources_in(root):
    return sorted(str(path.relative_to(root)) for room in ROOMS for path in (root / room).rglob("*.[ch]"))


def complaints(root):
    found = [f"{room}/ is a room that the table does not know" for room in rooms_in(root) - ROOMS.keys()]
    for path in sources_in(root):
        found += complaints_of(root, path)
    return found


def documented_rooms(root):
    """The table in docs/ARCHITECTURE.md: `room/` | what lives there | may use."""
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", (root / "docs/ARCHITECTURE.md").read_text(),
                      re.MULTILINE)
    rooms = {}
    for room, uses in rows:
        words = set(re.findall(r"\w+", uses))
        everyone = {other for other, _ in rows if other != room}
        rooms[room] = everyone - words if uses.startswith("all but") else words
    return rooms


class Layers(unittest.TestCase):
    maxDiff = None

    def test_every_include_is_allowed(self):
        self.assertEqual(complaints(ROOT), [])

    def test_every_room_is_read(self):
        self.assertEqual({room_of(path) for path in sources_in(ROOT)}, set(ROOMS))

    def test_the_table_has_no_ring(self):
        seen = set()
        while ready := [room for room in ROOMS if room not in seen and ROOMS[room] <= seen]:
            seen.update(ready)
        self.assertEqual(seen, set(ROOMS))

    def test_every_exception_is_needed(self):
        used = set()
        for path in sources_in(ROOT):
            for system, _, _ in INCLUDE.findall((ROOT / path).read_text()):
                if not is_behind_the_platform(path):
                    used |= {system, (path, system)}
        self.assertEqual([exception for exception in EXCEPTIONS if exception not in used], [])

    def test_the_architecture_says_the_same(self):
        self.assertEqual(documented_rooms(ROOT), ROOMS)


class Complaints(unittest.TestCase):
    """That what must not be is found."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for room in ROOMS:
            self.put(f"{room}/{room}.h", "")
        self.put("platform/linux/inner.h", "")

    def put(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def complaint(self, path, include):
        self.put(path, f"/* first */\n{include}\n")
        found = complaints(self.root)
        (self.root / path).unlink()
        self.assertLessEqual(len(found), 1, found)
        return found[0] if found else None

    def test_of_what_is_allowed_there_are_none(self):
        for path, include in (
                ("base/a.c", '#include "base/base.h"'),
                ("daemon/a.c", '#include "certs/certs.h"'),
                ("daemon/a.c", "#include <pthread.h>"),
                ("conf/a.c", "#include <libconfig.h>"),
                ("certs/a.c", "#include <gnutls/x509.h>"),
                ("platform/linux/a.c", "#include <sys/epoll.h>"),
                ("platform/linux/a.c", '#include "platform/linux/inner.h"'),
                ("web/a.c", '/* #include nothing */'),
        ):
            self.assertIsNone(self.complaint(path, include), include)

    def test_of_a_room_above(self):
        self.assertEqual(self.complaint("base/a.c", '#include "platform/platform.h"'),
                         "base/a.c:2: base/ may not use platform/")
        self.assertIn("may not use", self.complaint("certs/a.h", '  #  include "conf/conf.h"'))
        self.assertIn("may not use", self.complaint("ctl/a.c", '#include "daemon/daemon.h"'))

    def test_of_headers_of_the_system(self):
        for header in ("unistd.h", "fcntl.h", "poll.h", "sys/stat.h", "netinet/in.h", "arpa/inet.h", "net/if.h",
                       "windows.h", "sys/types.h"):
            self.assertIn("belongs under platform/", self.complaint("daemon/a.c", f"#include <{header}>"))
        self.assertIn("belongs under platform/", self.complaint("platform/a.h", "#include <unistd.h>"))

    def test_of_libraries_elsewhere(self):
        self.assertIn("alone", self.complaint("daemon/a.c", "#include <libconfig.h>"))
        self.assertIn("alone", self.complaint("platform/linux/a.c", "#include <gnutls/gnutls.h>"))

    def test_of_what_stands_behind_the_platform(self):
        self.assertIn("behind", self.complaint("daemon/a.c", '#include "platform/linux/inner.h"'))
        self.assertIn("behind", self.complaint("platform/windows/a.c", '#include "platform/linux/inner.h"'))

    def test_of_names_that_hide_the_room(self):
        self.assertIn("no file", self.complaint("base/a.c", '#include "base.h"'))
        self.assertIn("no file", self.complaint("base/a.c", '#include "base/../conf/conf.h"'))
        self.assertIn("must be seen", self.complaint("base/a.c", "#include HEADER"))

    def test_of_a_room_not_in_the_table(self):
        self.put("attic/CMakeLists.txt", "room(attic SOURCES a.c)\n")
        self.assertEqual(complaints(self.root), ["attic/ is a room that the table does not know"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
