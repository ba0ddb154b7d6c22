/* Any text as a local authority, without a passphrase: what is read can be written and read again,
 * and what it may issue is known. */
#include "certs/authority.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what) {
    if (!what)
        abort();
}

static void write_again(const struct cert_material *authority) {
    struct blob pem = {0};
    struct cert_material again = {0};
    require(authority_write(authority, NULL, &pem, NULL));
    require(authority_read(&pem, NULL, &again, NULL));
    require(blob_equal(&again.chain[0], &authority->chain[0]));
    require(blob_equal(&again.key, &authority->key));
    cert_material_finish(&again);
    blob_wipe(&pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct blob pem = {0};
    struct authority_text text = {0};
    struct cert_material authority = {0};
    struct string_list domains = {0}, networks = {0};
    struct error err = {0};
    if (!blob_copy(data, size, &pem))
        return 0;
    if (authority_look(&pem, &text, &err)) {
        authority_constraints(&text.certificate, &domains, &networks);
        if (authority_read(&pem, NULL, &authority, &err)) {
            require(!text.is_encrypted);
            write_again(&authority);
            cert_material_finish(&authority);
        } else
            require(err.text[0] != '\0');
        authority_text_finish(&text);
        string_list_finish(&domains);
        string_list_finish(&networks);
    } else
        require(err.kind != ERROR_NONE && err.text[0] != '\0');
    blob_wipe(&pem);
    return 0;
}
