#include "trust/anchors.h"

#include "platform/file.h"
#include "trust/facts.h"
#include "trust/judge.h"

#include <stdlib.h>
#include <string.h>

void trust_anchors_destroy(struct trust_anchors *anchors) {
    if (!anchors)
        return;
    for (size_t i = 0; i < anchors->count; i++) {
        gnutls_x509_crt_deinit(anchors->items[i]);
        free(anchors->subjects[i]);
    }
    free(anchors->items);
    free(anchors->subjects);
    free(anchors);
}

size_t trust_anchors_count(const struct trust_anchors *anchors) {
    return anchors->count;
}

static bool is_known(const struct trust_anchors *anchors, gnutls_x509_crt_t certificate,
                     const char *subject) {
    for (size_t i = 0; i < anchors->count; i++)
        if (strcmp(anchors->subjects[i], subject) == 0 &&
            gnutls_x509_crt_equals(anchors->items[i], certificate))
            return true;
    return false;
}

static bool grow(struct trust_anchors *anchors) {
    size_t capacity = anchors->capacity ? anchors->capacity * 2 : 16;
    gnutls_x509_crt_t *items = realloc(anchors->items, capacity * sizeof(gnutls_x509_crt_t));
    if (items)
        anchors->items = items;
    char **subjects = items ? realloc(anchors->subjects, capacity * sizeof *subjects) : NULL;
    if (!subjects)
        return false;
    anchors->subjects = subjects;
    anchors->capacity = capacity;
    return true;
}

/* Takes the certificate. False: out of memory. */
static bool add(struct trust_anchors *anchors, gnutls_x509_crt_t certificate) {
    char *subject = facts_fold_subject(certificate);
    bool ok = subject != NULL;
    if (ok && !is_known(anchors, certificate, subject)) {
        ok = anchors->count < anchors->capacity || grow(anchors);
        if (ok) {
            anchors->items[anchors->count] = certificate;
            anchors->subjects[anchors->count++] = subject;
            return true;
        }
    }
    gnutls_x509_crt_deinit(certificate);
    free(subject);
    return ok;
}

static bool no_memory(struct error *err) {
    error_set(err, ERROR_MEMORY, "trusted certificates: out of memory");
    return false;
}

/* ---- given ones ---- */

static bool add_der(struct trust_anchors *anchors, const gnutls_datum_t *der, struct error *err) {
    gnutls_x509_crt_t certificate = NULL;
    if (gnutls_x509_crt_init(&certificate) < 0)
        return no_memory(err);
    int code = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER);
    if (code >= 0)
        return add(anchors, certificate) || no_memory(err);
    gnutls_x509_crt_deinit(certificate);
    error_set(err, ERROR_INPUT, "a trusted certificate cannot be read (%s)", gnutls_strerror(code));
    return false;
}

bool trust_anchors_of_chain(const struct blob *chain, size_t count, struct trust_anchors **out,
                            struct error *err) {
    struct trust_anchors *anchors = calloc(1, sizeof *anchors);
    bool ok = anchors || no_memory(err);
    for (size_t i = 0; ok && i < count; i++)
        ok = add_der(anchors, &(gnutls_datum_t){chain[i].data, (unsigned)chain[i].size}, err);
    if (ok)
        *out = anchors;
    else
        trust_anchors_destroy(anchors);
    return ok;
}

bool trust_anchors_join(struct trust_anchors *anchors, const struct trust_anchors *more,
                        struct error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < more->count; i++) {
        gnutls_datum_t der = {0};
        ok = gnutls_x509_crt_export2(more->items[i], GNUTLS_X509_FMT_DER, &der) >= 0 ||
             no_memory(err);
        ok = ok && add_der(anchors, &der, err);
        gnutls_free(der.data);
    }
    return ok;
}

/* ---- the system's ---- */

static bool take_all(struct trust_anchors *anchors, gnutls_x509_trust_list_t list) {
    gnutls_x509_trust_list_iter_t place = NULL;
    gnutls_x509_crt_t certificate = NULL;
    bool ok = true;
    while (ok && gnutls_x509_trust_list_iter_get_ca(list, &place, &certificate) == 0)
        ok = add(anchors, certificate);
    gnutls_x509_trust_list_iter_deinit(place);
    return ok;
}

bool trust_anchors_of_system(struct trust_anchors **out, struct error *err) {
    struct trust_anchors *anchors = calloc(1, sizeof *anchors);
    gnutls_x509_trust_list_t list = NULL;
    if (!anchors || gnutls_x509_trust_list_init(&list, 0) < 0) {
        trust_anchors_destroy(anchors);
        return no_memory(err);
    }
    int count = gnutls_x509_trust_list_add_system_trust(list, 0, 0);
    bool ok = count <= 0 || take_all(anchors, list) || no_memory(err);
    gnutls_x509_trust_list_deinit(list, 1);
    if (ok && anchors->count == 0) {
        error_set(
            err, ERROR_MISSING,
            "this system has no trusted certificates: install ca-certificates, or name a file");
        ok = false;
    }
    if (ok)
        *out = anchors;
    else
        trust_anchors_destroy(anchors);
    return ok;
}

/* ---- from files ---- */

enum { FILE_LIMIT = 16 * 1024 * 1024 };

/* Text or DER. False: none is in it, or out of memory. */
static bool add_file(struct trust_anchors *anchors, const char *path, struct error *err) {
    struct blob content = {0};
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    if (!file_read(path, FILE_LIMIT, &content, NULL, err))
        return false;
    gnutls_datum_t datum = {content.data, (unsigned)content.size};
    int code = gnutls_x509_crt_list_import2(&list, &count, &datum, GNUTLS_X509_FMT_PEM, 0);
    if (code < 0)
        code = gnutls_x509_crt_list_import2(&list, &count, &datum, GNUTLS_X509_FMT_DER, 0);
    blob_finish(&content);
    if (code < 0) {
        error_set(err, ERROR_INPUT, "%s: there is no certificate in it that can be read (%s)", path,
                  gnutls_strerror(code));
        return false;
    }
    bool ok = true;
    for (unsigned i = 0; i < count; i++)
        ok = add(anchors, list[i]) && ok;
    gnutls_free(list);
    return ok || no_memory(err);
}

struct walk {
    struct trust_anchors *anchors;
    const char *folder;
    bool no_memory;
};

static bool visit(void *context, const char *name) {
    struct walk *walk = context;
    struct error err = {0};
    char *path = path_join(walk->folder, name);
    walk->no_memory = !path || (!add_file(walk->anchors, path, &err) && err.kind == ERROR_MEMORY);
    free(path);
    return !walk->no_memory;
}

static bool add_folder(struct trust_anchors *anchors, const char *path, struct error *err) {
    struct walk walk = {anchors, path, false};
    if (!folder_list(path, visit, &walk, err))
        return false;
    if (walk.no_memory)
        return no_memory(err);
    if (anchors->count > 0)
        return true;
    error_set(err, ERROR_INPUT, "%s: no file in it is a certificate", path);
    return false;
}

bool trust_anchors_of_path(const char *path, struct trust_anchors **out, struct error *err) {
    struct file_identity identity;
    if (!file_identify(path, &identity, err))
        return false;
    struct trust_anchors *anchors = calloc(1, sizeof *anchors);
    if (!anchors)
        return no_memory(err);
    bool ok = identity.is_folder ? add_folder(anchors, path, err) : add_file(anchors, path, err);
    if (ok)
        *out = anchors;
    else
        trust_anchors_destroy(anchors);
    return ok;
}
