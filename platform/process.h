/* This process. */
#pragma once

#include <stdio.h>

long process_id(void);
/* Is this stream a terminal? */
int process_is_terminal(FILE *stream);
/* Files made from now on are not for everybody (umask 027). */
void process_keep_files_private(void);
