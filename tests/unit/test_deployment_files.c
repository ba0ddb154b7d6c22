/* trust/jks, trust/deployment_zip and the files for Firefox, Linux and Java. That Java, Firefox and
 * the others read them is proved by the system tests and those with clients. */
#include "trust/deployment.h"
#include "trust/deployment_name.h"
#include "trust/jks.h"

#include "made_cert.h"

#include <gnutls/crypto.h>
#include <time.h>
#include <zip.h>

enum { DIGEST_SIZE = 20 };

static const int64_t begin = 1795478400; /* 2026-11-24 00:00:00 UTC */

/* ---- Java's own store ---- */

static void java_store_is_byte_for_byte_as_java_writes_it(void **state) {
    (void)state;
    /* By keytool -importcert -storetype JKS, but for certificate and digest. */
    static const unsigned char expected[] = {0xfe, 0xed, 0xfe, 0xed, 0,    0, 0, 2,   0,   0,   0,
                                             1,    0,    0,    0,    2,    0, 2, 'm', 'x', 0,   0,
                                             1,    0xa2, 0x0a, 0xda, 0x2c, 0, 0, 5,   'X', '.', '5',
                                             '0',  '9',  0,    0,    0,    3, 1, 2,   3};
    struct blob certificate = {(unsigned char[]){1, 2, 3}, 3}, store = {0};
    const struct jks_entry entry = {"mx", begin, &certificate};
    assert_true(jks_write(&entry, 1, "changeit", &store, NULL));
    assert_int_equal(store.size, sizeof expected + DIGEST_SIZE);
    assert_memory_equal(store.data, expected, sizeof expected);

    unsigned char digest[DIGEST_SIZE];
    struct buffer hashed = {0};
    buffer_append(&hashed, "\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite", 32);
    buffer_append(&hashed, expected, sizeof expected);
    assert_int_equal(gnutls_hash_fast(GNUTLS_DIG_SHA1, hashed.data, hashed.size, digest), 0);
    assert_memory_equal(store.data + sizeof expected, digest, DIGEST_SIZE);
    buffer_finish(&hashed);
    blob_finish(&store);
}

/* ---- a deployment ---- */

static const struct made_cert made = {.key = CERT_KEY_ECDSA,
                                      .common_name = "It's $(reboot) `id`",
                                      .names = (const char *const[]){"mail.example.org", NULL},
                                      .not_before = 1795478400,
                                      .not_after = 1795478400 + 86400};

struct trial {
    struct cert_material material;
    struct cert_info info;
    struct deployment deployment;
    struct deployment_files files;
};

static void setup(struct trial *trial, const char *language, bool is_authority) {
    struct error err = {0};
    *trial = (struct trial){.material = made_material(&made)};
    assert_true(cert_info_read(&trial->material.chain[0], &trial->info, NULL));
    trial->deployment = (struct deployment){.anchor = &trial->material.chain[0],
                                            .info = &trial->info,
                                            .is_authority = is_authority,
                                            .host = "mail.example.org",
                                            .port = 8462,
                                            .language = language};
    if (!deployment_make(&trial->deployment, &trial->files, &err))
        fail_msg("%s", err.text);
}

static void finish(struct trial *trial) {
    deployment_files_finish(&trial->files);
    cert_info_finish(&trial->info);
    cert_material_finish(&trial->material);
}

/* A copy with a NUL behind it. */
static char *content_of(const struct trial *trial, const char *path) {
    for (size_t i = 0; i < trial->files.count; i++)
        if (strcmp(trial->files.items[i].path, path) == 0) {
            struct buffer text = {0};
            buffer_append(&text, trial->files.items[i].content.data,
                          trial->files.items[i].content.size);
            return buffer_take(&text);
        }
    fail_msg("no %s", path);
    return NULL;
}

static void assert_has(const struct trial *trial, const char *path, const char *text) {
    char *content = content_of(trial, path);
    if (!strstr(content, text))
        fail_msg("%s has no %s:\n%s", path, text, content);
    free(content);
}

