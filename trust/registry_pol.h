/* Registry.pol, the file in which a Group Policy object keeps settings of the registry
 * ([MS-GPREG], 2.2.1). */
#pragma once

#include "base/blob.h"

#include <stdint.h>

enum registry_type {
    REGISTRY_NONE = 0,
    REGISTRY_SZ = 1,
    REGISTRY_BINARY = 3,
    REGISTRY_DWORD = 4,
    REGISTRY_MULTI_SZ = 7,
};

/* What the size field of a setting may say. */
enum { REGISTRY_DATA_LIMIT = 0xffff };

/* One setting. Borrowed. */
struct registry_setting {
    const char *key;   /* without the hive: "Software\\Policies\\…"; UTF-8 */
    const char *value; /* its name; "": the key alone, with REGISTRY_NONE */
    enum registry_type type;
    uint32_t number;           /* REGISTRY_DWORD */
    const char *text;          /* REGISTRY_SZ; REGISTRY_MULTI_SZ: its strings with "\n" between */
    const struct blob *binary; /* REGISTRY_BINARY */
};

/* The file's beginning, then its settings one by one. */
void registry_pol_begin(struct buffer *out);
void registry_pol_append(struct buffer *out, const struct registry_setting *setting);

/* What else Windows keeps in its registry: numbers with the least octet first, text without its
 * NUL. What is not well-formed in `text` becomes U+FFFD. */
void registry_put_u32(struct buffer *out, uint32_t number);
void registry_put_utf16(struct buffer *out, const char *text);
