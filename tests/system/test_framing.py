"""HTTP by the byte (RFC 9110, RFC 9112): what is answered, how, and what becomes of the connection.

Each request is written out, because the library below would hide or mend half of these tricks."""

import re
import socket

import pytest

from lib.waiting import await_condition, deadline_s

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@pytest.fixture(scope="module")
def server(module_daemon):
    return module_daemon({"limits": {"workers": 1}})


def get(target="/", *lines, version="HTTP/1.1", method="GET"):
    return "\r\n".join([f"{method} {target} {version}", *lines, "", ""])


def answer_to(server, request, method="GET"):
    """The one answer to these bytes; then the connection must be closed or in step."""
    with server.connect() as connection:
        connection.send_as_far_as_taken(request)
        return connection.answer(method)


def refused(server, request, status, method="GET"):
    """Answered with this status, with our headers, once, and the connection closed: what follows
    in it must never be taken for a second request."""
    with server.connect() as connection:
        connection.send_as_far_as_taken(request)
        response = connection.answer(method)
        assert response.status == status, response
        for name, value in SECURITY.items():
            assert response.get(name) == value, response.fields
        policy = response.get("Content-Security-Policy")
        assert "default-src 'none'" in policy and "unsafe-inline" not in policy
        assert response.get("Date") and response.get("Strict-Transport-Security") is None
        assert response.get("Connection", "").lower() == "close"
        if method != "HEAD":
            assert response.body and response.get("Content-Type") == "text/html; charset=utf-8"
        assert connection.ended()
        return response


HOST = "Host: localhost"
SMUGGLED = get("/healthz", HOST)

BAD_REQUESTS = {
    "no Host": get("/"),
    "two Hosts": get("/", HOST, "Host: other.example"),
    "two equal Hosts": get("/", HOST, HOST),
    "a list of hosts": get("/", "Host: localhost, other"),
    "Host with a path": get("/", "Host: localhost/x"),
    "Host with a user": get("/", "Host: user@localhost"),
    "Host with a bad port": get("/", "Host: localhost:99999"),
    "Host with a space": get("/", "Host: local host"),
    "an unclosed bracket": get("/", "Host: [::1"),
    "two lengths that differ": get("/", HOST, "Content-Length: 0",
                                   f"Content-Length: {len(SMUGGLED)}") + SMUGGLED,
    "two lengths that agree": get("/", HOST, "Content-Length: 5", "Content-Length: 5") + "abcde",
    "length and encoding": get("/", HOST, "Content-Length: 4", "Transfer-Encoding: chunked")
                           + "0\r\n\r\n" + SMUGGLED,
    "encoding and length": get("/", HOST, "Transfer-Encoding: chunked", "Content-Length: 4")
                           + "0\r\n\r\n" + SMUGGLED,
    "two encodings": get("/", HOST, "Transfer-Encoding: chunked", "Transfer-Encoding: identity")
                     + "0\r\n\r\n",
    "an encoding in HTTP/1.0": get("/", HOST, "Transfer-Encoding: chunked", version="HTTP/1.0")
                               + "0\r\n\r\n" + SMUGGLED,
    "a bare CR in a value": get("/", HOST, "X-A: b\rX-C: d"),
    "a bare CR before the colon": get("/", HOST, "X-A\r: b"),
    "a bare CR in the target": get("/\rx", HOST),
    "a bare LF between lines": f"GET / HTTP/1.1\n{HOST}\n\n",
    "a NUL in a value": get("/", HOST, "X-A: b\0c"),
    "a NUL in Host": get("/", "Host: localhost\0.evil.example"),
    "a NUL in the target": get("/healthz\0x", HOST),
    "a control character": get("/", HOST, "X-A: b\x01c"),
    "a folded line": get("/", HOST, "X-A: b", " c"),
    "a space before the colon": get("/", HOST, "X-A : b"),
    "a smuggling space": get("/", HOST, f"Content-Length : {len(SMUGGLED)}") + SMUGGLED,
    "a field without a name": get("/", HOST, ": b"),
    "a space in the target": get("/a b", HOST),
    "a fragment": get("/#top", HOST),
    "two spaces behind the method": get(" /", HOST),
    "a method with odd characters": get("/", HOST, method="G@T"),
}


