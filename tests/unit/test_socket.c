/* platform/socket.h: addresses, listening, connecting. */
#include "platform/socket.h"

#include "child.h"
#include "socket_ends.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { SHORT_MS = 50 };

static const struct sockaddr *generic(const struct socket_address *address) {
    return (const struct sockaddr *)&address->storage;
}

/* ---- addresses as text ---- */

static void literals_are_read_and_written(void **state) {
    static const struct {
        const char *text, *host, *whole;
    } literals[] = {
        {"192.0.2.1", "192.0.2.1", "192.0.2.1:8462"},
        {"0.0.0.0", "0.0.0.0", "0.0.0.0:8462"},
        {"2001:DB8:0:0::1", "2001:db8::1", "[2001:db8::1]:8462"},
        {"::", "::", "[::]:8462"},
        {"::1", "::1", "[::1]:8462"},
        {"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1:8462"},
        {"fe80::1%lo", "fe80::1", "[fe80::1]:8462"},
        {"fe80::1%1", "fe80::1", "[fe80::1]:8462"},
        {"2001:0db8:1111:2222:3333:4444:192.100.200.255", "2001:db8:1111:2222:3333:4444:c064:c8ff",
         "[2001:db8:1111:2222:3333:4444:c064:c8ff]:8462"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++) {
        struct socket_address address;
        char text[SOCKET_TEXT_SIZE];
        if (!socket_address_parse(literals[i].text, 8462, &address))
            fail_msg("%s", literals[i].text);
        assert_string_equal(socket_address_host(generic(&address), text), literals[i].host);
        assert_string_equal(socket_address_text(generic(&address), text), literals[i].whole);
        assert_int_equal(socket_address_port(generic(&address)), 8462);
    }
}

static void what_is_no_literal_is_refused(void **state) {
    static const char *const wrong[] = {
        "",
        "localhost",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1:80",
        "[::1]",
        "::1%",
        ":::",
        "fe80::1%none",
        "192.0.2.1%lo",
        "fe80::1%0",
        " ::1",
        "1:2:3:4:5",
        "*",
        "fe80::1%1x",
        "fe80::1%99999999999999999999",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct socket_address untouched = {.size = 7};
        if (socket_address_parse(wrong[i], 1, &untouched))
            fail_msg("%s", wrong[i]);
        assert_int_equal(untouched.size, 7);
    }
}

static void an_address_of_another_family_has_no_text(void **state) {
    char text[SOCKET_TEXT_SIZE];
    const struct sockaddr other = {.sa_family = AF_UNIX};
    struct sockaddr_storage copy;
    (void)state;
    assert_string_equal(socket_address_host(&other, text), "?");
    assert_int_equal(socket_address_port(&other), 0);
    socket_address_copy(&other, &copy);
    assert_int_equal(copy.ss_family, AF_UNIX);
}

static void a_copy_is_the_same_address(void **state) {
    static const char *const literals[] = {"192.0.2.1", "2001:db8::1"};
    (void)state;
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++) {
        struct socket_address address;
        struct sockaddr_storage copy;
        assert_true(socket_address_parse(literals[i], 7, &address));
        socket_address_copy(generic(&address), &copy);
        assert_memory_equal(&copy, &address.storage, sizeof copy);
    }
}

/* ---- listening and connecting ---- */

static int listen_at(const char *host, uint16_t port, struct socket_address *bound) {
    struct error err = {0};
    int listener = -1;
    if (!socket_listen(host, port, &listener, &err) || !socket_bound_address(listener, bound, &err))
        fail_msg("%s", err.text);
    return listener;
}

static bool has_ipv6(void) {
    int descriptor = -1;
    bool has = socket_listen("::1", 0, &descriptor, NULL);
    socket_close(descriptor);
    return has;
}

