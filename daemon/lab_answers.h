/* What the daemon answers about its laboratory (docs/CONTROL.md); each a row of control_answers. */
#pragma once

#include "base/error.h"

#include <jansson.h>

json_t *lab_answer_list(void *app, const json_t *request, struct error *err);
json_t *lab_answer_start(void *app, const json_t *request, struct error *err);
json_t *lab_answer_stop(void *app, const json_t *request, struct error *err);
json_t *lab_answer_describe(void *app, const json_t *request, struct error *err);
json_t *lab_answer_report(void *app, const json_t *request, struct error *err);
json_t *lab_answer_files(void *app, const json_t *request, struct error *err);
