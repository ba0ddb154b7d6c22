/* A listener of the laboratory with its loop in a thread of its own, and GnuTLS clients for it. */
#pragma once

#include "certs/cert_make.h"
#include "lab/listener.h"
#include "lab/request.h"
#include "platform/loop.h"
#include "platform/stream.h"
#include "tls/alert.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include <cmocka.h>

enum { PATIENCE_MS = 30000, SHORT_MS = 150, SEEN_LIMIT = 600 };

struct seen {
    enum lab_end end;
    int alert;
    bool finished, saw;
    char version[16], server_name[NAME_SIZE], print[HELLO_PRINT_SIZE], agent[LAB_AGENT_SIZE];
    char address[SOCKET_TEXT_SIZE];
    size_t scenario;
};

/* A listener with its loop in a thread of its own, and all it told. */
struct bench {
    struct loop *loop;
    pthread_t thread;
    struct lab_listener *listener;
    uint16_t port;
    const struct lab_chain *chains[2]; /* by the connection's number; NULL: not ready */
    pthread_mutex_t mutex;             /* guards what follows, and the chains */
    pthread_cond_t changed;
    struct seen seen[SEEN_LIMIT];
    size_t told, taken, asked_for_chain;
};

static struct lab_chain chains[2];

static inline void chain_make(struct lab_chain *out, const char *name) {
    struct error err = {0};
    struct cert_material made = {0};
    struct cert_wish wish = {
        .common_name = name, .not_before = 1700000000, .not_after = 4000000000};
    if (!cert_make_self_signed(&wish, &made, &err))
        fail_msg("%s", err.text);
    *out = (struct lab_chain){.count = 1, .key = made.key};
    out->certificates[0] = made.chain[0];
    free(made.chain);
}

static inline int make_chains(void **state) {
    (void)state;
    chain_make(&chains[0], "first");
    chain_make(&chains[1], "second");
    return 0;
}

static inline int free_chains(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; j < chains[i].count; j++)
            blob_finish(&chains[i].certificates[j]);
        blob_finish(&chains[i].key);
    }
    return 0;
}

static inline const struct lab_chain *on_chain(void *context, size_t scenario, size_t number) {
    (void)scenario;
    struct bench *bench = context;
    pthread_mutex_lock(&bench->mutex);
    const struct lab_chain *chain = bench->chains[number % 2];
    bench->asked_for_chain++;
    pthread_cond_broadcast(&bench->changed);
    pthread_mutex_unlock(&bench->mutex);
    return chain;
}

static inline void on_observed(void *context, const struct lab_observation *seen) {
    struct bench *bench = context;
    pthread_mutex_lock(&bench->mutex);
    if (bench->told < SEEN_LIMIT) {
        struct seen *copy = &bench->seen[bench->told++];
        *copy = (struct seen){.end = seen->end,
                              .alert = seen->alert,
                              .finished = seen->finished,
                              .saw = seen->saw,
                              .scenario = seen->scenario};
        snprintf(copy->version, sizeof copy->version, "%s", seen->version);
        snprintf(copy->server_name, sizeof copy->server_name, "%s", seen->server_name);
        snprintf(copy->print, sizeof copy->print, "%s", seen->print);
        snprintf(copy->agent, sizeof copy->agent, "%s", seen->agent);
        snprintf(copy->address, sizeof copy->address, "%s", seen->address);
    }
    pthread_cond_broadcast(&bench->changed);
    pthread_mutex_unlock(&bench->mutex);
}

static inline size_t told(struct bench *bench) {
    pthread_mutex_lock(&bench->mutex);
    size_t count = bench->told;
    pthread_mutex_unlock(&bench->mutex);
    return count;
}

static inline void *turn(void *loop) {
    loop_run(loop);
    return NULL;
}

static inline size_t scenario_of(enum lab_behaviour behaviour) {
    for (size_t i = 0; i < lab_scenario_count(); i++)
        if (lab_scenario_at(i)->behaviour == behaviour)
            return i;
    fail_msg("no scenario of behaviour %d", (int)behaviour);
    return 0;
}

static inline void start(struct bench *bench, enum lab_behaviour behaviour, int64_t patience_ms) {
    struct error err = {0};
    memset(bench, 0, sizeof *bench);
    pthread_mutex_init(&bench->mutex, NULL);
    pthread_cond_init(&bench->changed, NULL);
    bench->chains[0] = bench->chains[1] = &chains[0];
    assert_true(loop_create_beside(&bench->loop, &err));
    struct lab_listener_settings settings = {.loop = bench->loop,
                                             .scenario = scenario_of(behaviour),
                                             .address = "127.0.0.1",
                                             .chain = on_chain,
                                             .observe = on_observed,
                                             .context = bench,
                                             .patience_ms = patience_ms};
    if (!lab_listener_create(&settings, &bench->listener, &err))
        fail_msg("%s", err.text);
    bench->port = lab_listener_port(bench->listener);
    assert_int_equal(pthread_create(&bench->thread, NULL, turn, bench->loop), 0);
}

static inline void call_stop(void *loop) {
    loop_stop(loop);
}

