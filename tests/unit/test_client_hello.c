/* daemon/client_hello.c: which keys real ClientHellos leave, and malformed ones. The messages are
 * made by GnuTLS itself, in memory, with the priorities of the clients in question. */
#include "certs/cert.h"
#include "daemon/client_hello.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct captured {
    unsigned char data[4096];
    size_t size;
};

static int capture(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                   const gnutls_datum_t *message) {
    (void)type;
    (void)when;
    struct captured *captured = gnutls_session_get_ptr(session);
    if (incoming)
        return 0;
    assert_true(message->size <= sizeof captured->data);
    memcpy(captured->data, message->data, message->size);
    captured->size = message->size;
    return 0;
}

static ssize_t swallow(gnutls_transport_ptr_t context, const void *data, size_t size) {
    (void)context;
    (void)data;
    return (ssize_t)size;
}

static ssize_t nothing_yet(gnutls_transport_ptr_t context, void *data, size_t size) {
    (void)data;
    (void)size;
    gnutls_transport_set_errno((gnutls_session_t)context, EAGAIN);
    return -1;
}

static void hello_of(const char *priority, struct captured *out) {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    assert_int_equal(gnutls_priority_set_direct(session, priority, NULL), 0);
    gnutls_session_set_ptr(session, out);
    gnutls_transport_set_ptr(session, session);
    gnutls_transport_set_push_function(session, swallow);
    gnutls_transport_set_pull_function(session, nothing_yet);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST,
                                       capture);
    out->size = 0;
    assert_int_equal(gnutls_handshake(session), GNUTLS_E_AGAIN);
    assert_true(out->size > 40);
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
}

static unsigned types_of(const char *priority, bool with_tls13) {
    struct captured hello;
    hello_of(priority, &hello);
    return client_hello_read(hello.data, hello.size, true, with_tls13).key_types;
}

static void both_kinds_by_default(void **state) {
    (void)state;
    unsigned both = CERT_KEY_RSA | CERT_KEY_ECDSA;
    assert_int_equal(types_of("NORMAL", true) & both, both);
    assert_int_equal(types_of("NORMAL:-VERS-ALL:+VERS-TLS1.2", true) & both, both);
}

static void tls12_is_judged_by_its_suites(void **state) {
    (void)state;
    assert_int_equal(
        types_of("NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA", true) & CERT_KEY_ECDSA, 0);
    assert_int_equal(
        types_of("NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA", true) & CERT_KEY_RSA, 0);
    assert_int_equal(types_of("NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA", true), 0);
}

static void tls13_is_judged_by_its_algorithms(void **state) {
    (void)state;
    const char *rsa = "NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256";
    const char *ecdsa = "NORMAL:-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-RSA-SHA256";
    assert_int_equal(types_of(rsa, true), CERT_KEY_RSA);
    assert_int_equal(types_of(ecdsa, true), CERT_KEY_ECDSA);
    /* Where the server does not speak 1.3, the same client is a 1.2 client. */
    assert_true(types_of(ecdsa, false) & CERT_KEY_RSA);
}

static void tls12_algorithms_count_too(void **state) {
    (void)state;
    const char *rsa = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-SHA256";
    assert_int_equal(types_of(rsa, true) & CERT_KEY_ECDSA, 0);
}

static void versions_are_those_both_speak(void **state) {
    (void)state;
    struct captured hello;
    hello_of("NORMAL:-VERS-ALL:+VERS-TLS1.3", &hello);
    struct client_offer offer = client_hello_read(hello.data, hello.size, true, true);
    assert_true(offer.tls13 && !offer.tls12);
    assert_false(client_hello_read(hello.data, hello.size, true, false).tls13);
    hello_of("NORMAL:-VERS-ALL:+VERS-TLS1.2", &hello);
    offer = client_hello_read(hello.data, hello.size, true, true);
    assert_true(offer.tls12 && !offer.tls13);
    hello_of("NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%COMPAT", &hello);
    offer = client_hello_read(hello.data, hello.size, true, true);
    assert_false(offer.tls12 || offer.tls13);
    assert_true(offer.well_formed);
}

static void every_cut_is_survived(void **state) {
    (void)state;
    struct captured hello;
    hello_of("NORMAL", &hello);
    for (size_t size = 0; size < hello.size; size++) {
        unsigned char *copy = malloc(size + 1);
        memcpy(copy, hello.data, size);
        client_hello_read(copy, size, true, true);
        free(copy);
    }
    assert_false(client_hello_read(hello.data, 30, true, true).well_formed);
    assert_false(client_hello_read((const unsigned char *)"", 0, true, true).well_formed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds_by_default),
        cmocka_unit_test(tls12_is_judged_by_its_suites),
        cmocka_unit_test(tls13_is_judged_by_its_algorithms),
        cmocka_unit_test(tls12_algorithms_count_too),
        cmocka_unit_test(versions_are_those_both_speak),
        cmocka_unit_test(every_cut_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
