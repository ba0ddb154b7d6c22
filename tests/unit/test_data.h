/* Reading the files that data/make.sh made. */
#pragma once

#include "base/blob.h"
#include "certs/cert_read.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>

#include <cmocka.h>

/* The file's octets; free them. The test fails if it is not there. */
static inline struct blob data_read(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", TEST_DATA, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is missing", path);
    struct blob content = {malloc(65536), 0};
    assert_non_null(content.data);
    content.size = fread(content.data, 1, 65536, file);
    assert_true(content.size < 65536);
    fclose(file);
    return content;
}

/* A certificate's DER out of one of the files. */
static inline struct blob data_certificate(const char *name) {
    struct blob content = data_read(name), *certs = NULL;
    size_t count = 0;
    struct error err = {0};
    struct cert_file file = {name, content.data, content.size};
    if (!cert_read_chain(&file, &certs, &count, &err))
        fail_msg("%s", err.text);
    struct blob first = certs[0];
    for (size_t i = 1; i < count; i++)
        blob_finish(&certs[i]);
    free(certs);
    blob_finish(&content);
    return first;
}

/* When data/make.sh ran: OCSP responses are young then. */
static inline int64_t data_made_at(void) {
    struct blob text = data_read("made_at");
    char digits[32];
    snprintf(digits, sizeof digits, "%.*s", (int)text.size, (const char *)text.data);
    blob_finish(&text);
    return strtoll(digits, NULL, 10);
}
