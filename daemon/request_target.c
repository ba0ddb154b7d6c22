#include "daemon/request_target.h"

#include "certs/names.h"

#include <string.h>
#include <strings.h>

bool authority_parse(const char *text, size_t size, char host[static REQUEST_HOST_SIZE],
                     unsigned *port) {
    char copy[REQUEST_HOST_SIZE];
    unsigned number = 0;
    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    char *end = copy[0] == '[' ? strchr(copy, ']') : copy;
    if (!end)
        return false;
    char *colon = strchr(end, ':');
    if (copy[0] == '[' && end[1] != '\0' && colon != end + 1)
        return false;
    if (colon) {
        for (const char *digit = colon + 1; *digit; digit++) {
            if (*digit < '0' || *digit > '9')
                return false;
            number = number * 10 + (unsigned)(*digit - '0');
            if (number > 65535)
                return false;
        }
        *colon = '\0';
    }
    if (!name_normalise(copy, false, host) && !address_normalise(copy, host))
        return false;
    if (port)
        *port = number;
    return true;
}

bool target_is_sound(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c >= 0x7F || strchr("\"<>\\^`{|}#", c))
            return false;
    }
    /* A NUL in disguise would cut the path once it is decoded. */
    return size > 0 && !memmem(text, size, "%00", 3);
}

const char *target_authority(const char *target, size_t *size) {
    const char *authority = NULL;
    if (strncasecmp(target, "https://", 8) == 0)
        authority = target + 8;
    else if (strncasecmp(target, "http://", 7) == 0)
        authority = target + 7;
    *size = authority ? strcspn(authority, "/?") : 0;
    return authority;
}

const char *target_path(const char *target) {
    size_t size;
    const char *authority = target_authority(target, &size);
    if (!authority)
        return target;
    return authority[size] == '/' ? authority + size : "/";
}

bool entity_tag_listed(const char *if_none_match, const char *etag) {
    size_t length = strlen(etag);
    if (!if_none_match)
        return false;
    for (const char *at = if_none_match; *at;) {
        at += strspn(at, " \t,");
        size_t size = strcspn(at, " \t,");
        if (size == 1 && *at == '*')
            return true;
        size_t weak = size > 2 && at[0] == 'W' && at[1] == '/' ? 2 : 0;
        if (size - weak == length && memcmp(at + weak, etag, length) == 0)
            return true;
        at += size;
    }
    return false;
}
