#include "lab/request.h"

#include <string.h>
#include <strings.h>

void lab_request_finish(struct lab_request *request) {
    buffer_finish(&request->head);
}

/* ---- reading ---- */

/* RFC 9112, 3: METHOD SP target SP "HTTP/" … False as soon as that is ruled out. */
static bool may_be_http(const struct buffer *head) {
    const char *line_end = memchr(head->data, '\n', head->size);
    size_t size = line_end ? (size_t)(line_end - head->data) : head->size, i = 0;
    while (i < size && head->data[i] >= 'A' && head->data[i] <= 'Z')
        i++;
    if (i < size && (i == 0 || head->data[i] != ' '))
        return false;
    return !line_end || memmem(head->data, size, " HTTP/", strlen(" HTTP/"));
}

static bool is_whole(const struct buffer *head) {
    return memmem(head->data, head->size, "\n\r\n", 3) || memmem(head->data, head->size, "\n\n", 2);
}

void lab_request_agent(const char *value, size_t size, char out[static LAB_AGENT_SIZE]) {
    size_t used = 0;
    while (size > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        size--;
    }
    for (; size > 0 && used < LAB_AGENT_SIZE - 1; value++, size--)
        if (*value >= ' ' && *value <= '~')
            out[used++] = *value;
    while (used > 0 && out[used - 1] == ' ')
        used--;
    out[used] = '\0';
}

static void read_head(struct lab_request *request) {
    static const char field[] = "User-Agent:", method[] = "HEAD ";
    const char *at = request->head.data, *end = at + request->head.size;
    request->is_head = request->head.size > strlen(method) && !memcmp(at, method, strlen(method));
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end)
            return; /* cut off by the limit */
        if ((size_t)(line_end - at) > strlen(field) && !strncasecmp(at, field, strlen(field)))
            lab_request_agent(at + strlen(field), (size_t)(line_end - at) - strlen(field),
                              request->agent);
    }
}

bool lab_request_feed(struct lab_request *request, const void *data, size_t size) {
    size_t room = LAB_REQUEST_LIMIT - request->head.size;
    buffer_append(&request->head, data, size < room ? size : room);
    if (request->head.failed || request->head.size == 0)
        return request->head.failed;
    if (!may_be_http(&request->head))
        return true;
    if (!is_whole(&request->head) && request->head.size < LAB_REQUEST_LIMIT)
        return false;
    read_head(request);
    return true;
}

/* ---- answering ---- */

static const char *who_gets_here(enum lab_expected expected) {
    switch (expected) {
    case LAB_REFUSE:
        return "A right client does not get here";
    case LAB_ACCEPT:
        return "A right client gets here";
    case LAB_EITHER:
        break;
    }
    return "A right client may get here, or not";
}

void lab_request_answer(const struct lab_request *request, const struct lab_scenario *scenario,
                        struct buffer *out) {
    struct buffer page = {0};
    buffer_printf(&page, "%s: %s\n\n%s.\n%s\n(%s)\n", scenario->name, scenario->what,
                  who_gets_here(scenario->expected), scenario->right, scenario->source);
    buffer_printf(out,
                  "HTTP/1.1 200 OK\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: %zu\r\n"
                  "Cache-Control: no-store\r\n"
                  "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
                  "Referrer-Policy: no-referrer\r\n"
                  "X-Content-Type-Options: nosniff\r\n"
                  "Connection: close\r\n\r\n",
                  page.size);
    if (!request->is_head)
        buffer_append(out, page.data, page.size);
    out->failed |= page.failed;
    buffer_finish(&page);
}
