/* A certificate as Windows keeps it in the registry: properties, then its DER ([MS-GPEF],
 * 2.2.1.1.1; what the properties hold: CertGetCertificateContextProperty).
 *
 * Those that Windows' own editor writes into a Group Policy, in its order, and a friendly name. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

/* `friendly_name`: UTF-8, shown in Windows' list of certificates. Gives `out`. ERROR_INPUT: `der`
 * is no certificate. */
bool cert_blob_write(const struct blob *der, const char *friendly_name, struct blob *out,
                     struct error *err);