static void the_readme_is_in_the_language_with_the_fingerprints(void **state) {
    (void)state;
    static const struct {
        const char *language, *own, *authority;
    } table[] = {
        {"en", "the server's own certificate", "the authority that issues the server's"},
        {"fr", "le certificat du serveur lui-même", "l’autorité qui délivre le certificat"},
        {"de", "das eigene Zertifikat des Servers",
         "die Zertifizierungsstelle, die das Zertifikat"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int is_authority = 0; is_authority < 2; is_authority++) {
            struct trial trial;
            char thumbprint[2 * CERT_THUMBPRINT_SIZE + 1];
            setup(&trial, table[i].language, is_authority);
            char *print = fingerprint_text(trial.info.fingerprint, CERT_FINGERPRINT_SIZE);
            for (size_t at = 0; at < CERT_THUMBPRINT_SIZE; at++)
                snprintf(thumbprint + 2 * at, 3, "%02x", trial.info.thumbprint[at]);
            assert_has(&trial, "README.txt", print);
            assert_has(&trial, "README.txt", thumbprint);
            assert_has(&trial, "README.txt", "https://mail.example.org:8462/");
            assert_has(&trial, "README.txt", is_authority ? table[i].authority : table[i].own);
            assert_has(&trial, "README.txt", is_authority ? "-t C,, " : "-t P,, ");
            free(print);
            finish(&trial);
        }
}

static void firefox_is_told_of_the_file_that_is_there(void **state) {
    (void)state;
    struct trial trial;
    char name[DEPLOYMENT_NAME_SIZE], path[64];
    setup(&trial, "en", false);
    snprintf(path, sizeof path, "/etc/firefox/policies/%s.cer\"",
             deployment_name(&trial.info, name));
    assert_has(&trial, "firefox/policies.json", path);
    snprintf(path, sizeof path, "firefox/%s.cer", name);
    free(content_of(&trial, path));
    finish(&trial);
}

/* Text from the certificate is text. */
static void the_script_does_not_run_what_the_certificate_says(void **state) {
    (void)state;
    struct trial trial;
    setup(&trial, "en", false);
    assert_has(&trial, "install.sh", "subject='It'\\''s $(reboot) `id`'\n");
    finish(&trial);
}

static void p11_kit_is_told_that_it_is_an_authority(void **state) {
    (void)state;
    struct trial trial;
    setup(&trial, "en", false);
    assert_has(&trial, "linux/mailstored.p11-kit",
               "certificate-category: authority\ntrusted: true\n");
    finish(&trial);
}

/* ---- the archive ---- */

static struct blob archive_in(const char *time_zone, const struct deployment_files *files) {
    struct blob archive = {0};
    struct error err = {0};
    char *before = getenv("TZ") ? strdup(getenv("TZ")) : NULL;
    setenv("TZ", time_zone, 1);
    tzset();
    if (!deployment_zip(files, &archive, &err))
        fail_msg("%s", err.text);
    before ? setenv("TZ", before, 1) : unsetenv("TZ");
    tzset();
    free(before);
    return archive;
}

static void the_same_gives_the_same_bytes_wherever_and_whenever(void **state) {
    (void)state;
    struct trial trial;
    struct deployment_files later = {0};
    setup(&trial, "en", false);
    assert_true(deployment_make(&trial.deployment, &later, NULL));
    struct blob here = archive_in("UTC", &trial.files);
    struct blob there = archive_in("Pacific/Auckland", &later);
    assert_true(blob_equal(&here, &there));
    blob_finish(&here);
    blob_finish(&there);
    deployment_files_finish(&later);
    finish(&trial);
}

static void the_archive_has_every_file_with_its_mode_and_a_fixed_time(void **state) {
    (void)state;
    struct trial trial;
    setup(&trial, "en", false);
    struct blob bytes = archive_in("UTC", &trial.files);
    zip_source_t *source = zip_source_buffer_create(bytes.data, bytes.size, 0, NULL);
    zip_t *archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    assert_non_null(archive);
    assert_int_equal(zip_get_num_entries(archive, 0), trial.files.count);
    for (size_t i = 0; i < trial.files.count; i++) {
        const struct deployment_file *file = &trial.files.items[i];
        char name[256];
        unsigned char read[65536];
        zip_uint8_t system = 0;
        zip_uint32_t attributes = 0;
        snprintf(name, sizeof name, "mailstored-trust/%s", file->path);
        zip_int64_t place = zip_name_locate(archive, name, 0);
        assert_true(place >= 0);
        zip_file_t *opened = zip_fopen_index(archive, (zip_uint64_t)place, 0);
        assert_int_equal(zip_fread(opened, read, sizeof read), file->content.size);
        assert_memory_equal(read, file->content.data, file->content.size);
        zip_fclose(opened);
        assert_int_equal(
            zip_file_get_external_attributes(archive, (zip_uint64_t)place, 0, &system, &attributes),
            0);
        assert_int_equal(system, ZIP_OPSYS_UNIX);
        assert_int_equal(attributes >> 16, 0100000 | file->mode);
        assert_true((file->mode == 0755) == (strcmp(file->path, "install.sh") == 0));
    }
    /* The first local file header: 00:00:00 on 1980-01-01. */
    assert_memory_equal(bytes.data + 10, "\0\0\x21\0", 4);
    zip_close(archive);
    blob_finish(&bytes);
    finish(&trial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(java_store_is_byte_for_byte_as_java_writes_it),
        cmocka_unit_test(the_readme_is_in_the_language_with_the_fingerprints),
        cmocka_unit_test(firefox_is_told_of_the_file_that_is_there),
        cmocka_unit_test(the_script_does_not_run_what_the_certificate_says),
        cmocka_unit_test(p11_kit_is_told_that_it_is_an_authority),
        cmocka_unit_test(the_same_gives_the_same_bytes_wherever_and_whenever),
        cmocka_unit_test(the_archive_has_every_file_with_its_mode_and_a_fixed_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
