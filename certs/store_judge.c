#include "certs/store_judge.h"

#include "certs/cert_read.h"
#include "certs/staple.h"
#include "certs/store_words.h"

#include <gnutls/crypto.h>
#include <string.h>

enum { STAPLE_LIMIT = 64 * 1024 };

/* One judgement under way. */
struct judging {
    struct store_entry *entry;
    const struct store_view *view;
    int64_t now;
    struct store_sources sources;
    struct blob certificate, key, password, staple; /* as read */
    struct error staple_error;                      /* why it could not be read */
    struct store_verdict verdict;
    bool try_again; /* reading failed for a reason that need not show in the file's identity */
};

void store_verdict_finish(struct store_verdict *verdict) {
    cert_release(verdict->cert);
    store_problems_destroy(verdict->problems);
    *verdict = (struct store_verdict){0};
}

/* ---- reading ---- */

static bool read_file(struct judging *judging, struct store_file *file, size_t limit,
                      struct blob *out, struct error *err) {
    struct file_identity identity;
    if (!file_read(file->path, limit, out, &identity, err))
        return false;
    if (!file_identity_equal(&identity, &file->identity)) {
        file->identity = identity; /* it changed since we looked */
        store_look_doubt(file, judging->view);
    }
    return true;
}

/* False: it is missing although it is needed, which a problem then says, or out of memory. */
static bool read_needed(struct judging *judging, struct store_file *file, struct blob *out) {
    struct error err = {0};
    struct store_problem **problems = &judging->verdict.problems;
    if (!file)
        return true;
    if (file->state != STORE_FILE) {
        judging->try_again |= !store_words_state(problems, file, judging->view);
        judging->try_again |= file->state != STORE_DIRECTORY && file->state != STORE_ODD;
        return false;
    }
    if (read_file(judging, file, CERT_FILE_LIMIT, out, &err))
        return true;
    store_words_unreadable(problems, CERT_STORE_REFUSED, file, &err, judging->view);
    judging->try_again |= err.kind != ERROR_INPUT;
    return false;
}

static void read_staple(struct judging *judging) {
    struct store_file *file = judging->sources.staple;
    if (!file)
        return;
    if (!read_file(judging, file, STAPLE_LIMIT, &judging->staple, &judging->staple_error))
        judging->try_again |= judging->staple_error.kind != ERROR_INPUT;
}

static bool read_all(struct judging *judging) {
    read_staple(judging);
    return read_needed(judging, judging->sources.certificate, &judging->certificate) &&
           read_needed(judging, judging->sources.key, &judging->key) &&
           read_needed(judging, judging->sources.password, &judging->password);
}

/* ---- recognising what was judged before ---- */

static void hash_blob(gnutls_hash_hd_t hash, const struct blob *blob) {
    gnutls_hash(hash, &blob->size, sizeof blob->size);
    if (blob->size > 0)
        gnutls_hash(hash, blob->data, blob->size);
}

/* Files rewritten with the content they had cost no judgement, which for a PKCS#12 bundle can be a
 * tenth of a second. False: the library would not. */
static bool digest(const struct judging *judging, unsigned char out[static STORE_DIGEST_SIZE]) {
    gnutls_hash_hd_t hash;
    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
        return false;
    gnutls_hash(hash, &judging->view->accept_public_keys, sizeof(bool));
    for (const struct store_file *file = judging->entry->files; file; file = file->next) {
        gnutls_hash(hash, file->path, strlen(file->path) + 1);
        gnutls_hash(hash, &file->state, sizeof file->state);
        gnutls_hash(hash, &file->identity.mode, sizeof file->identity.mode);
        gnutls_hash(hash, &file->identity.owner, sizeof file->identity.owner);
    }
    hash_blob(hash, &judging->certificate);
    hash_blob(hash, &judging->key);
    hash_blob(hash, &judging->password);
    hash_blob(hash, &judging->staple);
    gnutls_hash_deinit(hash, out);
    return true;
}

/* The response is judged by the clock too. `chain`: the certificates it is about. */
static bool staple_is_good(const struct judging *judging, const struct blob *leaf,
                           const struct blob *issuer, int64_t *until, struct error *err) {
    return staple_check(&judging->staple, leaf, issuer, judging->now, until, err);
}

/* Would the staple, unchanged, now be judged otherwise than before? */
static bool staple_turned(const struct judging *judging) {
    const struct cert *cert = judging->entry->cert;
    int64_t until = 0;
    if (judging->staple.size == 0 || !cert || judging->entry->is_refused)
        return false;
    const struct blob *issuer = cert_chain_count(cert) > 1 ? cert_chain(cert, 1) : NULL;
    bool is_good = staple_is_good(judging, cert_chain(cert, 0), issuer, &until, NULL);
    return is_good != (judging->entry->staple_until != 0);
}

/* ---- judging ---- */

/* A PEM key (RFC 7468 and its ancestors) anywhere in the file. */
static bool holds_pem_key(const struct blob *content) {
    static const char mark[] = "PRIVATE KEY-----";
    const size_t length = sizeof mark - 1;
    for (size_t i = 0; i + length <= content->size; i++) {
        const unsigned char *next = memchr(content->data + i, mark[0], content->size - i);
        if (!next)
            return false;
        i = (size_t)(next - content->data);
        if (i + length <= content->size && memcmp(next, mark, length) == 0)
            return true;
    }
    return false;
}

static bool is_secret(const struct store_file *file, const struct blob *content) {
    return store_role_is_key(file->role) || file->role == STORE_PFX || file->role == STORE_P12 ||
           file->role == STORE_PASS || holds_pem_key(content);
}

