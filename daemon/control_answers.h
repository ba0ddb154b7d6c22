/* The daemon's answers on its control socket (docs/CONTROL.md). */
#pragma once

#include "control/control.h"

/* The table for control_server_create, whose context is the struct app. */
extern const struct control_command control_answers[];
