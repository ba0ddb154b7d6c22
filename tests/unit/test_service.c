/* platform/service.h and platform/host.h: what the surroundings tell us, and what we tell them. */
#include "platform/host.h"
#include "platform/service.h"

#include "child.h"
#include "scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

/* ---- telling the service manager ---- */

/* A service manager that listens at `name`; "@…" is in the abstract namespace. */
static int manager_at(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(length < sizeof address.sun_path);
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return descriptor;
}

static const char *heard(int manager, char out[static 256]) {
    ssize_t got = recv(manager, out, 255, 0);
    if (got < 0)
        assert_int_equal(errno, EAGAIN);
    out[got > 0 ? got : 0] = '\0';
    return out;
}

static void assert_hears_all(int manager) {
    char text[256];
    service_notify_ready("4 listeners");
    assert_string_equal(heard(manager, text), "READY=1\nSTATUS=4 listeners");
    service_notify_stopping();
    assert_string_equal(heard(manager, text), "STOPPING=1");
    service_notify_watchdog();
    assert_string_equal(heard(manager, text), "WATCHDOG=1");
    assert_string_equal(heard(manager, text), "");
}

static void the_manager_hears_us(void **state) {
    const char *path = scratch_path(*state, "notify");
    char abstract[96];
    int manager = manager_at(path);
    assert_hears_all(manager);
    close(manager);
    snprintf(abstract, sizeof abstract, "@%s", path);
    manager = manager_at(abstract);
    assert_hears_all(manager);
    close(manager);
    unsetenv("NOTIFY_SOCKET");
}

/* systemd takes a reload for done only by a READY=1 younger than this time. */
static void a_reload_says_when(void **state) {
    char text[256];
    int manager = manager_at(scratch_path(*state, "notify"));
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    service_notify_reloading();
    clock_gettime(CLOCK_MONOTONIC, &after);
    static const char prefix[] = "RELOADING=1\nMONOTONIC_USEC=";
    assert_memory_equal(heard(manager, text), prefix, sizeof prefix - 1);
    char *end;
    long long said = strtoll(text + sizeof prefix - 1, &end, 10);
    assert_int_equal(*end, '\0');
    assert_true(said >= before.tv_sec * 1000000LL + before.tv_nsec / 1000);
    assert_true(said <= after.tv_sec * 1000000LL + after.tv_nsec / 1000);
    close(manager);
    unsetenv("NOTIFY_SOCKET");
}

