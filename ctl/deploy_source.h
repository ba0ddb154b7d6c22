/* What `deploy` deploys: the entry, its anchor, and by which address clients open the server. */
#pragma once

#include "ctl/entry_file.h"
#include "trust/deployment.h"

struct deploy_source {
    struct place place;
    struct entry_file entry;
    struct blob anchor; /* DER */
    struct cert_info anchor_info;
    char *host;         /* normalised; NULL: not known */
    bool host_is_named; /* by the certificate */
    uint16_t port;
    struct entry_file signing_entry; /* as --sign says; or `signer` was read from a file */
    struct cert_material signer;     /* chain_count 0: nothing is signed */
    struct string_list warnings;
};
/* Is what is deployed not the server's own certificate? */
bool deploy_source_is_authority(const struct deploy_source *source);
void deploy_source_finish(struct deploy_source *source);

/* The entry: the argument, else what the main service gives to clients that send no name, else,
 * with no daemon to ask, the one that there is. Says on standard error what is wrong. Fills `out`,
 * which must be finished in any case. */
enum ctl_exit deploy_source_find(const struct ctl *ctl, struct deploy_source *out);
