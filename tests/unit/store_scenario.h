/* Changes of a store, each with what it begins from, and how a store stands: for tests that stop a
 * change at any of its calls. */
#pragma once

#include "certs/store_change.h"
#include "child.h"
#include "platform/file.h"
#include "store_fixture.h"
#include "write_calls.h"

/* ---- how a store stands ---- */

static inline int by_name(const void *left, const void *right) {
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static inline struct string_list names_in(const char *path) {
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

static inline void append_standing(struct buffer *out, const char *path);

static inline void append_folder(struct buffer *out, const char *path) {
    struct string_list names = names_in(path);
    for (size_t i = 0; i < names.count; i++) {
        char inside[600];
        snprintf(inside, sizeof inside, "%s/%s", path, names.items[i]);
        buffer_printf(out, "%s: ", names.items[i]);
        append_standing(out, inside);
    }
    string_list_finish(&names);
}

static inline void append_standing(struct buffer *out, const char *path) {
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
static inline char *standing(const struct fixture *f) {
    struct buffer text = {0};
    append_folder(&text, f->root);
    return buffer_take(&text);
}

/* "mail 3; other 1": the entries that are served, with their numbers. */
static inline char *serving(const struct fixture *f) {
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

static inline struct fixture *fresh(void) {
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

static inline void nothing(const struct fixture *f) {
    put_pem(f, "store/other.pem", 9);
}

static inline void a_pem(const struct fixture *f) {
    nothing(f);
    put_pem(f, "store/mail.pem", 1);
}

static inline void a_pem_with_meta(const struct fixture *f) {
    a_pem(f);
    put_text(f, "store/mail.meta", "{}");
}

static inline void capitals(const struct fixture *f) {
    nothing(f);
    put_pem(f, "store/mail.PEM", 1);
    put_text(f, "store/mail.Meta", "{}");
}

static inline void a_pair_with_everything(const struct fixture *f) {
    nothing(f);
    put_data(f, "store/mail.crt", "leaf.pem");
    put_data(f, "store/mail.key", "leaf.encrypted.key");
    put_text(f, "store/mail.pass", "secret");
    put_data(f, "store/mail.ocsp", "good.ocsp");
    put_text(f, "store/mail.meta", "{\"friendly_name\": \"Mail\"}");
}

static inline void two_forms(const struct fixture *f) {
    nothing(f);
    put_crt(f, "store/mail.crt", 1);
    put_crt(f, "store/mail.cer", 3);
    put_key(f, "store/mail.key", 1);
}

static inline void a_folder(const struct fixture *f) {
    nothing(f);
    make_folder(f, "store/mail");
    make_folder(f, "store/mail/..2026");
    put_crt(f, "store/mail/..2026/tls.crt", 1);
    put_key(f, "store/mail/..2026/tls.key", 1);
    make_link(f, "..2026", "store/mail/..data");
    make_link(f, "..data/tls.crt", "store/mail/tls.crt");
    make_link(f, "..data/tls.key", "store/mail/tls.key");
}

static inline void a_link(const struct fixture *f) {
    nothing(f);
    make_folder(f, "live");
    put_crt(f, "live/fullchain.pem", 1);
    put_key(f, "live/privkey.pem", 1);
    make_link(f, "../live", "store/mail");
}

static inline void a_link_with_leavings(const struct fixture *f) {
    a_link(f);
    put_text(f, "store/mail.meta", "{}");
    put_text(f, "store/post.meta", "{}");
    put_text(f, "store/post.pass", "secret");
}

static inline void a_folder_in_the_way(const struct fixture *f) {
    a_pem(f);
    make_folder(f, "store/mail.meta");
    put_text(f, "store/mail.meta/file", "text");
}

static inline bool puts_new(struct store_change *change, struct error *err) {
    return store_change_put(change, "mail", material(2), &about, false, err);
}

static inline bool puts_without_meta(struct store_change *change, struct error *err) {
    return store_change_put(change, "mail", material(2), NULL, false, err);
}

static inline bool puts_over(struct store_change *change, struct error *err) {
    return store_change_put(change, "mail", material(2), &about, true, err);
}

static inline bool renames(struct store_change *change, struct error *err) {
    return store_change_rename_entry(change, "mail", "post", err);
}

static inline bool removes(struct store_change *change, struct error *err) {
    return store_change_remove_entry(change, "mail", err);
}

static inline bool sets_meta(struct store_change *change, struct error *err) {
    return store_change_set_meta(change, "mail", &about, err);
}

static inline bool does_much(struct store_change *change, struct error *err) {
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

static inline bool carry_out(const struct fixture *f, const struct scenario *scenario,
                             struct error *err) {
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

static inline struct ends ends_of(const struct scenario *scenario) {
    struct fixture *f = fresh();
    void *state = f;
    struct ends ends;
    struct error err = {0};
    scenario->prepare(f);
    ends.stood[0] = standing(f);
    scan(f, 0);
    ends.served[0] = serving(f);
    write_calls_arm(0, 0);
    if (!carry_out(f, scenario, &err))
        fail_msg("%s: %s", scenario->name, err.text);
    ends.calls = write_calls.made;
    ends.stood[1] = standing(f);
    open_store(f, false);
    scan(f, 0);
    ends.served[1] = serving(f);
    fixture_tear_down(&state);
    assert_string_not_equal(ends.stood[0], ends.stood[1]);
    return ends;
}

static inline void ends_finish(struct ends *ends) {
    for (int i = 0; i < 2; i++) {
        free(ends->stood[i]);
        free(ends->served[i]);
    }
}

/* 0: as before, 1: as after. */
static inline int which_of(char *const ends[2], char *is, const char *what, const char *name,
                           long at) {
    int which = strcmp(is, ends[1]) == 0 ? 1 : strcmp(is, ends[0]) == 0 ? 0 : -1;
    if (which < 0)
        fail_msg("%s, call %ld: %s\n%s\nis neither\n%s\nnor\n%s", name, at, what, is, ends[0],
                 ends[1]);
    free(is);
    return which;
}

struct attempt {
    const struct fixture *f;
    const struct scenario *scenario;
    long kill_at, fail_at;
};

static inline int attempt(void *context) {
    const struct attempt *attempt = context;
    write_calls_arm(attempt->kill_at, attempt->fail_at);
    bool ok = carry_out(attempt->f, attempt->scenario, NULL);
    write_calls_arm(0, 0);
    return ok ? CHILD_OK : CHILD_FAILED;
}
