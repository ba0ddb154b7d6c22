#include "certs/request_draft.h"

#include "base/time_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const int64_t day_s = 86400, last_time = 253402300799; /* 9999-12-31 23:59:59 UTC */

enum { YEAR_FIRST = 1970, YEAR_LAST = 9999 };

struct date {
    unsigned year, month, day, hour, minute, second;
    bool has_time;
    bool guessed; /* month and day could be the other way round */
};

/* ---- the calendar ---- */

static bool is_leap(unsigned year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in(unsigned year, unsigned month) {
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01. */
static int64_t days_to(unsigned year, unsigned month, unsigned day) {
    int64_t before = (int64_t)year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
    for (unsigned m = 1; m < month; m++)
        days += days_in(year, m);
    return days + day - 1;
}

static int64_t seconds_of(const struct date *date) {
    return days_to(date->year, date->month, date->day) * day_s + (int64_t)date->hour * 3600 +
           (int64_t)date->minute * 60 + date->second;
}

/* The same day and time of day so many months later; a day that the month does not have becomes
 * the first of the next, as years_after has it for 29 February. */
static int64_t months_after(int64_t from, unsigned months) {
    time_t at = (time_t)from;
    struct tm parts = {0};
    gmtime_r(&at, &parts);
    uint64_t month = (uint64_t)(parts.tm_year + 1900) * 12 + (unsigned)parts.tm_mon + months;
    if (month / 12 > YEAR_LAST)
        return last_time + 1;
    unsigned year = (unsigned)(month / 12), of_year = (unsigned)(month % 12) + 1;
    unsigned day = (unsigned)parts.tm_mday;
    int64_t days = day > days_in(year, of_year) ? days_to(year, of_year, days_in(year, of_year)) + 1
                                                : days_to(year, of_year, day);
    return days * day_s + (from % day_s + day_s) % day_s;
}

/* ---- dates as people write them ---- */

static void pass_blanks(const char **text) {
    while (**text == ' ' || **text == '\t')
        (*text)++;
}

/* Between `least` and `most` digits. */
static bool take_number(const char **text, size_t least, size_t most, unsigned *out) {
    size_t size = strspn(*text, "0123456789");
    if (size < least || size > most)
        return false;
    *out = (unsigned)strtoul(*text, NULL, 10);
    *text += size;
    return true;
}

static bool take_char(const char **text, char c) {
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* "November", "Nov", "Nov." */
static bool take_month_name(const char **text, unsigned *out) {
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    size_t size = 0;
    while ((*text)[size] && !strchr(" \t.,-0123456789", (*text)[size]))
        size++;
    for (unsigned i = 0; i < 12; i++)
        if ((size == 3 || size == strlen(names[i])) && strncasecmp(*text, names[i], size) == 0) {
            *text += size;
            *out = i + 1;
            return take_char(text, '.') || true;
        }
    return false;
}

/* 2026-11-24 */
static bool take_iso(const char **text, struct date *date) {
    return take_number(text, 4, 4, &date->year) && take_char(text, '-') &&
           take_number(text, 1, 2, &date->month) && take_char(text, '-') &&
           take_number(text, 1, 2, &date->day);
}

/* 24.11.2026 */
static bool take_dotted(const char **text, struct date *date) {
    return take_number(text, 1, 2, &date->day) && take_char(text, '.') &&
           take_number(text, 1, 2, &date->month) && take_char(text, '.') &&
           take_number(text, 4, 4, &date->year);
}

/* 11/24/2026, and 24/11/2026 where that is the only way to read it */
static bool take_slashed(const char **text, struct date *date) {
    unsigned first = 0, second = 0;
    if (!take_number(text, 1, 2, &first) || !take_char(text, '/') ||
        !take_number(text, 1, 2, &second) || !take_char(text, '/') ||
        !take_number(text, 4, 4, &date->year))
        return false;
    bool day_first = first > 12;
    date->month = day_first ? second : first;
    date->day = day_first ? first : second;
    date->guessed = first <= 12 && second <= 12 && first != second;
    return true;
}

static void pass_parts(const char **text) {
    *text += strspn(*text, " \t,-");
}

/* 24 November 2026, 24-Nov-2026, November 24, 2026 */
static bool take_named(const char **text, struct date *date) {
    bool day_first = **text >= '0' && **text <= '9';
    if (day_first && !take_number(text, 1, 2, &date->day))
        return false;
    take_char(text, '.');
    pass_parts(text);
    if (!take_month_name(text, &date->month))
        return false;
    pass_parts(text);
    if (!day_first && !take_number(text, 1, 2, &date->day))
        return false;
    pass_parts(text);
    return take_number(text, 4, 4, &date->year);
}

static bool take_half(const char **text, unsigned *hour) {
    bool before = strncasecmp(*text, "AM", 2) == 0, after = strncasecmp(*text, "PM", 2) == 0;
    if (!before && !after)
        return true;
    *text += 2;
    if (*hour == 0 || *hour > 12)
        return false;
    *hour = *hour % 12 + (after ? 12 : 0);
    return true;
}

/* 10:00, 10:00:00, 10:00 AM, 10:00Z; nothing is midnight. */
static bool take_time(const char **text, struct date *date) {
    if (!take_char(text, 'T'))
        pass_blanks(text);
    if (!**text)
        return true;
    if (!take_number(text, 1, 2, &date->hour) || !take_char(text, ':') ||
        !take_number(text, 2, 2, &date->minute))
        return false;
    if (take_char(text, ':') && !take_number(text, 2, 2, &date->second))
        return false;
    date->has_time = true;
    pass_blanks(text);
    if (!take_half(text, &date->hour))
        return false;
    if (strcasecmp(*text, "Z") == 0 || strcasecmp(*text, "UTC") == 0) {
        date->has_time = false; /* nothing is left to be said about the zone */
        *text += strlen(*text);
    }
    pass_blanks(text);
    return **text == '\0' && date->hour < 24 && date->minute < 60 && date->second < 60;
}

static bool parse_date(const char *text, struct date *out) {
    static bool (*const forms[])(const char **, struct date *) = {take_iso, take_dotted,
                                                                  take_slashed, take_named};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *at = text;
        struct date date = {0};
        if (forms[i](&at, &date) && take_time(&at, &date)) {
            *out = date;
            return date.year >= YEAR_FIRST && date.month >= 1 && date.month <= 12 &&
                   date.day >= 1 && date.day <= days_in(date.year, date.month);
        }
    }
    return false;
}

/* False: not given, or told. */
static bool read_date(struct request_draft *draft, enum request_key key, int64_t *out) {
    const struct request_value *value = &draft->values[key];
    struct inf_place place = request_value_place(value);
    struct date date = {0};
    char shown[INF_SHOWN_SIZE];
    if (!value->given)
        return false;
    if (!parse_date(request_value_chars(value), &date)) {
        inf_mistake(draft->remarks, place,
                    "\"%s\" is no date that can be read: write %s = 2026-11-24 or %s = 2026-11-24 "
                    "10:00",
                    inf_shown(request_value_chars(value), shown), request_keys_name(key),
                    request_keys_name(key));
        return false;
    }
    *out = seconds_of(&date);
    if (date.guessed) {
        char text[TIME_TEXT_SIZE];
        (date.has_time ? time_text : time_text_date)(*out, text);
        inf_warning(draft->remarks, place,
                    "\"%s\" is read with the month first, as %s: write %s = %s to be sure",
                    inf_shown(request_value_chars(value), shown), text, request_keys_name(key),
                    text);
    }
    if (date.has_time)
        inf_note(draft->remarks, place,
                 "the time is read as UTC, where certreq takes the computer's own zone");
    return true;
}

/* ---- the period ---- */

enum period { SECONDS, MINUTES, HOURS, DAYS, WEEKS, MONTHS, YEARS };

/* Beyond the last time: it does not fit. */
static int64_t time_after(int64_t from, unsigned units, unsigned period) {
    static const int64_t seconds[] = {
        [SECONDS] = 1, [MINUTES] = 60, [HOURS] = 3600, [DAYS] = 86400, [WEEKS] = 604800};
    if (period == YEARS)
        return units > YEAR_LAST ? last_time + 1 : months_after(from, units * 12);
    if (period == MONTHS)
        return units > YEAR_LAST * 12 ? last_time + 1 : months_after(from, units);
    return from + (int64_t)units * seconds[period];
}

/* Only one of the two says nothing. */
static bool is_pair(struct request_draft *draft) {
    static const enum request_key pair[] = {REQUEST_VALIDITY_PERIOD, REQUEST_VALIDITY_PERIOD_UNITS};
    for (int i = 0; i < 2; i++)
        if (draft->values[pair[i]].given && !draft->values[pair[1 - i]].given) {
            inf_mistake(draft->remarks, draft->values[pair[i]].key,
                        "%s says nothing without %s: write both, for example ValidityPeriod = "
                        "Years and ValidityPeriodUnits = 2",
                        request_keys_name(pair[i]), request_keys_name(pair[1 - i]));
            return false;
        }
    return draft->values[pair[0]].given;
}

/* False: not given, or told. */
static bool read_period(struct request_draft *draft, int64_t from, int64_t *out) {
    static const struct request_word periods[] = {
        {"Years", YEARS}, {"Months", MONTHS},   {"Weeks", WEEKS},     {"Days", DAYS},
        {"Hours", HOURS}, {"Minutes", MINUTES}, {"Seconds", SECONDS}, {NULL, 0}};
    unsigned units = 0, period = 0;
    if (!is_pair(draft))
        return false;
    bool known =
        request_words_read(draft, REQUEST_VALIDITY_PERIOD, periods, REQUEST_ONE_WORD, &period);
    if (!request_words_read(draft, REQUEST_VALIDITY_PERIOD_UNITS, NULL, REQUEST_NUMBER, &units) ||
        !known)
        return false;
    struct inf_place place = request_value_place(&draft->values[REQUEST_VALIDITY_PERIOD_UNITS]);
    int64_t until = time_after(from, units, period);
    if (units == 0)
        inf_mistake(draft->remarks, place,
                    "a validity of 0 ends when it begins: write a greater number");
    else if (until > last_time)
        inf_mistake(draft->remarks, place,
                    "the certificate would be valid beyond the year 9999, which cannot be "
                    "written: write a smaller number");
    else {
        *out = until;
        return true;
    }
    return false;
}

/* ---- the whole ---- */

static void tell_unused(struct request_draft *draft) {
    static const enum request_key unused[] = {REQUEST_VALIDITY_PERIOD, REQUEST_NOT_BEFORE,
                                              REQUEST_NOT_AFTER};
    struct inf_place first = {0, 0};
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) {
        const struct request_value *value = &draft->values[unused[i]];
        if (value->given && (first.line == 0 || value->key.line < first.line))
            first = value->key;
    }
    if (first.line > 0)
        inf_note(draft->remarks, first,
                 "in a request the authority decides how long the certificate is valid; this "
                 "counts with RequestType = Cert alone");
}

static void check_validity(struct request_draft *draft, int64_t from, int64_t until) {
    /* Measured with both ends, 825 days are one second more than Apple's clients allow. */
    static const int days_limit = 825;
    const struct request_value *after = &draft->values[REQUEST_NOT_AFTER];
    const struct request_value *units = &draft->values[REQUEST_VALIDITY_PERIOD_UNITS];
    struct inf_place place = {0, 0};
    char text[TIME_TEXT_SIZE];
    if (after->given || units->given)
        place = request_value_place(after->given ? after : units);
    if (until <= from)
        inf_mistake(draft->remarks, place,
                    "the certificate would end on %s, before it begins: write a later NotAfter",
                    time_text(until, text));
    else if (until <= draft->options->now)
        inf_warning(draft->remarks, place,
                    "the certificate has ended already, on %s: write a later date",
                    time_text(until, text));
    if (until - from >= days_limit * day_s)
        inf_warning(draft->remarks, place,
                    "Apple's clients refuse a server's certificate that is valid for %lld days: "
                    "write ValidityPeriod = Days and ValidityPeriodUnits = %d, or less",
                    (long long)((until - from) / day_s), days_limit - 1);
}

void request_time_apply(struct request_draft *draft) {
    struct cert_plan *plan = &draft->request.plan;
    int64_t from = draft->options->now, until = 0, lasts_until = 0;
    bool dated = read_date(draft, REQUEST_NOT_BEFORE, &from);
    bool ended = read_date(draft, REQUEST_NOT_AFTER, &until);
    bool lasting = read_period(draft, from, &lasts_until);
    bool given = draft->values[REQUEST_NOT_AFTER].given ||
                 draft->values[REQUEST_VALIDITY_PERIOD].given ||
                 draft->values[REQUEST_VALIDITY_PERIOD_UNITS].given;
    if (draft->values[REQUEST_NOT_AFTER].given && draft->values[REQUEST_VALIDITY_PERIOD].given)
        inf_mistake(draft->remarks, draft->values[REQUEST_NOT_AFTER].key,
                    "NotAfter and ValidityPeriod both say when the certificate ends: keep one of "
                    "them");
    if (draft->request.type != REQUEST_INF_CERT) {
        tell_unused(draft);
        return;
    }
    if (!ended && !lasting && given)
        return; /* told */
    plan->not_before = from;
    /* As long as certreq has it where nothing is said. */
    plan->not_after = ended ? until : lasting ? lasts_until : months_after(from, 12);
    if (dated && from > draft->options->now)
        inf_note(draft->remarks, request_value_place(&draft->values[REQUEST_NOT_BEFORE]),
                 "clients refuse the certificate until then");
    check_validity(draft, plan->not_before, plan->not_after);
}
