#include "certs/store_words.h"

#include "base/shell_word.h"

#include <stdlib.h>
#include <string.h>

/* Takes both buffers. */
static bool add(struct store_problem **list, enum cert_store_event_kind kind, const char *path,
                struct buffer *reason, struct buffer *mend) {
    bool has_mend = mend->size > 0;
    char *why = buffer_take(reason), *how = buffer_take(mend);
    bool ok = why && how;
    if (ok && !has_mend) {
        free(how);
        how = NULL;
    }
    if (ok)
        ok = store_problem_add(list, kind, path, why, how);
    else
        free(how);
    free(why);
    return ok;
}

static void append_owner(struct buffer *reason, const struct store_file *file) {
    if (file->identity.inode != 0)
        buffer_printf(reason, " (owner: user %u, mode %04o)", (unsigned)file->identity.owner,
                      (unsigned)file->identity.mode);
}

const char *store_words_after(const char *text, const char *path) {
    size_t length = strlen(path);
    if (strncmp(text, path, length) != 0)
        return text;
    const char *rest = text + length;
    if (strncmp(rest, "/.", 2) == 0) /* asked for the right to enter a folder */
        rest += 2;
    return rest[0] == ':' || rest[0] == ' ' ? rest + strspn(rest, ": ") : text;
}

bool store_words_error(struct store_problem **list, enum cert_store_event_kind kind,
                       const struct store_file *file, const struct error *err) {
    return store_problem_add(list, kind, file->path, store_words_after(err->text, file->path),
                             NULL);
}

/* A command that shows what the administrator has to look at. */
static void append_look(struct buffer *mend, const char *command, const struct store_file *file) {
    buffer_append_text(mend, command);
    shell_append_word(mend, file->path);
}

static void count_folder(void *context, const char *folder) {
    (void)folder;
    ++*(size_t *)context;
}

static size_t count_folders(const char *folder, const char *name) {
    size_t count = 0;
    char *path = path_join(folder, name);
    if (path)
        file_trail(path, count_folder, &count);
    free(path);
    return count;
}

/* Does the way from the store to the file lead over a link? What stands behind it belongs to
 * somebody else, such as certbot, whose folders are root's alone, or cannot be changed. */
static bool is_linked(const struct store_file *file, const struct store_view *view) {
    const char *inside = file->path + strlen(view->folder);
    inside += strspn(inside, "/");
    return count_folders(view->folder, inside) > count_folders(view->folder, "x");
}

static void append_let_in(struct buffer *mend, const struct store_file *file) {
    buffer_append_text(mend, "let the daemon's user in (who may shows: namei -l ");
    shell_append_word(mend, file->path);
    buffer_append_text(mend, "), or copy the file into the store");
}

/* The store belongs to the user the daemon runs as. */
static void append_take_over(struct buffer *mend, const struct store_file *file,
                             const struct store_view *view, const char *mode) {
    if (is_linked(file, view)) {
        append_let_in(mend, file);
        return;
    }
    buffer_append_text(mend, "chown --reference=");
    shell_append_word(mend, view->folder);
    buffer_append_text(mend, " ");
    shell_append_word(mend, file->path);
    buffer_printf(mend, " && chmod %s ", mode);
    shell_append_word(mend, file->path);
}

bool store_words_state(struct store_problem **list, const struct store_file *file,
                       const struct store_view *view) {
    struct buffer reason = {0}, mend = {0};
    struct file_identity identity;
    struct error err = {0};
    switch (file->state) {
    case STORE_DIRECTORY:
        buffer_append_text(&reason, "it is a folder where a file is expected");
        buffer_append_text(&mend, "give it a name without this ending, or a file instead");
        break;
    case STORE_ODD:
        buffer_append_text(&reason, "it is neither a file nor a folder");
        buffer_append_text(&mend, "rm ");
        shell_append_word(&mend, file->path);
        break;
    case STORE_LOCKED:
        buffer_append_text(&reason, "the folder cannot be listed");
        append_owner(&reason, file);
        append_take_over(&mend, file, view, "700");
        break;
    default:
        if (file_identify(file->path, &identity, &err))
            buffer_append_text(&reason, "it could not be looked at a moment ago");
        else if (err.kind == ERROR_MISSING)
            buffer_append_text(&reason, "the link leads nowhere");
        else
            buffer_append_text(&reason, store_words_after(err.text, file->path));
        if (err.kind == ERROR_PERMISSION)
            append_let_in(&mend, file);
        else
            append_look(&mend, "namei -l ", file); /* each step of the way, and where it ends */
        break;
    }
    return add(list, CERT_STORE_REFUSED, file->path, &reason, &mend);
}

