#include "lab/scenario.h"

#include "lab/scenarios.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct lab_scenarios *const groups[LAB_GROUPS] = {
    [LAB_NAMES] = &lab_scenarios_names,       [LAB_TIME] = &lab_scenarios_time,
    [LAB_ISSUER] = &lab_scenarios_issuer,     [LAB_PURPOSE] = &lab_scenarios_purpose,
    [LAB_PROTOCOL] = &lab_scenarios_protocol,
};

const char *lab_group_word(enum lab_group group) {
    static const char *const words[LAB_GROUPS] = {
        [LAB_NAMES] = "names",     [LAB_TIME] = "time",         [LAB_ISSUER] = "issuer",
        [LAB_PURPOSE] = "purpose", [LAB_PROTOCOL] = "protocol",
    };
    return words[group];
}

const char *lab_expected_word(enum lab_expected expected) {
    static const char *const words[] = {
        [LAB_REFUSE] = "refuse", [LAB_ACCEPT] = "accept", [LAB_EITHER] = "either"};
    return words[expected];
}

size_t lab_scenario_count(void) {
    size_t count = 0;
    for (size_t group = 0; group < LAB_GROUPS; group++)
        count += groups[group]->count;
    return count;
}

const struct lab_scenario *lab_scenario_at(size_t index) {
    for (size_t group = 0; group < LAB_GROUPS; group++) {
        if (index < groups[group]->count)
            return &groups[group]->rows[index];
        index -= groups[group]->count;
    }
    assert(!"no scenario of that index");
    return NULL;
}

bool lab_scenario_find(const char *name, size_t *index) {
    size_t count = lab_scenario_count();
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lab_scenario_at(i)->name, name) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

const char *lab_scenario_host(const struct lab_scenario *scenario, const char *domain,
                              const char *address, char out[static LAB_HOST_SIZE]) {
    const char *host = scenario->host;
    if (!host)
        snprintf(out, LAB_HOST_SIZE, "%s.%s", scenario->name, domain);
    else if (strcmp(host, "!") == 0)
        snprintf(out, LAB_HOST_SIZE, "%s", address);
    else /* "LABELS.%": the domain stands at the end */
        snprintf(out, LAB_HOST_SIZE, "%.*s%s", (int)strcspn(host, "%"), host, domain);
    return out;
}
