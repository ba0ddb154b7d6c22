"""HTTP/1.1 over a raw socket, so that a test decides about every byte."""

import socket
import ssl
import time
import warnings
from dataclasses import dataclass, field

from lib.waiting import deadline_s

TIMEOUT_S = 10


class NoAnswer(Exception):
    """The connection ended before (or in the middle of) an answer."""


@dataclass
class Response:
    version: str
    status: int
    reason: str
    fields: list = field(default_factory=list)  # (name, value), as sent
    body: bytes = b""

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        assert len(values) <= 1, f"{name} is sent {len(values)} times: {values}"
        return values[0] if values else default

    @property
    def text(self):
        return self.body.decode("utf-8")


def client_context(minimum=None, maximum=None, ciphers=None, alpn=None, verify=None):
    """A TLS client that takes any certificate, unless `verify` names a file of anchors."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = verify is not None
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    if verify:
        context.load_verify_locations(verify)
    if ciphers:
        context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are asked for on purpose
        if minimum:
            context.minimum_version = minimum
        if maximum:
            context.maximum_version = maximum
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


ANY_SERVER = client_context()


class Connection:
    """One connection. `context=None` speaks plain HTTP."""

    def __init__(self, address, port, sni=None, context=ANY_SERVER, timeout_s=TIMEOUT_S,
                 source=None, session=None):
        self.unread = b""
        plain = socket.create_connection((address, port), timeout=deadline_s(timeout_s),
                                         source_address=(source, 0) if source else None)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = plain
        if context:
            try:
                self.socket = context.wrap_socket(plain, server_hostname=sni, session=session)
            except BaseException:
                plain.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    @property
    def certificate(self):
        """The server's certificate, DER."""
        return self.socket.getpeercert(binary_form=True)

    def send(self, data):
        if isinstance(data, str):
            data = data.encode("latin-1")
        self.socket.sendall(data)

    def send_as_far_as_taken(self, data):
        """For requests that the server may answer, and close, before they are all sent."""
        try:
            self.send(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            pass

    def receive(self, size=65536):
        """b"" at the end, also when the peer just dropped the connection."""
        try:
            return self.socket.recv(size)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError):
            return b""

    def _more(self):
        data = self.receive()
        if not data:
            raise NoAnswer(f"closed after {self.unread!r}")
        self.unread += data

    def _until(self, mark):
        while mark not in self.unread:
            self._more()
        head, self.unread = self.unread.split(mark, 1)
        return head

    def _exactly(self, size):
        while len(self.unread) < size:
            self._more()
        body, self.unread = self.unread[:size], self.unread[size:]
        return body

    def _rest(self):
        while data := self.receive():
            self.unread += data
        body, self.unread = self.unread, b""
        return body

    def answer(self, method="GET"):
        """Reads one answer, interim ones (1xx) as answers of their own; strict about its form."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, *reason = lines[0].split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), f"no status line: {lines[0]!r}"
        response = Response(version, int(status), "".join(reason))
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon and name and " " not in name, f"no header field: {line!r}"
            response.fields.append((name, value.strip()))
        if method == "HEAD" or response.status in (204, 304) or response.status < 200:
            return response
        length = response.get("Content-Length")
        if response.get("Transfer-Encoding"):
            assert length is None, "Content-Length beside Transfer-Encoding"
            response.body = self._chunks()
        elif length is not None:
            response.body = self._exactly(int(length))
        else:
            response.body = self._rest()
        return response

    def _chunks(self):
        body = b""
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            body += self._exactly(size)
            assert self._exactly(2) == b"\r\n"
        while self._until(b"\r\n"):
            pass
        return body

    def ask(self, path="/", method="GET", headers=None, body=b"", host="localhost"):
        """Sends a well-formed request and reads its answer."""
        sent = {"Host": host, **(headers or {})}
        if body:
            sent.setdefault("Content-Length", str(len(body)))
        head = f"{method} {path} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value is not None)
        self.send(head.encode("latin-1") + b"\r\n" + body)
        return self.answer(method)

    def ended(self, within_s=TIMEOUT_S):
        """True once the server has closed, and nothing but that came; awaits it."""
        self.socket.settimeout(deadline_s(within_s))
        try:
            return self.unread == b"" and self.receive() == b""
        except TimeoutError:
            return False


def seconds_until_closed(plain, within_s):
    """How long the server keeps a raw TCP socket open; what it sends meanwhile is passed over."""
    began = time.monotonic()
    end = began + deadline_s(within_s)
    while True:
        plain.settimeout(max(0.001, end - time.monotonic()))
        try:
            if not plain.recv(65536):
                break
        except ConnectionResetError:
            break
        except TimeoutError:
            raise AssertionError(f"still open after {deadline_s(within_s):g} s") from None
    return time.monotonic() - began
