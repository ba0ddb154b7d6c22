/* What the tool has pinned, as the daemon last read it. Loop's thread. */
#pragma once

#include "control/pin_file.h"

struct tool_pins;

/* Reads them. */
bool tool_pins_create(const char *state_folder, struct tool_pins **out, struct error *err);
void tool_pins_destroy(struct tool_pins *pins); /* NULL is legal */

/* Reads them again, and logs what changed. A file that cannot be read is said once, and changes
 * nothing. Returns true if the pins are others now. */
bool tool_pins_look(struct tool_pins *pins);

/* Borrowed until the next look. */
const struct pin_list *tool_pins_list(const struct tool_pins *pins);
