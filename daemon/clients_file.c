#include "daemon/clients_file.h"

#include "conf/conf_words.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum handshake_end end;
    const char *word;
} verdicts[] = {
    {HANDSHAKE_FINISHED, "finished"}, {HANDSHAKE_REFUSED, "refused"}, {HANDSHAKE_LEFT, "left"},
    {HANDSHAKE_FAILED, "failed"},     {HANDSHAKE_LATE, "late"},
};
enum { VERDICTS = sizeof verdicts / sizeof *verdicts };

const char *verdict_word(enum handshake_end end) {
    for (size_t i = 0; i < VERDICTS; i++)
        if (verdicts[i].end == end)
            return verdicts[i].word;
    return "open";
}

static bool read_verdict(const char *word, enum handshake_end *out) {
    for (size_t i = 0; i < VERDICTS; i++)
        if (strcmp(verdicts[i].word, word) == 0) {
            *out = verdicts[i].end;
            return true;
        }
    return false;
}

/* In the one form in which clients are told apart. */
static bool read_address(const char *text, char out[static SOCKET_TEXT_SIZE]) {
    struct socket_address address;
    if (!socket_address_parse(text, 0, &address))
        return false;
    socket_address_host((const struct sockaddr *)&address.storage, out);
    return strcmp(out, text) == 0;
}

static bool is_sound(const struct client_seen *client) {
    static const int64_t end_of_time = 253402300799; /* 9999-12-31 */
    bool has_alert = client->end == HANDSHAKE_REFUSED;
    return client->alert >= (has_alert ? 1 : 0) && client->alert <= (has_alert ? 255 : 0) &&
           (!client->asked || client->end == HANDSHAKE_FINISHED) && client->first >= 0 &&
           client->last >= client->first && client->last <= end_of_time && client->handshakes > 0 &&
           client->refusals <= client->handshakes;
}

static bool read_client(json_t *from, struct client_seen *out) {
    const char *address, *service, *verdict;
    int alert, tells, asked;
    json_int_t first, last, handshakes, refusals;
    if (json_unpack(from, "{s:s, s:s, s:s, s:i, s:b, s:b, s:I, s:I, s:I, s:I}", "address", &address,
                    "service", &service, "verdict", &verdict, "alert", &alert, "tells", &tells,
                    "asked", &asked, "first", &first, "last", &last, "handshakes", &handshakes,
                    "refusals", &refusals) != 0)
        return false;
    struct client_seen client = {
        .alert = alert, .tells = tells, .asked = asked, .first = first, .last = last};
    if (handshakes < 0 || refusals < 0 || !read_verdict(verdict, &client.end) ||
        !read_address(address, client.address) || !conf_is_service_name(service) ||
        strlen(service) >= sizeof client.service)
        return false;
    memcpy(client.service, service, strlen(service));
    /* More than anybody has ever had, and with room for more. */
    const json_int_t most = (json_int_t)1 << 53;
    client.handshakes = (uint64_t)(handshakes < most ? handshakes : most);
    client.refusals = (uint64_t)(refusals < most ? refusals : most);
    *out = client;
    return is_sound(&client);
}

static bool read_all(const json_t *from, struct client_seen *clients, struct error *err) {
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(from, i, item) {
        if (!read_client(item, &clients[i])) {
            error_set(err, ERROR_INPUT, "client %zu of the list is damaged", i + 1);
            return false;
        }
    }
    return true;
}

bool clients_file_read(const void *bytes, size_t size, struct client_seen **out, size_t *count,
                       struct error *err) {
    json_error_t where;
    struct client_seen *clients = NULL;
    bool ok = false;
    json_t *file = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &where);
    const json_t *list = json_object_get(file, "clients");
    if (!file) {
        error_set(err, ERROR_INPUT, "line %d: %s", where.line, where.text);
        goto done;
    }
    if (!json_is_array(list) || json_array_size(list) > CLIENTS_SEEN_MOST) {
        error_set(err, ERROR_INPUT, "it holds no list of at most %d clients", CLIENTS_SEEN_MOST);
        goto done;
    }
    clients = calloc(json_array_size(list) + 1, sizeof *clients);
    if (!clients) {
        error_set(err, ERROR_MEMORY, "out of memory");
        goto done;
    }
    if (!read_all(list, clients, err))
        goto done;
    *out = clients;
    *count = json_array_size(list);
    clients = NULL;
    ok = true;
done:
    free(clients);
    json_decref(file);
    return ok;
}

/* Nothing in it needs escaping: addresses, names of services and words. */
void clients_file_print(const struct client_seen *clients, size_t count, struct buffer *out) {
    buffer_append_text(out, "{\"clients\": [");
    for (size_t i = 0; i < count; i++) {
        const struct client_seen *client = &clients[i];
        buffer_printf(
            out,
            "%s\n{\"address\": \"%s\", \"service\": \"%s\", \"verdict\": \"%s\", "
            "\"alert\": %d, \"tells\": %s, \"asked\": %s, \"first\": %" PRId64
            ", \"last\": %" PRId64 ", \"handshakes\": %" PRIu64 ", \"refusals\": %" PRIu64 "}",
            i > 0 ? "," : "", client->address, client->service, verdict_word(client->end),
            client->alert, client->tells ? "true" : "false", client->asked ? "true" : "false",
            client->first, client->last, client->handshakes, client->refusals);
    }
    buffer_append_text(out, "\n]}\n");
}
