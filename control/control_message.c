#include "control/control_message.h"

#include "base/string_list.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    enum error_kind kind;
    const char *word;
} kinds[] = {
    {ERROR_INPUT, "input"},   {ERROR_MISSING, "missing"}, {ERROR_PERMISSION, "permission"},
    {ERROR_CONFIG, "config"}, {ERROR_BUSY, "busy"},       {ERROR_EXISTS, "exists"},
    {ERROR_SPACE, "space"},   {ERROR_MEMORY, "memory"},   {ERROR_SYSTEM, "system"},
};

static const char *kind_word(enum error_kind kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return kinds[i].word;
    return "system";
}

static enum error_kind kind_of(const char *word) {
    for (size_t i = 0; word && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].word, word) == 0)
            return kinds[i].kind;
    return ERROR_SYSTEM;
}

static int append_piece(const char *data, size_t size, void *context) {
    struct buffer *out = context;
    buffer_append(out, data, size);
    return out->failed ? -1 : 0;
}

static bool append_line(const json_t *message, struct buffer *out) {
    if (!message || json_dump_callback(message, append_piece, out, JSON_COMPACT) != 0)
        out->failed = true;
    buffer_append_text(out, "\n");
    return !out->failed;
}

void control_message_refuse(const struct error *why, struct buffer *out) {
    struct buffer text = {0};
    utf8_append_valid(&text, why->text);
    json_t *answer =
        json_pack("{s:i, s:b, s:s, s:s%}", "protocol", CONTROL_PROTOCOL, "ok", 0, "kind",
                  kind_word(why->kind), "error", text.data ? text.data : "", text.size);
    append_line(answer, out);
    json_decref(answer);
    buffer_finish(&text);
}

static bool read_object(const char *text, size_t size, json_t **out, struct error *err) {
    json_error_t where;
    json_t *message = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    if (!message) {
        error_set(err, ERROR_INPUT, "not JSON: %s (at byte %d)", where.text, where.position);
        return false;
    }
    if (!json_is_object(message)) {
        error_set(err, ERROR_INPUT, "not a JSON object");
        json_decref(message);
        return false;
    }
    *out = message;
    return true;
}

static bool check_protocol(const json_t *message, struct error *err) {
    const json_t *protocol = json_object_get(message, "protocol");
    if (!json_is_integer(protocol)) {
        error_set(err, ERROR_INPUT,
                  "member \"protocol\" is missing or no number; this is protocol %d",
                  CONTROL_PROTOCOL);
        return false;
    }
    if (json_integer_value(protocol) != CONTROL_PROTOCOL) {
        error_set(err, ERROR_INPUT, "protocol %lld is not spoken here, but %d",
                  (long long)json_integer_value(protocol), CONTROL_PROTOCOL);
        return false;
    }
    return true;
}

static void set_unknown_command(const struct control_command *commands, const char *command,
                                struct error *err) {
    const char *names[64] = {0};
    for (size_t i = 0; commands[i].name && i + 1 < sizeof names / sizeof *names; i++)
        names[i] = commands[i].name;
    const char *nearest = nearest_word(command, names);
    struct buffer known = {0};
    for (size_t i = 0; names[i]; i++)
        buffer_printf(&known, "%s%s", i ? ", " : "", names[i]);
    if (nearest)
        error_set(err, ERROR_INPUT, "unknown command \"%.100s\"; did you mean \"%s\"?", command,
                  nearest);
    else
        error_set(err, ERROR_INPUT, "unknown command \"%.100s\"; known: %s", command,
                  known.data ? known.data : "none");
    buffer_finish(&known);
}

static const struct control_command *find_command(const struct control_command *commands,
                                                  const json_t *request, struct error *err) {
    const char *command = json_string_value(json_object_get(request, "command"));
    if (!command) {
        error_set(err, ERROR_INPUT, "member \"command\" is missing or no string");
        return NULL;
    }
    for (const struct control_command *known = commands; known->name; known++)
        if (strcmp(known->name, command) == 0)
            return known;
    set_unknown_command(commands, command, err);
    return NULL;
}

/* The answer's members, or NULL with `err` filled. */
static json_t *members_of_answer(const struct control_command *commands, void *context,
                                 const json_t *request, struct error *err) {
    const struct control_command *command = NULL;
    if (check_protocol(request, err))
        command = find_command(commands, request, err);
    json_t *members = command ? command->answer(context, request, err) : NULL;
    if (!members)
        return NULL;
    if (json_object_set_new(members, "protocol", json_integer(CONTROL_PROTOCOL)) != 0 ||
        json_object_set_new(members, "ok", json_true()) != 0) {
        error_set(err, ERROR_MEMORY, "out of memory");
        json_decref(members);
        return NULL;
    }
    return members;
}

void control_message_answer(const struct control_command *commands, void *context,
                            const char *request, size_t size, struct buffer *out) {
    struct error err = {.kind = ERROR_MEMORY, .text = "out of memory"};
    json_t *asked = NULL, *members = NULL;
    size_t before = out->size;
    if (read_object(request, size, &asked, &err))
        members = members_of_answer(commands, context, asked, &err);
    else
        error_prefix(&err, "the request is wrong");
    if (members)
        append_line(members, out);
    if (members && !out->failed && out->size - before > CONTROL_ANSWER_LIMIT) {
        out->size = before;
        error_set(&err, ERROR_SPACE, "the answer is longer than %d MiB",
                  CONTROL_ANSWER_LIMIT >> 20);
        json_decref(members);
        members = NULL;
    }
    if (!members)
        control_message_refuse(&err, out);
    json_decref(members);
    json_decref(asked);
}

bool control_message_request(const char *command, const json_t *members, struct buffer *out) {
    json_t *request = json_pack("{s:i, s:s}", "protocol", CONTROL_PROTOCOL, "command", command);
    bool ok = request &&
              (!members || json_object_update_missing(request, (json_t *)members) == 0) &&
              append_line(request, out);
    json_decref(request);
    return ok;
}

bool control_message_read(const char *text, size_t size, json_t **out, struct error *err) {
    json_t *message = NULL;
    if (!read_object(text, size, &message, err)) {
        error_prefix(err, "what answers is no mailstored");
        return false;
    }
    /* Before the protocol: the refusal of our protocol is itself in another one. */
    const char *refusal = json_string_value(json_object_get(message, "error"));
    const json_t *ok = json_object_get(message, "ok");
    if (json_is_false(ok) && refusal) {
        error_set(err, kind_of(json_string_value(json_object_get(message, "kind"))), "%s", refusal);
        json_decref(message);
        return false;
    }
    if (!check_protocol(message, err) || !json_is_true(ok)) {
        if (!json_is_true(ok))
            error_set(err, ERROR_INPUT, "the daemon's answer has no member \"ok\"");
        json_decref(message);
        return false;
    }
    *out = message;
    return true;
}
