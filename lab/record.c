#include "lab/record.h"

#include "lab/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGENT_SIZE = 128, VERSION_SIZE = 16 };

/* How often a client did what with one scenario. */
struct tally {
    unsigned connections, asked, refused, finished;
    bool refused_before; /* before it first asked */
    int alert;
    enum lab_end refusal; /* how it last refused */
    enum lab_end last_end;
    char version[VERSION_SIZE];
    int64_t first, last;
};

struct client {
    char address[SOCKET_TEXT_SIZE];
    char print[HELLO_PRINT_SIZE];
    char agent[AGENT_SIZE];
    bool asks;
    int64_t first, last;
    struct tally *tallies; /* one for each scenario */
};

struct lab_record {
    struct client clients[LAB_CLIENT_LIMIT]; /* in the order in which they came */
    size_t count;
    size_t lost;
};

const char *lab_verdict_word(enum lab_verdict verdict) {
    static const char *const words[LAB_VERDICTS] = {
        [LAB_NOT_TRIED] = "not-tried",
        [LAB_UNDETERMINED] = "undetermined",
        [LAB_REFUSED_RIGHTLY] = "refused-rightly",
        [LAB_ACCEPTED_RIGHTLY] = "accepted-rightly",
        [LAB_ACCEPTED_WRONGLY] = "accepted-wrongly",
        [LAB_REFUSED_WRONGLY] = "refused-wrongly",
        [LAB_REFUSED_FREELY] = "refused-freely",
        [LAB_ACCEPTED_FREELY] = "accepted-freely",
    };
    return words[verdict];
}

bool lab_verdict_is_right(enum lab_verdict verdict) {
    return verdict == LAB_REFUSED_RIGHTLY || verdict == LAB_ACCEPTED_RIGHTLY ||
           verdict == LAB_REFUSED_FREELY || verdict == LAB_ACCEPTED_FREELY;
}

bool lab_verdict_is_wrong(enum lab_verdict verdict) {
    return verdict == LAB_ACCEPTED_WRONGLY || verdict == LAB_REFUSED_WRONGLY;
}

/* ---- clients ---- */

bool lab_record_create(struct lab_record **out, struct error *err) {
    struct lab_record *record = calloc(1, sizeof *record);
    if (!record) {
        error_set(err, ERROR_MEMORY, "laboratory: out of memory");
        return false;
    }
    *out = record;
    return true;
}

void lab_record_destroy(struct lab_record *record) {
    if (!record)
        return;
    for (size_t i = 0; i < record->count; i++)
        free(record->clients[i].tallies);
    free(record);
}

size_t lab_record_lost(const struct lab_record *record) {
    return record->lost;
}

/* Makes room by forgetting the one that was not seen for longest. */
static void forget_one(struct lab_record *record) {
    size_t oldest = 0;
    for (size_t i = 1; i < record->count; i++)
        if (record->clients[i].last < record->clients[oldest].last)
            oldest = i;
    free(record->clients[oldest].tallies);
    record->count--;
    memmove(&record->clients[oldest], &record->clients[oldest + 1],
            (record->count - oldest) * sizeof record->clients[0]);
}

static struct client *find_client(struct lab_record *record, const char *address,
                                  const char *print) {
    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->clients[i].print, print) == 0 &&
            strcmp(record->clients[i].address, address) == 0)
            return &record->clients[i];
    return NULL;
}

static struct client *take_client(struct lab_record *record, const struct lab_observation *seen) {
    struct client *client = find_client(record, seen->address, seen->print);
    if (client)
        return client;
    struct tally *tallies = calloc(lab_scenario_count(), sizeof *tallies);
    if (!tallies)
        return NULL;
    if (record->count == LAB_CLIENT_LIMIT)
        forget_one(record);
    client = &record->clients[record->count++];
    *client = (struct client){.first = seen->at, .tallies = tallies};
    snprintf(client->address, sizeof client->address, "%s", seen->address);
    snprintf(client->print, sizeof client->print, "%s", seen->print);
    return client;
}

/* ---- one connection ---- */

/* Where the server lets no handshake end, whoever asks for nothing has given up. */
static bool never_finishes(const struct lab_scenario *scenario) {
    return scenario->behaviour == LAB_CLOSES || scenario->behaviour == LAB_STALLS ||
           scenario->behaviour == LAB_UNKNOWN_NAME_FATAL;
}

/* Leaving after the handshake is not among them: what it means depends on the client. */
static bool is_refusal(const struct lab_observation *seen) {
    switch (seen->end) {
    case LAB_END_ALERT:
    case LAB_END_NOTHING_COMMON:
        return true;
    case LAB_END_LEFT:
        return seen->saw || never_finishes(lab_scenario_at(seen->scenario));
    default:
        return false;
    }
}

