/* control/: a real server in a loop of its own thread, clients good and bad against it. */
#include "base/log.h"
#include "control/control_message.h"
#include "platform/loop.h"
#include "platform/socket.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 30000 }; /* for what must come; only a broken build waits so long */

static json_t *answer_echo(void *context, const json_t *request, struct error *err) {
    (void)context;
    (void)err;
    return json_pack("{s:O}", "echo", (json_t *)request);
}

static json_t *answer_missing(void *context, const json_t *request, struct error *err) {
    (void)context;
    (void)request;
    error_set(err, ERROR_MISSING, "no entry called \"caf\xE9\"");
    return NULL;
}

enum { BIG_COUNT = 10000 };

static json_t *answer_big(void *context, const json_t *request, struct error *err) {
    (void)context;
    (void)request;
    (void)err;
    json_t *entries = json_array();
    for (int i = 0; i < BIG_COUNT; i++)
        json_array_append_new(entries,
                              json_sprintf("entry %d of a store that is very large %500s", i, "x"));
    return json_pack("{s:o}", "entries", entries);
}

static const struct control_command commands[] = {
    {"status", answer_echo}, {"show", answer_missing}, {"list", answer_big}, {0}};

struct server {
    char folder[64], path[96];
    struct loop *loop;
    struct control_server *control;
    pthread_t thread;
};

static void *run(void *context) {
    loop_run(context);
    return NULL;
}

static void stop(void *context) {
    loop_stop(context);
}

/* `patience_ms` 0: the one everybody gets. */
static void start(struct server *server, int64_t patience_ms) {
    struct error err = {0};
    *server = (struct server){0};
    strcpy(server->folder, "/tmp/mailstored-control-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->path, sizeof server->path, "%s/control", server->folder);
    assert_true(loop_create(&server->loop, &err));
    if (!control_server_create(server->loop, server->path, commands, server, &server->control,
                               &err))
        fail_msg("%s", err.text);
    if (patience_ms > 0)
        control_server_set_patience(server->control, patience_ms);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server->loop), 0);
}

static void finish(struct server *server) {
    assert_true(loop_post(server->loop, stop, server->loop));
    pthread_join(server->thread, NULL);
    control_server_destroy(server->control);
    loop_destroy(server->loop);
    assert_int_equal(access(server->path, F_OK), -1);
    assert_int_equal(rmdir(server->folder), 0);
}

static int connect_raw(const struct server *server) {
    struct error err = {0};
    int socket = -1;
    if (!socket_local_connect(server->path, &socket, &err))
        fail_msg("%s", err.text);
    assert_true(socket_set_timeout(socket, WAIT_MS, &err));
    return socket;
}

static void send_raw(int socket, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
        assert_true(sent > 0);
        data += sent;
        size -= (size_t)sent;
    }
}

/* Everything until the server closes; NUL-terminated. */
static char *receive_raw(int socket, size_t *size) {
    struct buffer all = {0};
    char piece[65536];
    ssize_t count;
    while ((count = recv(socket, piece, sizeof piece, 0)) > 0)
        buffer_append(&all, piece, (size_t)count);
    if (size)
        *size = all.size;
    return buffer_take(&all);
}

static void assert_error(const char *answer, const char *kind, const char *words) {
    json_t *message = json_loads(answer, 0, NULL);
    assert_non_null(message);
    assert_true(json_is_false(json_object_get(message, "ok")));
    assert_int_equal(json_integer_value(json_object_get(message, "protocol")), CONTROL_PROTOCOL);
    assert_string_equal(json_string_value(json_object_get(message, "kind")), kind);
    const char *error = json_string_value(json_object_get(message, "error"));
    if (!strstr(error, words))
        fail_msg("\"%s\" does not say \"%s\"", error, words);
    json_decref(message);
}

static void assert_answers(const struct server *server) {
    struct error err = {0};
    json_t *answer = NULL;
    if (!control_ask(server->path, "status", NULL, WAIT_MS, &answer, &err))
        fail_msg("%s", err.text);
    json_decref(answer);
}

