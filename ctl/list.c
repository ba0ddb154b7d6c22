/* The verb `list`: the store at a glance, then what it refuses. */
#include "base/time_text.h"
#include "ctl/answer.h"
#include "ctl/inventory.h"
#include "ctl/text.h"

enum {
    NAMES_SHOWN = 4, /* `show` tells them all */
    COLUMNS = 6,
    COLUMN_USERS = 4, /* left out where nobody knows */
};

static void add_row(struct text_table *table, const json_t *entry, int64_t now) {
    struct buffer left = {0}, users = {0}, names = {0};
    char until[TIME_TEXT_SIZE];
    int64_t not_before = answer_integer(entry, "not_before");
    int64_t not_after = answer_integer(entry, "not_after");
    const json_t *used_by = json_object_get(entry, "used_by");
    text_append_left(&left, not_before, not_after, now);
    text_append_names(&users, used_by, NULL, NAMES_SHOWN);
    text_append_names(&names, json_object_get(entry, "dns_names"),
                      json_object_get(entry, "addresses"), NAMES_SHOWN);
    if (names.size == 0) { /* without a SAN the common name is all there is */
        const char *common_name = answer_text(entry, "common_name");
        buffer_printf(&names, "CN=%s", common_name ? common_name : "");
    }
    text_table_add(table, answer_text(entry, "name"));
    text_table_add(table, answer_text(entry, "key"));
    text_table_add(table, time_text_date(not_after, until));
    text_table_add(table, left.data);
    if (table->columns == COLUMNS)
        text_table_add(table, users.data);
    text_table_add(table, names.data);
    if (left.failed || users.failed || names.failed)
        table->failed = true;
    buffer_finish(&left);
    buffer_finish(&users);
    buffer_finish(&names);
}

/* Told by the daemon alone. */
static void print_pins(const json_t *pins, struct buffer *out) {
    enum { PIN_COLUMNS = 2 };
    struct text_table table = {.columns = PIN_COLUMNS};
    size_t i = 0;
    const json_t *pin = NULL;
    json_array_foreach(pins, i, pin) {
        struct buffer text = {0};
        text_append_pin(&text, pin, "entry");
        text_table_add(&table, answer_text(pin, "service"));
        text_table_add(&table, text.data);
        buffer_finish(&text);
    }
    if (json_array_size(pins) > 0) {
        buffer_append_text(out, "\npinned:\n");
        text_table_print(&table, "  ", out);
    }
    text_table_finish(&table);
}

void list_print(const json_t *answer, int64_t now, struct buffer *out) {
    const json_t *entries = json_object_get(answer, "entries"), *entry = NULL;
    bool asked = inventory_is_of_daemon(answer);
    text_field(out, "store", answer_text(answer, "store_folder"));
    text_field(out, "told by",
               asked ? "the daemon" : "the files, since no daemon was asked or answers");
    buffer_append_text(out, "\n");

    struct text_table table = {.columns = asked ? COLUMNS : COLUMNS - 1};
    static const char *const heads[] = {"NAME", "KEY", "UNTIL", "LEFT", "USED BY", "NAMES"};
    for (size_t i = 0; i < COLUMNS; i++)
        if (asked || i != COLUMN_USERS)
            text_table_add(&table, heads[i]);
    size_t i = 0;
    json_array_foreach(entries, i, entry) {
        add_row(&table, entry, now);
    }
    if (json_array_size(entries) > 0)
        text_table_print(&table, "  ", out);
    else
        buffer_append_text(out, "  no certificate\n");
    text_table_finish(&table);
    print_pins(json_object_get(answer, "pins"), out);
    inventory_append_refusals(json_object_get(answer, "refused"), out);
}

static enum ctl_exit run(struct ctl *ctl) {
    json_t *answer = NULL;
    enum ctl_exit status = inventory_ask(ctl, NULL, &answer);
    if (!answer)
        return status;
    status = inventory_is_fine(answer, ctl->now) ? CTL_FINE : CTL_ATTENTION;
    return ctl_answer(ctl, answer, list_print, status);
}

const struct ctl_verb verb_list = {
    .name = "list",
    .summary = "the certificates in the store, and the files it refuses",
    .help = "Asks the daemon, which knows what it serves and what it kept; without one, reads the\n"
            "store's files. Refused files follow with the reason and what mends them.\n",
    .run = run,
};
