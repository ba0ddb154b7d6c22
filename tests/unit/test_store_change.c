/* certs/store_change: whatever stops it, and at whichever call, the store is as before or as after;
 * and who looks while it is under way finds the last good version.
 *
 * The linker leads the platform's calls that write here (certs.cmake). */
#include "certs/store_change.h"
#include "certs/store_journal.h"
#include "child.h"
#include "store_fixture.h"

/* ---- calls that write ---- */

/* By their number since they were set; 0: none. */
static long kill_at, fail_at;
static long calls;
static bool no_swap; /* a file system without renameat2's flags */
static void (*looker)(void *context);
static void *looker_context;

static void arm(long to_kill, long to_fail) {
    kill_at = to_kill;
    fail_at = to_fail;
    calls = 0;
}

/* Before each call. True: it is to fail. */
static bool strikes(void) {
    void (*look)(void *context) = looker;
    calls++;
    if (look) {
        looker = NULL;
        look(looker_context);
        looker = look;
    }
    if (calls == kill_at)
        child_ends(CHILD_CANNOT);
    errno = EIO;
    return calls == fail_at;
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
    if (calls + 1 == kill_at && size > 1)
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
    {"much at once", a_pair_with_everything, does_much, NULL},
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
    arm(0, 0);
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

struct attempt {
    const struct fixture *f;
    const struct scenario *scenario;
    long kill_at, fail_at;
};

static int attempt(void *context) {
    const struct attempt *attempt = context;
    arm(attempt->kill_at, attempt->fail_at);
    bool ok = carry_out(attempt->f, attempt->scenario, NULL);
    arm(0, 0);
    return ok ? CHILD_OK : CHILD_FAILED;
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
        status = in_child(attempt, &(struct attempt){f, scenario, at, 0});
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

/* ---- failing ---- */

/* What a failure that strikes once leaves, nothing having been cleared up. */
static void fail_everywhere(const struct scenario *scenario) {
    struct ends ends = ends_of(scenario);
    for (long at = 1; at <= ends.calls; at++) {
        struct fixture *f = fresh();
        void *state = f;
        struct error err = {0};
        scenario->prepare(f);
        arm(0, at);
        bool ok = carry_out(f, scenario, &err);
        assert_true(calls >= at);
        arm(0, 0);
        assert_int_equal(ok, err.kind == ERROR_NONE);
        if (!ok)
            assert_int_equal(which_of(ends.stood, standing(f), "what failed", scenario->name, at),
                             0);
        store_change_finish_interrupted(f->store);
        assert_int_equal(which_of(ends.stood, standing(f), "the store", scenario->name, at), ok);
        fixture_tear_down(&state);
    }
    ends_finish(&ends);
}

static void what_fails_changes_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        fail_everywhere(&scenarios[i]);
}

/* Killed while it takes back what it had done. */
static void killed_while_it_fails_it_is_as_before_or_after(void **state) {
    const struct scenario *scenario = &scenarios[3]; /* over a PEM file with meta */
    struct ends ends = ends_of(scenario);
    (void)state;
    for (long fails = 1; fails <= ends.calls; fails++) {
        int status = CHILD_CANNOT;
        for (long kills = fails + 1; status == CHILD_CANNOT; kills++) {
            struct fixture *f = fresh();
            void *own = f;
            scenario->prepare(f);
            scan(f, 0);
            status = in_child(attempt, &(struct attempt){f, scenario, kills, fails});
            look_after(f, scenario, &ends, kills);
            fixture_tear_down(&own);
        }
    }
    ends_finish(&ends);
}

/* Where the older file cannot be kept aside there is no way back, only forward. */
static void without_a_way_back_it_is_finished_by_the_next(void **state) {
    const struct scenario *scenario = &scenarios[3]; /* over a PEM file with meta */
    (void)state;
    no_swap = true;
    struct ends ends = ends_of(scenario);
    unsigned finished_later = 0;
    for (long at = 1; at <= ends.calls; at++) {
        struct fixture *f = fresh();
        void *own = f;
        struct error err = {0};
        scenario->prepare(f);
        arm(0, at);
        bool ok = carry_out(f, scenario, &err);
        arm(0, 0);
        bool is_under_way = strstr(err.text, "will be finished by the next command") != NULL;
        finished_later += is_under_way;
        store_change_finish_interrupted(f->store);
        assert_int_equal(which_of(ends.stood, standing(f), "the store", scenario->name, at),
                         ok || is_under_way);
        fixture_tear_down(&own);
    }
    assert_int_equal(finished_later, 2); /* the second file, and the folder's sync */
    ends_finish(&ends);
    no_swap = false;
}

/* ---- looked at meanwhile ---- */

struct look {
    struct fixture *f;
    const struct scenario *scenario;
};

static void look_meanwhile(void *context) {
    const struct look *look = context;
    const char *name = look->scenario->always;
    scan(look->f, 0);
    const char *events = look->f->lines.data ? look->f->lines.data : "";
    if (strstr(events, "refused") ||
        (name && !cert_set_entry(cert_store_set(look->f->certs), name)))
        fail_msg("%s, call %ld: %s", look->scenario->name, calls, events);
}

static void who_looks_meanwhile_finds_the_last_good_version(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        struct fixture *f = fresh();
        void *own = f;
        struct look look = {f, &scenarios[i]};
        struct error err = {0};
        scenarios[i].prepare(f);
        scan(f, 0);
        looker = look_meanwhile;
        looker_context = &look;
        if (!carry_out(f, &scenarios[i], &err))
            fail_msg("%s: %s", scenarios[i].name, err.text);
        looker = NULL;
        scan(f, 0);
        scan(f, CERTAIN);
        size_t refused = cert_store_refusal_count(f->certs);
        open_store(f, false); /* who has not looked meanwhile */
        scan(f, 0);
        scan(f, CERTAIN);
        assert_int_equal(cert_store_refusal_count(f->certs), refused);
        fixture_tear_down(&own);
    }
}

