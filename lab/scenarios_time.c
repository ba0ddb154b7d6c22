/* Does the certificate, and each above it, hold now? */
#include "lab/scenarios.h"

#define DAY INT64_C(86400)
#define YEAR (365 * DAY)
#define JUNE_2051 INT64_C(2569190400)
#define JANUARY_2107 INT64_C(4323283200)
#define NO_END INT64_C(253402300799) /* 99991231235959Z */

static const struct lab_scenario rows[] = {
    {
        .name = "expired-yesterday",
        .group = LAB_TIME,
        .expected = LAB_REFUSE,
        .what = "The certificate expired a day ago.",
        .right = "Refuses it: nobody says any more that it still holds; there is no time of grace.",
        .source = "RFC 5280, sections 4.1.2.5 and 6.1.3 (a)(2)",
        .recipe = {.begins = -91 * DAY, .ends = -DAY},
    },
    {
        .name = "expired-years-ago",
        .group = LAB_TIME,
        .expected = LAB_REFUSE,
        .what = "The certificate expired three years ago.",
        .right = "Refuses it; a client that refused yesterday's and takes this one has no clock "
                 "it believes.",
        .source = "RFC 5280, sections 4.1.2.5 and 6.1.3 (a)(2)",
        .recipe = {.begins = -3 * YEAR - 90 * DAY, .ends = -3 * YEAR},
    },
    {
        .name = "not-yet-valid",
        .group = LAB_TIME,
        .expected = LAB_REFUSE,
        .what = "The certificate begins in a week.",
        .right = "Refuses it: the issuer answers for the time between the two dates, not before.",
        .source = "RFC 5280, sections 4.1.2.5 and 6.1.3 (a)(2)",
        .recipe = {.begins = 7 * DAY, .ends = 97 * DAY},
    },
    {
        .name = "expired-intermediate",
        .group = LAB_TIME,
        .expected = LAB_REFUSE,
        .what = "The certificate holds, but the intermediate that signed it has expired.",
        .right = "Refuses it: each certificate of the path must hold now.",
        .source = "RFC 5280, section 6.1.3 (a)(2)",
        .recipe = {.issuer = LAB_BY_EXPIRED_INTERMEDIATE},
    },
    {
        .name = "expired-root",
        .group = LAB_TIME,
        .expected = LAB_EITHER,
        .what = "The certificate holds, but the root above it, which is among the trust anchors, "
                "has expired.",
        .right = "May do either: an anchor is a name and a key, its certificate is no part of the "
                 "path, and whether its dates count is the client's own rule.",
        .source = "RFC 5280, sections 6.1 and 6.1.1 (d)",
        .recipe = {.issuer = LAB_BY_EXPIRED_ROOT},
    },
    {
        .name = "expired-anchor",
        .group = LAB_TIME,
        .expected = LAB_REFUSE,
        .what = "A self-signed certificate that is itself among the trust anchors expired a day "
                "ago.",
        .right = "Refuses it: to trust a certificate is not to trust it for ever.",
        .source = "RFC 5280, section 4.1.2.5",
        .recipe = {.issuer = LAB_BY_ITSELF_TRUSTED,
                   .constraints = LAB_NO_CONSTRAINTS,
                   .usage = LAB_USAGE_NONE,
                   .begins = -91 * DAY,
                   .ends = -DAY},
    },
    {
        .name = "days-399",
        .group = LAB_TIME,
        .expected = LAB_ACCEPT,
        .what = "The certificate lives for 399 days: longer than the 398 that public authorities "
                "had from 2020.",
        .right = "Accepts it: those limits are for roots that come with the client, and say so; "
                 "this root was added.",
        .source = "Apple, About upcoming limits on trusted certificates (102028); CA/Browser "
                  "Forum, Baseline Requirements, section 6.3.2",
        .recipe = {.ends = 399 * DAY},
    },
    {
        .name = "days-826",
        .group = LAB_TIME,
        .expected = LAB_EITHER,
        .what = "The certificate lives for 826 days: longer than the 825 that Apple's clients "
                "allow under any root.",
        .right = "May do either: Apple's clients must refuse it, RFC 5280 knows no limit.",
        .source = "Apple, Requirements for trusted certificates in iOS 13 and macOS 10.15 "
                  "(103769); RFC 5280, section 4.1.2.5",
        .recipe = {.ends = 826 * DAY},
    },
    {
        .name = "twenty-years",
        .group = LAB_TIME,
        .expected = LAB_EITHER,
        .what = "The certificate lives for twenty years, as those do that servers make for "
                "themselves.",
        .right = "May do either: RFC 5280 knows no limit, a client may have its own. Its dates "
                 "reach beyond the 31 bits of an old clock, in 2038.",
        .source = "Apple, Requirements for trusted certificates in iOS 13 and macOS 10.15 "
                  "(103769); RFC 5280, section 4.1.2.5",
        .recipe = {.ends = 20 * YEAR},
    },
    {
        .name = "beyond-2050",
        .group = LAB_TIME,
        .expected = LAB_EITHER,
        .what = "The certificate ends in 2051, so that its end is a GeneralizedTime beside a "
                "UTCTime.",
        .right = "May do either because of its long life; but whoever calls it expired reads the "
                 "date wrongly.",
        .source = "RFC 5280, sections 4.1.2.5.1 and 4.1.2.5.2",
        .recipe = {.ends_at = JUNE_2051},
    },
    {
        .name = "beyond-2106",
        .group = LAB_TIME,
        .expected = LAB_EITHER,
        .what = "The certificate ends in 2107, beyond what 32 bits count in seconds since 1970.",
        .right = "May do either because of its long life; but whoever calls it expired reads the "
                 "date wrongly.",
        .source = "RFC 5280, section 4.1.2.5.2",
        .recipe = {.ends_at = JANUARY_2107},
    },
    {
        .name = "no-end",
        .group = LAB_TIME,
        .expected = LAB_EITHER,
        .what = "The certificate ends at 99991231235959Z, which means that it has no known end.",
        .right = "May do either because of its long life; but whoever calls it expired reads the "
                 "date wrongly.",
        .source = "RFC 5280, section 4.1.2.5",
        .recipe = {.ends_at = NO_END},
    },
};

const struct lab_scenarios lab_scenarios_time = {rows, sizeof rows / sizeof *rows};
