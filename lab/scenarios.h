/* The groups' tables, joined by scenario.c. */
#pragma once

#include "lab/scenario.h"

struct lab_scenarios {
    const struct lab_scenario *rows;
    size_t count;
};
extern const struct lab_scenarios lab_scenarios_names, lab_scenarios_time, lab_scenarios_issuer,
    lab_scenarios_purpose, lab_scenarios_protocol;