/* ---- interrupted, and what happened since ---- */

/* A store in which a process died right after writing its change down. */
static struct fixture *interrupted(const struct scenario *scenario) {
    for (long at = 1;; at++) {
        struct fixture *f = fresh();
        void *state = f;
        scenario->prepare(f);
        assert_int_equal(in_child(attempt, &(struct attempt){f, scenario, at, 0}), CHILD_CANNOT);
        if (store_journal_is_there(f->store))
            return f;
        fixture_tear_down(&state);
    }
}

static const struct scenario over_a_pair = {"", a_pair_with_everything, puts_over, NULL};

static void what_was_dropped_since_is_left_alone(void **state) {
    struct fixture *f = interrupted(&over_a_pair);
    *state = f;
    move(f, "store/mail.key", "old.key"); /* so that its inode is not used again */
    put_text(f, "store/mail.key", "dropped");
    put_text(f, "store/mail.pem", "dropped, too");
    store_change_finish_interrupted(f->store);
    assert_false(store_journal_is_there(f->store));
    struct string_list names = names_in(f->store);
    assert_int_equal(names.count, 4);
    assert_string_equal(names.items[0], "mail.key");
    assert_string_equal(names.items[1], "mail.meta");
    assert_string_equal(names.items[2], "mail.pem");
    assert_string_equal(names.items[3], "other.pem");
    string_list_finish(&names);
    struct blob content = {0};
    assert_true(file_read(in_root(f, "store/mail.pem"), 100, &content, NULL, NULL));
    assert_string_equal((const char *)content.data, "dropped, too");
    blob_finish(&content);
    fixture_tear_down(state);
    *state = NULL;
}

static int finish(void *context) {
    const struct attempt *attempt = context;
    arm(attempt->kill_at, attempt->fail_at);
    store_change_finish_interrupted(attempt->f->store);
    arm(0, 0);
    return CHILD_OK;
}

