#include "daemon/framing.h"

#include "daemon/connection.h"
#include "daemon/listener.h"

#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2 */
static bool is_token(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z') ||
              (text[i] >= 'a' && text[i] <= 'z') ||
              (text[i] != '\0' && strchr("!#$%&'*+-.^_`|~", text[i]))))
            return false;
    return size > 0;
}

/* RFC 9110, 5.5: no control characters but a tab. */
static bool is_field_value(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

struct fields {
    const char *expected; /* where the next field line must begin */
    bool contiguous;      /* each line began where the one before it ended */
    bool well_formed;
    unsigned hosts, lengths, encodings;
    bool has_content; /* a Content-Length other than 0, or any Transfer-Encoding */
    bool chunked;     /* "chunked", alone */
    bool plain_length;
    bool host_ok;
};

static bool same_word(const char *text, size_t size, const char *word) {
    return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

static size_t trimmed(const char *text, size_t size) {
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        size--;
    return size;
}

static void look_at_length(struct fields *fields, const char *value, size_t size) {
    fields->lengths++;
    fields->plain_length = size > 0;
    for (size_t i = 0; i < size; i++) {
        if (value[i] < '0' || value[i] > '9')
            fields->plain_length = false;
        if (value[i] != '0')
            fields->has_content = true;
    }
}

static enum MHD_Result look_at_field(void *context, enum MHD_ValueKind kind, const char *name,
                                     size_t name_size, const char *value, size_t value_size) {
    (void)kind;
    struct fields *fields = context;
    if (name != fields->expected)
        fields->contiguous = false;
    fields->expected = value + value_size + 2; /* CR LF, both now NUL */
    if (!is_token(name, name_size) || !is_field_value(value, value_size))
        fields->well_formed = false;
    size_t size = trimmed(value, value_size);
    if (same_word(name, name_size, "Host")) {
        char host[REQUEST_HOST_SIZE];
        fields->hosts++;
        fields->host_ok = authority_parse(value, size, host, NULL);
    } else if (same_word(name, name_size, "Content-Length"))
        look_at_length(fields, value, size);
    else if (same_word(name, name_size, "Transfer-Encoding")) {
        fields->encodings++;
        fields->has_content = true;
        fields->chunked = same_word(value, size, "chunked");
    }
    return MHD_YES;
}

static size_t header_size(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/* Is there room left in the library's memory for the head of an answer? Without it the connection
 * would close in silence. What it has used: the head, a record for each field, argument and
 * cookie, a copy of the cookies. */
static bool has_room(struct connection *connection, size_t head_size) {
    enum { RECORD_SIZE = 64, ANSWER_SIZE = 900 };
    int records = MHD_get_connection_values(
        connection->mhd, MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND, NULL, NULL);
    const char *cookies = NULL;
    size_t cookies_size = 0;
    MHD_lookup_connection_value_n(connection->mhd, MHD_HEADER_KIND, "Cookie", 6, &cookies,
                                  &cookies_size);
    return head_size + (size_t)records * RECORD_SIZE + cookies_size + ANSWER_SIZE <=
           listener_memory(connection->listener);
}

static unsigned refuse(unsigned status, const char *reason, const char **why) {
    *why = reason;
    return status;
}

unsigned framing_check(struct connection *connection, const char *method, const char *version,
                       const char **why) {
    struct request *request = &connection->request;
    const struct listener_settings *settings = listener_settings(connection->listener);
    size_t head_size = header_size(connection->mhd);
    bool http10 = strcmp(version, "HTTP/1.0") == 0;

    struct fields fields = {
        .expected = version + strlen(version) + 2, .contiguous = true, .well_formed = true};
    MHD_get_connection_values_n(connection->mhd, MHD_HEADER_KIND, look_at_field, &fields);
    request->content = fields.has_content;

    if (request->target_size > settings->request_line_bytes)
        return refuse(414, "request target too long", why);
    if (head_size > settings->header_bytes)
        return refuse(431, "header fields too large", why);
    if (!has_room(connection, head_size))
        return refuse(431, "too many header fields", why);
    if (request->target != method + strlen(method) + 1 ||
        version != request->target + request->target_size + 1 || !request->target_sound ||
        request->authority_bad || !is_token(method, strlen(method)))
        return refuse(400, "malformed request line", why);
    /* The last line's end and the empty line: no line was folded, cut by a NUL or ended by LF. */
    if (!fields.contiguous || fields.expected + 2 != method + head_size)
        return refuse(400, "header lines that do not end in CR LF, are folded, or hold a NUL", why);
    if (!fields.well_formed)
        return refuse(400, "malformed header field", why);
    if (fields.hosts > 1 || (fields.hosts == 0 && !http10))
        return refuse(400, fields.hosts ? "more than one Host" : "no Host", why);
    if (fields.hosts == 1 && !fields.host_ok)
        return refuse(400, "malformed Host", why);
    if (fields.lengths > 1 || (fields.lengths == 1 && !fields.plain_length))
        return refuse(400, "ambiguous Content-Length", why);
    if (fields.encodings > 0 && (fields.lengths > 0 || fields.encodings > 1 || http10))
        return refuse(400, "ambiguous Transfer-Encoding", why);
    if (fields.encodings == 1 && !fields.chunked)
        return refuse(501, "unknown Transfer-Encoding", why);
    return 0;
}

bool request_host(struct connection *connection, char host[static REQUEST_HOST_SIZE],
                  unsigned *port) {
    size_t size = 0;
    const char *authority = target_authority(connection->request.target, &size);
    if (authority)
        return authority_parse(authority, size, host, port);
    const char *value = NULL;
    if (MHD_lookup_connection_value_n(connection->mhd, MHD_HEADER_KIND, "Host", 4, &value, &size) !=
            MHD_YES ||
        !value)
        return false;
    return authority_parse(value, trimmed(value, size), host, port);
}
