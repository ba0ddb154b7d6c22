"""A thousand replacements under load: no connection fails, every handshake gets a certificate that
was current while it lasted, and nothing is left behind."""

import bisect
import threading
import time

import pytest

from lib.daemon import fingerprint, is_sanitized
from lib.waiting import await_condition

REPLACEMENTS = 1000
CLIENTS = 4


class History:
    """When each certificate began to be put there, and when the next one was seen to serve."""

    def __init__(self):
        self.begun, self.versions = [], {}

    def begin(self, certificate):
        self.versions[fingerprint(certificate.der)] = len(self.begun)
        self.begun.append(time.monotonic())

    def fits(self, served, began, ended):
        """Could a handshake between these moments rightly get this one? The version current at
        its beginning is at least the last but one, since each was awaited before the next."""
        version = self.versions.get(served)
        oldest = max(0, bisect.bisect_right(self.begun, began) - 2)
        newest = bisect.bisect_right(self.begun, ended) - 1
        return version is not None and oldest <= version <= newest


class Client(threading.Thread):
    """Connects anew again and again; every other time with a request."""

    def __init__(self, running, history, over):
        super().__init__()
        self.running, self.history, self.over = running, history, over
        self.port = running.port()
        self.handshakes, self.failures = 0, []

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                with self.running.connect(port=self.port) as connection:
                    ended = time.monotonic()
                    served = fingerprint(connection.certificate)
                    if not self.history.fits(served, began, ended):
                        self.failures.append(f"{served} between {began} and {ended}")
                    if self.handshakes % 2:
                        assert connection.ask("/healthz").status == 200
                        assert connection.ask("/certificate.cer").status == 200
            except Exception as error:  # whatever it is, it counts
                self.failures.append(repr(error))
            self.handshakes += 1


def test_a_thousand_replacements_under_load(daemon, certs):
    running = daemon({"limits": {"idle_timeout_s": 600}})
    key = certs.make("mail.example.org").key
    series = [certs.newer("mail.example.org", by_hours=number / 3600, key=key)
              for number in range(REPLACEMENTS)]
    history, over = History(), threading.Event()
    history.begin(series[0])
    series[0].put(running.store, "mine")
    running.await_served(series[0])
    clients = [Client(running, history, over) for _ in range(CLIENTS)]
    port, resident = running.port(), {}
    with running.connect(port=port) as kept:
        assert kept.ask("/healthz").status == 200
        for client in clients:
            client.start()
        try:
            for number, certificate in enumerate(series[1:], 1):
                history.begin(certificate)
                certificate.put(running.store, "mine")
                await_condition(f"replacement {number} is served", lambda wanted=certificate: (
                    running.served_certificate(port=port) == wanted.der), every_s=0.001)
                if number % 100 == 0:
                    assert kept.ask("/healthz").status == 200
                    resident[number] = running.resident_kb
        finally:
            over.set()
            for client in clients:
                client.join()
        assert kept.ask("/certificate.cer").body == series[0].der, \
            "the first connection still has what it began with"
    failures = [failure for client in clients for failure in client.failures]
    assert failures == []
    assert sum(client.handshakes for client in clients) > REPLACEMENTS, "there was load"
    assert running.log.count("mine replaced: ") == REPLACEMENTS - 1
    if not is_sanitized():
        assert resident[900] < resident[200] + 1024, f"resident memory grows: {resident}"


def test_replacements_under_load_leave_no_descriptor_open(daemon, certs):
    running = daemon()
    pair = certs.make("mail.example.org"), certs.newer("mail.example.org")
    pair[0].put(running.store, "mine")
    running.await_served(pair[0])
    before = running.open_descriptors
    for number in range(1, 100):
        pair[number % 2].put(running.store, "mine")
        running.await_served(pair[number % 2])
    await_condition("as many as before", lambda: running.open_descriptors <= before)


@pytest.mark.parametrize("size", [2000])
def test_many_certificates_are_all_served(daemon, certs, size):
    """Chosen by name among thousands, from the first request on."""
    key = certs.make("x").key
    entries = [certs.make(f"host{number}.example.org", key=key) for number in range(size)]

    def fill(made):
        made.store.mkdir(parents=True, mode=0o700)
        for number, certificate in enumerate(entries):
            certificate.put(made.store, f"host{number}")
    running = daemon(prepare=fill)
    for number in range(0, size, size // 100):
        assert running.served_fingerprint(sni=f"host{number}.example.org") == \
            fingerprint(entries[number].der)
    after = certs.newer("host7.example.org").put(running.store, "host7")
    running.await_served(after, sni="host7.example.org")