static void finishing_it_may_be_interrupted_too(void **state) {
    struct ends ends = ends_of(&over_a_pair);
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        int status = CHILD_CANNOT;
        long at = 1;
        for (; fails ? at < 40 : status == CHILD_CANNOT; at++) {
            struct fixture *f = interrupted(&over_a_pair);
            void *own = f;
            status = in_child(finish, &(struct attempt){f, NULL, fails ? 0 : at, fails ? at : 0});
            store_change_finish_interrupted(f->store);
            char *stands = standing(f);
            assert_string_equal(stands, ends.stood[1]);
            free(stands);
            fixture_tear_down(&own);
        }
        assert_true(at > 12);
    }
    ends_finish(&ends);
}

static void the_next_change_finishes_it_first(void **state) {
    struct fixture *f = interrupted(&over_a_pair);
    struct store_change *change;
    struct entry_meta meta;
    *state = f;
    assert_true(store_change_begin(f->store, &change, NULL));
    assert_false(store_journal_is_there(f->store));
    assert_true(store_change_rename_entry(change, "mail", "post", NULL));
    assert_true(store_change_commit(change, NULL));
    assert_true(entry_meta_load(f->store, "post", &meta, NULL));
    assert_int_equal(meta.made, about.made);
    scan(f, 0);
    assert_int_equal(served(f, "post"), 2);
    fixture_tear_down(state);
}

static int finish_as_somebody(void *context) {
    const struct fixture *f = context;
    store_change_finish_interrupted(f->store);
    require(store_journal_is_there(f->store));
    return CHILD_OK;
}

static void where_nothing_may_be_written_nothing_is(void **state) {
    struct fixture *f = interrupted(&over_a_pair);
    *state = f;
    assert_int_equal(chmod(f->root, 0755), 0);
    assert_int_equal(chmod(f->store, 0555), 0);
    char *before = standing(f);
    assert_as_nobody(finish_as_somebody, f);
    char *after = standing(f);
    assert_string_equal(before, after);
    free(before);
    free(after);
    assert_int_equal(chmod(f->store, 0700), 0);
    fixture_tear_down(state);
}

static void what_is_written_down_wrongly_is_named_and_stays(void **state) {
    struct fixture *f = fresh();
    struct store_change *change = NULL;
    struct error err = {0};
    *state = f;
    a_pem(f);
    put_text(f, "store/" STORE_JOURNAL, "garbage");
    EXPECT(f, 0, "added mail; added other");
    assert_false(store_change_begin(f->store, &change, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, STORE_JOURNAL ", cannot be finished: line 1"));
    assert_true(store_journal_is_there(f->store));
    fixture_tear_down(state);
}

static void what_is_written_down_leads_nowhere_else(void **state) {
    static const char *const lines[] = {
        "a ../b 1 0 0 0",
        "../a b 1 0 0 0",
        "a .. 1 0 0 0",
        ". b 1 0 0 0",
        " b 1 0 0 0",
        "a%2Fb c 1 0 0 0",
        "a%00b c 1 0 0 0",
        "a%2fb c 1 0 0 0",
        "a%2 c 1 0 0 0",
        "a b 0 0 0 0",
        "a b 18446744073709551616 0 0 0",
        "a b 1 -1 0 0",
        "a b 1 0 0",
        "a b 1 0 0 0 ",
        "a b 1 0 5 0", /* only what is new takes another's place */
        ".mailstored-lock b 1 0 0 0",
        "a .mailstored-change 1 0 0 0",
        ".mailstored-1-2.tmp .mailstored-3-4.tmp 1 0 0 0",
    };
    (void)state;
    for (size_t i = 0; i <= sizeof lines / sizeof *lines; i++) {
        bool is_good = i == sizeof lines / sizeof *lines;
        struct store_moves moves = {0};
        struct buffer text = {0};
        struct error err = {0};
        buffer_printf(&text, "mailstored: a change of the store, version 1\n%s\nend\n",
                      is_good ? ".mailstored-1-2.tmp b%20%FF 1 2 3 4" : lines[i]);
        bool ok = store_moves_read(text.data, text.size, &moves, &err);
        if (ok != is_good)
            fail_msg("%s: %s", text.data, err.text);
        if (is_good)
            assert_string_equal(moves.items[0].to, "b \xff");
        else
            assert_string_equal(err.text, "line 2 is damaged");
        /* Cut off anywhere it is none. */
        for (size_t size = 0; is_good && size < text.size; size++)
            assert_false(store_moves_read(text.data, size, &(struct store_moves){0}, NULL));
        store_moves_finish(&moves);
        buffer_finish(&text);
    }
}

