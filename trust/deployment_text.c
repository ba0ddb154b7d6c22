#include "trust/deployment_text.h"

#include "base/time_text.h"
#include "base/utf8.h"
#include "trust/deployment_name.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the values that every text has ---- */

enum { OWN_VALUES = 16, THUMBPRINT_TEXT_SIZE = 2 * CERT_THUMBPRINT_SIZE + 1 };

struct values {
    struct deployment_value own[OWN_VALUES];
    const struct deployment_value *more;
    char *fingerprint, *title, *base64, *address, *url;
    char thumbprint[THUMBPRINT_TEXT_SIZE], port[6], label[DEPLOYMENT_NAME_SIZE];
    char not_before[TIME_TEXT_SIZE], not_after[TIME_TEXT_SIZE];
};

static void values_finish(struct values *values) {
    free(values->fingerprint);
    free(values->title);
    free(values->base64);
    free(values->address);
    free(values->url);
}

/* Even a certificate with neither names nor a subject is called something. */
static const char *name_of(const struct cert_info *info, char label[static DEPLOYMENT_NAME_SIZE]) {
    if (info->common_name && *info->common_name)
        return info->common_name;
    if (info->dns_names.count > 0)
        return info->dns_names.items[0];
    if (info->addresses.count > 0)
        return info->addresses.items[0];
    return *info->subject ? info->subject : deployment_name(info, label);
}

char *deployment_title(const struct cert_info *anchor) {
    char label[DEPLOYMENT_NAME_SIZE];
    struct buffer title = {0};
    buffer_append_text(&title, "mailstored: ");
    utf8_append_printable(&title, name_of(anchor, label));
    return buffer_take(&title);
}

static char *base64_of(const struct blob *data) {
    gnutls_datum_t text = {0}, datum = {data->data, (unsigned)data->size};
    if (gnutls_base64_encode2(&datum, &text) < 0)
        return NULL;
    char *copy = strdup((const char *)text.data);
    gnutls_free(text.data);
    return copy;
}

static bool find_address(const struct deployment *deployment, struct values *values) {
    const char *host = deployment->host;
    if (!host)
        return true;
    bool is_ipv6 = strchr(host, ':') != NULL;
    const char *left = is_ipv6 ? "[" : "", *right = is_ipv6 ? "]" : "";
    struct buffer text = {0};
    buffer_printf(&text, "%s%s%s", left, host, right);
    if (deployment->port > 0)
        buffer_printf(&text, ":%s", values->port);
    values->address = buffer_take(&text);
    buffer_printf(&text, "https://%s/", values->address ? values->address : "");
    values->url = buffer_take(&text);
    return values->address && values->url;
}

static bool values_find(const struct deployment *deployment, const struct deployment_value *more,
                        struct values *values) {
    const struct cert_info *info = deployment->info;
    *values = (struct values){.more = more};
    for (size_t i = 0; i < CERT_THUMBPRINT_SIZE; i++)
        snprintf(values->thumbprint + 2 * i, 3, "%02X", info->thumbprint[i]);
    snprintf(values->port, sizeof values->port, "%u", deployment->port);
    time_text_date(info->not_before, values->not_before);
    time_text_date(info->not_after, values->not_after);
    values->fingerprint = fingerprint_text(info->fingerprint, sizeof info->fingerprint);
    values->title = deployment_title(info);
    values->base64 = base64_of(deployment->anchor);
    if (!values->fingerprint || !values->title || !values->base64 ||
        !find_address(deployment, values)) {
        values_finish(values);
        return false;
    }
    const struct deployment_value own[OWN_VALUES] = {
        {"subject", info->subject},
        {"issuer", info->issuer},
        {"name", name_of(info, values->label)},
        {"serial", info->serial},
        {"fingerprint", values->fingerprint},
        {"thumbprint", values->thumbprint},
        {"not_before", values->not_before},
        {"not_after", values->not_after},
        {"base64", values->base64},
        {"title", values->title},
        {"authority", deployment->is_authority ? "1" : NULL},
        {"host", deployment->host},
        {"port", deployment->port > 0 ? values->port : NULL},
        {"address", values->address},
        {"url", values->url},
        {"language", deployment->language},
    };
    memcpy(values->own, own, sizeof own);
    return true;
}

/* NULL: nobody knows such a value. */
static const struct deployment_value *value_named(const struct values *values, const char *name,
                                                  size_t length) {
    for (size_t i = 0; i < OWN_VALUES; i++)
        if (strlen(values->own[i].name) == length && memcmp(values->own[i].name, name, length) == 0)
            return &values->own[i];
    for (const struct deployment_value *value = values->more; value && value->name; value++)
        if (strlen(value->name) == length && memcmp(value->name, name, length) == 0)
            return value;
    return NULL;
}

/* ---- a value where it stands ---- */

static void append_xml(struct buffer *out, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '&':
            buffer_append_text(out, "&amp;");
            break;
        case '<':
            buffer_append_text(out, "&lt;");
            break;
        case '>':
            buffer_append_text(out, "&gt;");
            break;
        case '"':
            buffer_append_text(out, "&quot;");
            break;
        default:
            buffer_append(out, text, 1);
        }
}

