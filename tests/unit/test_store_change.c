/* certs/store_change: whatever stops it, and at whichever call, the store is as before or as after;
 * and who looks while it is under way finds the last good version.
 *
 * The linker leads the platform's calls that write here (certs.cmake). */
#include "certs/store_change.h"
#include "certs/store_journal.h"
#include "child.h"
#include "store_fixture.h"

/* ---- calls that write ---- */

enum fault { FAULT_NONE, FAULT_KILL, FAULT_FAIL, FAULT_LOOK };

static enum fault fault;
static long calls_left; /* until it happens */
static long calls;      /* counted since the last arm() */
static bool no_swap;    /* a file system without renameat2's flags */
static void (*looker)(void *context);
static void *looker_context;

static void arm(enum fault what, long at) {
    fault = what;
    calls_left = at;
    calls = 0;
}

/* Before each call. True: it is to fail. */
static bool strikes(void) {
    calls++;
    if (fault == FAULT_LOOK) {
        fault = FAULT_NONE;
        looker(looker_context);
        fault = FAULT_LOOK;
    }
    if ((fault != FAULT_KILL && fault != FAULT_FAIL) || --calls_left != 0)
        return false;
    if (fault == FAULT_KILL)
        child_ends(CHILD_CANNOT);
    errno = EIO;
    return true;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_openat(int folder, const char *name, int flags, ...);
ssize_t __real_write(int file, const void *data, size_t size);
ssize_t __real_pwrite(int file, const void *data, size_t size, off_t at);
int __real_ftruncate(int file, off_t size);
int __real_fsync(int file);
int __real_fchmod(int file, mode_t mode);
int __real_fchown(int file, uid_t owner, gid_t group);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_openat(int folder, const char *name, int flags, ...);
ssize_t __wrap_write(int file, const void *data, size_t size);
ssize_t __wrap_pwrite(int file, const void *data, size_t size, off_t at);
int __wrap_ftruncate(int file, off_t size);
int __wrap_fsync(int file);
int __wrap_fchmod(int file, mode_t mode);
int __wrap_fchown(int file, uid_t owner, gid_t group);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __wrap_unlinkat(int folder, const char *name, int flags);

int __wrap_openat(int folder, const char *name, int flags, ...) {
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
        if (strikes())
            return -1;
    }
    return __real_openat(folder, name, flags, mode);
}

/* It can be cut short, too. */
ssize_t __wrap_write(int file, const void *data, size_t size) {
    if (fault == FAULT_KILL && calls_left == 1 && size > 1)
        (void)!__real_write(file, data, size / 2);
    return strikes() ? -1 : __real_write(file, data, size);
}

ssize_t __wrap_pwrite(int file, const void *data, size_t size, off_t at) {
    return strikes() ? -1 : __real_pwrite(file, data, size, at);
}

int __wrap_ftruncate(int file, off_t size) {
    return strikes() ? -1 : __real_ftruncate(file, size);
}

int __wrap_fsync(int file) {
    return strikes() ? -1 : __real_fsync(file);
}

int __wrap_fchmod(int file, mode_t mode) {
    return strikes() ? -1 : __real_fchmod(file, mode);
}

int __wrap_fchown(int file, uid_t owner, gid_t group) {
    return strikes() ? -1 : __real_fchown(file, owner, group);
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return strikes() ? -1 : __real_renameat(from_folder, from, to_folder, to);
}

int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags) {
    if (no_swap) {
        errno = EINVAL;
        return -1;
    }
    return strikes() ? -1 : __real_renameat2(from_folder, from, to_folder, to, flags);
}

int __wrap_unlinkat(int folder, const char *name, int flags) {
    return strikes() ? -1 : __real_unlinkat(folder, name, flags);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- how a store stands ---- */

static int by_name(const void *left, const void *right) {
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static struct string_list names_in(const char *path) {
    struct string_list names = {0};
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, ".mailstored-lock") != 0)
            assert_true(string_list_add(&names, entry->d_name));
    closedir(folder);
    if (names.count > 1)
        qsort(names.items, names.count, sizeof(char *), by_name);
    return names;
}

