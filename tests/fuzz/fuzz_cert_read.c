/* Any octets as the files of an entry. The first says how they are read: 1 PKCS#12, 2 with a
 * password, 4 with a key file, whose size stands in the next two. What is read must be served and
 * written without complaint. */
#include "certs/cert_make.h"
#include "certs/cert_read.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PKCS12 = 1, PASSWORD = 2, KEY = 4 };

static void require(bool what) {
    if (!what)
        abort();
}

static void use(const struct cert_material *material) {
    struct cert *cert = NULL;
    struct blob pem = {0};
    require(cert_create("entry", material, 0, &cert, NULL));
    cert_credentials(cert, NULL);
    if (cert_to_pem(material, &pem, NULL)) {
        struct cert_material again = {0};
        struct cert_sources sources = {.certificate = {"again", pem.data, pem.size}};
        require(cert_read(&sources, &again, NULL));
        require(blob_equal(&again.key, &material->key));
        cert_material_finish(&again);
    }
    blob_wipe(&pem);
    cert_release(cert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3)
        return 0;
    unsigned how = *data++;
    size--;
    struct blob key = {0}, certificate = {0};
    if (how & KEY) {
        size_t key_size = (size_t)data[0] << 8 | data[1];
        data += 2;
        size -= 2;
        if (key_size > size || !blob_copy(data, key_size, &key))
            return 0;
        data += key_size;
        size -= key_size;
    }
    if (!blob_copy(data, size, &certificate)) {
        blob_finish(&key);
        return 0;
    }
    struct cert_sources sources = {
        .certificate = {"certificate", certificate.data, certificate.size},
        .key = {"key", key.data, key.size},
        .password = {"password", how & PASSWORD ? "secret" : NULL, how & PASSWORD ? 6 : 0},
        .is_pkcs12 = how & PKCS12,
    };
    struct cert_material material = {0};
    struct error err = {0};
    if (cert_read(&sources, &material, &err)) {
        use(&material);
        cert_material_finish(&material);
    } else
        require(err.kind != ERROR_NONE && err.text[0] != '\0');
    struct blob *chain = NULL;
    size_t count = 0;
    if (cert_read_chain(&sources.certificate, &chain, &count, NULL)) {
        for (size_t i = 0; i < count; i++)
            blob_finish(&chain[i]);
        free(chain);
    }
    blob_finish(&certificate);
    blob_finish(&key);
    return 0;
}
