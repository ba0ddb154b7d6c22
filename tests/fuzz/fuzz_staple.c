/* Any octets as an OCSP response about a certificate that is made once, and as the certificate that
 * a response is about. */
#include "certs/cert_make.h"
#include "certs/staple.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t now = 1795478400; /* 2026-11-24 00:00:00 UTC */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct cert_material issuer;
    struct cert_wish wish = {
        .common_name = "Test Issuing", .not_before = now, .not_after = now + 3600};
    if (!issuer.chain && !cert_make_self_signed(&wish, &issuer, NULL))
        return 0;
    struct blob response = {0};
    struct error err = {0};
    int64_t until = 0;
    if (!blob_copy(data, size, &response))
        return 0;
    bool ok = staple_check(&response, &issuer.chain[0], &issuer.chain[0], now, &until, &err);
    if (ok ? until <= now : err.kind == ERROR_NONE)
        abort();
    staple_check(&issuer.chain[0], &response, NULL, now, &until, &err);
    blob_finish(&response);
    return 0;
}
