/* lab/listener.h: how each connection ends is told once, whatever the client does. */
#include "lab_bench.h"

static void who_asks_is_told_with_all_that_is_known(void **state) {
    (void)state;
    static const char *const versions[][2] = {{TLS12, "TLS 1.2"}, {TLS13, "TLS 1.3"}};
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 2; i++) {
        char text[4096];
        struct client *client = client_of(&bench, versions[i][0], NULL);
        assert_int_equal(client->code, 0);
        ask(client, "GET / HTTP/1.1\r\nHost: x\r\nUSER-agent:  Probe/1 (\x01test) \r\n\r\n", text);
        assert_ptr_equal(strstr(text, "HTTP/1.1 200 OK\r\n"), text);
        assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
        assert_non_null(strstr(text, lab_scenario_at(scenario_of(LAB_PLAIN))->name));
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_ASKED);
        assert_int_equal(seen.alert, -1);
        assert_true(seen.finished && seen.saw);
        assert_string_equal(seen.version, versions[i][1]);
        assert_string_equal(seen.server_name, "host.lab.localhost");
        assert_string_equal(seen.agent, "Probe/1 (test)");
        assert_string_equal(seen.address, "127.0.0.1");
        assert_int_equal(strlen(seen.print), HELLO_PRINT_SIZE - 1);
        assert_int_equal(seen.scenario, scenario_of(LAB_PLAIN));
    }
    stop(&bench);
}

static void whatever_is_asked_is_answered(void **state) {
    (void)state;
    static const char *const requests[] = {"POST /x HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
                                           "a001 LOGIN me secret\r\n", "\x16\x03\x01",
                                           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"};
    char text[4096];
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct client *client = client_of(&bench, TLS13, NULL);
        assert_non_null(strstr(ask(client, requests[i], text), "A right client"));
        client_close(client);
        expect(&bench, LAB_END_ASKED);
    }
    struct client *client = client_of(&bench, TLS13, NULL);
    const char *end = strstr(ask(client, "HEAD / HTTP/1.1\r\n\r\n", text), "\r\n\r\n");
    assert_non_null(end);
    assert_string_equal(end, "\r\n\r\n");
    client_close(client);
    expect(&bench, LAB_END_ASKED);
    stop(&bench);
}

static void who_finishes_and_leaves_has_finished(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 4; i++) {
        struct client *client = client_of(&bench, i % 2 ? TLS12 : TLS13, NULL);
        assert_int_equal(client->code, 0);
        if (i < 2)
            gnutls_bye(client->tls, GNUTLS_SHUT_WR);
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_FINISHED);
        assert_true(seen.finished && seen.alert == -1);
    }
    stop(&bench);
}

static void alerts_are_told(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 4; i++) {
        struct client *client =
            client_of(&bench, i % 2 ? TLS12 : TLS13, i < 2 ? refuse : refuse_in_the_clear);
        assert_int_not_equal(client->code, 0);
        struct seen seen = next_seen(&bench); /* told while the client still holds its socket */
        client_close(client);
        assert_int_equal(seen.end, LAB_END_ALERT);
        assert_string_equal(alert_name(seen.alert), i < 2 ? "unknown_ca" : "certificate_expired");
        assert_true(seen.saw && !seen.finished);
        assert_string_equal(seen.version, i % 2 ? "TLS 1.2" : "TLS 1.3");
    }
    stop(&bench);
}

static void an_alert_after_the_handshake_is_one(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 4; i++) {
        struct client *client = client_of(&bench, i % 2 ? TLS12 : TLS13, NULL);
        assert_int_equal(client->code, 0);
        gnutls_alert_send(client->tls, i < 2 ? GNUTLS_AL_FATAL : GNUTLS_AL_WARNING,
                          GNUTLS_A_BAD_CERTIFICATE);
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_ALERT);
        assert_string_equal(alert_name(seen.alert), "bad_certificate");
        assert_true(seen.saw && seen.finished);
    }
    stop(&bench);
}

