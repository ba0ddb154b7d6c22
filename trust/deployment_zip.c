#include "trust/deployment.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

static const char folder[] = "mailstored-trust/";
enum { FIRST_OF_JANUARY_1980 = 1 << 5 | 1, MIDNIGHT = 0, REGULAR_FILE = 0100000 };

/* libzip takes the source where the file is added; what it points to must live until the archive
 * is written. */
static bool add_file(zip_t *archive, const struct deployment_file *file) {
    struct buffer name = {0};
    buffer_printf(&name, "%s%s", folder, file->path);
    zip_source_t *source = zip_source_buffer(archive, file->content.data, file->content.size, 0);
    zip_int64_t place = -1;
    if (source && !name.failed)
        place = zip_file_add(archive, name.data, source, ZIP_FL_ENC_UTF_8);
    if (source && place < 0)
        zip_source_free(source);
    buffer_finish(&name);
    zip_uint32_t mode = (zip_uint32_t)(REGULAR_FILE | file->mode);
    return place >= 0 &&
           /* Level 9 by word, so that what is the default today need not be it tomorrow. */
           zip_set_file_compression(archive, (zip_uint64_t)place, ZIP_CM_DEFLATE, 9) == 0 &&
           /* Not zip_file_set_mtime, which would ask for the time zone. */
           zip_file_set_dostime(archive, (zip_uint64_t)place, MIDNIGHT, FIRST_OF_JANUARY_1980, 0) ==
               0 &&
           zip_file_set_external_attributes(archive, (zip_uint64_t)place, 0, ZIP_OPSYS_UNIX,
                                            mode << 16) == 0;
}

static bool add_files(zip_t *archive, const struct deployment_files *files) {
    for (size_t i = 0; i < files->count; i++)
        if (!add_file(archive, &files->items[i]))
            return false;
    return true;
}

static bool read_back(zip_source_t *bytes, struct blob *out) {
    zip_stat_t about;
    if (zip_source_stat(bytes, &about) < 0 || zip_source_open(bytes) < 0)
        return false;
    struct blob read = {.data = malloc(about.size + 1), .size = about.size};
    bool ok = read.data && zip_source_read(bytes, read.data, read.size) == (zip_int64_t)read.size;
    zip_source_close(bytes);
    if (ok)
        *out = read;
    else
        free(read.data);
    return ok;
}

bool deployment_zip(const struct deployment_files *files, struct blob *out, struct error *err) {
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *bytes = zip_source_buffer_create(NULL, 0, 0, &why);
    zip_t *archive = bytes ? zip_open_from_source(bytes, ZIP_TRUNCATE, &why) : NULL;
    bool ok = false;
    if (archive) {
        zip_source_keep(bytes); /* the archive's own reference goes when it is closed */
        ok = add_files(archive, files) && zip_close(archive) == 0;
        if (!ok) {
            error_set(err, ERROR_SYSTEM, "the archive cannot be written: %s",
                      zip_strerror(archive));
            zip_discard(archive);
        } else if (!read_back(bytes, out)) {
            ok = false;
            error_set(err, ERROR_MEMORY, "the archive: out of memory");
        }
    } else
        error_set(err, ERROR_MEMORY, "the archive cannot be made: %s", zip_error_strerror(&why));
    if (bytes)
        zip_source_free(bytes);
    zip_error_fini(&why);
    return ok;
}
