/* Inside certs/: a request.inf between its lines and the plan, and the rooms' parts that read it.
 *
 * First every entry is taken (…_take), wherever it stands; then each part is applied to the request
 * (…_apply), and what nobody would be happy with is looked for (request_checks_apply). */
#pragma once

#include "certs/inf.h"
#include "certs/names.h"

/* Keys of [NewRequest]; request_inf_keys.c has their names. */
enum request_key {
    REQUEST_SUBJECT,
    REQUEST_TYPE,
    REQUEST_HASH_ALGORITHM,
    REQUEST_KEY_ALGORITHM,
    REQUEST_KEY_LENGTH,
    REQUEST_KEY_USAGE,
    REQUEST_VALIDITY_PERIOD,
    REQUEST_VALIDITY_PERIOD_UNITS,
    REQUEST_NOT_BEFORE,
    REQUEST_NOT_AFTER,
    REQUEST_FRIENDLY_NAME,
    REQUEST_EXPORTABLE,
    REQUEST_EXPORTABLE_ENCRYPTED,
    REQUEST_ALTERNATE_SIGNATURE,
    REQUEST_SUPPRESS_DEFAULTS,
    REQUEST_X500_NAME_FLAGS,
    REQUEST_SUBJECT_NAME_FLAGS,
    REQUEST_SMIME,
    REQUEST_PRIVATE_KEY_ARCHIVE,
    REQUEST_USE_EXISTING_KEY_SET,
    REQUEST_RENEWAL_CERT,
    REQUEST_KEY_SPEC,
    REQUEST_KEY_CONTAINER,
    REQUEST_KEY_PROTECTION,
    REQUEST_KEY_USAGE_PROPERTY,
    REQUEST_MACHINE_KEY_SET,
    REQUEST_USER_PROTECTED,
    REQUEST_PROVIDER_NAME,
    REQUEST_PROVIDER_TYPE,
    REQUEST_SILENT,
    REQUEST_SECURITY_DESCRIPTOR,
    REQUEST_REQUESTER_NAME,
    REQUEST_ENCRYPTION_ALGORITHM,
    REQUEST_ENCRYPTION_LENGTH,
    REQUEST_KEY_COUNT
};

struct request_value {
    struct inf_text text;
    struct inf_place key;
    bool given;
};

/* An entry of [Extensions] with the lines that go on with it. */
struct request_extension {
    char *oid;
    struct inf_place place;
    struct inf_text text;
    size_t *pieces; /* where each _continue_ line begins in the text */
    size_t piece_count;
    bool too_long; /* told */
};

enum {
    REQUEST_EXTENSION_LIMIT = 64,
    REQUEST_EXTENSION_SIZE = 64 * 1024, /* of one extension's text */
    REQUEST_NAME_LIMIT = 1024,
    REQUEST_ATTRIBUTE_LIMIT = 64,
    REQUEST_PURPOSE_LIMIT = 64,
};

struct request_draft {
    const struct request_inf_options *options;
    struct inf_remarks *remarks;
    struct request_inf request; /* what is being made */

    const struct section *section; /* the one being read; NULL: none that is known */
    bool has_new_request;          /* the section stands there, or one that was meant to be it */
    struct request_value values[REQUEST_KEY_COUNT];
    unsigned key_usage; /* certreq's bits; 0: none */

    struct string_list purposes; /* of [EnhancedKeyUsageExtension] */
    struct inf_place purposes_place;
    struct request_value purposes_critical;

    struct request_extension extensions[REQUEST_EXTENSION_LIMIT];
    size_t extension_count;
    bool told_extensions;          /* that they are too many */
    bool skipping;                 /* what goes on with an entry that was refused */
    struct request_value critical; /* all "Critical" lines, parted by commas */

    struct request_value names_attribute; /* SAN of [RequestAttributes] */
    struct inf_place attributes_place;

    struct cert_alt_names names;
    struct string_list addresses;   /* among them, canonical */
    struct inf_place names_place;   /* where the first stands */
    bool names_given, names_opaque; /* … in octets, not looked into */
    bool told_names;                /* that they are too many */
    struct inf_place constraints_place;
    bool constraints_given, is_authority;
};
void request_draft_finish(struct request_draft *draft);

/* Memory has run out: nothing further is to be trusted. */
void request_draft_fail(struct request_draft *draft);

