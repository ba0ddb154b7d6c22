/* The local authority's file in the state folder. */
#pragma once

/* STATE/authority/authority.pem. Newly allocated; NULL: out of memory. */
char *authority_file_path(const char *state_folder);
