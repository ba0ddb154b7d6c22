/* platform/file.h: what is read is whole, what appears appears whole, and nothing is left over. */
#include "platform/file.h"

#include "child.h"
#include "scratch.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Temporary files in the folder. */
static int leftovers(const char *folder) {
    int count = 0;
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    for (const struct dirent *entry; (entry = readdir(listing));)
        count += strncmp(entry->d_name, ".mailstored-", 12) == 0;
    closedir(listing);
    return count;
}

static void write_text(const char *path, const char *text) {
    struct error err = {0};
    if (!file_write(path, text, strlen(text), 0600, FILE_REPLACE, &err))
        fail_msg("%s", err.text);
}

/* ---- identity ---- */

static void identity_follows_links(void **state) {
    struct error err = {0};
    struct file_identity file, through_link, folder;
    const char *path = scratch_path(*state, "file"), *link = scratch_path(*state, "link");
    put_file(path, "abc");
    put_link("file", link);
    assert_true(file_identify(path, &file, &err));
    assert_true(file_identify(link, &through_link, &err));
    assert_true(file_identity_equal(&file, &through_link));
    assert_true(file.is_regular && !file.is_folder);
    assert_int_equal(file.size, 3);
    assert_int_equal(file.mode, mode_of(path));
    assert_int_equal(file.owner, geteuid());
    assert_true(file_identify(scratch_path(*state, "."), &folder, &err));
    assert_true(folder.is_folder && !folder.is_regular);
}

static void identity_of_what_is_missing(void **state) {
    const char *const names[] = {"none", "none/below", "link"};
    struct file_identity untouched = {.size = 7};
    put_link("nowhere", scratch_path(*state, "link"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct error err = {0};
        assert_false(file_identify(scratch_path(*state, names[i]), &untouched, &err));
        assert_int_equal(err.kind, ERROR_MISSING);
        assert_non_null(strstr(err.text, names[i]));
    }
    assert_int_equal(untouched.size, 7);
}

static void identity_tells_states_apart(void **state) {
    struct file_identity first, now;
    const char *path = scratch_path(*state, "file"), *other = scratch_path(*state, "other");
    put_file(path, "abc");
    assert_true(file_identify(path, &first, NULL));

    put_file(path, "abcd");
    assert_true(file_identify(path, &now, NULL));
    assert_false(file_identity_equal(&first, &now));

    first = now;
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(file_identify(path, &now, NULL));
    assert_false(file_identity_equal(&first, &now));

    first = now;
    put_file(other, "abcd");
    assert_int_equal(rename(other, path), 0);
    assert_true(file_identify(path, &now, NULL));
    assert_false(file_identity_equal(&first, &now));
}

static void readable_by_all_is_a_matter_of_the_last_digit(void **state) {
    (void)state;
    struct file_identity identity = {.mode = 0644};
    assert_true(file_readable_by_all(&identity));
    identity.mode = 0640;
    assert_false(file_readable_by_all(&identity));
    identity.mode = 0664;
    assert_true(file_readable_by_all(&identity));
}

/* ---- reading ---- */

static void read_gives_every_byte(void **state) {
    static const char bytes[] = "a\0b\n\xFF";
    struct error err = {0};
    struct blob read = {0};
    struct file_identity identity, now;
    const char *path = scratch_path(*state, "file");
    assert_true(file_write(path, bytes, sizeof bytes, 0600, FILE_REPLACE, &err));
    assert_true(file_read(path, sizeof bytes, &read, &identity, &err));
    assert_int_equal(read.size, sizeof bytes);
    assert_memory_equal(read.data, bytes, sizeof bytes);
    assert_int_equal(read.data[read.size], 0);
    assert_true(file_identify(path, &now, &err));
    assert_true(file_identity_equal(&identity, &now));
    blob_finish(&read);
}

static void read_gives_an_empty_file(void **state) {
    struct blob read = {0};
    const char *path = scratch_path(*state, "empty");
    put_file(path, "");
    assert_true(file_read(path, 0, &read, NULL, NULL));
    assert_int_equal(read.size, 0);
    assert_non_null(read.data);
    blob_finish(&read);
}

static void read_keeps_the_limit(void **state) {
    struct error err = {0};
    struct blob untouched = {0};
    const char *path = scratch_path(*state, "file");
    put_file(path, "abcd");
    assert_false(file_read(path, 3, &untouched, NULL, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "4 bytes"));
    assert_null(untouched.data);
}

static void put_socket(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof address), 0);
    close(descriptor);
}