/* ---- one at a time ---- */

static struct store_change *other_change; /* ends while somebody waits for it */
static int64_t slept_ns;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out) {
    int status = __real_clock_gettime(clock, out);
    out->tv_sec += slept_ns / 1000000000;
    return status;
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *left) {
    (void)left;
    slept_ns += pause->tv_sec * 1000000000 + pause->tv_nsec;
    store_change_abandon(other_change);
    other_change = NULL;
    return 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void one_waits_for_the_other_but_not_for_ever(void **state) {
    struct fixture *f = fresh();
    struct store_change *change = NULL, *first = NULL;
    struct error err = {0};
    *state = f;
    nothing(f);
    slept_ns = 0;
    assert_true(store_change_begin(f->store, &other_change, NULL));
    assert_true(store_change_begin(f->store, &change, NULL));
    assert_true(slept_ns > 0);
    assert_null(other_change);
    first = change;
    assert_false(store_change_begin(f->store, &change, &err));
    assert_int_equal(err.kind, ERROR_BUSY);
    char owner[64];
    snprintf(owner, sizeof owner, "is held by process %ld", (long)getpid());
    assert_non_null(strstr(err.text, owner));
    assert_in_range(slept_ns / 1000000000, 5, 6);
    store_change_abandon(first);
    fixture_tear_down(state);
}

/* ---- whose the files are ---- */

static void what_root_writes_is_the_folders_owners(void **state) {
    enum { OWNER = 1234, GROUP = 1235 };
    struct fixture *f = fresh();
    struct stat status;
    *state = f;
    if (geteuid() != 0) {
        fixture_tear_down(state);
        return; /* whoever is not root owns what he writes */
    }
    nothing(f);
    assert_int_equal(chown(f->store, OWNER, GROUP), 0);
    assert_true(carry_out(f, &scenarios[0], NULL));
    static const char *const names[] = {"store/mail.pem", "store/mail.meta",
                                        "store/.mailstored-lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(lstat(in_root(f, names[i]), &status), 0);
        assert_int_equal(status.st_uid, OWNER);
        assert_int_equal(status.st_gid, GROUP);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
    assert_int_equal(chown(f->root, OWNER, GROUP), 0);
    struct store_change *change;
    assert_true(store_change_begin(in_root(f, "new"), &change, NULL));
    store_change_abandon(change);
    assert_int_equal(lstat(in_root(f, "new"), &status), 0);
    assert_int_equal(status.st_uid, OWNER);
    assert_int_equal(status.st_gid, GROUP);
    assert_int_equal(status.st_mode & 07777, 0700);
    fixture_tear_down(state);
}

/* ---- entries ---- */

static struct store_change *begun(const struct fixture *f) {
    struct store_change *change;
    struct error err = {0};
    if (!store_change_begin(f->store, &change, &err))
        fail_msg("%s", err.text);
    return change;
}

static void every_form_of_an_entry_is_found(void **state) {
    struct fixture *f = fresh();
    *state = f;
    put_text(f, "store/mail.example.org.pem", "");
    put_text(f, "store/key.KEY", "");
    put_text(f, "store/bundle.p12", "");
    put_text(f, "store/only.meta", "{}");
    put_text(f, "store/README", "read me");
    make_folder(f, "store/lost+found");
    make_folder(f, "store/folder");
    put_text(f, "store/folder/tls.key", "");
    make_link(f, "nowhere", "store/broken");
    make_link(f, "README", "store/linked");
    struct store_change *change = begun(f);
    static const char *const there[] = {"mail.example.org", "key", "bundle", "folder", "broken"};
    static const char *const absent[] = {"mail",   "mail.example",         "only",
                                         "README", "lost+found",           "linked",
                                         "KEY",    "mail.example.org.pem", ""};
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        if (!store_change_has(change, there[i]))
            fail_msg("%s", there[i]);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (store_change_has(change, absent[i]))
            fail_msg("%s", absent[i]);
    store_change_abandon(change);
    fixture_tear_down(state);
}

static void folders_and_files_of_another_meaning_stay(void **state) {
    struct fixture *f = fresh();
    struct error err = {0};
    *state = f;
    make_folder(f, "store/mail");
    put_text(f, "store/mail/notes", "mine");
    put_text(f, "store/post", "mine, too");
    struct store_change *change = begun(f);
    assert_false(store_change_remove_entry(change, "mail", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(store_change_rename_entry(change, "post", "other", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_true(store_change_put(change, "mail", material(1), NULL, true, NULL));
    assert_true(store_change_put(change, "post", material(1), NULL, false, NULL));
    assert_true(store_change_commit(change, NULL));
    assert_int_equal(access(in_root(f, "store/mail/notes"), F_OK), 0);
    assert_int_equal(access(in_root(f, "store/post"), F_OK), 0);
    EXPECT(f, 0, "added mail; added post");
    fixture_tear_down(state);
}

static void what_cannot_be_done_is_said(void **state) {
    struct fixture *f = fresh();
    struct error err = {0};
    struct cert_material keyless = *material(1);
    *state = f;
    keyless.key = (struct blob){0};
    put_pem(f, "store/mail.pem", 1);
    put_pem(f, "store/post.pem", 2);
    char *before = standing(f);
    struct store_change *change = begun(f);
    assert_false(store_change_put(change, "mail", material(1), &about, false, &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_false(store_change_put(change, "new", &keyless, &about, false, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_put(change, ".new", material(1), &about, false, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_rename_entry(change, "mail", "post", &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_false(store_change_rename_entry(change, "mail", "mail", &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_false(store_change_rename_entry(change, "none", "new", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(store_change_rename_entry(change, "mail", "a/b", &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_set_meta(change, "none", &about, &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(store_change_write(change, "../file", "", 0, 0600, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_write(change, STORE_JOURNAL, "", 0, 0600, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(store_change_remove(change, "none", &err));
    assert_int_equal(err.kind, ERROR_MISSING);
    assert_false(store_change_rename(change, "mail.pem", "post.pem", &err));
    assert_int_equal(err.kind, ERROR_EXISTS);
    assert_true(store_change_commit(change, &err)); /* of nothing */
    char *after = standing(f);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fixture_tear_down(state);
}

/* A step that fails in the middle takes the whole change with it. */
static void half_an_entry_is_not_committed(void **state) {
    struct fixture *f = fresh();
    struct error err = {0};
    char not_utf8[] = "\xff";
    *state = f;
    nothing(f);
    char *before = standing(f);
    struct store_change *change = begun(f);
    struct entry_meta meta = {.friendly_name = not_utf8};
    assert_false(store_change_put(change, "mail", material(1), &meta, false, &err));
    assert_false(store_change_commit(change, &err));
    char *after = standing(f);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fixture_tear_down(state);
}

/* Read by the tool as the owner, who cannot write what root made in it. */
static int remove_as_somebody(void *context) {
    const struct fixture *f = context;
    struct store_change *change;
    struct error err = {0};
    require(store_change_begin(f->store, &change, NULL));
    require(!store_change_remove_entry(change, "mail", &err));
    require(err.kind == ERROR_PERMISSION);
    store_change_abandon(change);
    return CHILD_OK;
}

static void a_folder_that_could_not_be_emptied_stays(void **state) {
    enum { NOBODY = 65534 };
    struct fixture *f = fresh();
    *state = f;
    a_folder(f);
    assert_int_equal(chmod(f->root, 0755), 0);
    assert_int_equal(chmod(in_root(f, "store/mail"), 0555), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(f->store, NOBODY, NOBODY), 0);
    assert_as_nobody(remove_as_somebody, f);
    assert_int_equal(access(in_root(f, "store/mail/tls.crt"), F_OK), 0);
    assert_int_equal(chmod(in_root(f, "store/mail"), 0755), 0);
    fixture_tear_down(state);
}

/* ---- names ---- */

static void names_of_entries_are_checked(void **state) {
    (void)state;
    char longest[202];
    memset(longest, 'a', 201);
    longest[200] = '\0';
    const char *const good[] = {"a",
                                "mail.example.org",
                                "My server_ _.example.org",
                                "M\xc3\xbcnchen",
                                "authority2",
                                "a.pem2",
                                longest};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct error err = {0};
        if (!entry_name_check(good[i], &err))
            fail_msg("%s: %s", good[i], err.text);
    }
    char longer[202];
    memset(longer, 'a', 201);
    longer[201] = '\0';
    const struct {
        const char *name, *says;
    } bad[] = {
        {"", "empty"},
        {longer, "200"},
        {"a/b", "\"/\""},
        {"a\nb", "printable"},
        {"a\xff", "UTF-8"},
        {"\xe2\x80\xae", "printable"},
        {".a", "dot"},
        {"..", "dot"},
        {"a.pem", "ending"},
        {"a.Key", "ending"},
        {"a.meta", "ending"},
        {"a~", "passed over"},
        {"a.tmp", "passed over"},
        {"a.BAK", "passed over"},
        {"authority", "local authority"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = {0};
        assert_false(entry_name_check(bad[i].name, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.text, bad[i].says))
            fail_msg("%s: %s", bad[i].name, err.text);
    }
}

static void any_text_gives_a_name(void **state) {
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"My server: *.example.org", "My server_ _.example.org"},
        {"mail.example.org", "mail.example.org"},
        {"*.example.org", "_.example.org"},
        {"../../etc/passwd", "_._.._etc_passwd"},
        {"  M\xc3\xbcnchen  ", "M\xc3\xbcnchen"},
        {"a\xff\x01", "a__"},
        {"\xe2\x80\xae", "_"},
        {".hidden", "_hidden"},
        {"server.pem", "server_pem"},
        {"server.key.PEM", "server.key_PEM"},
        {"back~", "back_"},
        {"old.bak", "old_bak"},
        {"mail.example.org.", "mail.example.org"},
        {"..", "certificate"},
        {"authority", "authority_"},
        {"", "certificate"},
        {"   ", "certificate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = entry_name_from(cases[i].text);
        assert_string_equal(name, cases[i].name);
        assert_true(entry_name_check(name, NULL));
        free(name);
    }
    char text[401];
    for (size_t i = 0; i < sizeof text - 1; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    text[400] = '\0';
    char *name = entry_name_from(text);
    assert_int_equal(strlen(name), 200);
    free(name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_call_it_is_as_before_or_after),
        cmocka_unit_test(the_same_where_files_cannot_change_places),
        cmocka_unit_test(what_fails_changes_nothing),
        cmocka_unit_test(killed_while_it_fails_it_is_as_before_or_after),
        cmocka_unit_test(without_a_way_back_it_is_finished_by_the_next),
        cmocka_unit_test(who_looks_meanwhile_finds_the_last_good_version),
        cmocka_unit_test(what_was_dropped_since_is_left_alone),
        cmocka_unit_test(finishing_it_may_be_interrupted_too),
        cmocka_unit_test(the_next_change_finishes_it_first),
        cmocka_unit_test(where_nothing_may_be_written_nothing_is),
        cmocka_unit_test(what_is_written_down_wrongly_is_named_and_stays),
        cmocka_unit_test(what_is_written_down_leads_nowhere_else),
        cmocka_unit_test(one_waits_for_the_other_but_not_for_ever),
        cmocka_unit_test(what_root_writes_is_the_folders_owners),
        cmocka_unit_test(every_form_of_an_entry_is_found),
        cmocka_unit_test(folders_and_files_of_another_meaning_stay),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(half_an_entry_is_not_committed),
        cmocka_unit_test(a_folder_that_could_not_be_emptied_stays),
        cmocka_unit_test(names_of_entries_are_checked),
        cmocka_unit_test(any_text_gives_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