static void append_standing(struct buffer *out, const char *path);

static void append_folder(struct buffer *out, const char *path) {
    struct string_list names = names_in(path);
    for (size_t i = 0; i < names.count; i++) {
        char inside[600];
        snprintf(inside, sizeof inside, "%s/%s", path, names.items[i]);
        buffer_printf(out, "%s: ", names.items[i]);
        append_standing(out, inside);
    }
    string_list_finish(&names);
}

static void append_standing(struct buffer *out, const char *path) {
    struct stat status;
    char target[200] = "";
    struct blob content = {0};
    assert_int_equal(lstat(path, &status), 0);
    buffer_printf(out, "%o\n", (unsigned)status.st_mode);
    if (S_ISLNK(status.st_mode)) {
        assert_true(readlink(path, target, sizeof target - 1) > 0);
        buffer_printf(out, "-> %s\n", target);
    } else if (S_ISDIR(status.st_mode)) {
        append_folder(out, path);
    } else {
        assert_true(file_read(path, 65536, &content, NULL, NULL));
        buffer_append(out, content.data, content.size);
    }
    blob_finish(&content);
}

/* Everything in and beside the store: names, kinds, modes, contents. */
static char *standing(const struct fixture *f) {
    struct buffer text = {0};
    append_folder(&text, f->root);
    return buffer_take(&text);
}

/* "mail 3; other 1": the entries that are served, with their numbers. */
static char *serving(const struct fixture *f) {
    struct buffer text = {0};
    const struct cert_set *set = cert_store_set(f->certs);
    for (size_t i = 0; i < cert_set_count(set); i++) {
        const struct cert *cert = cert_set_at(set, i);
        buffer_printf(&text, "%s %.4s %s; ", cert_name(cert), cert_info(cert)->serial + 4,
                      cert_staple(cert, f->now) ? "stapled" : "");
    }
    buffer_append_text(&text, "");
    return buffer_take(&text);
}

static struct fixture *fresh(void) {
    void *state = NULL;
    assert_int_equal(fixture_set_up_in_memory(&state), 0);
    return state;
}

/* ---- what is changed, and how ---- */

static const struct entry_meta about = {.made = 1764000000, .exportable = true};

struct scenario {
    const char *name;
    void (*prepare)(const struct fixture *f);
    bool (*change)(struct store_change *change, struct error *err);
    const char *always; /* the entry that is served all the while, or NULL */
};

static void nothing(const struct fixture *f) {
    put_pem(f, "store/other.pem", 9);
}

static void a_pem(const struct fixture *f) {
    nothing(f);
    put_pem(f, "store/mail.pem", 1);
}

static void a_pem_with_meta(const struct fixture *f) {
    a_pem(f);
    put_text(f, "store/mail.meta", "{}");
}

static void capitals(const struct fixture *f) {
    nothing(f);
    put_pem(f, "store/mail.PEM", 1);
    put_text(f, "store/mail.Meta", "{}");
}

static void a_pair_with_everything(const struct fixture *f) {
    nothing(f);
    put_data(f, "store/mail.crt", "leaf.pem");
    put_data(f, "store/mail.key", "leaf.encrypted.key");
    put_text(f, "store/mail.pass", "secret");
    put_data(f, "store/mail.ocsp", "good.ocsp");
    put_text(f, "store/mail.meta", "{\"friendly_name\": \"Mail\"}");
}

static void two_forms(const struct fixture *f) {
    nothing(f);
    put_crt(f, "store/mail.crt", 1);
    put_crt(f, "store/mail.cer", 3);
    put_key(f, "store/mail.key", 1);
}

static void a_folder(const struct fixture *f) {
    nothing(f);
    make_folder(f, "store/mail");
    make_folder(f, "store/mail/..2026");
    put_crt(f, "store/mail/..2026/tls.crt", 1);
    put_key(f, "store/mail/..2026/tls.key", 1);
    make_link(f, "..2026", "store/mail/..data");
    make_link(f, "..data/tls.crt", "store/mail/tls.crt");
    make_link(f, "..data/tls.key", "store/mail/tls.key");
}

