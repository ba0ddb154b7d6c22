/* Writes a deployment into a folder, for the system tests to have others read it:
 *     deployment_print FOLDER LANGUAGE ANCHOR.der [LEAF.der|= [HOST|- [PORT [KEY.der CERT.der…]]]]
 * `=`: the anchor is the server's own. KEY and CERT sign the profile. Prints the warnings. */
#include "platform/file.h"
#include "trust/deployment_warnings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const struct error *err) {
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static struct blob read_file(const char *path) {
    enum { LIMIT = 1 << 20 };
    struct blob content = {0};
    struct error err = {0};
    if (!file_read(path, LIMIT, &content, NULL, &err))
        fail(&err);
    return content;
}

static struct cert_info read_info(const struct blob *der) {
    struct cert_info info = {0};
    struct error err = {0};
    if (!cert_info_read(der, &info, &err))
        fail(&err);
    return info;
}

static void write_files(const char *folder, const struct deployment_files *files) {
    struct error err = {0};
    for (size_t i = 0; i < files->count; i++) {
        const struct deployment_file *file = &files->items[i];
        char *path = path_join(folder, file->path), *parent = path ? path_folder(path) : NULL;
        if (!parent || !folder_make(parent, 0755, &err) ||
            !file_write(path, file->content.data, file->content.size, file->mode, FILE_NEW_ONLY,
                        &err))
            fail(&err);
        free(parent);
        free(path);
    }
}

static void print_warnings(const struct deployment *deployment, const struct blob *chain,
                           size_t count) {
    const struct deployment_look look = {.chain = chain,
                                         .count = count,
                                         .host = deployment->host,
                                         .host_is_named = true,
                                         .now = time(NULL)};
    struct trust_remarks remarks = {0};
    struct error err = {0};
    if (!deployment_warnings(deployment, &look, &remarks, &err))
        fail(&err);
    for (size_t i = 0; i < remarks.count; i++)
        printf("%s; %s\n", remarks.items[i].text, remarks.items[i].mend);
    trust_remarks_finish(&remarks);
}

static struct cert_material read_signer(char **paths, size_t count) {
    struct cert_material signer = {.chain = calloc(count, sizeof(struct blob))};
    if (!signer.chain)
        abort();
    signer.key = read_file(paths[0]);
    for (size_t i = 1; i < count; i++)
        signer.chain[signer.chain_count++] = read_file(paths[i]);
    return signer;
}

int main(int argc, char **argv) {
    enum { FOLDER = 1, LANGUAGE, ANCHOR, LEAF, HOST, PORT, SIGNER };
    if (argc <= ANCHOR) {
        fprintf(stderr, "usage: deployment_print FOLDER LANGUAGE ANCHOR.der …\n");
        return 64;
    }
    struct blob anchor = read_file(argv[ANCHOR]), leaf = {0};
    struct cert_info info = read_info(&anchor);
    struct cert_material signer = {0};
    struct deployment deployment = {.anchor = &anchor, .info = &info, .language = argv[LANGUAGE]};
    if (argc > LEAF && strcmp(argv[LEAF], "=") != 0) {
        leaf = read_file(argv[LEAF]);
        deployment.is_authority = true;
    }
    if (argc > HOST && strcmp(argv[HOST], "-") != 0)
        deployment.host = argv[HOST];
    if (argc > PORT)
        deployment.port = (uint16_t)strtoul(argv[PORT], NULL, 10);
    if (argc > SIGNER) {
        signer = read_signer(argv + SIGNER, (size_t)(argc - SIGNER));
        deployment.signer = &signer;
    }
    struct deployment_files files = {0};
    struct error err = {0};
    if (!deployment_make(&deployment, &files, &err))
        fail(&err);
    write_files(argv[FOLDER], &files);
    print_warnings(&deployment, deployment.is_authority ? &leaf : &anchor, 1);
    deployment_files_finish(&files);
    cert_material_finish(&signer);
    cert_info_finish(&info);
    blob_finish(&leaf);
    blob_finish(&anchor);
    return 0;
}
