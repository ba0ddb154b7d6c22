/* lab/listener.h: a server behaves as its scenario says, waits for its chain, and takes so many
 * connections and no more. */
#include "lab_bench.h"

/* ---- what scenarios do ---- */

static void each_version_alone_is_spoken(void **state) {
    (void)state;
    static const struct {
        enum lab_behaviour behaviour;
        const char *priority, *version;
    } cases[] = {{LAB_TLS13_ALONE, "NORMAL", "TLS 1.3"},
                 {LAB_TLS12_ALONE, "NORMAL", "TLS 1.2"},
                 {LAB_TLS10_ALONE, "LEGACY:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.0", "TLS 1.0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        char text[4096];
        start(&bench, cases[i].behaviour, PATIENCE_MS);
        struct client *client = client_of(&bench, cases[i].priority, NULL);
        if (client->code != 0)
            fail_msg("%s: %s", cases[i].version, gnutls_strerror(client->code));
        ask(client, "GET / HTTP/1.1\r\n\r\n", text);
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_ASKED);
        assert_string_equal(seen.version, cases[i].version);
        stop(&bench);
    }
}

static void the_chain_goes_out_as_it_is(void **state) {
    (void)state;
    struct bench bench;
    struct lab_chain both[2];
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 2; i++) {
        struct client *client = calloc(1, sizeof *client);
        struct lab_chain odd = chains[0];
        odd.staple = (struct blob){(unsigned char *)"no response", 11};
        /* In TLS 1.2 GnuTLS's client reads all of them, in TLS 1.3 the first alone. */
        odd.certificates[odd.count++] =
            i ? chains[1].certificates[0] : (struct blob){(unsigned char *)"no certificate", 14};
        both[i] = odd;
        bench.chains[i] = &both[i]; /* nobody is connected */
        assert_non_null(client);
        client_open(client, &bench, i ? TLS12 : TLS13);
        gnutls_ocsp_status_request_enable_client(client->tls, NULL, 0, NULL);
        assert_int_equal(shake(client), 0);
        unsigned count = 0;
        const gnutls_datum_t *sent = gnutls_certificate_get_peers(client->tls, &count);
        assert_int_equal(count, 2);
        for (unsigned j = 0; j < count; j++) {
            assert_int_equal(sent[j].size, odd.certificates[j].size);
            assert_memory_equal(sent[j].data, odd.certificates[j].data, sent[j].size);
        }
        gnutls_datum_t staple = {0};
        assert_int_equal(gnutls_ocsp_status_request_get(client->tls, &staple), 0);
        assert_int_equal(staple.size, odd.staple.size);
        assert_memory_equal(staple.data, odd.staple.data, staple.size);
        client_close(client);
        expect(&bench, LAB_END_FINISHED);
    }
    stop(&bench);
}

static bool was_shown(const struct client *client, const struct lab_chain *chain) {
    unsigned count = 0;
    const gnutls_datum_t *sent = gnutls_certificate_get_peers(client->tls, &count);
    const struct blob *leaf = &chain->certificates[0];
    return count > 0 && sent->size == leaf->size && !memcmp(sent->data, leaf->data, leaf->size);
}

static void each_connection_has_the_chain_of_its_number(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_CHANGES, PATIENCE_MS);
    bench.chains[1] = &chains[1]; /* nobody has connected yet */
    for (int i = 0; i < 4; i++) {
        socket_close(client_socket(&bench)); /* says nothing, and does not count */
        expect(&bench, LAB_END_SILENT);
        struct client *client = client_of(&bench, TLS13, NULL);
        assert_true(was_shown(client, &chains[i % 2]));
        client_close(client);
        expect(&bench, LAB_END_FINISHED);
    }
    stop(&bench);
}

static struct bench *forgetting; /* whose listener forgets the first chain */

static void forget(void *chain) {
    lab_listener_forget(forgetting->listener, chain);
}

/* Another may stand where it stood. */
static void a_chain_that_was_forgotten_is_not_shown(void **state) {
    (void)state;
    struct bench bench;
    struct lab_chain chain = chains[0];
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    bench.chains[0] = bench.chains[1] = &chain; /* nobody has connected yet */
    forgetting = &bench;
    for (int i = 0; i < 2; i++) {
        struct client *client = client_of(&bench, TLS13, NULL);
        assert_true(was_shown(client, &chains[i]));
        client_close(client);
        expect(&bench, LAB_END_FINISHED);
        chain = chains[1];
        assert_true(loop_post(bench.loop, forget, &chain)); /* before the next connection */
    }
    stop(&bench);
}

