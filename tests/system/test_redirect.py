"""The plain HTTP listener that leads to HTTPS, and to nowhere else."""

import pytest

CONFIG = {"services": {
    "web-access": {"listeners": ({"address": "127.0.0.1", "port": 0},)},
    "web-access-http": {"listeners": (
        {"address": "127.0.0.1", "port": 0, "protocol": "redirect"},)}}}


@pytest.fixture(scope="module")
def server(module_daemon):
    return module_daemon(CONFIG, listen=[])


def ask(server, *arguments, **named):
    with server.connect("web-access-http", context=None) as connection:
        return connection.ask(*arguments, **named)


def raw(server, request):
    with server.connect("web-access-http", context=None) as connection:
        connection.send_as_far_as_taken(request)
        return connection.answer()


def test_it_listens_as_such(server):
    assert [row[1] for row in server.listening if row[0] == "web-access-http"] == ["redirect"]


@pytest.mark.parametrize("host", ["mail.example.org", "Mail.Example.ORG", "localhost:8461",
                                  "127.0.0.1", "[::1]:8461", "mail.example.org."])
def test_a_name_that_is_one_is_kept(server, host):
    response = ask(server, "/connection?a=b%20c", host=host)
    assert response.status in (301, 302, 307, 308)
    name = host.lower().removesuffix(":8461").rstrip(".")
    assert response.get("Location").lower() == \
        f"https://{name}:{server.port('web-access')}/connection?a=b%20c"


@pytest.mark.parametrize("host", [
    "evil.example/../", "evil.example@good.example", "good.example\\@evil.example", "a b",
    'x"><script>alert(1)</script>', "evil.example?", "evil.example#", "good.example:x",
    "good.example:8461:1", "", "a..b", "good.example,evil.example", "%0d%0aSet-Cookie:x=1",
    "good.example:99999", "[::1", "::1", "a" * 300, "good.example\tx", "ev\xefl.example"])
def test_a_hostile_host_is_not_reflected(server, host):
    response = ask(server, "/", host=host)
    assert response.status == 400
    assert response.get("Location") is None
    assert response.get("Set-Cookie") is None
    assert not host or host not in response.text


def test_a_header_cannot_be_smuggled_through_the_target(server):
    for target in ("/%0d%0aSet-Cookie:%20x=1", "/\\evil.example", "//evil.example/",
                   "/<script>"):
        response = ask(server, target)
        assert response.get("Set-Cookie") is None
        location = response.get("Location")
        assert location is None or \
            location.startswith(f"https://localhost:{server.port('web-access')}/")
        assert b"<script>" not in response.body


@pytest.mark.parametrize("target", ["http://evil.example/x", "https://evil.example:1/x"])
def test_the_absolute_form_names_the_host(server, target):
    """RFC 9112, 3.2.2: it replaces Host. It is the client's own wish, as Host is."""
    response = ask(server, target)
    assert response.get("Location") == f"https://evil.example:{server.port('web-access')}/x"


def test_the_target_survives_as_it_was_sent(server):
    for target in ("/", "/a/b", "/a?b=c&d=%26", "/%C3%A9?x=%2F", "/a;b?c"):
        assert ask(server, target).get("Location") == \
            f"https://localhost:{server.port('web-access')}{target}"


@pytest.mark.parametrize("request_text", [
    "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    ids=["no Host", "two Hosts", "two lengths"])
def test_framing_is_as_strict_as_over_tls(server, request_text):
    assert raw(server, request_text).status == 400


def test_without_a_name_it_leads_to_the_address_reached(server):
    response = raw(server, "GET /x HTTP/1.0\r\n\r\n")
    assert response.get("Location") == f"https://127.0.0.1:{server.port('web-access')}/x"


def test_security_headers_are_there_but_never_a_lock(server):
    response = ask(server)
    assert response.get("X-Content-Type-Options") == "nosniff"
    assert response.get("Content-Security-Policy")
    assert response.get("Strict-Transport-Security") is None, "it means nothing in the clear"


def test_head_and_keep_alive(server):
    with server.connect("web-access-http", context=None) as connection:
        for method in ("HEAD", "GET", "HEAD"):
            assert connection.ask("/", method).get("Location")


def test_following_it_arrives(server):
    location = ask(server, "/healthz").get("Location")
    assert location == f"https://localhost:{server.port('web-access')}/healthz"
    assert server.fetch("/healthz").body == b"ok\n"


def test_a_custom_server_name(daemon):
    running = daemon({"services": {**CONFIG["services"], "web-access-http": {
        **CONFIG["services"]["web-access-http"], "redirect_host": "archive.example.org"}}},
        listen=[])
    for host in ("localhost", "evil.example"):
        assert ask(running, "/x", host=host).get("Location") == \
            f"https://archive.example.org:{running.port('web-access')}/x"


def test_strict_transport_security_is_not_said_over_plain_http(daemon):
    """RFC 6797, 7.2: a client must not believe it there."""
    running = daemon({"services": {"web-access": {"hsts_s": 100, "listeners": (
        {"address": "127.0.0.1", "port": 0},
        {"address": "127.0.0.1", "port": 0, "protocol": "redirect"})}}}, listen=[])
    https, plain = (next(int(row[3]) for row in running.listening if row[1] == protocol)
                    for protocol in ("https", "redirect"))
    assert running.fetch(port=https).get("Strict-Transport-Security") == "max-age=100"
    with running.connect(port=plain, context=None) as connection:
        redirected = connection.ask()
    assert redirected.status == 308
    assert redirected.get("Strict-Transport-Security") is None


def test_a_query_without_a_path_is_kept(server):
    answer = raw(server, b"GET http://localhost?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.get("Location").endswith("/?x=1")


@pytest.mark.parametrize("target", ["*", "healthz", "ftp://localhost/"])
def test_a_target_that_leads_nowhere_is_refused(server, target):
    assert raw(server, f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()).status == 400