bool store_words_unreadable(struct store_problem **list, enum cert_store_event_kind kind,
                            const struct store_file *file, const struct error *err,
                            const struct store_view *view) {
    struct buffer reason = {0}, mend = {0};
    buffer_append_text(&reason, store_words_after(err->text, file->path));
    if (err->kind == ERROR_PERMISSION) {
        append_owner(&reason, file);
        append_take_over(&mend, file, view, "600");
    } else if (err->kind == ERROR_INPUT)
        append_look(&mend, "put a certificate there, or take it away: file ", file);
    return add(list, kind, file->path, &reason, &mend);
}

bool store_words_public(struct store_problem **list, const struct store_file *file,
                        const struct store_view *view) {
    struct buffer reason = {0}, mend = {0};
    buffer_append_text(&reason, file->role == STORE_PASS ? "everyone can read the key's password"
                                                         : "everyone can read the private key");
    append_owner(&reason, file);
    buffer_append_text(&mend, "chmod 600 ");
    shell_append_word(&mend, file->path);
    if (is_linked(file, view))
        buffer_append_text(&mend, " (where that cannot be, as in Kubernetes: accept_public_keys)");
    return add(list, CERT_STORE_REFUSED, file->path, &reason, &mend);
}

/* The path of another file in the folder of this one. */
static void append_beside(struct buffer *out, const struct store_file *file, const char *name,
                          const char *ending) {
    struct buffer path = {0};
    buffer_append(&path, file->path, (size_t)(file->name - file->path));
    buffer_append_text(&path, name);
    buffer_append_text(&path, ending);
    if (path.failed)
        out->failed = true;
    else
        shell_append_word(out, path.data);
    buffer_finish(&path);
}

bool store_words_no_key(struct store_problem **list, const struct store_file *certificate) {
    struct buffer reason = {0}, mend = {0};
    const char *name = certificate->role == STORE_TLS_CRT ? "tls.key" : "privkey.pem";
    buffer_printf(&reason, "no private key: there is no %s beside it", name);
    buffer_append_text(&mend, "put the key beside it as ");
    append_beside(&mend, certificate, name, "");
    return add(list, CERT_STORE_REFUSED, certificate->path, &reason, &mend);
}

bool store_words_no_certificate(struct store_problem **list, const struct store_entry *entry,
                                const struct store_file *key) {
    struct buffer reason = {0}, mend = {0};
    buffer_append_text(&reason, "no certificate beside it");
    buffer_append_text(&mend, "put the certificate beside it as ");
    if (key->role == STORE_KEY)
        append_beside(&mend, key, entry->name, ".crt");
    else
        append_beside(&mend, key, key->role == STORE_TLS_KEY ? "tls.crt" : "fullchain.pem", "");
    return add(list, CERT_STORE_REFUSED, key->path, &reason, &mend);
}

bool store_words_unused(struct store_problem **list, const struct store_file *file,
                        const struct store_unused *unused) {
    struct buffer reason = {0}, mend = {0};
    if (unused->instead) {
        buffer_printf(&reason, "it is not used, since %s goes first", unused->instead->path);
        buffer_append_text(&mend, "keep one of them; without this one: rm ");
        shell_append_word(&mend, file->path);
    } else {
        buffer_append_text(&reason, unused->reason);
    }
    return add(list, unused->kind, file->path, &reason, &mend);
}