static void to_cancel_is_to_leave(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    struct client *client = client_of(&bench, TLS13, NULL);
    gnutls_alert_send(client->tls, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    gnutls_bye(client->tls, GNUTLS_SHUT_WR);
    client_close(client);
    struct seen seen = next_seen(&bench);
    assert_int_equal(seen.end, LAB_END_FINISHED);
    assert_int_equal(seen.alert, -1);
    stop(&bench);
}

static int leave(struct client *client) {
    stream_shutdown(client->socket);
    return -1;
}

static void who_leaves_without_a_word_has_left(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 2; i++) {
        struct client *client = client_of(&bench, i % 2 ? TLS12 : TLS13, leave);
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_LEFT);
        assert_true(seen.saw && !seen.finished && seen.alert == -1);
    }
    stop(&bench);
}

/* As libcurl with GnuTLS does, which sends no alert about a signature or a key usage. */
static int say_goodbye(struct client *client) {
    gnutls_bye(client->tls, GNUTLS_SHUT_WR);
    return leave(client);
}

static void who_says_goodbye_amid_the_handshake_has_left(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 2; i++) {
        struct client *client = client_of(&bench, i % 2 ? TLS12 : TLS13, say_goodbye);
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_LEFT);
        assert_true(seen.saw && !seen.finished && seen.alert == -1);
    }
    stop(&bench);
}

static void who_says_nothing_is_silent(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, SHORT_MS);
    socket_close(client_socket(&bench));
    struct seen seen = next_seen(&bench);
    assert_int_equal(seen.end, LAB_END_SILENT);
    assert_string_equal(seen.print, "");
    assert_string_equal(seen.version, "");
    int socket = client_socket(&bench);
    expect(&bench, LAB_END_SILENT);
    socket_close(socket);
    stop(&bench);
}

static void who_has_finished_and_waits_has_finished(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, SHORT_MS);
    struct client *client = client_of(&bench, TLS13, NULL);
    assert_int_equal(client->code, 0);
    expect(&bench, LAB_END_FINISHED);
    client_close(client);
    stop(&bench);
}

static void what_is_no_tls_is_broken(void **state) {
    (void)state;
    static const struct stream_piece rubbish[] = {{"GET / HTTP/1.1\r\n\r\n", 18},
                                                  {"\x16\x03\x01\0\x04\x01\0\0\0", 9}};
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        char answer[64];
        int socket = client_socket(&bench);
        stream_send(socket, &rubbish[i], 1);
        while (stream_receive(socket, answer, sizeof answer) > 0)
            continue;
        socket_close(socket);
        expect(&bench, LAB_END_BROKEN);
    }
    stop(&bench);
}

/* Each of them is legal. */
static void warnings_without_end_are_broken(void **state) {
    (void)state;
    enum { ALERT = 7, ALERTS = 4096 };
    static char flood[ALERT * ALERTS];
    for (int i = 0; i < ALERTS; i++)
        memcpy(flood + (size_t)i * ALERT, "\x15\x03\x01\0\x02\x01\x5A", ALERT);
    struct stream_piece piece = {flood, sizeof flood};
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    int socket = client_socket(&bench);
    for (int i = 0; i < 8; i++)
        if (stream_send(socket, &piece, 1) < 0)
            break;
    expect(&bench, LAB_END_BROKEN);
    socket_close(socket);
    stop(&bench);
}

static void nothing_in_common_is_said(void **state) {
    (void)state;
    static const struct {
        enum lab_behaviour behaviour;
        const char *priority;
        int alert;
    } cases[] = {{LAB_TLS13_ALONE, TLS12, GNUTLS_A_PROTOCOL_VERSION},
                 {LAB_TLS12_ALONE, TLS13, GNUTLS_A_HANDSHAKE_FAILURE},
                 {LAB_PLAIN, TLS12 ":-KX-ALL:+ECDHE-RSA", GNUTLS_A_HANDSHAKE_FAILURE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        start(&bench, cases[i].behaviour, PATIENCE_MS);
        struct client *client = client_of(&bench, cases[i].priority, NULL);
        assert_int_equal(client->code, GNUTLS_E_FATAL_ALERT_RECEIVED);
        assert_string_equal(alert_name((int)gnutls_alert_get(client->tls)),
                            alert_name(cases[i].alert));
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_NOTHING_COMMON);
        assert_false(seen.saw || seen.finished);
        assert_int_equal(strlen(seen.print), HELLO_PRINT_SIZE - 1);
        stop(&bench);
    }
}

