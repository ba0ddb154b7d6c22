#include "daemon/authority_file.h"

#include "certs/authority.h"
#include "daemon/passphrase.h"
#include "platform/file.h"

#include <stdlib.h>

enum { AUTHORITY_FILE_LIMIT = 1024 * 1024 };

struct authority_file {
    char *path;
    bool looked;
    struct file_identity identity; /* zero where there is no file */
    bool is_encrypted;
    struct leaf_issuer issuer;
    struct error why; /* … there is no issuer; of kind ERROR_NONE if there is one */
};

char *authority_file_path(const char *state_folder) {
    return path_join(state_folder, "authority/authority.pem");
}

bool authority_file_create(const char *state_folder, struct authority_file **out,
                           struct error *err) {
    struct authority_file *file = calloc(1, sizeof *file);
    if (!file || !(file->path = authority_file_path(state_folder))) {
        free(file);
        error_set(err, ERROR_MEMORY, "local authority: out of memory");
        return false;
    }
    *out = file;
    return true;
}

void authority_file_destroy(struct authority_file *file) {
    if (!file)
        return;
    blob_finish(&file->issuer.certificate);
    free(file->path);
    free(file);
}

/* ---- what is known without the key ---- */

static bool take_issuer(struct authority_file *file, struct authority_text *text,
                        struct error *err) {
    struct cert_info info = {0};
    if (!cert_info_read(&text->certificate, &info, err))
        return false;
    file->issuer = (struct leaf_issuer){text->certificate, info.not_before, info.not_after};
    file->is_encrypted = text->is_encrypted;
    text->certificate = (struct blob){0};
    cert_info_finish(&info);
    return true;
}

static bool read_issuer(struct authority_file *file, struct error *err) {
    struct blob pem = {0};
    struct authority_text text = {0};
    bool ok = false;
    if (!file_read(file->path, AUTHORITY_FILE_LIMIT, &pem, &file->identity, err)) {
        if (err->kind == ERROR_MISSING)
            error_set(err, ERROR_MISSING,
                      "there is no local authority yet (%s); make one with: mailstorectl "
                      "authority create",
                      file->path);
        return false;
    }
    if (authority_look(&pem, &text, err))
        ok = take_issuer(file, &text, err);
    authority_text_finish(&text);
    blob_wipe(&pem);
    if (!ok)
        error_prefix(err, "%s", file->path);
    return ok;
}

bool authority_file_look(struct authority_file *file) {
    struct file_identity identity = {0};
    bool is_there = file_identify(file->path, &identity, NULL);
    if (!is_there)
        identity = (struct file_identity){0};
    if (file->looked && file_identity_equal(&identity, &file->identity))
        return false;
    blob_finish(&file->issuer.certificate);
    file->issuer = (struct leaf_issuer){0};
    file->why = (struct error){0};
    file->identity = identity;
    file->looked = true;
    read_issuer(file, &file->why);
    return true;
}

const struct leaf_issuer *authority_file_issuer(const struct authority_file *file,
                                                struct error *err) {
    if (file->issuer.certificate.data)
        return &file->issuer;
    *err = file->why;
    return NULL;
}

/* ---- with the key ---- */

static bool unlock(const struct authority_file *file, const struct blob *pem,
                   const char *passphrase_file, struct cert_material *out, struct error *err) {
    struct passphrase passphrase = {0};
    if (!file->is_encrypted)
        return authority_read(pem, NULL, out, err);
    if (!passphrase_find(passphrase_file, &passphrase, err))
        return false;
    bool ok = authority_read(pem, passphrase.text, out, err);
    if (!ok && err->kind == ERROR_PERMISSION)
        error_set(err, ERROR_PERMISSION,
                  "the passphrase in %s does not open the key of the local authority",
                  passphrase.file);
    passphrase_finish(&passphrase);
    return ok;
}

bool authority_file_open(const struct authority_file *file, const char *passphrase_file,
                         struct cert_material *out, struct error *err) {
    struct blob pem = {0};
    struct file_identity identity;
    bool ok = false;
    if (!file_read(file->path, AUTHORITY_FILE_LIMIT, &pem, &identity, err))
        return false;
    if (file_readable_by_all(&identity))
        error_set(err, ERROR_PERMISSION,
                  "everyone can read the key of the local authority; mend: chmod 600 %s",
                  file->path);
    else
        ok = unlock(file, &pem, passphrase_file, out, err);
    blob_wipe(&pem);
    return ok;
}