static void sessions_are_not_resumed(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < 2; i++) {
        gnutls_datum_t session = {0};
        char text[4096];
        struct client *client = client_of(&bench, i ? TLS12 : TLS13, NULL);
        ask(client, "GET / HTTP/1.1\r\n\r\n", text);
        assert_int_equal(gnutls_session_get_data2(client->tls, &session), 0);
        client_close(client);
        expect(&bench, LAB_END_ASKED);
        client = calloc(1, sizeof *client);
        assert_non_null(client);
        client_open(client, &bench, i ? TLS12 : TLS13);
        gnutls_session_set_data(client->tls, session.data, session.size);
        assert_int_equal(shake(client), 0);
        assert_false(gnutls_session_is_resumed(client->tls));
        gnutls_free(session.data);
        client_close(client);
        assert_true(next_seen(&bench).saw);
    }
    stop(&bench);
}

static void a_stall_lasts_as_long_as_our_patience(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_STALLS, SHORT_MS);
    struct client *client = client_of(&bench, TLS13, NULL); /* waits for us, and we close */
    assert_int_not_equal(client->code, 0);
    struct seen seen = next_seen(&bench);
    assert_int_equal(seen.end, LAB_END_LATE);
    assert_false(seen.saw);
    assert_string_equal(seen.version, "");
    assert_string_equal(seen.server_name, "host.lab.localhost");
    client_close(client);
    stop(&bench);
}

static void who_gives_up_on_a_stall_has_left_or_said_so(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_STALLS, PATIENCE_MS);
    struct client *client = client_saying_hello(&bench);
    client_close(client);
    struct seen seen = next_seen(&bench);
    assert_int_equal(seen.end, LAB_END_LEFT);
    assert_int_equal(strlen(seen.print), HELLO_PRINT_SIZE - 1);
    client = client_saying_hello(&bench);
    refuse_in_the_clear(client);
    expect(&bench, LAB_END_ALERT);
    client_close(client);
    stop(&bench);
}

static void a_handshake_is_cut_off_after_the_certificate(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_CLOSES, PATIENCE_MS);
    for (int i = 0; i < 2; i++) {
        struct client *client = client_of(&bench, i ? TLS12 : TLS13, NULL);
        assert_true(gnutls_error_is_fatal(client->code));
        assert_true(was_shown(client, &chains[0]));
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_LEFT);
        assert_true(seen.saw && !seen.finished);
    }
    stop(&bench);
}

static void a_name_may_be_unknown_for_good(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_UNKNOWN_NAME_FATAL, PATIENCE_MS);
    for (int i = 0; i < 2; i++) {
        struct client *client = client_of(&bench, i ? TLS12 : TLS13, NULL);
        assert_int_equal(client->code, GNUTLS_E_FATAL_ALERT_RECEIVED);
        assert_string_equal(alert_name((int)gnutls_alert_get(client->tls)), "unrecognized_name");
        client_close(client);
        struct seen seen = next_seen(&bench);
        assert_int_equal(seen.end, LAB_END_LEFT);
        assert_false(seen.saw);
    }
    stop(&bench);
}

static void an_unknown_name_may_be_a_warning(void **state) {
    (void)state;
    struct bench bench;
    char text[4096];
    start(&bench, LAB_UNKNOWN_NAME_WARNING, PATIENCE_MS);
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client_open(client, &bench, "NORMAL");
    assert_int_equal(gnutls_handshake(client->tls), GNUTLS_E_WARNING_ALERT_RECEIVED);
    assert_string_equal(alert_name((int)gnutls_alert_get(client->tls)), "unrecognized_name");
    assert_int_equal(shake(client), 0);
    ask(client, "GET / HTTP/1.1\r\n\r\n", text);
    client_close(client);
    expect(&bench, LAB_END_ASKED);
    stop(&bench);
}

/* ---- a chain that is not there yet ---- */

static void call_ready(void *context) {
    struct bench *bench = context;
    pthread_mutex_lock(&bench->mutex);
    bench->chains[0] = bench->chains[1] = &chains[0];
    pthread_mutex_unlock(&bench->mutex);
    lab_listener_ready(bench->listener);
}

static void who_comes_before_the_chain_waits_for_it(void **state) {
    (void)state;
    struct bench bench;
    char text[4096];
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    bench.chains[0] = bench.chains[1] = NULL;
    struct client *first = client_saying_hello(&bench), *second = client_saying_hello(&bench);
    wait_until(&bench, &bench.asked_for_chain, 2);
    client_close(second); /* has no time */
    struct seen seen = next_seen(&bench);
    assert_int_equal(seen.end, LAB_END_LEFT);
    assert_false(seen.saw);
    assert_true(loop_post(bench.loop, call_ready, &bench));
    first->is_deaf = false;
    assert_int_equal(shake(first), 0);
    ask(first, "GET / HTTP/1.1\r\n\r\n", text);
    client_close(first);
    expect(&bench, LAB_END_ASKED);
    stop(&bench);
}

