#include "certs/der.h"
#include "certs/der_write.h"
#include "certs/names.h"
#include "lab/forge.h"

#include <string.h>

/* GeneralName's choices (RFC 5280, 4.2.1.6), by the word before their value. */
static const struct kind {
    const char *word;
    unsigned tag;
} kinds[] = {
    {"dns:", DER_CONTEXT | 2},
    {"ip:", DER_CONTEXT | 7},
    {"email:", DER_CONTEXT | 1},
    {"uri:", DER_CONTEXT | 6},
};

static const struct kind *kind_of(const char *word) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(word, kinds[i].word, strlen(kinds[i].word)) == 0)
            return &kinds[i];
    return NULL;
}

/* As it is written, but for the NUL, which has two characters there. */
static void put_text(struct buffer *out, unsigned tag, const char *text, size_t size) {
    static const char nul[] = {'\\', '0'};
    size_t start = out->size;
    for (size_t at = 0; at < size; at++)
        if (size - at >= sizeof nul && memcmp(text + at, nul, sizeof nul) == 0) {
            buffer_append(out, "", 1);
            at++;
        } else
            buffer_append(out, text + at, 1);
    der_close(out, start, tag);
}

static bool put_address(struct buffer *out, unsigned tag, const char *text, size_t size) {
    char address[NAME_SIZE];
    unsigned char octets[ADDRESS_OCTETS];
    if (size >= sizeof address)
        return false;
    memcpy(address, text, size);
    address[size] = '\0';
    size_t count = address_octets(address, octets);
    der_put(out, tag, octets, count);
    return count > 0;
}

/* One word, which need not end with a NUL. */
static bool put_name(struct buffer *out, const char *word, size_t size) {
    const struct kind *kind = kind_of(word);
    if (!kind || strlen(kind->word) > size)
        return false;
    const char *value = word + strlen(kind->word);
    size_t value_size = size - strlen(kind->word);
    if (strcmp(kind->word, "ip:") == 0)
        return put_address(out, kind->tag, value, value_size);
    put_text(out, kind->tag, value, value_size);
    return true;
}

static void put_more(struct buffer *out, unsigned more, const char *domain) {
    for (unsigned i = 1; i <= more; i++) {
        size_t start = out->size;
        buffer_printf(out, "n%u.%s", i, domain);
        der_close(out, start, DER_CONTEXT | 2);
    }
}

bool forge_names(const char *names, unsigned more, const char *domain, struct blob *out,
                 struct error *err) {
    struct buffer der = {0};
    for (const char *word = names; *word;) {
        size_t size = strcspn(word, " ");
        if (size > 0 && !put_name(&der, word, size)) {
            buffer_finish(&der);
            error_set(err, ERROR_INPUT,
                      "\"%.*s\" is no alternative name: write it as in dns:mail.example.org or "
                      "ip:192.0.2.7",
                      (int)size, word);
            return false;
        }
        word += size;
        word += strspn(word, " ");
    }
    put_more(&der, more, domain);
    der_close(&der, 0, DER_SEQUENCE);
    return der_give(&der, out, err);
}
