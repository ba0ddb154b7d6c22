/* The verb `clients`: who connected, and who does not accept the certificate. */
#include "ctl/answer.h"
#include "ctl/order.h"
#include "ctl/text.h"

#include <inttypes.h>
#include <string.h>

enum { CLIENTS_TIMEOUT_MS = 30000, COLUMNS = 7 };

static bool says(const json_t *client, const char *verdict) {
    const char *word = answer_text(client, "verdict");
    return word && strcmp(word, verdict) == 0;
}

static void append_verdict(const json_t *client, struct buffer *out) {
    const char *alert = answer_text(client, "alert"), *meaning = answer_text(client, "meaning");
    if (says(client, "finished"))
        buffer_append_text(out,
                           answer_true(client, "asked")
                               ? "fine"
                               : "finished, but no request came: it may have refused silently");
    else if (says(client, "refused"))
        buffer_printf(out, "%s with %s%s%s", meaning ? "refused" : "ended", alert ? alert : "?",
                      meaning ? ": " : "", meaning ? meaning : "");
    else if (says(client, "left"))
        buffer_append_text(out, "left without a reason when it saw the certificate");
    else if (says(client, "late"))
        buffer_append_text(out, "did not finish the handshake in time");
    else
        buffer_append_text(out, "no handshake: nothing in common, or gone before it");
}

static void add_ago(struct text_table *table, int64_t at, int64_t now) {
    struct buffer text = {0};
    text_append_duration(&text, now > at ? now - at : 0);
    buffer_append_text(&text, " ago");
    text_table_add(table, text.data);
    table->failed |= text.failed;
    buffer_finish(&text);
}

static void add_count(struct text_table *table, int64_t count) {
    struct buffer text = {0};
    buffer_printf(&text, "%" PRId64, count);
    text_table_add(table, text.data);
    table->failed |= text.failed;
    buffer_finish(&text);
}

static void add_row(struct text_table *table, const json_t *client, int64_t now) {
    struct buffer verdict = {0};
    append_verdict(client, &verdict);
    text_table_add(table, answer_text(client, "address"));
    text_table_add(table, answer_text(client, "service"));
    add_ago(table, answer_integer(client, "last"), now);
    add_ago(table, answer_integer(client, "first"), now);
    add_count(table, answer_integer(client, "handshakes"));
    add_count(table, answer_integer(client, "refusals"));
    text_table_add(table, verdict.data);
    table->failed |= verdict.failed;
    buffer_finish(&verdict);
}

static void print(const json_t *answer, int64_t now, struct buffer *out) {
    static const char *const heads[COLUMNS] = {"ADDRESS", "SERVICE",  "LAST",   "FIRST",
                                               "COUNT",   "REFUSALS", "VERDICT"};
    const json_t *clients = json_object_get(answer, "clients"), *client = NULL;
    if (!answer_true(answer, "remember")) {
        buffer_append_text(out, "no client is remembered: the configuration says "
                                "clients.remember = false\n");
        return;
    }
    if (json_array_size(clients) == 0) {
        buffer_append_text(out, "no client\n");
        return;
    }
    struct text_table table = {.columns = COLUMNS};
    for (size_t i = 0; i < COLUMNS; i++)
        text_table_add(&table, heads[i]);
    size_t i = 0;
    json_array_foreach(clients, i, client) {
        add_row(&table, client, now);
    }
    text_table_print(&table, "", out);
    text_table_finish(&table);
}

static bool somebody_refuses(const json_t *answer) {
    size_t i = 0;
    const json_t *client = NULL;
    json_array_foreach(json_object_get(answer, "clients"), i, client) {
        if (answer_true(client, "refuses"))
            return true;
    }
    return false;
}

static enum ctl_exit run(struct ctl *ctl) {
    json_t *answer = NULL;
    json_t *members = json_pack("{s:b}", "refusing", (int)ctl_has(ctl, "--refusing"));
    enum ctl_exit status = order_ask(ctl, "clients", members, CLIENTS_TIMEOUT_MS, &answer);
    if (status != CTL_FINE)
        return status;
    return ctl_answer(ctl, answer, print, somebody_refuses(answer) ? CTL_ATTENTION : CTL_FINE);
}

static const struct ctl_option options[] = {
    {.name = "--refusing", .help = "only those that did not accept the certificate"},
    {0},
};

const struct ctl_verb verb_clients = {
    .name = "clients",
    .summary = "who connected, and who does not accept the certificate",
    .help =
        "Asks the daemon which clients it remembers, the one seen last first: how its last\n"
        "handshake ended, when it was seen last and first, how many handshakes it began and how\n"
        "many of them it refused. A client that somebody has clicked through a warning on looks\n"
        "as one that trusts.\n",
    .run = run,
    .options = options,
};