static void without_a_manager_nothing_happens(void **state) {
    static const char *const names[] = {"", "/", "@", "relative", "vsock:2:1", "/nowhere/at/all"};
    char long_name[300];
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    service_notify_ready("status");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        service_notify_ready("status");
    }
    memset(long_name, '/', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    setenv("NOTIFY_SOCKET", long_name, 1);
    service_notify_ready("status");
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_fed_twice_as_often_as_it_bites(void **state) {
    char own[32];
    (void)state;
    snprintf(own, sizeof own, "%ld", (long)getpid());
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    assert_int_equal(service_watchdog_interval_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(service_watchdog_interval_ms(), 15000);
    setenv("WATCHDOG_PID", own, 1);
    assert_int_equal(service_watchdog_interval_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
    assert_int_equal(service_watchdog_interval_ms(), 0);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "-4000", 1);
    assert_int_equal(service_watchdog_interval_ms(), 0);
    setenv("WATCHDOG_USEC", "often", 1);
    assert_int_equal(service_watchdog_interval_ms(), 0);
    unsetenv("WATCHDOG_USEC");
}

static void the_journal_is_known_by_its_inode(void **state) {
    char stream[64];
    struct stat status;
    (void)state;
    unsetenv("JOURNAL_STREAM");
    assert_false(service_logs_to_journal());
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)status.st_dev,
             (unsigned long long)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    assert_true(service_logs_to_journal());
    static const char *const others[] = {"", "1", "1:", ":1", "x:y", "1:2"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        setenv("JOURNAL_STREAM", others[i], 1);
        assert_false(service_logs_to_journal());
    }
    unsetenv("JOURNAL_STREAM");
}

/* ---- sockets handed over ---- */

struct taken {
    int count;
    int descriptors[8];
    char names[8][32];
};

/* All but those named "refused". */
static bool take(void *context, int descriptor, const char *name) {
    struct taken *taken = context;
    if (strcmp(name, "refused") == 0)
        return false;
    taken->descriptors[taken->count] = descriptor;
    snprintf(taken->names[taken->count], sizeof taken->names[0], "%s", name);
    taken->count++;
    return true;
}

/* Puts an open socket at the descriptor where the service manager puts it. */
static int put_at(int descriptor) {
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (made == descriptor)
        return 1;
    int ok = made >= 0 && dup2(made, descriptor) == descriptor;
    close(made);
    return ok;
}

static int take_three_sockets(void *context) {
    char own[32];
    struct taken taken = {0}, again = {0};
    (void)context;
    snprintf(own, sizeof own, "%ld", (long)getpid());
    require(put_at(3) && put_at(4) && put_at(5));
    setenv("LISTEN_PID", own, 1);
    setenv("LISTEN_FDS", "3", 1);
    setenv("LISTEN_FDNAMES", "web-access:refused:client", 1);
    service_take_sockets(take, &taken);
    require(taken.count == 2);
    require(taken.descriptors[0] == 3 && strcmp(taken.names[0], "web-access") == 0);
    require(taken.descriptors[1] == 5 && strcmp(taken.names[1], "client") == 0);
    for (int i = 0; i < 2; i++) {
        require(fcntl(taken.descriptors[i], F_GETFD) & FD_CLOEXEC);
        require(fcntl(taken.descriptors[i], F_GETFL) & O_NONBLOCK);
    }
    require(fcntl(4, F_GETFD) < 0);
    service_take_sockets(take, &again);
    require(again.count == 0);
    require(!getenv("LISTEN_PID") && !getenv("LISTEN_FDS") && !getenv("LISTEN_FDNAMES"));
    return CHILD_OK;
}

static int take_what_is_not_there(void *context) {
    char own[32];
    struct taken taken = {0};
    (void)context;
    snprintf(own, sizeof own, "%ld", (long)getpid());
    require(put_at(3));
    close(4);
    setenv("LISTEN_PID", own, 1);
    setenv("LISTEN_FDS", "2", 1);
    unsetenv("LISTEN_FDNAMES");
    service_take_sockets(take, &taken);
    require(taken.count == 1 && taken.names[0][0] == '\0');
    setenv("LISTEN_PID", own, 1);
    setenv("LISTEN_FDS", "-3", 1);
    service_take_sockets(take, &taken);
    require(taken.count == 1);
    return CHILD_OK;
}

static int take_what_is_not_ours(void *context) {
    struct taken taken = {0};
    (void)context;
    require(put_at(3));
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    service_take_sockets(take, &taken);
    require(taken.count == 0);
    require(fcntl(3, F_GETFD) >= 0);
    return CHILD_OK;
}

static void sockets_are_taken_with_their_names(void **state) {
    (void)state;
    assert_int_equal(in_child(take_three_sockets, NULL), CHILD_OK);
    assert_int_equal(in_child(take_what_is_not_there, NULL), CHILD_OK);
    assert_int_equal(in_child(take_what_is_not_ours, NULL), CHILD_OK);
}

/* ---- the host ---- */

static const char hosts[] = "127.0.0.1 localhost\n"
                            "127.0.1.1\tMail.Example.ORG.   mail mail.example.net # mail.comment\n"
                            "# 127.0.1.1 mail.example.com mail\n"
                            "192.0.2.9 mail.customer.example mailserver\n"
                            "192.0.2.1 mail mail.example.org mailbox.example.org mail.ex(mple\n"
                            "no-names\n\n";

struct named {
    const char *host;
    const char *names[4];
};

static int ask_for_names(void *context) {
    const struct named *named = context;
    struct string_list names = {0};
    size_t count = 0;
    require(sethostname(named->host, strlen(named->host)) == 0);
    require(host_names(&names, NULL));
    for (; named->names[count]; count++)
        require(string_list_has(&names, named->names[count]));
    require(names.count == count);
    string_list_finish(&names);
    return CHILD_OK;
}

static int ask_with_other_hosts(void *context) {
    static const struct named all[] = {
        {"Mail", {"mail", "mail.example.org", "mail.example.net"}},
        {"mail.example.org", {"mail.example.org"}},
        {"mail.example.org.", {"mail.example.org"}},
        {"nobody", {"nobody"}},
        {"(none)", {NULL}},
    };
    const char *path = context;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(path, "/etc/hosts", NULL, MS_BIND, NULL) != 0)
        return CHILD_CANNOT;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        require(ask_for_names((void *)&all[i]) == CHILD_OK);
    return CHILD_OK;
}

static void the_host_has_its_names_and_no_others(void **state) {
    const char *path = scratch_path(*state, "hosts");
    put_file(path, hosts);
    assert_in_namespaces(CLONE_NEWNS | CLONE_NEWUTS, ask_with_other_hosts, (void *)path);
}

/* An Ethernet device that nothing is plugged into; there as long as this process. */
static int make_device(const char *name) {
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    return tap >= 0 && ioctl(tap, TUNSETIFF, &request) == 0;
}