static void read_takes_regular_files_alone(void **state) {
    const char *const names[] = {"fifo", "socket", "folder", "link"};
    struct blob untouched = {0};
    assert_int_equal(mkfifo(scratch_path(*state, "fifo"), 0600), 0); /* without a writer */
    put_socket(scratch_path(*state, "socket"));
    put_folder(scratch_path(*state, "folder"));
    put_link("fifo", scratch_path(*state, "link"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct error err = {0};
        assert_false(file_read(scratch_path(*state, names[i]), 100, &untouched, NULL, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.text, "no regular file"));
    }
    assert_null(untouched.data);
}

static void read_of_what_is_missing(void **state) {
    struct error err = {0};
    struct blob untouched = {0};
    assert_false(file_read(scratch_path(*state, "none"), 100, &untouched, NULL, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
}

static int read_what_is_not_ours(void *context) {
    struct error err = {0};
    struct blob untouched = {0};
    require(!file_read(context, 100, &untouched, NULL, &err));
    require(err.kind == ERROR_PERMISSION);
    return CHILD_OK;
}

static void read_of_what_is_not_ours(void **state) {
    const char *path = scratch_path(*state, "file");
    put_file(path, "abc");
    assert_int_equal(chmod(path, 0), 0);
    assert_as_nobody(read_what_is_not_ours, (void *)path);
}

/* The linker sends file_read's fstat through here (--wrap), so that the file changes just when it
 * is looked at. */
static struct {
    const char *path;
    int changes; /* still to come */
} growing;

int __real_fstat(int file, struct stat *out);
int __wrap_fstat(int file, struct stat *out);

int __wrap_fstat(int file, struct stat *out) {
    int status = __real_fstat(file, out);
    if (growing.changes > 0) {
        growing.changes--;
        int same = open(growing.path, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (write(same, "x", 1) != 1)
            status = -1;
        close(same);
    }
    return status;
}

static void read_until_the_file_holds_still(void **state) {
    struct blob read = {0};
    struct file_identity identity, now;
    growing.path = scratch_path(*state, "file");
    put_file(growing.path, "a");
    growing.changes = 3; /* in the first reading twice, in the second once */
    assert_true(file_read(growing.path, 100, &read, &identity, NULL));
    assert_int_equal(growing.changes, 0);
    assert_string_equal((const char *)read.data, "axxx");
    assert_true(file_identify(growing.path, &now, NULL));
    assert_true(file_identity_equal(&identity, &now));
    blob_finish(&read);
}

/* Otherwise what came after the bytes that were read would never be noticed. */
static void identity_never_belongs_to_later_bytes(void **state) {
    struct blob read = {0};
    struct file_identity identity, now;
    growing.path = scratch_path(*state, "file");
    put_file(growing.path, "a");
    growing.changes = 1000;
    bool ok = file_read(growing.path, 100, &read, &identity, NULL);
    growing.changes = 0;
    assert_true(ok);
    assert_int_equal(identity.size, read.size);
    assert_true(file_identify(growing.path, &now, NULL));
    assert_false(file_identity_equal(&identity, &now));
    blob_finish(&read);
}

/* ---- writing ---- */

static void write_sets_the_mode_whatever_the_umask(void **state) {
    const mode_t masks[] = {0, 077, 0777};
    const unsigned modes[] = {0600, 0644, 0640};
    const char *path = scratch_path(*state, "file");
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        mode_t before = umask(masks[i]);
        bool ok = file_write(path, "abc", 3, modes[i], FILE_REPLACE, NULL);
        umask(before);
        assert_true(ok);
        assert_int_equal(mode_of(path), modes[i]);
    }
    assert_int_equal(leftovers(scratch_path(*state, ".")), 0);
}

static void write_replaces_or_refuses_to(void **state) {
    struct error err = {0};
    const char *path = scratch_path(*state, "file");
    assert_true(file_write(path, "one", 3, 0600, FILE_NEW_ONLY, &err));
    assert_false(file_write(path, "two", 3, 0600, FILE_NEW_ONLY, &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_file_holds(path, "one");
    assert_true(file_write(path, "three", 5, 0600, FILE_REPLACE, &err));
    assert_file_holds(path, "three");
    assert_int_equal(leftovers(scratch_path(*state, ".")), 0);
}

static void write_replaces_a_link_not_its_target(void **state) {
    const char *link = scratch_path(*state, "link"), *target = scratch_path(*state, "target");
    struct error err = {0};
    put_file(target, "theirs");
    put_link("target", link);
    assert_false(file_write(link, "ours", 4, 0600, FILE_NEW_ONLY, &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_true(file_write(link, "ours", 4, 0600, FILE_REPLACE, NULL));
    assert_file_holds(link, "ours");
    assert_file_holds(target, "theirs");
}

static void write_takes_a_bare_name(void **state) {
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch_path(*state, ".")), 0);
    bool ok = file_write("bare", "abc", 3, 0600, FILE_REPLACE, NULL);
    assert_int_equal(chdir(before), 0);
    assert_true(ok);
    assert_file_holds(scratch_path(*state, "bare"), "abc");
}

static void write_that_fails_leaves_nothing(void **state) {
    struct error err = {0};
    put_folder(scratch_path(*state, "folder"));
    assert_false(file_write(scratch_path(*state, "none/file"), "abc", 3, 0600, FILE_REPLACE, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    err = (struct error){0};
    assert_false(file_write(scratch_path(*state, "folder"), "abc", 3, 0600, FILE_REPLACE, &err));
    assert_int_not_equal(err.kind, ERROR_NONE);
    assert_int_equal(leftovers(scratch_path(*state, ".")), 0);
}

static int write_beyond_the_limit(void *context) {
    struct scratch *scratch = context;
    static const char data[8192];
    const struct rlimit limit = {4096, 4096};
    const char *path = scratch_path(scratch, "file");
    signal(SIGXFSZ, SIG_IGN);
    require(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    require(!file_write(path, data, sizeof data, 0600, FILE_REPLACE, NULL));
    return CHILD_OK;
}

static void write_that_breaks_off_leaves_the_old_file(void **state) {
    const char *path = scratch_path(*state, "file");
    write_text(path, "old");
    assert_int_equal(in_child(write_beyond_the_limit, *state), CHILD_OK);
    assert_file_holds(path, "old");
    assert_int_equal(leftovers(scratch_path(*state, ".")), 0);
}

static int write_on_a_full_disk(void *context) {
    struct scratch *scratch = context;
    static const char data[256 << 10];
    struct error err = {0};
    struct stat status;
    const char *disk = scratch_path(scratch, "disk"), *path = scratch_path(scratch, "disk/file");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", disk, "tmpfs", 0, "size=64k,mode=0777") != 0)
        return CHILD_CANNOT;
    require(file_write(path, "old", 3, 0600, FILE_REPLACE, NULL));
    require(!file_write(path, data, sizeof data, 0600, FILE_REPLACE, &err));
    require(err.kind == ERROR_SPACE);
    require(strstr(err.text, path));
    require(stat(path, &status) == 0 && status.st_size == 3);
    /* All room is free again, so nothing was left. */
    require(file_write(path, data, 48 << 10, 0600, FILE_REPLACE, NULL));
    return CHILD_OK;
}

static void write_on_a_full_disk_leaves_the_old_file(void **state) {
    put_folder(scratch_path(*state, "disk"));
    assert_in_namespaces(CLONE_NEWNS, write_on_a_full_disk, *state);
}

struct contender {
    const char *path;
    pthread_t thread;
    char text[16];
    bool won;
    struct error err;
};

static void *contend(void *context) {
    struct contender *contender = context;
    contender->won = file_write(contender->path, contender->text, strlen(contender->text), 0600,
                                FILE_NEW_ONLY, &contender->err);
    return NULL;
}

static void of_many_who_write_a_new_file_one_wins(void **state) {
    enum { CONTENDERS = 8, ROUNDS = 20 };
    struct contender contenders[CONTENDERS];
    const char *path = scratch_path(*state, "file");
    for (int round = 0; round < ROUNDS; round++) {
        const struct contender *winner = NULL;
        for (int i = 0; i < CONTENDERS; i++) {
            contenders[i] = (struct contender){.path = path};
            snprintf(contenders[i].text, sizeof contenders[i].text, "%d", i);
            assert_int_equal(pthread_create(&contenders[i].thread, NULL, contend, &contenders[i]),
                             0);
        }
        for (int i = 0; i < CONTENDERS; i++)
            pthread_join(contenders[i].thread, NULL);
        for (int i = 0; i < CONTENDERS; i++)
            if (contenders[i].won) {
                assert_null(winner);
                winner = &contenders[i];
            } else
                assert_int_equal(contenders[i].err.kind, ERROR_EXISTS);
        assert_non_null(winner);
        assert_file_holds(path, winner->text);
        assert_true(file_remove(path, NULL));
    }
    assert_int_equal(leftovers(scratch_path(*state, ".")), 0);
}

enum { VERSION_SIZE = 64 << 10 };

/* Writes one version after the other, and a byte to the pipe for each, until it is killed. */
static void write_versions(const char *path, int pipe) {
    static char data[VERSION_SIZE];
    for (unsigned char version = 0;; version++) {
        memset(data, version, sizeof data);
        if (!file_write(path, data, sizeof data, 0600, FILE_REPLACE, NULL) ||
            write(pipe, "", 1) != 1)
            _exit(CHILD_FAILED);
    }
}

static void a_kill_at_any_moment_leaves_a_whole_file(void **state) {
    enum { ROUNDS = 25 };
    const char *path = scratch_path(*state, "file"), *folder = scratch_path(*state, ".");
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_versions(path, ends[1]);
        char versions[3];
        assert_true(read(ends[0], versions, (size_t)(1 + round % 3)) > 0);
        kill(child, SIGKILL);
        child_status(child);
        close(ends[0]);
        close(ends[1]);

        struct blob data = {0};
        assert_true(file_read(path, VERSION_SIZE, &data, NULL, NULL));
        assert_int_equal(data.size, VERSION_SIZE);
        for (size_t i = 1; i < data.size; i++)
            assert_int_equal(data.data[i], data.data[0]);
        blob_finish(&data);
        file_sweep(folder);
        assert_int_equal(leftovers(folder), 0);
    }
}

/* ---- sweeping, removing ---- */

static int say_nothing(void *context) {
    (void)context;
    return CHILD_OK;
}

static void sweep_spares_the_living_and_what_is_not_ours(void **state) {
    char dead[64], own[64], living[64];
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(say_nothing(NULL));
    child_status(child);
    snprintf(dead, sizeof dead, ".mailstored-%ld-0123456789abcdef.tmp", (long)child);
    snprintf(own, sizeof own, ".mailstored-%ld-0123456789abcdef.tmp", (long)getpid());
    snprintf(living, sizeof living, ".mailstored-%ld-0123456789abcdef.tmp", (long)getppid());
    const char *const gone[] = {dead, own};
    const char *const kept[] = {living,          ".mailstored-.tmp",          ".mailstored-x.tmp",
                                ".mailstored-1", "mailstored-99999999-1.tmp", "file.pem"};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        put_file(scratch_path(*state, gone[i]), "half a key");
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        put_file(scratch_path(*state, kept[i]), "kept");
    file_sweep(scratch_path(*state, "."));
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        assert_false(is_there(scratch_path(*state, gone[i])));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_true(is_there(scratch_path(*state, kept[i])));
    file_sweep(scratch_path(*state, "none"));
}

static void remove_says_what_is_missing(void **state) {
    struct error err = {0};
    const char *path = scratch_path(*state, "file");
    put_file(path, "abc");
    assert_true(file_remove(path, &err));
    assert_false(is_there(path));
    assert_false(file_remove(path, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(identity_follows_links),
        scratch_test(identity_of_what_is_missing),
        scratch_test(identity_tells_states_apart),
        cmocka_unit_test(readable_by_all_is_a_matter_of_the_last_digit),
        scratch_test(read_gives_every_byte),
        scratch_test(read_gives_an_empty_file),
        scratch_test(read_keeps_the_limit),
        scratch_test(read_takes_regular_files_alone),
        scratch_test(read_of_what_is_missing),
        scratch_test(read_of_what_is_not_ours),
        scratch_test(read_until_the_file_holds_still),
        scratch_test(identity_never_belongs_to_later_bytes),
        scratch_test(write_sets_the_mode_whatever_the_umask),
        scratch_test(write_replaces_or_refuses_to),
        scratch_test(write_replaces_a_link_not_its_target),
        scratch_test(write_takes_a_bare_name),
        scratch_test(write_that_fails_leaves_nothing),
        scratch_test(write_that_breaks_off_leaves_the_old_file),
        scratch_test(write_on_a_full_disk_leaves_the_old_file),
        scratch_test(of_many_who_write_a_new_file_one_wins),
        scratch_test(a_kill_at_any_moment_leaves_a_whole_file),
        scratch_test(sweep_spares_the_living_and_what_is_not_ours),
        scratch_test(remove_says_what_is_missing),
    };
    return cmocka_run_group_tests_name("platform/file", tests, NULL, NULL);
}
