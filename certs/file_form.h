/* Inside certs/: what form a file's content has, and words for content that has the wrong one. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

enum file_form {
    FILE_FORM_PEM,
    FILE_FORM_DER,
    FILE_FORM_OTHER,
};

/* By its first octets and its PEM lines. A UTF-8 mark is taken off `content`, which is borrowed. */
enum file_form file_form(struct blob *content);

/* What it is read for: an entry of the store, whose mends name its files, or certificates alone,
 * from a file that was named. */
enum file_form_use { FILE_FORM_ENTRY, FILE_FORM_ALONE };

/* Why content that ought to be `expected` ("PEM or DER", "PKCS#12") is not: empty, cut off, or
 * something else, with what to do about it. `reason`: what the library said, NULL if it was not
 * asked. */
void file_form_explain(const struct blob *content, const char *expected, enum file_form_use use,
                       const struct error *reason, struct error *err);

/* What to do about a certificate request in a certificate's place. */
extern const char file_form_request_mend[], file_form_request_mend_alone[];
