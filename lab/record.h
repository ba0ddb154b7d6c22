/* The score of one run: what each client did with each scenario, and whether that was right.
 * One thread. */
#pragma once

#include "lab/listener.h"

enum lab_verdict {
    LAB_NOT_TRIED,
    LAB_UNDETERMINED, /* finished, and left without a request; or fewer requests than the scenario
                         needs: never counted as right */
    LAB_REFUSED_RIGHTLY,
    LAB_ACCEPTED_RIGHTLY,
    LAB_ACCEPTED_WRONGLY, /* what it must refuse */
    LAB_REFUSED_WRONGLY,  /* what is fine */
    LAB_REFUSED_FREELY,   /* where both are right */
    LAB_ACCEPTED_FREELY,
    LAB_VERDICTS
};
const char *lab_verdict_word(enum lab_verdict verdict); /* "accepted-wrongly" */
bool lab_verdict_is_right(enum lab_verdict verdict);
bool lab_verdict_is_wrong(enum lab_verdict verdict);

/* What a client did with a scenario. Plain data. */
struct lab_result {
    enum lab_verdict verdict;
    unsigned connections, asked, refused, finished; /* how many of which kind */
    bool refused_before; /* it asked once it had refused: a person clicked through a warning */
    int alert;           /* the last one it sent; -1: none */
    enum lab_end end;    /* of the connection that decided */
    const char *version; /* "TLS 1.3"; "" if none was settled */
    int64_t first, last;
};

struct lab_record;
/* The one not seen for longest goes first. A report of as many is some megabytes. */
enum { LAB_CLIENT_LIMIT = 64 };

bool lab_record_create(struct lab_record **out, struct error *err);
void lab_record_destroy(struct lab_record *record); /* NULL is legal */

/* Counts a connection for the client of that address and ClientHello. Where memory runs out it is
 * counted as lost (lab_record_lost). */
void lab_record_note(struct lab_record *record, const struct lab_observation *observation);
size_t lab_record_lost(const struct lab_record *record);

/* Clients in the order in which they came; borrowed until the next note. */
struct lab_client {
    const char *address, *print;
    const char *agent; /* what it calls itself, "" if it never said */
    bool asks;         /* has sent a request somewhere: then leaving without one is a refusal */
    int64_t first, last;
};
size_t lab_record_client_count(const struct lab_record *record);
struct lab_client lab_record_client(const struct lab_record *record, size_t client);
struct lab_result lab_record_result(const struct lab_record *record, size_t client,
                                    size_t scenario);