static int set_up(const char *name) {
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int ok = ioctl(any, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags |= IFF_UP;
    ok = ok && ioctl(any, SIOCSIFFLAGS, &request) == 0;
    close(any);
    return ok;
}

static int give_v4(const char *name, const char *address) {
    struct ifreq request = {0};
    struct sockaddr_in *to = (struct sockaddr_in *)&request.ifr_addr;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    to->sin_family = AF_INET;
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int ok =
        inet_pton(AF_INET, address, &to->sin_addr) == 1 && ioctl(any, SIOCSIFADDR, &request) == 0;
    close(any);
    return ok;
}

static int give_v6(const char *name, const char *address) {
    struct in6_ifreq request = {.ifr6_prefixlen = 64, .ifr6_ifindex = (int)if_nametoindex(name)};
    int any = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int ok = inet_pton(AF_INET6, address, &request.ifr6_addr) == 1 &&
             ioctl(any, SIOCSIFADDR, &request) == 0;
    close(any);
    return ok;
}

static int ask_for_addresses(void *context) {
    struct string_list addresses = {0};
    bool has_v6 = access("/proc/sys/net/ipv6", F_OK) == 0;
    (void)context;
    require(host_addresses(&addresses, NULL));
    require(addresses.count == 0); /* in a new network everything is down */
    string_list_finish(&addresses);
    if (!make_device("up") || !make_device("down"))
        return CHILD_CANNOT;
    require(set_up("lo") && set_up("up"));
    require(give_v4("up", "198.51.100.7") && give_v4("up:1", "169.254.7.7"));
    require(give_v4("down", "198.51.100.8"));
    require(!has_v6 || give_v6("up", "2001:db8::7"));
    require(host_addresses(&addresses, NULL));

    require(string_list_has(&addresses, "198.51.100.7"));
    require(string_list_has(&addresses, "127.0.0.1"));
    require(!has_v6 ||
            (string_list_has(&addresses, "2001:db8::7") && string_list_has(&addresses, "::1")));
    /* Neither what is down nor what is link-local: each IPv6 device has such an address too. */
    require(addresses.count == (has_v6 ? 4 : 2));
    require(strcmp(addresses.items[has_v6 ? 2 : 1], "127.0.0.1") == 0);
    string_list_finish(&addresses);
    return CHILD_OK;
}

static void the_host_has_the_addresses_of_what_is_up(void **state) {
    (void)state;
    assert_in_namespaces(CLONE_NEWNET, ask_for_addresses, NULL);
}

static void assert_text(char *text, const char *expected) {
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static int ask_for_state_folder_as_nobody(void *context) {
    (void)context;
    char *folder;
    setenv("HOME", "/home/somebody", 1);
    unsetenv("XDG_STATE_HOME");
    require((folder = host_state_folder()) &&
            strcmp(folder, "/home/somebody/.local/state/mailstored") == 0);
    free(folder);
    setenv("XDG_STATE_HOME", "relative", 1); /* to be ignored */
    require((folder = host_state_folder()) &&
            strcmp(folder, "/home/somebody/.local/state/mailstored") == 0);
    free(folder);
    setenv("XDG_STATE_HOME", "/state", 1);
    require((folder = host_state_folder()) && strcmp(folder, "/state/mailstored") == 0);
    free(folder);
    require(!host_is_root());
    return CHILD_OK;
}

static void state_stands_where_its_owner_expects_it(void **state) {
    (void)state;
    assert_int_equal(host_is_root(), geteuid() == 0);
    if (host_is_root())
        assert_text(host_state_folder(), "/var/lib/mailstored");
    assert_as_nobody(ask_for_state_folder_as_nobody, NULL);
}

static int raise_the_limit(void *context) {
    (void)context;
    const struct rlimit low = {64, 256};
    struct rlimit now;
    require(setrlimit(RLIMIT_NOFILE, &low) == 0);
    require(host_raise_file_limit() == 256);
    require(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == 256);
    return CHILD_OK;
}

static void the_limit_on_files_is_raised(void **state) {
    (void)state;
    assert_int_equal(in_child(raise_the_limit, NULL), CHILD_OK);
}

static int count_one_processor(void *context) {
    (void)context;
    cpu_set_t set;
    require(sched_getaffinity(0, sizeof set, &set) == 0);
    int first = 0;
    while (!CPU_ISSET(first, &set))
        first++;
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    require(sched_setaffinity(0, sizeof set, &set) == 0);
    require(host_processors() == 1);
    return CHILD_OK;
}

static void only_our_processors_count(void **state) {
    (void)state;
    assert_true(host_processors() >= 1);
    assert_int_equal(in_child(count_one_processor, NULL), CHILD_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(the_manager_hears_us),
        scratch_test(a_reload_says_when),
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(the_watchdog_is_fed_twice_as_often_as_it_bites),
        cmocka_unit_test(the_journal_is_known_by_its_inode),
        cmocka_unit_test(sockets_are_taken_with_their_names),
        scratch_test(the_host_has_its_names_and_no_others),
        cmocka_unit_test(the_host_has_the_addresses_of_what_is_up),
        cmocka_unit_test(state_stands_where_its_owner_expects_it),
        cmocka_unit_test(the_limit_on_files_is_raised),
        cmocka_unit_test(only_our_processors_count),
    };
    return cmocka_run_group_tests_name("platform/service", tests, NULL, NULL);
}
