/* The daemon's hold on its state folder: one daemon for each, and what tells others that it is
 * there. Loop's thread. */
#pragma once

#include "base/error.h"

struct state_folder;

/* Takes the folder's lock, which ends with the process however that ends (ERROR_BUSY: another
 * daemon has it), and sweeps what the tool and the daemon left half-written when they were
 * killed. */
bool state_folder_claim(const char *path, struct state_folder **out, struct error *err);

/* Removes the file `listening` and gives the folder up. NULL is legal. */
void state_folder_release(struct state_folder *folder);

/* The file that says where the daemon listens, there or not; borrowed. */
const char *state_folder_listening_file(const struct state_folder *folder);