static void a_link(const struct fixture *f) {
    nothing(f);
    make_folder(f, "live");
    put_crt(f, "live/fullchain.pem", 1);
    put_key(f, "live/privkey.pem", 1);
    make_link(f, "../live", "store/mail");
}

static void a_link_with_leavings(const struct fixture *f) {
    a_link(f);
    put_text(f, "store/mail.meta", "{}");
    put_text(f, "store/post.meta", "{}");
    put_text(f, "store/post.pass", "secret");
}

static void a_folder_in_the_way(const struct fixture *f) {
    a_pem(f);
    make_folder(f, "store/mail.meta");
    put_text(f, "store/mail.meta/file", "text");
}

static bool puts_new(struct store_change *change, struct error *err) {
    return store_change_put(change, "mail", material(2), &about, false, err);
}

static bool puts_without_meta(struct store_change *change, struct error *err) {
    return store_change_put(change, "mail", material(2), NULL, false, err);
}

static bool puts_over(struct store_change *change, struct error *err) {
    return store_change_put(change, "mail", material(2), &about, true, err);
}

static bool renames(struct store_change *change, struct error *err) {
    return store_change_rename_entry(change, "mail", "post", err);
}

static bool removes(struct store_change *change, struct error *err) {
    return store_change_remove_entry(change, "mail", err);
}

static bool sets_meta(struct store_change *change, struct error *err) {
    return store_change_set_meta(change, "mail", &about, err);
}

static bool does_much(struct store_change *change, struct error *err) {
    return store_change_rename_entry(change, "mail", "post", err) &&
           store_change_put(change, "mail", material(2), &about, false, err) &&
           store_change_set_meta(change, "mail", &(struct entry_meta){.made = 1}, err) &&
           store_change_write(change, "note", "1", 1, 0644, err) &&
           store_change_write(change, "note", "2", 1, 0640, err) &&
           store_change_rename(change, "note", "notice", err) &&
           store_change_remove_entry(change, "other", err);
}

static const struct scenario scenarios[] = {
    {"a new entry", nothing, puts_new, "other"},
    {"a new entry of one file", nothing, puts_without_meta, "other"},
    {"over a PEM file", a_pem, puts_over, "mail"},
    {"over a PEM file with meta", a_pem_with_meta, puts_over, "mail"},
    {"over capitals", capitals, puts_over, "mail"},
    {"over a pair with everything", a_pair_with_everything, puts_over, "mail"},
    {"over two forms", two_forms, puts_over, "mail"},
    {"over a folder", a_folder, puts_over, "mail"},
    {"over a link", a_link, puts_over, "mail"},
    {"over a folder in the way", a_folder_in_the_way, puts_over, "mail"},
    {"renaming a PEM file", a_pem, renames, "other"},
    {"renaming a PEM file with meta", a_pem_with_meta, renames, "other"},
    {"renaming capitals", capitals, renames, "other"},
    {"renaming a pair with everything", a_pair_with_everything, renames, "other"},
    {"renaming two forms", two_forms, renames, "other"},
    {"renaming a folder", a_folder, renames, "other"},
    {"renaming a link over leavings", a_link_with_leavings, renames, "other"},
    {"removing a PEM file", a_pem, removes, "other"},
    {"removing a pair with everything", a_pair_with_everything, removes, "other"},
    {"removing two forms", two_forms, removes, "other"},
    {"removing a folder", a_folder, removes, "other"},
    {"removing a link", a_link, removes, "other"},
    {"removing what stands before", a_link_with_leavings, removes, "other"},
    {"a first meta", a_pem, sets_meta, "mail"},
    {"another meta", a_pem_with_meta, sets_meta, "mail"},
    {"meta in capitals", capitals, sets_meta, "mail"},
    {"much at once", a_pair_with_everything, does_much, "mail"},
};

static bool carry_out(const struct fixture *f, const struct scenario *scenario, struct error *err) {
    struct store_change *change;
    if (!store_change_begin(f->store, &change, err))
        return false;
    if (scenario->change(change, err))
        return store_change_commit(change, err);
    store_change_abandon(change);
    return false;
}

