/* Writes what web/ serves into a folder, for check_web.py to judge: each body as it goes over the
 * wire, the rendered pages, and index.json that says what is what. */
#include "web/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_file(const char *folder, const char *name, const void *data, size_t size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        abort();
    }
}

static void print_assets(const char *folder, struct buffer *index) {
    for (size_t i = 0; i < web_asset_count(); i++) {
        const struct web_asset *asset = web_asset_at(i);
        for (int language = 0; language < WEB_LANGUAGES; language++) {
            for (int coding = 0; coding < WEB_CODINGS; coding++) {
                const struct web_body *body = &asset->bodies[language][coding];
                if (!body->data)
                    continue;
                char name[64];
                snprintf(name, sizeof name, "asset-%zu-%d-%d", i, language, coding);
                write_file(folder, name, body->data, body->size);
                const char *coding_name = web_coding_name((enum web_coding)coding);
                buffer_printf(index,
                              "%s{\"file\": \"%s\", \"path\": \"%s\", \"type\": \"%s\", "
                              "\"language\": \"%s\", \"by_language\": %s, \"immutable\": %s, "
                              "\"coding\": \"%s\", \"etag\": %s}",
                              index->size > 1 ? ",\n" : "", name, asset->path, asset->content_type,
                              web_language_tag((enum web_language)language),
                              asset->by_language ? "true" : "false",
                              asset->immutable ? "true" : "false",
                              coding_name ? coding_name : "identity", body->etag);
            }
        }
    }
}

static const char *const names[] = {"archive.example.org", "archive",      "localhost",
                                    "192.0.2.25",          "2001:db8::25", NULL};

static const struct web_connection good = {
    .host = "archive.example.org",
    .server_name = "archive.example.org",
    .local_address = "192.0.2.25",
    .local_port = 8462,
    .client_address = "192.0.2.70",
    .service = "web-access",
    .tls_version = "TLS 1.3",
    .cipher = "AES-256-GCM",
    .name_covered = true,
    .entry = "MailStoreServer",
    .subject = "CN=MailStoreServer",
    .issuer = "CN=MailStoreServer",
    .names = names,
    .not_before = 1793000000,
    .not_after = 2423720000,
    .now = 1795514400,
    .key = "ECDSA P-256",
    .serial = "4F1D0B8A73C2E65910AD47F2B3865C0E9D21A7F4",
    .fingerprint = "3C:9A:51:E7:08:DD:42:B6:1F:73:A0:C8:95:2E:64:FB:"
                   "D1:07:8B:3E:5A:C4:69:F0:12:ED:76:A9:B8:45:30:9C",
    .thumbprint = "9E:41:C7:05:B2:68:DA:3F:71:8C:E6:12:A4:5D:F9:03:6B:97:20:DE",
};

static const char *const unnamed_and_over[] = {"named", "used", "current", NULL};
static const char *const nothing[] = {NULL};

/* The page of one visitor each: all well under an authority, much amiss with the server's own, an
 * authority that is not sent. */
static void print_trust(const char *folder, enum web_language language) {
    const struct web_trust well = {
        .host = good.host,
        .failing = nothing,
        .names = names,
        .not_before = good.not_before,
        .not_after = good.not_before + 824LL * 86400,
        .now = good.now,
        .anchor = "CN=Local authority",
        .file = "archive.example.org.cer",
        .is_authority = true,
        .may_issue = true,
        .anchor_not_after = good.not_after,
        .fingerprint = good.fingerprint,
        .thumbprint = good.thumbprint,
        .visitor = {.system = WEB_WINDOWS, .is_firefox = true},
    };
    struct web_trust amiss = well, elsewhere = well;
    amiss.host = "10.20.30.40";
    amiss.failing = unnamed_and_over;
    amiss.not_after = good.not_after;
    amiss.now = good.not_after + 86400;
    amiss.anchor = good.subject;
    amiss.is_authority = amiss.may_issue = false;
    amiss.visitor = (struct web_visitor){.system = WEB_MACOS};
    elsewhere.host = NULL;
    elsewhere.root = "CN=Public authority";
    elsewhere.visitor = (struct web_visitor){0};
    const struct {
        const char *name;
        const struct web_trust *shown;
    } pages[] = {{"well", &well}, {"amiss", &amiss}, {"elsewhere", &elsewhere}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char name[64];
        struct buffer page = {0};
        web_trust_render(language, pages[i].shown, &page);
        snprintf(name, sizeof name, "trust-%s-%s.html", pages[i].name, web_language_tag(language));
        write_file(folder, name, page.data, page.size);
        buffer_finish(&page);
    }
}

static void print_rendered(const char *folder) {
    static const unsigned statuses[] = {400, 404, 405, 408, 413, 414, 417, 431, 500, 503, 418};
    static const char *const no_names[] = {NULL};
    struct web_connection bad = good;
    bad.host = "10.20.30.40";
    bad.server_name = NULL;
    bad.name_covered = false;
    bad.names = no_names;
    bad.now = bad.not_after + 86400;
    bad.resumed = true;
    for (int i = 0; i < WEB_LANGUAGES; i++) {
        enum web_language language = (enum web_language)i;
        const char *tag = web_language_tag(language);
        char name[64];
        struct buffer page = {0};
        web_connection_render(language, &good, &page);
        snprintf(name, sizeof name, "connection-good-%s.html", tag);
        write_file(folder, name, page.data, page.size);
        buffer_clear(&page);
        web_connection_render(language, &bad, &page);
        snprintf(name, sizeof name, "connection-bad-%s.html", tag);
        write_file(folder, name, page.data, page.size);
        print_trust(folder, language);
        for (size_t k = 0; k < sizeof statuses / sizeof *statuses; k++) {
            buffer_clear(&page);
            web_error_render(language, statuses[k], &page);
            snprintf(name, sizeof name, "error-%u-%s.html", statuses[k], tag);
            write_file(folder, name, page.data, page.size);
        }
        buffer_finish(&page);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: web_print FOLDER\n");
        return 64;
    }
    struct buffer index = {0};
    buffer_append_text(&index, "[");
    print_assets(argv[1], &index);
    buffer_append_text(&index, "]\n");
    write_file(argv[1], "index.json", index.data, index.size);
    buffer_finish(&index);
    print_rendered(argv[1]);
    return 0;
}