/* A mistake in the error's words. */
void request_draft_tell(struct request_draft *draft, struct inf_place place,
                        const struct error *err);

/* Moves the entry's value there. A second one is told, and the first one stays. */
void request_value_take(struct request_draft *draft, struct request_value *value,
                        struct inf_entry *entry);
/* Where the value stands; the key if it is empty. */
struct inf_place request_value_place(const struct request_value *value);
const char *request_value_chars(const struct request_value *value);
/* "TRUE" or "FALSE"; anything else is told, and gives false. `key`: for the sentence. */
bool request_value_bool(struct request_draft *draft, const struct request_value *value,
                        const char *key);

/* Nothing was known under this key: tells what was meant, or where it belongs. */
void request_unknown_key(struct request_draft *draft, const struct inf_entry *entry);

/* ---- request_inf_keys.c: [NewRequest] ---- */
bool request_keys_find(const char *name, enum request_key *out);
const char *request_keys_name(enum request_key key);
void request_keys_take(struct request_draft *draft, struct inf_entry *entry);
void request_keys_apply(struct request_draft *draft);

/* ---- request_inf_words.c: numbers, and words that stand for them ---- */
struct request_word {
    const char *name;
    unsigned value;
};
enum request_word_form {
    REQUEST_ONE_WORD,
    REQUEST_NUMBER,     /* a number, or one of the words */
    REQUEST_MANY_WORDS, /* the same, joined by "|" */
};
/* False, and told, if the value is none of that. `words` ends with a NULL name; NULL: none. */
bool request_words_read(struct request_draft *draft, enum request_key key,
                        const struct request_word *words, enum request_word_form form,
                        unsigned *out);
/* A whole number, decimal or hexadecimal with "0x"? */
bool request_number_parse(const char *text, unsigned *out);
/* The key usage, with what is doubtful about it told. */
bool request_key_usage_read(struct request_draft *draft, unsigned *out);

/* ---- request_inf_algorithms.c: hash, key and signature ---- */
void request_algorithms_apply(struct request_draft *draft);

/* ---- request_inf_time.c: from when until when ---- */
void request_time_apply(struct request_draft *draft);

/* ---- request_inf_extensions.c: [Extensions] ---- */
void request_extensions_take(struct request_draft *draft, struct inf_entry *entry);
void request_extensions_apply(struct request_draft *draft);
/* Takes `der`; critical also if the file says so. */
void request_extension_set(struct request_draft *draft, const char *oid, bool critical,
                           struct blob *der);

/* ---- request_inf_purposes.c: [EnhancedKeyUsageExtension], 2.5.29.37 ---- */
void request_purposes_take(struct request_draft *draft, struct inf_entry *entry);
/* A line's value: one object identifier, or several with commas. */
void request_purposes_take_value(struct request_draft *draft, const struct inf_text *text);
/* The extension's text, from behind {text}. */
void request_purposes_read(struct request_draft *draft, const struct request_extension *extension,
                           size_t from);

/* ---- request_inf_constraints.c: 2.5.29.19 ---- */
void request_constraints_read(struct request_draft *draft,
                              const struct request_extension *extension, size_t from);

/* ---- request_inf_names.c: alternative names ---- */
/* "DNS=a&IPAddress=b&…", from this offset. `pieces`: where a line began whose end the one before
 * should have marked with "&". */
void request_names_read(struct request_draft *draft, const struct inf_text *text, size_t from,
                        const size_t *pieces, size_t piece_count);
/* The host's name in what a person wrote; false if there is none (or memory, which is told). */
bool request_names_host(struct request_draft *draft, const char *text, char out[static NAME_SIZE]);
/* Does the text begin with a kind of name and its "="? */
bool request_names_begin(const char *text);

/* ---- request_inf_octets.c: values given in octets ---- */
/* "{utf8}text", "{octet}base64", "{octet}{hex}00 01", "{asn}base64", "{hex}04 01 00"; and base64
 * alone where `bare` allows it. Gives `out`, the DER; false was told. `what`: for the sentence. */
bool request_octets_read(struct request_draft *draft, const char *text, struct inf_place place,
                         bool bare, const char *what, struct blob *out);

/* ---- request_inf_checks.c: what will make somebody unhappy ---- */
void request_checks_apply(struct request_draft *draft);