/* The server answers with the version it speaks, and it is the client's turn to say no. */
static void who_is_too_new_for_tls_1_0_says_so(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_TLS10_ALONE, PATIENCE_MS);
    struct client *client = client_of(&bench, TLS12, NULL);
    assert_true(gnutls_error_is_fatal(client->code));
    gnutls_alert_send_appropriate(client->tls, client->code);
    client_close(client);
    struct seen seen = next_seen(&bench);
    assert_int_equal(seen.end, LAB_END_ALERT);
    assert_string_equal(alert_name(seen.alert), "protocol_version");
    assert_string_equal(seen.version, "TLS 1.0");
    stop(&bench);
}

static void a_client_may_dribble(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 2; i++) {
        static const char request[] = "GET / HTTP/1.1\r\nUser-Agent: slow\r\n\r\n";
        char text[4096];
        struct client *client = calloc(1, sizeof *client);
        assert_non_null(client);
        client->dribbles = true;
        client_open(client, &bench, i ? TLS12 : TLS13);
        assert_int_equal(shake(client), 0);
        for (size_t at = 0; at < sizeof request - 1; at++)
            say(client, request + at, 1);
        assert_non_null(strstr(hear(client, text), "A right client"));
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_ASKED);
        assert_string_equal(seen.agent, "slow");
    }
    stop(&bench);
}

static void a_request_without_end_is_answered_at_last(void **state) {
    (void)state;
    char text[4096], line[1024];
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    struct client *client = client_of(&bench, TLS13, NULL);
    say(client, "GET / HTTP/1.1\r\nUser-Agent: ", 28);
    memset(line, 'x', sizeof line);
    for (size_t sent = 28; sent < LAB_REQUEST_LIMIT; sent += sizeof line)
        say(client, line, sizeof line);
    assert_non_null(strstr(hear(client, text), "A right client"));
    client_close(client);
    expect(&bench, LAB_END_ASKED);
    stop(&bench);
}

/* ---- requests ---- */

static void agents_are_read_from_heads(void **state) {
    (void)state;
    static const struct {
        const char *head, *agent;
    } cases[] = {
        {"GET / HTTP/1.1\nuser-agent:a/1\n\n", "a/1"},
        {"GET / HTTP/1.1\r\nUser-Agent: \t \r\n\r\n", ""},
        {"GET / HTTP/1.1\r\nX-User-Agent: no\r\nAccept: User-Agent: no\r\n\r\n", ""},
        {"GET / HTTP/1.1\r\nUser-Agent : no\r\n\r\n", ""},
        {"GET /?User-Agent:no HTTP/1.1\r\n\r\n", ""},
        {"GET / HTTP/1.1\r\nUser-Agent: \xC3\xA4-b\x7F\r\n\r\n", "-b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lab_request request = {0};
        size_t size = strlen(cases[i].head);
        for (size_t at = 0; at < size; at++)
            assert_int_equal(lab_request_feed(&request, cases[i].head + at, 1), at == size - 1);
        assert_string_equal(request.agent, cases[i].agent);
        lab_request_finish(&request);
    }
    struct lab_request request = {0};
    char head[512];
    snprintf(head, sizeof head, "GET / HTTP/1.1\r\nUser-Agent: %0200d\r\n\r\n", 0);
    assert_true(lab_request_feed(&request, head, strlen(head)));
    assert_int_equal(strlen(request.agent), 120);
    lab_request_finish(&request);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_is_told_with_all_that_is_known),
        cmocka_unit_test(whatever_is_asked_is_answered),
        cmocka_unit_test(who_finishes_and_leaves_has_finished),
        cmocka_unit_test(alerts_are_told),
        cmocka_unit_test(an_alert_after_the_handshake_is_one),
        cmocka_unit_test(to_cancel_is_to_leave),
        cmocka_unit_test(who_leaves_without_a_word_has_left),
        cmocka_unit_test(who_says_goodbye_amid_the_handshake_has_left),
        cmocka_unit_test(who_says_nothing_is_silent),
        cmocka_unit_test(who_has_finished_and_waits_has_finished),
        cmocka_unit_test(what_is_no_tls_is_broken),
        cmocka_unit_test(warnings_without_end_are_broken),
        cmocka_unit_test(nothing_in_common_is_said),
        cmocka_unit_test(who_is_too_new_for_tls_1_0_says_so),
        cmocka_unit_test(a_client_may_dribble),
        cmocka_unit_test(a_request_without_end_is_answered_at_last),
        cmocka_unit_test(agents_are_read_from_heads),
    };
    return cmocka_run_group_tests(tests, make_chains, free_chains);
}
