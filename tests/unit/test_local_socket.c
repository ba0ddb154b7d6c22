/* platform/socket.h: sockets of this machine, at paths. */
#include "platform/socket.h"

#include "child.h"
#include "scratch.h"
#include "socket_ends.h"

#include <sys/un.h>

static int listen_locally(const char *path) {
    struct error err = {0};
    int listener = -1;
    if (!socket_local_listen(path, &listener, &err))
        fail_msg("%s", err.text);
    return listener;
}

static void assert_converses(const char *path, int listener) {
    struct error err = {0};
    int client = -1, server = -1;
    char byte = 0;
    if (!socket_local_connect(path, &client, &err))
        fail_msg("%s", err.text);
    assert_descriptor(client, true);
    assert_true(socket_accept(listener, &server, &err));
    assert_descriptor(server, false);
    assert_int_equal(write(client, "x", 1), 1);
    assert_int_equal(read(server, &byte, 1), 1);
    socket_close(client);
    socket_close(server);
}

static void a_local_socket_is_its_owners_alone(void **state) {
    const char *path = scratch_path(*state, "control");
    mode_t before = umask(0);
    int listener = listen_locally(path);
    mode_t mask = umask(before);
    assert_int_equal(mask, 0); /* not touched: it is every thread's */
    assert_int_equal(mode_of(path), 0600);
    assert_descriptor(listener, false);
    assert_converses(path, listener);
    socket_close(listener);
}

static void a_local_socket_in_use_stays(void **state) {
    struct error err = {0};
    int second = -7;
    const char *path = scratch_path(*state, "control");
    int listener = listen_locally(path);
    assert_false(socket_local_listen(path, &second, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    assert_int_equal(second, -7);
    int waiting = -1;
    assert_true(socket_accept(listener, &waiting, NULL)); /* the one that asked */
    socket_close(waiting);
    assert_converses(path, listener);
    socket_close(listener);
}

static void a_stale_local_socket_gives_way(void **state) {
    struct error err = {0};
    int client = -7;
    const char *path = scratch_path(*state, "control");
    socket_close(listen_locally(path));
    assert_true(is_there(path));
    assert_false(socket_local_connect(path, &client, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    int listener = listen_locally(path);
    assert_converses(path, listener);
    socket_close(listener);
}

static void what_is_no_socket_stays(void **state) {
    struct error err = {0};
    int untouched = -7;
    const char *file = scratch_path(*state, "file"), *link = scratch_path(*state, "link");
    put_file(file, "text");
    put_link("file", link);
    assert_false(socket_local_listen(file, &untouched, &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_false(socket_local_listen(link, &untouched, &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_file_holds(file, "text");
    assert_int_equal(untouched, -7);
}

static int take_anothers_place(void *context) {
    const char *path = context;
    struct error err = {0};
    struct stat status;
    int untouched = -7;
    require(!socket_local_listen(path, &untouched, &err));
    require(err.kind == ERROR_PERMISSION);
    require(untouched == -7 && lstat(path, &status) == 0);
    return CHILD_OK;
}

/* The folder would let us remove it. */
static void a_local_socket_we_may_not_ask_stays(void **state) {
    put_folder(scratch_path(*state, "open"));
    assert_int_equal(chmod(scratch_path(*state, "open"), 0777), 0);
    const char *path = scratch_path(*state, "open/control");
    int listener = listen_locally(path);
    assert_int_equal(chmod(path, 0), 0);
    assert_as_nobody(take_anothers_place, (void *)path);
    assert_int_equal(chmod(path, 0600), 0);
    assert_converses(path, listener);
    socket_close(listener);
}

static void a_long_path_is_no_obstacle(void **state) {
    char name[201], inside[256];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    put_folder(scratch_path(*state, name));
    snprintf(inside, sizeof inside, "%s/control", name);
    const char *path = scratch_path(*state, inside);
    int listener = listen_locally(path);
    assert_int_equal(mode_of(path), 0600);
    assert_converses(path, listener);
    socket_close(listener);
    listener = listen_locally(path); /* found to be stale, too */
    socket_close(listener);
}

static void a_name_too_long_is_an_error(void **state) {
    char name[201];
    struct error err = {0};
    int untouched = -7;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(socket_local_listen(scratch_path(*state, name), &untouched, &err));
    assert_int_not_equal(err.kind, ERROR_NONE);
    err = (struct error){0};
    assert_false(socket_local_listen(name, &untouched, &err));
    assert_int_not_equal(err.kind, ERROR_NONE);
    assert_false(socket_local_connect(scratch_path(*state, "none/control"), &untouched, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_int_equal(untouched, -7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(a_local_socket_is_its_owners_alone),
        scratch_test(a_local_socket_in_use_stays),
        scratch_test(a_stale_local_socket_gives_way),
        scratch_test(what_is_no_socket_stays),
        scratch_test(a_local_socket_we_may_not_ask_stays),
        scratch_test(a_long_path_is_no_obstacle),
        scratch_test(a_name_too_long_is_an_error),
    };
    return cmocka_run_group_tests_name("platform/local socket", tests, NULL, NULL);
}
