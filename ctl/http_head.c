#include "ctl/http_head.h"

#include "platform/socket.h"

#include <stdlib.h>
#include <string.h>

void http_head_request(const struct probe_target *target, const char *method, const char *path,
                       struct buffer *out) {
    struct socket_address address;
    char host[SOCKET_TEXT_SIZE];
    buffer_printf(out, "%s %s HTTP/1.1\r\nHost: ", method, path);
    /* A literal again needs the brackets that go with IPv6 in a Host field. */
    if (target->server_name)
        buffer_printf(out, "%s:%u", target->server_name, (unsigned)target->port);
    else if (socket_address_parse(target->address, target->port, &address))
        buffer_append_text(out,
                           socket_address_text((const struct sockaddr *)&address.storage, host));
    buffer_append_text(out, "\r\nUser-Agent: mailstorectl/" MAILSTORED_VERSION
                            "\r\nConnection: close\r\n\r\n");
}

bool http_head_is_whole(const struct buffer *head) {
    return head->data && strstr(head->data, "\r\n\r\n");
}

int http_head_status(const char *head) {
    static const char version[] = "HTTP/1.";
    if (strncmp(head, version, sizeof version - 1) != 0 || strlen(head) < sizeof "HTTP/1.1 200")
        return 0;
    long status = strtol(head + sizeof "HTTP/1.1", NULL, 10);
    return status >= 100 && status <= 599 ? (int)status : 0;
}

char *http_head_field(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *value = line + length + 1;
        value += strspn(value, " \t");
        return strndup(value, strcspn(value, "\r"));
    }
    return NULL;
}
