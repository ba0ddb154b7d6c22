/* Any names in a store folder, in any states, grouped into entries: each file has one place, one
 * certificate goes first, and what does not count is said once or nobody misses it.
 *
 * Names stand on lines of their own; the octet before each is the file's state and whether it is
 * one of the folder's own or stands in an entry's. */
#include "certs/store_entry.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what) {
    if (!what)
        abort();
}

static void check_name(const char *text, struct store_name name) {
    if (name.role == STORE_PASSED_OVER)
        return;
    require(text[0] != '.' && text[0] != '\0');
    require(name.entry_length > 0 && name.entry_length <= strlen(text));
    require((name.role == STORE_FOLDER) == (name.entry_length == strlen(text)));
    require(!store_role_is_inside(name.role));
}

static void check_sources(const struct store_entry *entry) {
    struct store_sources sources = store_entry_sources(entry);
    const struct store_file *before = NULL;
    size_t used = 0;
    for (const struct store_file *file = entry->files; file; file = file->next) {
        struct store_unused unused = {0};
        bool is_unused = store_entry_is_unused(entry, &sources, file, &unused);
        bool is_source = file == sources.certificate || file == sources.key;
        require(!is_unused || !is_source);
        require(!is_unused || (unused.instead != NULL) != (unused.reason != NULL));
        require(!unused.instead || unused.instead != file);
        require(!before || before->role <= file->role);
        require(!sources.certificate || file == sources.certificate || is_unused ||
                !store_role_is_certificate(file->role));
        before = file;
        used += is_source;
    }
    require(used == (size_t)(sources.certificate != NULL) + (size_t)(sources.key != NULL));
    if (sources.certificate && sources.key)
        require(store_role_is_inside(sources.certificate->role) ==
                store_role_is_inside(sources.key->role));
}

/* All go into one entry: that is where they can meet. */
static void add(struct store_entry *entry, const char *text, unsigned char flags) {
    enum store_role role = STORE_PASSED_OVER;
    if (flags & 0x80) {
        role = store_name_in_folder(text);
        if (role != STORE_PASSED_OVER && store_entry_find(entry, role))
            return;
    } else {
        struct store_name name = store_name_read(text);
        check_name(text, name);
        role = name.role;
        if (role == STORE_FOLDER && store_entry_find(entry, STORE_FOLDER))
            return;
    }
    if (role == STORE_PASSED_OVER)
        return;
    struct store_file *file = store_entry_add(entry, "/store", text, role);
    require(file != NULL);
    require(strcmp(file->name, text) == 0);
    file->state = (enum store_state)(flags % (STORE_UNREACHED + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct store_entry *entry = store_entry_create("entry", 5);
    char *text = malloc(size + 1);
    require(entry && text);
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *at = text; *at;) {
        unsigned char flags = (unsigned char)*at++;
        size_t length = strcspn(at, "\n");
        bool more = at[length] == '\n';
        at[length] = '\0';
        add(entry, at, flags);
        check_sources(entry);
        at += length + (more ? 1 : 0);
    }
    while (entry->files) {
        store_entry_drop(entry, entry->files);
        check_sources(entry);
    }
    store_entry_destroy(entry);
    free(text);
    return 0;
}
