/* This process. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

long process_id(void);
/* Is this stream a terminal? */
int process_is_terminal(FILE *stream);
/* Is it open? */
bool process_has_descriptor(int descriptor);
/* Files made from now on are not for everybody (umask 027). */
void process_keep_files_private(void);