/* PowerShell takes U+2018 to U+201B for single quotes, too; any of them doubled is one. */
static void append_powershell(struct buffer *out, const char *text) {
    while (*text) {
        uint32_t point;
        size_t size = utf8_read(text, &point);
        bool is_quote = point == '\'' || (point >= 0x2018 && point <= 0x201b);
        buffer_append(out, text, size);
        if (is_quote)
            buffer_append(out, text, size);
        text += size;
    }
}

static void append_shell(struct buffer *out, const char *text) {
    for (; *text; text++)
        if (*text == '\'')
            buffer_append_text(out, "'\\''");
        else
            buffer_append(out, text, 1);
}

static void append_value(struct buffer *out, const char *value, const char *where) {
    struct buffer text = {0};
    if (!value)
        return;
    utf8_append_printable(&text, value);
    buffer_append(&text, "", 0); /* so that there is a NUL */
    out->failed |= text.failed;
    if (text.failed)
        ;
    else if (strncmp(where, ":xml", 4) == 0)
        append_xml(out, text.data);
    else if (strncmp(where, ":ps", 3) == 0)
        append_powershell(out, text.data);
    else if (strncmp(where, ":sh", 3) == 0)
        append_shell(out, text.data);
    else
        buffer_append(out, text.data, text.size);
    buffer_finish(&text);
}

/* ---- texts ---- */

static const char *text_named(const char *name) {
    for (size_t i = 0; i < deployment_texts_count; i++)
        if (strcmp(deployment_texts[i].name, name) == 0)
            return deployment_texts[i].text;
    return NULL;
}

static const char *text_find(const char *name, const char *language) {
    char spoken[128];
    const char *suffix = strrchr(name, '.'), *text = text_named(name);
    if (text || !suffix)
        return text;
    snprintf(spoken, sizeof spoken, "%.*s.%s%s", (int)(suffix - name), name, language, suffix);
    return text_named(spoken);
}

/* Marks nest and close as they should: embed.py has looked. Gives the mark whose value nobody
 * knows, or NULL. */
static const char *fill(const char *text, const struct values *values, struct buffer *out) {
    size_t hidden = 0; /* sections that are open and not shown */
    for (const char *mark; (mark = strstr(text, "{{")); text = strstr(mark, "}}") + 2) {
        char sign = mark[2];
        const char *name = mark + (strchr("?!/", sign) ? 3 : 2);
        size_t length = strcspn(name, ":}");
        const struct deployment_value *value = value_named(values, name, length);
        if (!value)
            return mark;
        if (hidden == 0)
            buffer_append(out, text, (size_t)(mark - text));
        if (sign == '?' || sign == '!')
            hidden += hidden > 0 || (value->text != NULL) != (sign == '?');
        else if (sign == '/')
            hidden -= hidden > 0;
        else if (hidden == 0)
            append_value(out, value->text, name + length);
    }
    buffer_append_text(out, text);
    return NULL;
}

bool deployment_text(const struct deployment *deployment, const char *name,
                     const struct deployment_value *more, struct buffer *out, struct error *err) {
    struct values values;
    const char *text = text_find(name, deployment->language);
    if (!text) {
        error_set(err, ERROR_MISSING, "%s: there is no such text in the language \"%s\"", name,
                  deployment->language);
        return false;
    }
    if (!values_find(deployment, more, &values)) {
        error_set(err, ERROR_MEMORY, "%s: out of memory", name);
        return false;
    }
    const char *unknown = fill(text, &values, out);
    values_finish(&values);
    if (unknown)
        error_set(err, ERROR_INPUT, "%s: nobody knows the value %.20s", name, unknown);
    else if (out->failed)
        error_set(err, ERROR_MEMORY, "%s: out of memory", name);
    return !unknown && !out->failed;
}

static void append_for_windows(struct buffer *out, const char *text) {
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        buffer_append(out, text, (size_t)(end - text));
        buffer_append_text(out, "\r\n");
    }
    buffer_append_text(out, text);
}

bool deployment_add_text(const struct deployment *deployment, struct deployment_files *files,
                         const char *path, unsigned mode, const char *name,
                         enum deployment_text_form form, const struct deployment_value *more,
                         struct error *err) {
    struct buffer text = {0}, written = {0};
    bool ok = deployment_text(deployment, name, more, &text, err);
    if (ok && form != DEPLOYMENT_TEXT_UNIX) {
        if (form == DEPLOYMENT_TEXT_WINDOWS_MARK)
            buffer_append_text(&written, "\xef\xbb\xbf");
        append_for_windows(&written, text.data);
        ok = !written.failed;
        if (!ok)
            error_set(err, ERROR_MEMORY, "%s: out of memory", path);
    }
    const struct buffer *last = form == DEPLOYMENT_TEXT_UNIX ? &text : &written;
    ok = ok && deployment_add(files, path, mode, last->data, last->size, err);
    buffer_finish(&text);
    buffer_finish(&written);
    return ok;
}
