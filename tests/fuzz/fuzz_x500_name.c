/* Any text as a distinguished name: what is taken can be written, and GnuTLS reads it; what is not
 * has its place in the text. */
#include "certs/x500_name.h"

#include <gnutls/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what) {
    if (!what)
        abort();
}

static void read_back(const struct blob *der) {
    gnutls_x509_dn_t dn = NULL;
    gnutls_datum_t datum = {der->data, (unsigned)der->size};
    require(gnutls_x509_dn_init(&dn) == 0);
    require(gnutls_x509_dn_import(dn, &datum) == 0);
    gnutls_x509_dn_deinit(dn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    struct x500_name name = {0};
    struct blob der = {0};
    struct error err = {0};
    size_t offset = SIZE_MAX;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (x500_name_parse(text, &name, &offset, &err)) {
        require(name.count <= X500_ATTRIBUTE_LIMIT);
        require(x500_name_encode(&name, &der, NULL));
        read_back(&der);
        blob_finish(&der);
        x500_name_finish(&name);
    } else
        require(err.kind == ERROR_INPUT && err.text[0] && offset <= strlen(text));
    free(text);
    return 0;
}