static void a_chain_that_comes_too_late_is_our_fault(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, SHORT_MS);
    bench.chains[0] = bench.chains[1] = NULL;
    struct client *client = client_saying_hello(&bench);
    expect(&bench, LAB_END_LATE);
    client_close(client);
    stop(&bench);
}

static void a_chain_that_cannot_be_served_is_our_fault(void **state) {
    (void)state;
    struct lab_chain without_key = chains[0];
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    without_key.key = without_key.certificates[0];
    bench.chains[0] = bench.chains[1] = &without_key;
    struct client *client = client_of(&bench, TLS13, NULL);
    assert_int_equal(client->code, GNUTLS_E_FATAL_ALERT_RECEIVED);
    client_close(client);
    expect(&bench, LAB_END_LATE);
    stop(&bench);
}

/* GnuTLS allows a server name letters, digits, hyphens and dots. */
static void a_name_that_the_library_does_not_take_is_our_fault(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client_open(client, &bench, TLS13);
    gnutls_server_name_set(client->tls, GNUTLS_NAME_DNS, "under_score.lab", 15);
    assert_int_equal(shake(client), GNUTLS_E_FATAL_ALERT_RECEIVED);
    client_close(client);
    struct seen seen = next_seen(&bench);
    assert_int_equal(seen.end, LAB_END_LATE);
    assert_int_equal(strlen(seen.print), HELLO_PRINT_SIZE - 1);
    stop(&bench);
}

/* ---- many, and the end ---- */

static void when_the_listener_ends_each_is_told(void **state) {
    (void)state;
    struct bench bench;
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    bench.chains[0] = NULL; /* for the first and the third */
    struct client *waiting = client_saying_hello(&bench);
    wait_until(&bench, &bench.asked_for_chain, 1);
    struct client *finished = client_of(&bench, TLS12, NULL);
    assert_int_equal(finished->code, 0);
    int silent = client_socket(&bench);
    assert_true(loop_post(bench.loop, call_stop, bench.loop));
    pthread_join(bench.thread, NULL);
    lab_listener_destroy(bench.listener);
    loop_destroy(bench.loop);
    bench.loop = NULL;
    bool was[LAB_END_BROKEN + 1] = {false};
    while (bench.taken < bench.told)
        was[next_seen(&bench).end] = true;
    assert_true(was[LAB_END_LATE] && was[LAB_END_FINISHED]);
    /* The silent one may still have stood in the queue. */
    assert_in_range(bench.told, 2, 3);
    assert_int_equal(was[LAB_END_SILENT], bench.told == 3);
    client_close(waiting);
    client_close(finished);
    socket_close(silent);
    stop(&bench);
}

static void more_than_there_is_room_for_wait(void **state) {
    (void)state;
    enum { ROOM = 512, MORE = 3 };
    static int sockets[ROOM];
    struct bench bench;
    struct rlimit files = {0};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    start(&bench, LAB_PLAIN, PATIENCE_MS);
    for (int i = 0; i < ROOM; i++)
        sockets[i] = client_socket(&bench);
    struct client *late[MORE];
    for (int i = 0; i < MORE; i++)
        late[i] = client_saying_hello(&bench);
    for (int i = 0; i < ROOM; i++) {
        assert_int_equal(told(&bench), bench.taken); /* nobody is sent away for another */
        socket_close(sockets[i]);
        expect(&bench, LAB_END_SILENT);
    }
    for (int i = 0; i < MORE; i++) {
        late[i]->is_deaf = false;
        assert_int_equal(shake(late[i]), 0);
        client_close(late[i]);
        expect(&bench, LAB_END_FINISHED);
    }
    stop(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_version_alone_is_spoken),
        cmocka_unit_test(the_chain_goes_out_as_it_is),
        cmocka_unit_test(each_connection_has_the_chain_of_its_number),
        cmocka_unit_test(a_chain_that_was_forgotten_is_not_shown),
        cmocka_unit_test(sessions_are_not_resumed),
        cmocka_unit_test(a_stall_lasts_as_long_as_our_patience),
        cmocka_unit_test(who_gives_up_on_a_stall_has_left_or_said_so),
        cmocka_unit_test(a_handshake_is_cut_off_after_the_certificate),
        cmocka_unit_test(a_name_may_be_unknown_for_good),
        cmocka_unit_test(an_unknown_name_may_be_a_warning),
        cmocka_unit_test(who_comes_before_the_chain_waits_for_it),
        cmocka_unit_test(a_chain_that_comes_too_late_is_our_fault),
        cmocka_unit_test(a_chain_that_cannot_be_served_is_our_fault),
        cmocka_unit_test(a_name_that_the_library_does_not_take_is_our_fault),
        cmocka_unit_test(when_the_listener_ends_each_is_told),
        cmocka_unit_test(more_than_there_is_room_for_wait),
    };
    return cmocka_run_group_tests(tests, make_chains, free_chains);
}