static void wrong_requests_are_told_what_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *request, *words;
    } wrong[] = {
        {"", "not JSON"},
        {"nonsense", "not JSON"},
        {"{\"protocol\": 1, \"command\": \"status\"", "not JSON"},
        {"{\"protocol\": 1, \"protocol\": 1, \"command\": \"status\"}", "duplicate"},
        {"{\"protocol\": 1, \"command\": \"\xFF\"}", "not JSON"},
        {"[1]", "object"},
        {"{}", "protocol"},
        {"{\"protocol\": \"1\", \"command\": \"status\"}", "protocol"},
        {"{\"protocol\": 2, \"command\": \"status\"}", "protocol 2 is not spoken here, but 1"},
        {"{\"protocol\": 1}", "command"},
        {"{\"protocol\": 1, \"command\": 7}", "command"},
        {"{\"protocol\": 1, \"command\": \"statsu\"}", "did you mean \"status\"?"},
        {"{\"protocol\": 1, \"command\": \"fly\"}", "known: status, show, list"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct buffer answer = {0};
        control_message_answer(commands, NULL, wrong[i].request, strlen(wrong[i].request), &answer);
        assert_false(answer.failed);
        assert_error(answer.data, "input", wrong[i].words);
        buffer_finish(&answer);
    }
}

static void members_and_kinds_cross_the_socket(void **state) {
    (void)state;
    struct server server;
    start(&server, 0);
    struct error err = {0};
    json_t *answer = NULL, *members = json_pack("{s:s, s:s}", "entry", "größe", "command", "fly");
    assert_true(control_ask(server.path, "status", members, WAIT_MS, &answer, &err));
    const json_t *echo = json_object_get(answer, "echo");
    assert_string_equal(json_string_value(json_object_get(echo, "entry")), "größe");
    assert_string_equal(json_string_value(json_object_get(echo, "command")), "status");
    json_decref(members);
    json_decref(answer);

    json_t *untouched = NULL;
    assert_false(control_ask(server.path, "show", NULL, WAIT_MS, &untouched, &err));
    assert_null(untouched);
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_string_equal(err.text, "no entry called \"caf\\xE9\"");
    finish(&server);
}

static void socket_is_for_its_owner_alone(void **state) {
    (void)state;
    struct server server;
    start(&server, 0);
    struct stat attributes;
    assert_int_equal(stat(server.path, &attributes), 0);
    assert_int_equal(attributes.st_mode & 0777, 0600);
    finish(&server);
}

static void request_in_pieces_is_put_together(void **state) {
    (void)state;
    struct server server;
    start(&server, 0);
    static const char request[] = "{\"protocol\": 1,\t\"command\": \"status\"}\nwhat follows";
    int socket = connect_raw(&server);
    for (size_t i = 0; i + 1 < sizeof request; i++) {
        /* The answer may come before the words behind the line end. */
        if (send(socket, request + i, 1, MSG_NOSIGNAL) != 1)
            break;
    }
    char *answer = receive_raw(socket, NULL);
    assert_non_null(strstr(answer, "\"ok\":true"));
    assert_int_equal(answer[strlen(answer) - 1], '\n');
    free(answer);
    close(socket);
    finish(&server);
}

static void request_beyond_the_limit_is_refused(void **state) {
    (void)state;
    struct server server;
    start(&server, 0);
    static char endless[CONTROL_REQUEST_LIMIT];
    memset(endless, ' ', sizeof endless);
    int socket = connect_raw(&server);
    send_raw(socket, endless, sizeof endless);
    char *answer = receive_raw(socket, NULL);
    assert_error(answer, "input", "longer than 64 KiB");
    free(answer);
    close(socket);

    /* One byte less, with its line end: just fits. */
    static const char request[] = "{\"protocol\": 1, \"command\": \"status\"}";
    memcpy(endless, request, sizeof request - 1);
    endless[sizeof endless - 1] = '\n';
    socket = connect_raw(&server);
    send_raw(socket, endless, sizeof endless);
    answer = receive_raw(socket, NULL);
    assert_non_null(strstr(answer, "\"ok\":true"));
    free(answer);
    close(socket);
    finish(&server);
}