@pytest.mark.parametrize("request_bytes", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_a_request_that_could_be_read_in_two_ways_gets_400(server, request_bytes):
    refused(server, request_bytes, 400)


LEFT_TO_THE_LIBRARY = {
    # What the library answers or drops by itself, before our code sees it: docs/HTTP.md lists it.
    "a list of lengths": get("/", HOST, "Content-Length: 0, 5") + "abcde",
    "a signed length": get("/", HOST, "Content-Length: +5") + "abcde",
    "a negative length": get("/", HOST, "Content-Length: -1"),
    "a hexadecimal length": get("/", HOST, "Content-Length: 0x5") + "abcde",
    "a length beyond 64 bits": get("/", HOST, "Content-Length: 18446744073709551621") + "abcde",
    "an empty length": get("/", HOST, "Content-Length:"),
    "a bare CR between lines": f"GET / HTTP/1.1\r{HOST}\r\n\r\n",
    "a NUL in a name": get("/", HOST, "X\0A: b"),
    "a line without a colon": get("/", HOST, "nonsense"),
    "a space before the method": " " + get("/", HOST),
    "a tab behind the method": f"GET\t/ HTTP/1.1\r\n{HOST}\r\n\r\n",
    "no version": f"GET /\r\n{HOST}\r\n\r\n",
    "an odd version": get("/", HOST, version="HTTP/1.x"),
    "the method alone": "GET\r\n\r\n",
    "HTTP/2.0": get("/", HOST, version="HTTP/2.0"),
    "HTTP/3.0": get("/", HOST, version="HTTP/3.0"),
    "HTTP/0.9": get("/", HOST, version="HTTP/0.9"),
}


@pytest.mark.parametrize("request_bytes", LEFT_TO_THE_LIBRARY.values(),
                         ids=LEFT_TO_THE_LIBRARY.keys())
def test_what_the_library_refuses_ends_the_connection(server, request_bytes):
    """Not with our headers; but nothing behind it is ever taken for a request."""
    with server.connect() as connection:
        connection.send_as_far_as_taken(request_bytes + SMUGGLED)
        answered = b""
        while data := connection.receive():
            answered += data
    statuses = {int(status) for status in re.findall(rb"HTTP/1\.[01] (\d+)", answered)}
    assert statuses <= {400, 413, 505}, answered
    assert b"ok\n" not in answered
    assert server.fetch("/healthz").body == b"ok\n"


@pytest.mark.parametrize("target", ["healthz", "*"])
def test_a_target_that_is_no_path_gets_400_and_the_connection_goes_on(server, target):
    with server.connect() as connection:
        connection.send(get(target, HOST) + get("/healthz", HOST))
        assert [connection.answer().status for _ in range(2)] == [400, 200]


def test_an_unknown_encoding_gets_501(server):
    refused(server, get("/", HOST, "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", 501)


@pytest.mark.parametrize("body", [
    get("/", HOST, "Content-Length: 5") + "abcde",
    get("/", HOST, "Transfer-Encoding: chunked") + "5\r\nabcde\r\n0\r\n\r\n",
    get("/", HOST, "Content-Length: 1000000"),
], ids=["length", "chunked", "promised"])
def test_a_body_where_none_belongs_is_refused(server, body):
    refused(server, body, 413)


def test_an_empty_body_is_none(server):
    with server.connect() as connection:
        connection.send(get("/healthz", HOST, "Content-Length: 0") * 2)
        assert [connection.answer().status for _ in range(2)] == [200, 200]


def test_a_huge_body_is_refused_before_it_is_sent(server):
    """The client that waits for 100 (Continue) is spared sending it."""
    response = refused(server, get("/", HOST, "Content-Length: 1000000000",
                                   "Expect: 100-continue"), 413)
    assert response.status == 413


def test_a_large_body_that_is_sent_at_once_still_sees_the_answer(server):
    """Closing with the client's bytes unread would reset the connection and lose the answer."""
    refused(server, get("/", HOST, "Content-Length: 200000", method="POST") + "x" * 200000, 405)


def test_expectation_without_a_body_is_passed_over(server):
    with server.connect() as connection:
        connection.send(get("/healthz", HOST, "Expect: 100-continue"))
        response = connection.answer()
        while response.status == 100:
            response = connection.answer()
        assert response.status == 200


@pytest.mark.parametrize("size", [2049, 3000, 4000, 5000])
def test_a_long_target_gets_414(server, size):
    refused(server, get("/" + "a" * (size - 1), HOST), 414)


def test_the_longest_target_is_taken(server):
    assert answer_to(server, get("/" + "a" * 2047, HOST)).status == 404


def fields_of(total, line):
    """Header fields of `total` bytes, in lines of `line` bytes."""
    fields = []
    while total > 0:
        fields.append(f"X-{len(fields):04}: ".ljust(min(line, total) - 2, "a"))
        total -= line
    return fields


@pytest.mark.parametrize("size, line", [(4100, 100000), (5000, 100000), (6000, 100000),
                                        (4100, 128)])
def test_large_headers_get_431(server, size, line):
    refused(server, get("/", HOST, *fields_of(size, line)), 431)


@pytest.mark.parametrize("limits, size", [
    ({}, 4096), ({"header_bytes": 16384}, 16384),
    ({"header_bytes": 1024, "request_line_bytes": 512}, 1024)])
def test_headers_within_the_limit_are_taken(daemon, limits, size):
    """Up to the very limit, in lines as long as real ones are on average, or all in one cookie."""
    running = daemon({"limits": {**limits, "workers": 1}})
    head = len(get("/healthz", HOST))
    for wanted in range(size // 2, size + 1, size // 16):
        for fields in (fields_of(wanted - head, 64), fields_of(wanted - head, 128),
                       ["Cookie: s=".ljust(wanted - head - 2, "c")]):
            request = get("/healthz", HOST, *fields)
            assert len(request) <= size
            assert answer_to(running, request).status == 200, (wanted, len(fields))


@pytest.mark.parametrize("line", [16, 32, 64, 128, 100000])
def test_headers_of_any_size_get_an_answer(server, line):
    """The library's own 431 may come from where its memory ends; silence may not."""
    for size in range(1000, 12001, 250):
        status = answer_to(server, get("/healthz", HOST, *fields_of(size, line))).status
        assert status in (200, 431), size
    assert answer_to(server, get("/healthz", HOST, *fields_of(100000, line))).status == 431


@pytest.mark.parametrize("size", [7500, 8000, 16000, 100000])
def test_a_huge_target_gets_an_answer(server, size):
    assert answer_to(server, get("/" + "a" * size, HOST)).status == 414


def test_endless_headers_are_cut_off(server):
    with server.connect() as connection:
        connection.send(f"GET / HTTP/1.1\r\n{HOST}\r\n")
        for number in range(20000):
            try:
                connection.send(f"X-{number}: {'a' * 64}\r\n")
            except OSError:
                break
        else:
            pytest.fail("more than a megabyte of header was taken")
    assert server.fetch().status == 200


# ---- methods and targets

def test_head_is_get_without_the_body(server):
    for path in ("/", "/connection", "/certificate.cer", "/healthz", "/nothing"):
        with server.connect() as connection:
            shown = connection.ask(path)
            headed = connection.ask(path, "HEAD")
            assert headed.status == shown.status
            assert headed.body == b""
            for name in ("Content-Type", "Content-Length", "ETag", "Content-Language"):
                if path != "/connection" or name != "Content-Length":
                    assert headed.get(name) == shown.get(name), (path, name)
            assert connection.ask(path).status == shown.status, "the connection is in step"


def test_head_of_a_refused_request_has_no_body_either(server):
    refused(server, get("/", method="HEAD"), 400, method="HEAD")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/connection", "/healthz", "/certificate.cer"])
def test_a_method_that_is_not_for_this_resource_gets_405_with_allow(server, method, path):
    response = answer_to(server, get(path, HOST, method=method), method)
    assert response.status == 405
    allowed = {word.strip() for word in response.get("Allow").split(",")}
    assert {"GET", "HEAD"} <= allowed and method not in allowed


def test_trace_does_not_echo(server):
    response = answer_to(server, get("/", HOST, "Cookie: secret=1", method="TRACE"), "TRACE")
    assert b"secret" not in response.body


def test_post_with_a_body_gets_405(server):
    refused(server, get("/", HOST, "Content-Length: 9", method="POST") + "user=name", 405)


@pytest.mark.parametrize("method", ["BREW", "get", "PROPFIND"])
def test_an_unknown_method_gets_501(server, method):
    assert answer_to(server, get("/", HOST, method=method), method).status == 501


def test_options_tells_the_methods(server):
    for target in ("*", "/"):
        response = answer_to(server, get(target, HOST, method="OPTIONS"), "OPTIONS")
        assert response.status in (200, 204) and response.body == b""
        assert "GET" in response.get("Allow")


@pytest.mark.parametrize("target", ["localhost:443", "evil.example:25"])
def test_connect_makes_no_tunnel(server, target):
    response = answer_to(server, get(target, f"Host: {target}", method="CONNECT"), "CONNECT")
    assert response.status in (400, 405, 501)


def test_the_absolute_form_is_taken(server):
    """RFC 9112, 3.2.2: a server accepts it."""
    for scheme in ("http", "https"):
        target = f"{scheme}://localhost/healthz"
        assert answer_to(server, get(target, HOST)).status == 200
    assert answer_to(server, get("https://localhost", HOST)).status == 200
    assert answer_to(server, get("https://localhost/nothing", HOST)).status == 404


def test_the_absolute_form_wins_over_host(server):
    response = answer_to(server, get("https://name.example/connection", HOST))
    assert response.status == 200
    assert "name.example" in response.text


def test_the_absolute_form_needs_a_host_field_too(server):
    refused(server, get("https://localhost/"), 400)


def test_a_query_is_no_part_of_the_path(server):
    assert answer_to(server, get("/healthz?a=b", HOST)).status == 200


@pytest.mark.parametrize("target", ["/nothing", "//", "/../etc/passwd", "/%2e%2e/etc/passwd",
                                    "/healthz/", "/connection/x", "/%00", "/healthz%00",
                                    "/index.html%20", "/MailStoreServer.pem", "/certs/"])
def test_what_is_not_there_gets_404(server, target):
    assert answer_to(server, get(target, HOST)).status in (400, 404)


def test_an_empty_line_before_the_request_is_passed_over(server):
    """RFC 9112, 2.2."""
    assert answer_to(server, "\r\n" + get("/healthz", HOST)).status == 200


# ---- connections

def test_requests_in_one_connection(server):
    with server.connect() as connection:
        for _ in range(20):
            response = connection.ask("/healthz")
            assert response.status == 200
            assert response.get("Connection", "keep-alive").lower() != "close"


def test_requests_in_one_segment_are_answered_in_order(server):
    paths = ["/healthz", "/", "/nothing", "/certificate.cer", "/healthz"] * 4
    with server.connect() as connection:
        connection.send("".join(get(path, HOST) for path in paths))
        got = [connection.answer().status for _ in paths]
    assert got == [404 if path == "/nothing" else 200 for path in paths]


def test_what_follows_a_refused_request_is_not_answered(server):
    with server.connect() as connection:
        connection.send(get("/healthz", HOST) + get("/", HOST, "Content-Length: 0",
                                                    "Content-Length: 0") + get("/", HOST))
        assert connection.answer().status == 200
        assert connection.answer().status == 400
        assert connection.ended()


def test_connection_close_is_kept(server):
    with server.connect() as connection:
        response = connection.ask("/", headers={"Connection": "close"})
        assert response.status == 200 and response.get("Connection", "").lower() == "close"
        assert connection.ended()


def test_http_1_0_needs_no_host_and_closes(server):
    with server.connect() as connection:
        connection.send(get("/healthz", version="HTTP/1.0"))
        assert connection.answer().status == 200
        assert connection.ended()


def test_http_1_0_keeps_alive_when_asked(server):
    with server.connect() as connection:
        for _ in range(3):
            connection.send(get("/healthz", "Connection: keep-alive", version="HTTP/1.0"))
            response = connection.answer()
            assert response.status == 200
            assert response.get("Connection", "").lower() == "keep-alive"


def test_a_request_byte_by_byte_is_one_request(server):
    request = get("/healthz", HOST, "X-Slow: yes")
    with server.connect() as connection:
        for character in request:
            connection.send(character)
        assert connection.answer().status == 200


def test_a_slow_request_holds_nobody_up(server):
    with server.connect() as slow:
        slow.send("GET / HT")
        for _ in range(3):
            assert server.fetch("/healthz").status == 200
        slow.send(f"TP/1.1\r\n{HOST}\r\n\r\n")
        assert slow.answer().status == 200


def test_an_idle_connection_is_closed_at_its_deadline(daemon):
    running = daemon({"limits": {"idle_timeout_s": 1}})
    with running.connect() as connection:
        assert connection.ask().status == 200
        assert connection.ended()
    with running.connect() as unfinished:
        unfinished.send("GET / HTTP/1.1\r\nHost: ")
        assert unfinished.ended()


def test_a_client_that_does_not_read_holds_nobody_up(server):
    with server.connect() as deaf:
        deaf.socket.settimeout(deadline_s(2))
        try:
            for _ in range(20000):
                deaf.send(get("/", HOST))
        except (TimeoutError, OSError):
            pass
        assert server.fetch("/healthz").status == 200


def test_a_client_that_hangs_up_in_the_middle_does_no_harm(server):
    for request in ("", "GET", get("/", HOST)[:-2], get("/", HOST)):
        connection = server.connect()
        connection.send(request or b"")
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert server.fetch().status == 200


def test_plain_http_on_the_tls_port_is_no_request(server):
    with server.connect(context=None) as plain:
        plain.send(get("/", HOST))
        data = b""
        while more := plain.receive():
            data += more
        assert b"<html" not in data.lower()
    assert server.fetch().status == 200


def test_arguments_cost_nothing_and_are_answered(server):
    """The library keeps a record of each; nothing here reads them."""
    for count in (1, 100, 140, 200, 500):
        query = "&".join(f"{i % 10}=b" for i in range(count))
        assert answer_to(server, get("/healthz?" + query[:2000], HOST)).status == 200, count


@pytest.mark.parametrize("target", ["http:///x", "https://user@localhost/", "http://a%3Fb/x"])
def test_an_absolute_target_has_a_host(server, target):
    assert answer_to(server, get(target, HOST)).status == 400


def test_a_head_that_never_ends_is_ended(daemon):
    """A byte now and then is never idle, and still no request."""
    running = daemon({"limits": {"idle_timeout_s": 1}})
    with running.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n")

        def ended():
            try:
                connection.send(b"X: y\r\n")
                return False
            except OSError:
                return True

        await_condition("the connection is closed", ended, within_s=20, every_s=0.1)