/* Nothing but what has been taken may have been told. */
static inline void stop(struct bench *bench) {
    if (bench->loop) {
        assert_true(loop_post(bench->loop, call_stop, bench->loop));
        pthread_join(bench->thread, NULL);
        lab_listener_destroy(bench->listener);
        loop_destroy(bench->loop);
        bench->loop = NULL;
    }
    assert_int_equal(bench->told, bench->taken);
    pthread_cond_destroy(&bench->changed);
    pthread_mutex_destroy(&bench->mutex);
}

static inline void wait_until(struct bench *bench, const size_t *count, size_t least) {
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += PATIENCE_MS / 1000;
    pthread_mutex_lock(&bench->mutex);
    while (*count < least)
        if (pthread_cond_timedwait(&bench->changed, &bench->mutex, &limit) != 0)
            break;
    bool came = *count >= least;
    pthread_mutex_unlock(&bench->mutex);
    if (!came)
        fail_msg("nothing came");
}

static inline struct seen next_seen(struct bench *bench) {
    wait_until(bench, &bench->told, bench->taken + 1);
    return bench->seen[bench->taken++];
}

static inline void expect(struct bench *bench, enum lab_end end) {
    assert_string_equal(lab_end_word(next_seen(bench).end), lab_end_word(end));
}

/* ---- clients ---- */

struct client {
    int socket;
    gnutls_session_t tls;
    gnutls_certificate_credentials_t credentials;
    int (*verify)(struct client *client);
    bool dribbles, is_deaf;
    int code; /* of its handshake */
};

static inline int client_socket(const struct bench *bench) {
    struct socket_address address;
    struct error err = {0};
    int socket = -1;
    assert_true(socket_address_parse("127.0.0.1", bench->port, &address));
    if (!socket_connect(&address, PATIENCE_MS, &socket, &err))
        fail_msg("%s", err.text);
    socket_send_at_once(socket);
    return socket;
}

static inline int on_verify(gnutls_session_t tls) {
    struct client *client = gnutls_session_get_ptr(tls);
    return client->verify ? client->verify(client) : 0;
}

static inline ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t size) {
    const struct client *client = context;
    if (client->is_deaf) {
        errno = EAGAIN;
        return -1;
    }
    return stream_receive(client->socket, data, size);
}

static inline ssize_t push(gnutls_transport_ptr_t context, const void *data, size_t size) {
    const struct client *client = context;
    struct stream_piece piece = {data, client->dribbles && size > 1 ? 1 : size};
    return stream_send(client->socket, &piece, 1);
}

#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static inline void client_open(struct client *client, const struct bench *bench,
                               const char *priority) {
    client->socket = client_socket(bench);
    assert_int_equal(gnutls_init(&client->tls, GNUTLS_CLIENT), 0);
    assert_int_equal(gnutls_certificate_allocate_credentials(&client->credentials), 0);
    gnutls_certificate_set_verify_function(client->credentials, on_verify);
    gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, client->credentials);
    assert_int_equal(gnutls_priority_set_direct(client->tls, priority, NULL), 0);
    gnutls_server_name_set(client->tls, GNUTLS_NAME_DNS, "host.lab.localhost", 18);
    gnutls_session_set_ptr(client->tls, client);
    gnutls_transport_set_ptr(client->tls, client);
    gnutls_transport_set_pull_function(client->tls, pull);
    gnutls_transport_set_push_function(client->tls, push);
}

static inline int shake(struct client *client) {
    do
        client->code = gnutls_handshake(client->tls);
    while (client->code < 0 && !gnutls_error_is_fatal(client->code));
    return client->code;
}

/* Connects and shakes hands. */
static inline struct client *client_of(const struct bench *bench, const char *priority,
                                       int (*verify)(struct client *)) {
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client->verify = verify;
    client_open(client, bench, priority);
    shake(client);
    return client;
}

static inline void client_close(struct client *client) {
    gnutls_deinit(client->tls);
    gnutls_certificate_free_credentials(client->credentials);
    socket_close(client->socket);
    free(client);
}

static inline void say(struct client *client, const char *text, size_t size) {
    assert_int_equal(gnutls_record_send(client->tls, text, size), (ssize_t)size);
}

/* To the end, which must be a close_notify. */
static inline const char *hear(struct client *client, char out[static 4096]) {
    size_t size = 0;
    ssize_t more;
    while ((more = gnutls_record_recv(client->tls, out + size, 4095 - size)) != 0) {
        if (more < 0)
            fail_msg("%s", gnutls_strerror((int)more));
        size += (size_t)more;
    }
    out[size] = '\0';
    return out;
}

static inline const char *ask(struct client *client, const char *request, char out[static 4096]) {
    say(client, request, strlen(request));
    return hear(client, out);
}

static inline int refuse(struct client *client) {
    gnutls_alert_send(client->tls, GNUTLS_AL_FATAL, GNUTLS_A_UNKNOWN_CA);
    return -1;
}

/* As OpenSSL: before it switches keys. */
static inline int refuse_in_the_clear(struct client *client) {
    struct stream_piece alert = {"\x15\x03\x03\0\x02\x02\x2D", 7};
    stream_send(client->socket, &alert, 1);
    return -1;
}

/* A client that has sent its ClientHello and hears nothing until it is no longer deaf. */
static inline struct client *client_saying_hello(const struct bench *bench) {
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client->is_deaf = true;
    client_open(client, bench, TLS13);
    assert_int_equal(gnutls_handshake(client->tls), GNUTLS_E_AGAIN);
    return client;
}
