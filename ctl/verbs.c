#include "ctl/ctl.h"

#include <string.h>

const struct ctl_verb ctl_verbs[] = {
    {"status", "", "what each listener really serves",
     "Asks the daemon for its services, then connects to every listener and looks: which\n"
     "certificate it sends, whether that is the one the daemon says it serves, and whether it is\n"
     "valid now. A listener that redirects is asked over plain HTTP. Trust is not judged.\n",
     0, 0, ctl_status},
    {"list", "", "the certificates in the store, and the files it refuses",
     "Asks the daemon, which knows what it serves and what it kept; without one, reads the store's\n"
     "files. Refused files follow with the reason and what mends them.\n",
     0, 0, ctl_list},
    {"show", "NAME", "everything about one certificate",
     "The entry NAME with its chain, fingerprints, staple and refusals; from the daemon, or\n"
     "without one from the store's files.\n",
     1, 1, ctl_show},
    {"reload", "", "have the daemon read its configuration and its store again",
     "As SIGHUP does. A configuration with a mistake changes nothing, and the mistake is told.\n",
     0, 0, ctl_reload},
    {"renew", "", "have the daemon make its own certificate anew",
     "For the host's names and addresses as they are now. Who trusted the old one must be given\n"
     "the new one.\n",
     0, 0, ctl_renew},
    {"help", "[VERB]", "this text, or that of one verb", "", 0, 1, ctl_help},
    {0},
};

const struct ctl_verb *ctl_verb_find(const char *name) {
    for (const struct ctl_verb *verb = ctl_verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}