static void request_that_ends_early_is_refused(void **state) {
    (void)state;
    struct server server;
    start(&server, 0);
    int socket = connect_raw(&server);
    send_raw(socket, "{\"protocol\"", 11);
    assert_int_equal(shutdown(socket, SHUT_WR), 0);
    char *answer = receive_raw(socket, NULL);
    assert_error(answer, "input", "line end");
    free(answer);
    close(socket);
    /* Nothing at all is no request, and gets nothing. */
    socket = connect_raw(&server);
    assert_int_equal(shutdown(socket, SHUT_WR), 0);
    answer = receive_raw(socket, NULL);
    assert_string_equal(answer, "");
    free(answer);
    close(socket);
    finish(&server);
}

static void slow_client_is_dropped(void **state) {
    (void)state;
    struct server server;
    start(&server, 50);
    int silent = connect_raw(&server), half = connect_raw(&server), deaf = connect_raw(&server);
    send_raw(half, "{", 1);
    static const char request[] = "{\"protocol\": 1, \"command\": \"list\"}\n";
    send_raw(deaf, request, sizeof request - 1);
    char byte;
    assert_int_equal(recv(silent, &byte, 1, 0), 0);
    assert_int_equal(recv(half, &byte, 1, 0), 0);
    close(silent);
    close(half);
    /* One that takes nothing of a big answer sees the connection end with the answer cut. */
    struct pollfd hung_up = {.fd = deaf};
    assert_int_equal(poll(&hung_up, 1, WAIT_MS), 1);
    size_t size = 0;
    char *answer = receive_raw(deaf, &size);
    assert_true(size > 0);
    assert_int_not_equal(answer[size - 1], '\n');
    free(answer);
    close(deaf);
    assert_answers(&server);
    finish(&server);
}

static void big_answer_holds_nobody_up(void **state) {
    (void)state;
    struct server server;
    start(&server, 0);
    static const char request[] = "{\"protocol\": 1, \"command\": \"list\"}\n";
    int reader = connect_raw(&server), leaver = connect_raw(&server);
    send_raw(reader, request, sizeof request - 1);
    send_raw(leaver, request, sizeof request - 1);
    char byte;
    assert_int_equal(recv(reader, &byte, 1, MSG_PEEK), 1);
    assert_int_equal(recv(leaver, &byte, 1, 0), 1);
    assert_answers(&server); /* while nobody reads the big ones */
    close(leaver);
    assert_answers(&server);

    size_t size = 0;
    char *text = receive_raw(reader, &size);
    json_t *answer = json_loadb(text, size, 0, NULL);
    assert_non_null(answer);
    assert_int_equal(json_array_size(json_object_get(answer, "entries")), BIG_COUNT);
    json_decref(answer);
    free(text);
    close(reader);

    struct error err = {0};
    assert_true(control_ask(server.path, "list", NULL, WAIT_MS, &answer, &err));
    assert_int_equal(json_array_size(json_object_get(answer, "entries")), BIG_COUNT);
    json_decref(answer);
    finish(&server);
}

struct asker {
    const struct server *server;
    pthread_t thread;
    bool ok;
    struct error err;
};

static void *ask(void *context) {
    struct asker *asker = context;
    json_t *answer = NULL;
    asker->ok = control_ask(asker->server->path, "status", NULL, WAIT_MS, &answer, &asker->err);
    json_decref(answer);
    return NULL;
}

