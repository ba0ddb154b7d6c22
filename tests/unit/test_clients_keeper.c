/* daemon/clients_keeper.c: the clients seen across restarts, and forgotten whatever becomes of the
 * file. */
#include "tests/unit/clients_noted.h"
#include "tests/unit/scratch.h"

#include "base/blob.h"
#include "daemon/clients_file.h"
#include "daemon/clients_keeper.h"
#include "platform/file.h"
#include "platform/loop.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

struct keeping {
    struct loop *loop;
    struct clients_seen *seen;
    struct clients_keeper *keeper;
};

static struct keeping keep(const struct scratch *scratch) {
    struct keeping keeping = {0};
    assert_true(loop_create(&keeping.loop, NULL));
    assert_true(clients_seen_create(&keeping.seen, NULL));
    assert_true(
        clients_keeper_create(keeping.loop, scratch->root, keeping.seen, &keeping.keeper, NULL));
    return keeping;
}

static void end(const struct keeping *keeping) {
    clients_keeper_destroy(keeping->keeper);
    clients_seen_destroy(keeping->seen);
    loop_destroy(keeping->loop);
}

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void restarts_lose_nobody(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "clients");
    int64_t now = time(NULL);
    struct stat status;
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_REFUSED, UNKNOWN_CA, now - 2000);
    note(keeping.seen, "192.0.2.2", HANDSHAKE_FINISHED, 0, now - 10);
    end(&keeping);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);

    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, now);
    size_t count;
    struct client_seen *clients = all(keeping.seen, &count);
    assert_int_equal(count, 2);
    assert_string_equal(clients[0].address, "192.0.2.2");
    assert_string_equal(clients[1].address, "192.0.2.1");
    assert_int_equal(clients[1].alert, UNKNOWN_CA);
    free(clients);
    ino_t before = status.st_ino;
    end(&keeping); /* nothing changed: nothing is written */
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_ino, before);

    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, 1000); /* seconds */
    clients_keeper_forget(keeping.keeper, now);
    assert_string_equal(only(keeping.seen).address, "192.0.2.2");
    clients_keeper_forget(keeping.keeper, now + 1000);
    assert_int_equal(count_of(keeping.seen), 0);
    end(&keeping);
    struct client_seen *read = NULL;
    struct blob bytes = {0};
    assert_true(file_read(path, 4096, &bytes, NULL, NULL));
    assert_true(clients_file_read(bytes.data, bytes.size, &read, &count, NULL));
    assert_int_equal(count, 0);
    free(read);
    blob_finish(&bytes);
}

/* Not even one that stops before it has looked. */
static void a_short_run_loses_nobody(void **state) {
    struct scratch *scratch = *state;
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_LEFT, 0, time(NULL));
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.2", HANDSHAKE_LEFT, 0, time(NULL));
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, time(NULL));
    assert_int_equal(count_of(keeping.seen), 2);
    end(&keeping);
}

static void switched_off_it_leaves_nothing(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "clients");
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, time(NULL));
    put(path, "{\"clients\": []}\n");
    clients_keeper_configure(keeping.keeper, false, DAY);
    assert_false(is_there(path));
    assert_int_equal(count_of(keeping.seen), 0);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, time(NULL));
    end(&keeping);
    assert_false(is_there(path));

    put(path, "{\"clients\": []}\n"); /* of an earlier run */
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, false, DAY);
    assert_false(is_there(path));
    end(&keeping);
}

static void a_damaged_file_counts_as_none(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "clients");
    put(path, "{\"clients\": [{\"addr");
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, time(NULL));
    assert_int_equal(count_of(keeping.seen), 0);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, time(NULL));
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, time(NULL));
    assert_int_equal(count_of(keeping.seen), 1);
    end(&keeping);
}

static void at_any_clock_the_file_is_sound(void **state) {
    struct scratch *scratch = *state;
    int64_t now = time(NULL);
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, now);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_FINISHED, 0, now - 1000); /* set back */
    note(keeping.seen, "192.0.2.2", HANDSHAKE_FINISHED, 0, now);
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, now);
    assert_int_equal(count_of(keeping.seen), 2);
    end(&keeping);
}

/* A folder, a FIFO, a file of another or one without an end must not keep a daemon from
 * starting, nor from forgetting. */
static void whatever_stands_in_its_place_counts_as_none(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "clients");
    enum { FOLDER, FIFO, LINK, HUGE, KINDS };
    for (int kind = 0; kind < KINDS; kind++) {
        if (kind == FOLDER)
            put_folder(path);
        else if (kind == FIFO)
            assert_int_equal(mkfifo(path, 0600), 0);
        else if (kind == LINK)
            put_link("clients", path);
        else {
            put(path, "{\"clients\": []}");
            assert_int_equal(truncate(path, (off_t)1 << 40), 0);
        }
        struct keeping keeping = keep(scratch);
        clients_keeper_configure(keeping.keeper, true, DAY);
        clients_keeper_forget(keeping.keeper, time(NULL));
        assert_int_equal(count_of(keeping.seen), 0);
        note(keeping.seen, "192.0.2.1", HANDSHAKE_LEFT, 0, time(NULL));
        end(&keeping);
        assert_int_equal(mode_of(path), kind == FOLDER ? 0755 : 0600);
        assert_int_equal(remove(path), 0);
    }
}

/* ---- a disk without room ---- */

static int without_room(void **state) {
    signal(SIGXFSZ, SIG_IGN);
    return scratch_setup(state);
}

static void allow_bytes(rlim_t bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_the_file_as_it_was(void **state) {
    struct scratch *scratch = *state;
    int64_t now = time(NULL);
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_LEFT, 0, now);
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.2", HANDSHAKE_LEFT, 0, now);
    allow_bytes(10);
    end(&keeping);
    allow_bytes(RLIM_INFINITY);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, now);
    assert_string_equal(only(keeping.seen).address, "192.0.2.1");
    end(&keeping);
}

static void a_full_disk_does_not_remember_longer(void **state) {
    struct scratch *scratch = *state;
    const char *path = scratch_path(scratch, "clients");
    int64_t now = time(NULL);
    struct keeping keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    note(keeping.seen, "192.0.2.1", HANDSHAKE_LEFT, 0, now - DAY + 10);
    note(keeping.seen, "192.0.2.2", HANDSHAKE_LEFT, 0, now);
    end(&keeping);
    keeping = keep(scratch);
    clients_keeper_configure(keeping.keeper, true, DAY);
    clients_keeper_forget(keeping.keeper, now + 100);
    assert_int_equal(count_of(keeping.seen), 1);
    allow_bytes(10);
    end(&keeping);
    allow_bytes(RLIM_INFINITY);
    assert_false(is_there(path));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(restarts_lose_nobody),
        scratch_test(a_short_run_loses_nobody),
        scratch_test(switched_off_it_leaves_nothing),
        scratch_test(a_damaged_file_counts_as_none),
        scratch_test(at_any_clock_the_file_is_sound),
        scratch_test(whatever_stands_in_its_place_counts_as_none),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_the_file_as_it_was, without_room,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_does_not_remember_longer, without_room,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