static void count(struct tally *tally, const struct lab_observation *seen) {
    if (tally->connections == 0) {
        tally->first = seen->at;
        tally->alert = -1;
    }
    tally->connections++;
    tally->last = seen->at;
    tally->last_end = seen->end;
    if (seen->version[0])
        snprintf(tally->version, sizeof tally->version, "%s", seen->version);
    if (seen->end == LAB_END_ASKED) {
        if (tally->asked == 0)
            tally->refused_before = tally->refused > 0;
        tally->asked++;
    } else if (is_refusal(seen)) {
        tally->refused++;
        tally->refusal = seen->end;
    } else if (seen->finished) {
        tally->finished++;
    }
    if (seen->alert >= 0)
        tally->alert = seen->alert;
}

void lab_record_note(struct lab_record *record, const struct lab_observation *observation) {
    if (observation->end == LAB_END_SILENT || !observation->print[0])
        return;
    struct client *client = take_client(record, observation);
    if (!client) {
        record->lost++;
        return;
    }
    client->last = observation->at;
    if (observation->end == LAB_END_ASKED)
        client->asks = true;
    if (observation->agent[0])
        snprintf(client->agent, sizeof client->agent, "%s", observation->agent);
    count(&client->tallies[observation->scenario], observation);
}

/* ---- the score ---- */

size_t lab_record_client_count(const struct lab_record *record) {
    return record->count;
}

struct lab_client lab_record_client(const struct lab_record *record, size_t client) {
    const struct client *one = &record->clients[client];
    return (struct lab_client){.address = one->address,
                               .print = one->print,
                               .agent = one->agent,
                               .asks = one->asks,
                               .first = one->first,
                               .last = one->last};
}

enum outcome { UNKNOWN, ACCEPTED, REFUSED };

/* One request is enough to say that it accepts: whoever asks once in ten times is not safe. Where
 * each of several connections must be accepted, one refusal is enough; but one that was left
 * without a request may be a browser's spare one beside those over which it asked. */
static enum outcome outcome_of(const struct lab_scenario *scenario, const struct tally *tally,
                               bool asks) {
    bool is_enough = scenario->connections <= 1 || tally->refused == 0;
    if (tally->asked > 0 && is_enough)
        return tally->asked >= scenario->connections ? ACCEPTED : UNKNOWN;
    return tally->refused > 0 || (asks && tally->finished > 0) ? REFUSED : UNKNOWN;
}

static enum lab_verdict judge(enum lab_expected expected, enum outcome outcome) {
    static const enum lab_verdict verdicts[][3] = {
        [LAB_REFUSE] = {[ACCEPTED] = LAB_ACCEPTED_WRONGLY, [REFUSED] = LAB_REFUSED_RIGHTLY},
        [LAB_ACCEPT] = {[ACCEPTED] = LAB_ACCEPTED_RIGHTLY, [REFUSED] = LAB_REFUSED_WRONGLY},
        [LAB_EITHER] = {[ACCEPTED] = LAB_ACCEPTED_FREELY, [REFUSED] = LAB_REFUSED_FREELY},
    };
    return outcome == UNKNOWN ? LAB_UNDETERMINED : verdicts[expected][outcome];
}

static enum lab_end deciding_end(enum outcome outcome, const struct tally *tally) {
    if (outcome == ACCEPTED)
        return LAB_END_ASKED;
    if (outcome == REFUSED)
        return tally->refused > 0 ? tally->refusal : LAB_END_FINISHED;
    return tally->last_end;
}

struct lab_result lab_record_result(const struct lab_record *record, size_t client,
                                    size_t scenario) {
    const struct client *who = &record->clients[client];
    const struct tally *tally = &who->tallies[scenario];
    if (tally->connections == 0)
        return (struct lab_result){.verdict = LAB_NOT_TRIED, .alert = -1, .version = ""};
    const struct lab_scenario *row = lab_scenario_at(scenario);
    enum outcome outcome = outcome_of(row, tally, who->asks);
    return (struct lab_result){.verdict = judge(row->expected, outcome),
                               .connections = tally->connections,
                               .asked = tally->asked,
                               .refused = tally->refused,
                               .finished = tally->finished,
                               .refused_before = tally->refused_before,
                               .alert = tally->alert,
                               .end = deciding_end(outcome, tally),
                               .version = tally->version,
                               .first = tally->first,
                               .last = tally->last};
}