/* False: a problem says which secret everyone can read, or out of memory. */
static bool check_public(struct judging *judging, const struct store_file *file,
                         const struct blob *content) {
    if (!file || judging->view->accept_public_keys || !file_readable_by_all(&file->identity) ||
        !is_secret(file, content))
        return true;
    judging->try_again |= !store_words_public(&judging->verdict.problems, file, judging->view);
    return false;
}

static struct cert_file as_source(const struct store_file *file, const struct blob *content) {
    if (!file)
        return (struct cert_file){0};
    return (struct cert_file){file->path, content->data ? (const void *)content->data : "",
                              content->size};
}

static bool begins_with_path(const struct error *err, const struct store_file *file) {
    size_t length = file ? strlen(file->path) : 0;
    return file && strncmp(err->text, file->path, length) == 0 && err->text[length] == ':';
}

/* The reader's errors begin with the path of the file they are about. */
static void refuse(struct judging *judging, const struct error *err) {
    const struct store_file *file = judging->sources.certificate;
    if (begins_with_path(err, judging->sources.key))
        file = judging->sources.key;
    else if (begins_with_path(err, judging->sources.password))
        file = judging->sources.password;
    judging->try_again |=
        err->kind == ERROR_MEMORY ||
        !store_words_error(&judging->verdict.problems, CERT_STORE_REFUSED, file, err);
}

static bool read_material(struct judging *judging, struct cert_material *out) {
    const struct store_sources *files = &judging->sources;
    enum store_role role = files->certificate->role;
    struct store_problem **problems = &judging->verdict.problems;
    if (!files->key && (role == STORE_TLS_CRT || role == STORE_FULLCHAIN)) {
        judging->try_again |= !store_words_no_key(problems, files->certificate);
        return false;
    }
    if (!check_public(judging, files->certificate, &judging->certificate) ||
        !check_public(judging, files->key, &judging->key) ||
        !check_public(judging, files->password, &judging->password))
        return false;
    struct buffer password_name = {0};
    buffer_printf(&password_name, "%s/%s.pass", judging->view->folder, judging->entry->name);
    struct error err = {0};
    struct cert_sources sources = {.certificate =
                                       as_source(files->certificate, &judging->certificate),
                                   .key = as_source(files->key, &judging->key),
                                   .password = as_source(files->password, &judging->password),
                                   .is_pkcs12 = role == STORE_PFX || role == STORE_P12};
    if (!files->password && !password_name.failed)
        sources.password.name = password_name.data;
    bool ok = cert_read(&sources, out, &err);
    if (!ok)
        refuse(judging, &err);
    buffer_finish(&password_name);
    return ok;
}

/* A response that is not good is left out, and a problem says why. */
static void add_staple(struct judging *judging, struct cert_material *material) {
    const struct store_file *file = judging->sources.staple;
    struct store_problem **problems = &judging->verdict.problems;
    struct error err = judging->staple_error;
    if (!file)
        return;
    const struct blob *issuer = material->chain_count > 1 ? &material->chain[1] : NULL;
    if (err.kind == ERROR_NONE && staple_is_good(judging, &material->chain[0], issuer,
                                                 &judging->verdict.staple_until, &err)) {
        material->staple = judging->staple;
        judging->staple = (struct blob){0};
        return;
    }
    judging->verdict.is_staple_refused = true;
    judging->try_again |=
        !store_words_unreadable(problems, CERT_STORE_STAPLE_REFUSED, file, &err, judging->view);
}

static void judge_certificate(struct judging *judging) {
    struct cert_material material = {0};
    struct error err = {0};
    if (!read_material(judging, &material))
        return;
    add_staple(judging, &material);
    if (!cert_create(judging->entry->name, &material, judging->verdict.staple_until,
                     &judging->verdict.cert, &err))
        refuse(judging, &err);
    cert_material_finish(&material);
}

static void add_unused(struct judging *judging) {
    for (const struct store_file *file = judging->entry->files; file; file = file->next) {
        struct store_unused unused;
        if (store_entry_is_unused(judging->entry, &judging->sources, file, &unused))
            judging->try_again |= !store_words_unused(&judging->verdict.problems, file, &unused);
    }
}

static void judge(struct judging *judging) {
    struct store_entry *entry = judging->entry;
    unsigned char fresh[STORE_DIGEST_SIZE];
    bool is_read = read_all(judging) && digest(judging, fresh);
    if (is_read && entry->is_judged && memcmp(fresh, entry->digest, sizeof fresh) == 0 &&
        !staple_turned(judging)) {
        judging->verdict.is_same = true;
        return;
    }
    entry->is_judged = is_read;
    if (is_read)
        memcpy(entry->digest, fresh, sizeof fresh);
    if (is_read && judging->sources.certificate)
        judge_certificate(judging);
    else if (is_read)
        judging->try_again |=
            !store_words_no_certificate(&judging->verdict.problems, entry, judging->sources.key);
    add_unused(judging);
}

void store_judge(struct store_entry *entry, const struct store_view *view, int64_t now,
                 struct store_verdict *out) {
    struct judging judging = {
        .entry = entry, .view = view, .now = now, .sources = store_entry_sources(entry)};
    if (judging.sources.certificate || judging.sources.key)
        judge(&judging);
    else
        add_unused(&judging);
    if (!judging.verdict.is_same)
        entry->is_staple_refused = judging.verdict.is_staple_refused;
    if (judging.try_again)
        entry->is_judged = false;
    entry->judge_again = judging.try_again || entry->is_staple_refused;
    blob_wipe(&judging.certificate); /* it may hold the key */
    blob_wipe(&judging.key);
    blob_wipe(&judging.password);
    blob_finish(&judging.staple);
    *out = judging.verdict;
}