static void more_than_there_is_room_for_wait(void **state) {
    (void)state;
    struct server server;
    start(&server, WAIT_MS);
    int silent[CONTROL_CLIENT_LIMIT];
    for (size_t i = 0; i < CONTROL_CLIENT_LIMIT; i++)
        silent[i] = connect_raw(&server);
    struct asker askers[40] = {0};
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        askers[i].server = &server;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    for (size_t i = 0; i < CONTROL_CLIENT_LIMIT; i++)
        close(silent[i]);
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        pthread_join(askers[i].thread, NULL);
        if (!askers[i].ok)
            fail_msg("%s", askers[i].err.text);
    }
    finish(&server);
}

static void destroyed_with_clients_it_closes_them(void **state) {
    (void)state;
    struct server server;
    start(&server, 0);
    int silent = connect_raw(&server);
    assert_answers(&server); /* behind it in the queue: so the silent one was let in */
    finish(&server);
    char byte;
    assert_int_equal(recv(silent, &byte, 1, 0), 0);
    close(silent);
}

static void nobody_there_is_told_apart(void **state) {
    (void)state;
    struct server server;
    start(&server, 0);
    char path[sizeof server.path];
    strcpy(path, server.path);
    finish(&server);
    struct error err = {0};
    json_t *answer = NULL;
    assert_false(control_ask(path, "status", NULL, WAIT_MS, &answer, &err));
    assert_int_equal(err.kind, ERROR_UNREACHABLE);
    assert_non_null(strstr(err.text, path));
}

/* A listener that lets nobody in, as a daemon that hangs does. */
static void daemon_that_hangs_is_given_up(void **state) {
    (void)state;
    char folder[] = "/tmp/mailstored-control-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/control", folder);
    struct error err = {0};
    int listener = -1;
    json_t *answer = NULL;
    assert_true(socket_local_listen(path, &listener, &err));
    assert_false(control_ask(path, "status", NULL, 50, &answer, &err));
    assert_int_equal(err.kind, ERROR_UNREACHABLE);
    close(listener);
    /* What died without removing its socket is nobody, too. */
    assert_false(control_ask(path, "status", NULL, WAIT_MS, &answer, &err));
    assert_int_equal(err.kind, ERROR_UNREACHABLE);
    unlink(path);
    rmdir(folder);
}

static void wrong_answers_are_told(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "HTTP/1.1 400 Bad Request",
                                        "[]",
                                        "{}",
                                        "{\"protocol\": 2, \"ok\": true}",
                                        "{\"protocol\": 1, \"ok\": 1}",
                                        "{\"protocol\": 1, \"ok\": false}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = {0};
        json_t *answer = NULL;
        assert_false(control_message_read(wrong[i], strlen(wrong[i]), &answer, &err));
        assert_null(answer);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    /* A refusal is understood whatever protocol refuses. */
    static const char newer[] =
        "{\"protocol\": 2, \"ok\": false, \"kind\": \"novel\", \"error\": \"no\"}";
    struct error err = {0};
    json_t *answer = NULL;
    assert_false(control_message_read(newer, strlen(newer), &answer, &err));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_string_equal(err.text, "no");
}

int main(void) {
    log_set_level(LOG_LEVEL_WARNING);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_requests_are_told_what_is_wrong),
        cmocka_unit_test(wrong_answers_are_told),
        cmocka_unit_test(members_and_kinds_cross_the_socket),
        cmocka_unit_test(socket_is_for_its_owner_alone),
        cmocka_unit_test(request_in_pieces_is_put_together),
        cmocka_unit_test(request_beyond_the_limit_is_refused),
        cmocka_unit_test(request_that_ends_early_is_refused),
        cmocka_unit_test(slow_client_is_dropped),
        cmocka_unit_test(big_answer_holds_nobody_up),
        cmocka_unit_test(more_than_there_is_room_for_wait),
        cmocka_unit_test(destroyed_with_clients_it_closes_them),
        cmocka_unit_test(nobody_there_is_told_apart),
        cmocka_unit_test(daemon_that_hangs_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
