/* Any octets as a certificate. */
#include "certs/cert.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct blob der = {0};
    struct cert_info info = {0}, copy = {0};
    struct error err = {0};
    if (!blob_copy(data, size, &der))
        return 0;
    if (cert_info_read(&der, &info, &err)) {
        cert_info_names(&info, "mail.example.org", false);
        cert_info_names(&info, "192.0.2.7", true);
        if (!cert_info_copy(&info, &copy))
            abort();
        cert_info_finish(&copy);
        cert_info_finish(&info);
    } else if (err.kind == ERROR_NONE || err.text[0] == '\0')
        abort();
    blob_finish(&der);
    return 0;
}
