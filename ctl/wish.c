#include "ctl/wish.h"

#include "certs/cert_make.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400 };
static const int64_t last_second = 253402300799; /* 9999-12-31 23:59:59 UTC (RFC 5280) */

void wish_finish(struct wish *wish) {
    string_list_finish(&wish->dns_names);
    string_list_finish(&wish->addresses);
    *wish = (struct wish){0};
}

static bool add_name(const char *text, struct wish *wish, struct error *err) {
    char name[NAME_SIZE];
    if (!name_from_person(text, name, err))
        return false;
    return string_list_add_unique(&wish->dns_names, name) || error_no_memory(err);
}

static bool add_address(const char *text, struct wish *wish, struct error *err) {
    char address[NAME_SIZE];
    if (!address_normalise(text, address)) {
        error_set(err, ERROR_INPUT,
                  "--address %s: it is no IP address: write it as in 192.0.2.1 or 2001:db8::1, and "
                  "names as --name",
                  text);
        return false;
    }
    return string_list_add_unique(&wish->addresses, address) || error_no_memory(err);
}

static bool add_names(const struct ctl *ctl, struct wish *wish, struct error *err) {
    const char *text = NULL;
    for (size_t i = 0; i < ctl->argument_count; i++) {
        char address[NAME_SIZE];
        if (address_normalise(ctl->arguments[i], address)) {
            error_set(err, ERROR_INPUT,
                      "\"%s\" is an address: give the host's name here, and the address as "
                      "--address %s",
                      ctl->arguments[i], address);
            return false;
        }
        if (!add_name(ctl->arguments[i], wish, err))
            return false;
    }
    for (size_t i = 0; (text = ctl_value_at(ctl, "--name", i)); i++)
        if (!add_name(text, wish, err)) {
            error_prefix(err, "--name");
            return false;
        }
    for (size_t i = 0; (text = ctl_value_at(ctl, "--address", i)); i++)
        if (!add_address(text, wish, err))
            return false;
    return true;
}

/* A whole number from 1. */
static bool read_count(const char *option, const char *text, int64_t *out, struct error *err) {
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && number >= 1 && number <= 10000LL * 366) {
        *out = number;
        return true;
    }
    error_set(err, ERROR_INPUT, "%s %s: it is no number that a life can have: give one from 1 on",
              option, text);
    return false;
}

bool wish_read_life(const struct ctl *ctl, int64_t usual_end, struct wish *out, struct error *err) {
    const char *days = ctl_value(ctl, "--days"), *years = ctl_value(ctl, "--years");
    int64_t count = 0, end = usual_end;
    if (days && years) {
        error_set(err, ERROR_INPUT, "--days and --years were both given: leave one out");
        return false;
    }
    if (days) {
        if (!read_count("--days", days, &count, err))
            return false;
        end = ctl->now + count * DAY;
    } else if (years) {
        if (!read_count("--years", years, &count, err))
            return false;
        end = count < 10000 ? years_after(ctl->now, (int)count) : last_second;
        end += end == last_second; /* which is where years_after stops */
    }
    if (end > last_second) {
        error_set(err, ERROR_INPUT,
                  "%s %s: it would end after the year 9999, which no certificate can say: give "
                  "less",
                  days ? "--days" : "--years", days ? days : years);
        return false;
    }
    out->not_before = ctl->now;
    out->not_after = end;
    return true;
}

bool wish_read_key(const struct ctl *ctl, struct cert_key_choice *out, struct error *err) {
    const char *word = ctl_value(ctl, "--key");
    if (!word || cert_key_choice_parse(word, out))
        return true;
    error_set(err, ERROR_INPUT,
              "--key %s: there is no such kind of key: give ecdsa-p256, ecdsa-p384, ecdsa-p521, or "
              "rsa-2048 to rsa-4096 in steps of 64",
              word);
    return false;
}

bool wish_read(const struct ctl *ctl, int64_t usual_end, struct wish *out, struct error *err) {
    struct wish wish = {0};
    if (!wish_read_life(ctl, usual_end, &wish, err) || !wish_read_key(ctl, &wish.key, err) ||
        !add_names(ctl, &wish, err)) {
        wish_finish(&wish);
        return false;
    }
    *out = wish;
    return true;
}

const char *wish_key_words(struct cert_key_choice key, char out[static WISH_KEY_WORDS_SIZE]) {
    if (key.family == CERT_FAMILY_RSA)
        snprintf(out, WISH_KEY_WORDS_SIZE, "making an RSA key of %u bits", key.bits);
    else
        snprintf(out, WISH_KEY_WORDS_SIZE, "making an ECDSA key");
    return out;
}

bool wish_warn_of_life(int64_t not_before, int64_t not_after, struct string_list *warnings) {
    if (not_after - not_before < (int64_t)WISH_APPLE_DAYS * DAY)
        return true;
    return string_list_add(warnings,
                           "it is valid for more than 824 days, which Apple's clients refuse, "
                           "trusted or not: for them give --days 824");
}
