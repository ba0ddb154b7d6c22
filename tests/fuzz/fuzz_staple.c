/* Any octets as an OCSP response about a real certificate, and as the certificate that a real
 * response is about. */
#include "certs/cert_read.h"
#include "certs/staple.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct blob read_data(const char *name) {
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/%s", name);
    static unsigned char content[8192];
    struct blob copy = {0};
    FILE *file = fopen(path, "rb");
    if (!file || !blob_copy(content, fread(content, 1, sizeof content, file), &copy))
        abort();
    fclose(file);
    return copy;
}

static struct blob read_certificate(const char *name) {
    struct blob content = read_data(name), *certs = NULL;
    size_t count = 0;
    struct cert_file file = {name, content.data, content.size};
    if (!cert_read_chain(&file, &certs, &count, NULL))
        abort();
    blob_finish(&content);
    struct blob first = certs[0];
    free(certs);
    return first;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct blob leaf, issuer, good, date;
    if (!leaf.data) {
        leaf = read_certificate("leaf.pem");
        issuer = read_certificate("issuing.pem");
        good = read_data("good.ocsp");
        date = read_data("made_at");
    }
    int64_t now = strtoll((char *)date.data, NULL, 10) + 3600, until = 0;
    struct blob input = {0};
    struct error err = {0};
    if (!blob_copy(data, size, &input))
        return 0;
    bool ok = staple_check(&input, &leaf, &issuer, now, &until, &err);
    if (ok ? until <= now : err.kind == ERROR_NONE)
        abort();
    staple_check(&input, &leaf, NULL, now, &until, &err);
    staple_check(&good, &input, NULL, now, &until, &err);
    blob_finish(&input);
    return 0;
}
