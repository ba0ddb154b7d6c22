/* A TLS client that makes handshakes, requests or idle connections, and says how many.
 *
 *   tls_load PORT full|resumed|keepalive|connection COUNT     does COUNT of them, one after the
 * other tls_load PORT idle COUNT                                  opens COUNT, one request each,
 * prints "ready", holds them until its input ends Prints "COUNT SECONDS". The server's cost is
 * measured from outside (tests/bench/run). */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priority;

static void fail(const char *what, int status) {
    fprintf(stderr, "tls_load: %s: %s\n", what, status < 0 ? gnutls_strerror(status) : "failed");
    exit(1);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int connect_to(unsigned port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect", 0);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return descriptor;
}

static gnutls_session_t open_session(unsigned port, const gnutls_datum_t *ticket) {
    gnutls_session_t session;
    gnutls_init(&session, GNUTLS_CLIENT);
    gnutls_priority_set(session, priority);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_server_name_set(session, GNUTLS_NAME_DNS, "localhost", 9);
    if (ticket)
        gnutls_session_set_data(session, ticket->data, ticket->size);
    int descriptor = connect_to(port);
    gnutls_transport_set_int(session, descriptor); /* a macro that evaluates twice */
    int status;
    do
        status = gnutls_handshake(session);
    while (status < 0 && !gnutls_error_is_fatal(status));
    if (status < 0)
        fail("handshake", status);
    return session;
}

static void close_session(gnutls_session_t session) {
    int descriptor = gnutls_transport_get_int(session);
    /* No lingering: a client that makes many connections would run out of ports. */
    struct linger none = {1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    gnutls_bye(session, GNUTLS_SHUT_WR);
    close(descriptor);
    gnutls_deinit(session);
}

static void request(gnutls_session_t session) {
    static const char text[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char answer[65536];
    size_t used = 0, wanted = 0;
    ssize_t status = gnutls_record_send(session, text, sizeof text - 1);
    if (status < 0)
        fail("send", (int)status);
    while (wanted == 0 || used < wanted) {
        status = gnutls_record_recv(session, answer + used, sizeof answer - 1 - used);
        if (status == GNUTLS_E_AGAIN || status == GNUTLS_E_INTERRUPTED)
            continue;
        if (status <= 0)
            fail("receive", (int)status);
        used += (size_t)status;
        answer[used] = '\0';
        const char *body = strstr(answer, "\r\n\r\n");
        const char *length = strcasestr(answer, "\r\ncontent-length:");
        if (body && length)
            wanted = (size_t)(body + 4 - answer) + strtoul(length + 17, NULL, 10);
    }
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0)
        fail("answer", 0);
}

static gnutls_datum_t first_ticket(unsigned port) {
    gnutls_datum_t ticket;
    gnutls_session_t session = open_session(port, NULL);
    request(session); /* TLS 1.3 tickets come after the handshake */
    int status = gnutls_session_get_data2(session, &ticket);
    if (status < 0)
        fail("ticket", status);
    close_session(session);
    return ticket;
}

static void hold_idle(unsigned port, unsigned count) {
    gnutls_session_t *sessions = calloc(count, sizeof(gnutls_session_t));
    struct rlimit limit = {count + 64, count + 64};
    setrlimit(RLIMIT_NOFILE, &limit);
    for (unsigned i = 0; i < count; i++) {
        sessions[i] = open_session(port, NULL);
        request(sessions[i]);
    }
    puts("ready");
    fflush(stdout);
    (void)getchar();
    free(sessions);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    unsigned port = (unsigned)strtoul(argv[1], NULL, 10);
    const char *what = argv[2];
    unsigned count = (unsigned)strtoul(argv[3], NULL, 10);
    const char *text = getenv("TLS_LOAD_PRIORITY");
    gnutls_certificate_allocate_credentials(&credentials);
    int status =
        gnutls_priority_init(&priority, text ? text : "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL);
    if (status < 0)
        fail("priority", status);
    if (strcmp(what, "idle") == 0) {
        hold_idle(port, count);
        return 0;
    }
    gnutls_datum_t ticket = {0};
    gnutls_session_t kept = NULL;
    if (strcmp(what, "resumed") == 0)
        ticket = first_ticket(port);
    if (strcmp(what, "keepalive") == 0)
        kept = open_session(port, NULL);
    double began = now();
    for (unsigned i = 0; i < count; i++) {
        if (kept) {
            request(kept);
            continue;
        }
        gnutls_session_t session = open_session(port, ticket.data ? &ticket : NULL);
        if (ticket.data && !gnutls_session_is_resumed(session))
            fail("not resumed", 0);
        if (strcmp(what, "connection") == 0)
            request(session);
        close_session(session);
    }
    printf("%u %.6f\n", count, now() - began);
    return 0;
}