/* Before and after, by files and by what is served. */
struct ends {
    char *stood[2], *served[2];
    long calls;
};

static struct ends ends_of(const struct scenario *scenario) {
    struct fixture *f = fresh();
    void *state = f;
    struct ends ends;
    struct error err = {0};
    scenario->prepare(f);
    ends.stood[0] = standing(f);
    scan(f, 0);
    ends.served[0] = serving(f);
    arm(FAULT_NONE, 0);
    if (!carry_out(f, scenario, &err))
        fail_msg("%s: %s", scenario->name, err.text);
    ends.calls = calls;
    ends.stood[1] = standing(f);
    open_store(f, false);
    scan(f, 0);
    ends.served[1] = serving(f);
    fixture_tear_down(&state);
    assert_string_not_equal(ends.stood[0], ends.stood[1]);
    return ends;
}

static void ends_finish(struct ends *ends) {
    for (int i = 0; i < 2; i++) {
        free(ends->stood[i]);
        free(ends->served[i]);
    }
}

/* 0: as before, 1: as after. */
static int which_of(char *const ends[2], char *is, const char *what, const char *name, long at) {
    int which = strcmp(is, ends[1]) == 0 ? 1 : strcmp(is, ends[0]) == 0 ? 0 : -1;
    if (which < 0)
        fail_msg("%s, call %ld: %s\n%s\nis neither\n%s\nnor\n%s", name, at, what, is, ends[0],
                 ends[1]);
    free(is);
    return which;
}

/* ---- killed ---- */

static pid_t killed_child(const struct fixture *f, const struct scenario *scenario, long at) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        arm(FAULT_KILL, at);
        bool ok = carry_out(f, scenario, NULL);
        fault = FAULT_NONE;
        child_ends(ok ? CHILD_OK : CHILD_FAILED);
    }
    return child;
}

/* A daemon that looked before, and one that starts now; then the files. */
static int look_after(struct fixture *f, const struct scenario *scenario, const struct ends *ends,
                      long at) {
    struct fixture starting = *f;
    starting.certs = NULL;
    starting.lines = starting.texts = (struct buffer){0};
    scan(f, 0);
    int which = which_of(ends->served, serving(f), "what is served", scenario->name, at);
    open_store(&starting, false);
    scan(&starting, 0);
    int again =
        which_of(ends->served, serving(&starting), "what is served at a start", scenario->name, at);
    assert_int_equal(again, which);
    cert_store_destroy(starting.certs);
    buffer_finish(&starting.lines);
    buffer_finish(&starting.texts);
    store_change_finish_interrupted(f->store);
    int files = which_of(ends->stood, standing(f), "the store", scenario->name, at);
    if (strcmp(ends->served[0], ends->served[1]) != 0)
        assert_int_equal(files, which);
    return files;
}

static void kill_everywhere(const struct scenario *scenario) {
    struct ends ends = ends_of(scenario);
    int status = CHILD_CANNOT, last = 0;
    long at = 1;
    for (; status == CHILD_CANNOT; at++) {
        struct fixture *f = fresh();
        void *state = f;
        scenario->prepare(f);
        scan(f, 0);
        status = child_status(killed_child(f, scenario, at));
        assert_int_not_equal(status, CHILD_FAILED);
        int which = look_after(f, scenario, &ends, at);
        assert_true(which >= last); /* once it has happened, it stays so */
        last = which;
        fixture_tear_down(&state);
    }
    assert_int_equal(last, 1);
    assert_int_equal(at - 1, ends.calls + 1);
    ends_finish(&ends);
}

static void killed_at_any_call_it_is_as_before_or_after(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        kill_everywhere(&scenarios[i]);
}

static void the_same_where_files_cannot_change_places(void **state) {
    (void)state;
    no_swap = true;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        kill_everywhere(&scenarios[i]);
    no_swap = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_call_it_is_as_before_or_after),
        cmocka_unit_test(the_same_where_files_cannot_change_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