/* A connection from `address`'s port at `host` comes through the listener. */
static void assert_reaches(const char *host, const struct socket_address *bound, int listener) {
    struct error err = {0};
    struct socket_address address;
    int client = -1, server = -1;
    assert_true(socket_address_parse(host, socket_address_port(generic(bound)), &address));
    if (!socket_connect(&address, PATIENCE_MS, &client, &err))
        fail_msg("%s", err.text);
    assert_descriptor(client, true);
    /* Connected here, but the other end may need another moment to have it in its queue. */
    while (!socket_accept(listener, &server, &err))
        assert_int_equal(err.kind, ERROR_BUSY);
    assert_descriptor(server, false);
    socket_close(client);
    socket_close(server);
}

static void a_listener_is_reached(void **state) {
    struct socket_address bound;
    struct error err = {0};
    int none = -1;
    (void)state;
    int listener = listen_at("127.0.0.1", 0, &bound);
    assert_descriptor(listener, false);
    assert_int_not_equal(socket_address_port(generic(&bound)), 0);
    assert_false(socket_accept(listener, &none, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    assert_reaches("127.0.0.1", &bound, listener);
    socket_close(listener);
    socket_close(-1);
}

static void a_star_is_every_address(void **state) {
    struct socket_address bound;
    (void)state;
    int listener = listen_at("*", 0, &bound);
    assert_reaches("127.0.0.1", &bound, listener);
    if (has_ipv6())
        assert_reaches("::1", &bound, listener);
    socket_close(listener);
}

static int listen_without_ipv6(void *context) {
    (void)context;
    struct error err = {0};
    int listener = -1;
    struct socket_address bound;
    require(child_write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"));
    require(!socket_listen("::1", 0, &listener, NULL)); /* who does not ask why must not crash */
    require(!socket_listen("::1", 0, &listener, &err));
    require(strstr(err.text, "does not have that address"));
    require(socket_listen("*", 0, &listener, NULL));
    require(socket_bound_address(listener, &bound, NULL));
    return CHILD_OK;
}

static void a_star_works_without_ipv6(void **state) {
    (void)state;
    if (access("/proc/sys/net/ipv6", F_OK) != 0) {
        struct socket_address bound;
        socket_close(listen_at("*", 0, &bound)); /* this host is such a one */
        return;
    }
    assert_in_namespaces(CLONE_NEWNET, listen_without_ipv6, NULL);
}

static void both_families_can_share_a_port(void **state) {
    struct socket_address v4, v6;
    int second = -1;
    (void)state;
    int first = listen_at("0.0.0.0", 0, &v4);
    if (has_ipv6()) {
        second = listen_at("::", socket_address_port(generic(&v4)), &v6);
        assert_reaches("::1", &v6, second);
    }
    assert_reaches("127.0.0.1", &v4, first);
    socket_close(first);
    socket_close(second);
}

static void errors_of_listening_say_what_to_do(void **state) {
    struct socket_address bound;
    struct error err = {0};
    int untouched = -7;
    (void)state;
    int listener = listen_at("127.0.0.1", 0, &bound);
    uint16_t port = socket_address_port(generic(&bound));
    assert_false(socket_listen("127.0.0.1", port, &untouched, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    assert_non_null(strstr(err.text, "127.0.0.1 port"));
    assert_non_null(strstr(err.text, "another program listens there"));
    assert_false(socket_listen("127.0.0.1", port, &untouched, NULL));
    assert_false(socket_listen("192.0.2.77", 0, &untouched, &err)); /* RFC 5737: nobody's */
    assert_non_null(strstr(err.text, "does not have that address"));
    assert_false(socket_listen("localhost", 0, &untouched, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_int_equal(untouched, -7);
    socket_close(listener);
}

/* root of a network has the right to all its ports; what we ask for is to have none. */
static int give_up_rights(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capset, &header, none) == 0;
}

static int listen_below_1024(void *context) {
    (void)context;
    struct error err = {0};
    int listener = -1;
    require(child_write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "1024"));
    require(give_up_rights());
    require(!socket_listen("127.0.0.1", 443, &listener, &err));
    require(err.kind == ERROR_PERMISSION);
    require(strstr(err.text, "CAP_NET_BIND_SERVICE"));
    return CHILD_OK;
}

static void a_privileged_port_says_what_it_needs(void **state) {
    (void)state;
    assert_in_namespaces(CLONE_NEWNET, listen_below_1024, NULL);
}

static void a_socket_without_address_is_an_error(void **state) {
    struct socket_address untouched = {.size = 7};
    (void)state;
    assert_false(socket_bound_address(-1, &untouched, NULL));
    assert_int_equal(untouched.size, 7);
}

static int bind_only(struct socket_address *bound) {
    struct socket_address address;
    assert_true(socket_address_parse("127.0.0.1", 0, &address));
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(descriptor, generic(&address), address.size), 0);
    assert_true(socket_bound_address(descriptor, bound, NULL));
    return descriptor;
}

static void nobody_there_is_unreachable(void **state) {
    struct error err = {0};
    struct socket_address bound;
    int untouched = -7;
    (void)state;
    int nobody = bind_only(&bound); /* so that nobody else listens there */
    assert_false(socket_connect(&bound, PATIENCE_MS, &untouched, &err));
    assert_int_equal(err.kind, ERROR_UNREACHABLE);
    assert_non_null(strstr(err.text, "127.0.0.1:"));
    assert_int_equal(untouched, -7);
    close(nobody);
}

/* Somebody whose queue is full: a connection to it neither comes about nor fails. */
struct full {
    struct socket_address address;
    int listener;
    int clients[8];
};

static void fill(struct full *full) {
    full->listener = bind_only(&full->address);
    assert_int_equal(listen(full->listener, 0), 0);
    for (int i = 0; i < 8; i++) {
        full->clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(full->clients[i], generic(&full->address), full->address.size);
    }
}

static void empty(struct full *full) {
    close(full->listener);
    for (int i = 0; i < 8; i++)
        close(full->clients[i]);
}

static void nobody_who_answers_is_unreachable(void **state) {
    struct full full;
    struct error err = {0};
    int untouched = -7;
    (void)state;
    fill(&full);
    assert_false(socket_connect(&full.address, SHORT_MS, &untouched, &err));
    assert_int_equal(err.kind, ERROR_UNREACHABLE);
    assert_int_equal(untouched, -7);
    empty(&full);
}

static void count_alarm(int number) {
    (void)number;
}

static void a_signal_while_connecting_is_no_connection(void **state) {
    struct full full;
    struct error err = {0};
    struct sigaction action = {.sa_handler = count_alarm}, before;
    const struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
    int untouched = -7;
    (void)state;
    fill(&full);
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    bool ok = socket_connect(&full.address, SHORT_MS, &untouched, &err);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_false(ok);
    assert_int_equal(err.kind, ERROR_UNREACHABLE);
    assert_int_equal(untouched, -7);
    empty(&full);
}

static void a_silent_peer_is_waited_for_so_long(void **state) {
    struct socket_address bound;
    char byte;
    int client = -1;
    (void)state;
    int listener = listen_at("127.0.0.1", 0, &bound);
    assert_true(socket_connect(&bound, PATIENCE_MS, &client, NULL));
    assert_true(socket_set_timeout(client, SHORT_MS, NULL));
    assert_int_equal(read(client, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    assert_false(socket_set_timeout(-1, SHORT_MS, NULL));
    socket_close(client);
    socket_close(listener);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_read_and_written),
        cmocka_unit_test(what_is_no_literal_is_refused),
        cmocka_unit_test(an_address_of_another_family_has_no_text),
        cmocka_unit_test(a_copy_is_the_same_address),
        cmocka_unit_test(a_listener_is_reached),
        cmocka_unit_test(a_star_is_every_address),
        cmocka_unit_test(a_star_works_without_ipv6),
        cmocka_unit_test(both_families_can_share_a_port),
        cmocka_unit_test(errors_of_listening_say_what_to_do),
        cmocka_unit_test(a_privileged_port_says_what_it_needs),
        cmocka_unit_test(a_socket_without_address_is_an_error),
        cmocka_unit_test(nobody_there_is_unreachable),
        cmocka_unit_test(nobody_who_answers_is_unreachable),
        cmocka_unit_test(a_signal_while_connecting_is_no_connection),
        cmocka_unit_test(a_silent_peer_is_waited_for_so_long),
    };
    return cmocka_run_group_tests_name("platform/socket", tests, NULL, NULL);
}
