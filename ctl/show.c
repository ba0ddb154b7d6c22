/* The verb `show`: everything about one entry. */
#include "base/time_text.h"
#include "base/utf8.h"
#include "ctl/answer.h"
#include "ctl/inventory.h"
#include "ctl/text.h"

#include <stdlib.h>
#include <string.h>

static void field_of(struct buffer *out, const char *label, const json_t *object,
                     const char *member) {
    text_field(out, label, answer_text(object, member));
}

static void field_names(struct buffer *out, const char *label, const json_t *first,
                        const json_t *second) {
    struct buffer names = {0};
    text_append_names(&names, first, second, SIZE_MAX);
    text_field(out, label, names.data ? names.data : "");
    buffer_finish(&names);
}

static void print_staple(const json_t *entry, struct buffer *out) {
    const json_t *until = json_object_get(entry, "staple_until");
    char time[TIME_TEXT_SIZE], text[TIME_TEXT_SIZE + 16];
    if (!answer_true(entry, "staple")) {
        text_field(out, "staple", "none");
        return;
    }
    snprintf(text, sizeof text, "sent until %s",
             json_is_integer(until) ? time_text(json_integer_value(until), time) : "?");
    text_field(out, "staple", text);
}

static const char *kind_of(const json_t *certificate) {
    if (answer_true(certificate, "authority"))
        return answer_true(certificate, "self_issued") ? "authority, self-issued" : "authority";
    return answer_true(certificate, "self_issued") ? "server certificate, self-issued"
                                                   : "server certificate";
}

/* "mailstorectl create, 2026-11-24 10:00:00 UTC"; the authority's own are the daemon's as well. */
static void print_meta(const json_t *entry, struct buffer *out) {
    const char *made_by = answer_text(entry, "made_by");
    const json_t *made = json_object_get(entry, "made");
    struct buffer text = {0};
    field_of(out, "friendly name", entry, "friendly_name");
    if (answer_true(entry, "generated"))
        buffer_append_text(&text, "the daemon");
    else if (made_by && strcmp(made_by, "authority") == 0)
        buffer_append_text(&text, "the local authority");
    else if (made_by)
        buffer_printf(&text, "mailstorectl %s", made_by);
    if (text.size > 0 && json_is_integer(made)) {
        char time[TIME_TEXT_SIZE];
        buffer_printf(&text, ", %s", time_text(json_integer_value(made), time));
    }
    text_field(out, "made by", text.data);
    if (answer_true(entry, "exportable"))
        text_field(out, "exportable", "yes: its key may leave, in a PKCS#12");
    buffer_finish(&text);
}

static void print_entry(const json_t *entry, int64_t now, struct buffer *out) {
    const json_t *used_by = json_object_get(entry, "used_by");
    field_of(out, "subject", entry, "subject");
    field_of(out, "issuer", entry, "issuer");
    field_names(out, "names", json_object_get(entry, "dns_names"),
                json_object_get(entry, "addresses"));
    text_field_validity(out, "valid", entry, now);
    text_field(out, "kind", kind_of(entry));
    field_of(out, "key", entry, "key");
    field_of(out, "signature", entry, "signature");
    field_of(out, "serial", entry, "serial");
    field_of(out, "SHA-256", entry, "fingerprint");
    field_of(out, "SHA-1", entry, "thumbprint");
    print_staple(entry, out);
    print_meta(entry, out);
    if (json_is_array(used_by))
        field_names(out, "used by", used_by, NULL);
}

/* The certificates behind the leaf, which print_entry told already. */
static void print_issuers(const json_t *entry, int64_t now, struct buffer *out) {
    const json_t *chain = json_object_get(entry, "chain_certificates");
    for (size_t i = 1; i < json_array_size(chain); i++) {
        const json_t *certificate = json_array_get(chain, i);
        buffer_printf(out, "\nsent with it, %zu of %zu:\n", i, json_array_size(chain) - 1);
        field_of(out, "subject", certificate, "subject");
        field_of(out, "issuer", certificate, "issuer");
        text_field_validity(out, "valid", certificate, now);
        text_field(out, "kind", kind_of(certificate));
        field_of(out, "key", certificate, "key");
        field_of(out, "serial", certificate, "serial");
        field_of(out, "SHA-256", certificate, "fingerprint");
        field_of(out, "SHA-1", certificate, "thumbprint");
    }
}

void show_print(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *entry = json_object_get(answer, "entry");
    const json_t *refused = json_object_get(answer, "refused");
    const char *name = answer_text(entry, "name");
    if (!name)
        name = answer_text(json_array_get(refused, 0), "entry");
    utf8_append_printable(out, name ? name : "?");
    buffer_append_text(out, "\n");
    text_field(out, "told by", inventory_is_of_daemon(answer) ? "the daemon" : "the files");
    if (json_is_object(entry)) {
        print_entry(entry, now, out);
        print_issuers(entry, now, out);
    } else {
        text_field(out, "served", "no: every version of it is refused");
    }
    inventory_append_refusals(refused, out);
}

static enum ctl_exit print_pem(const json_t *answer, struct buffer *out) {
    const json_t *chain = json_object_get(json_object_get(answer, "entry"), "chain_pem"), *pem;
    size_t i = 0;
    if (!json_is_array(chain)) {
        inventory_append_refusals(json_object_get(answer, "refused"), out);
        return CTL_FAILED;
    }
    json_array_foreach(chain, i, pem) {
        buffer_append_text(out, json_string_value(pem));
    }
    return CTL_FINE;
}

static enum ctl_exit run(struct ctl *ctl) {
    json_t *answer = NULL;
    enum ctl_exit status = inventory_ask(ctl, ctl->arguments[0], &answer);
    if (!answer)
        return status;
    status = inventory_is_fine(answer, ctl->now) ? CTL_FINE : CTL_ATTENTION;
    if (ctl_has(ctl, "--json"))
        answer_append_json(answer, &ctl->out);
    else if (ctl_has(ctl, "--pem"))
        status = print_pem(answer, &ctl->out);
    else
        show_print(answer, ctl->now, &ctl->out);
    json_decref(answer);
    return status;
}

static const struct ctl_option options[] = {
    {.name = "--pem", .help = "print the certificates as PEM, the leaf first; never a key"},
    {0},
};

const struct ctl_verb verb_show = {
    .name = "show",
    .arguments = "NAME",
    .summary = "everything about one certificate",
    .help =
        "The entry NAME with its chain, fingerprints, staple and refusals; from the daemon, or\n"
        "without one from the store's files.\n",
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_ENTRY,
};
