#include "ctl/ctl.h"

extern const struct ctl_verb verb_status, verb_list, verb_show, verb_create, verb_request,
    verb_accept, verb_import, verb_export, verb_select, verb_unselect, verb_mark, verb_rename,
    verb_remove, verb_verify, verb_deploy, verb_authority_create, verb_authority_show,
    verb_authority_issue, verb_authority_renew, verb_reload, verb_renew, verb_completion, verb_help;

const struct ctl_verb *const ctl_verbs[] = {
    &verb_status,
    &verb_list,
    &verb_show,
    &verb_create,
    &verb_request,
    &verb_accept,
    &verb_import,
    &verb_export,
    &verb_select,
    &verb_unselect,
    &verb_mark,
    &verb_rename,
    &verb_remove,
    &verb_verify,
    &verb_deploy,
    &verb_authority_create,
    &verb_authority_show,
    &verb_authority_issue,
    &verb_authority_renew,
    &verb_reload,
    &verb_renew,
    &verb_completion,
    &verb_help,
    NULL,
};
