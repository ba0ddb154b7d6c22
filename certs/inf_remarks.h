/* What there is to say about a request.inf, gathered while it is read, and told in the file's order
 * when all of it is known. */
#pragma once

#include "certs/inf_text.h"
#include "certs/request_inf.h"

/* More mistakes than a person mends in one go; the rest goes untold, in one sentence. */
enum { INF_MISTAKE_LIMIT = 100, INF_REMARK_LIMIT = 400 };

/* Zero-initialised but for `tolerant` is empty. */
struct inf_remarks {
    bool tolerant;
    struct inf_remark *items;
    size_t count, mistakes;
    bool out_of_memory;
};
void inf_remarks_finish(struct inf_remarks *remarks);

/* Each does nothing where `remarks` is NULL. */
void inf_mistake(struct inf_remarks *remarks, struct inf_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void inf_warning(struct inf_remarks *remarks, struct inf_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void inf_note(struct inf_remarks *remarks, struct inf_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Damage that tolerant reading mends: "WRONG: TO_WRITE" as a mistake, or "WRONG: MENDED" as a
 * repair. */
void inf_damage(struct inf_remarks *remarks, struct inf_place place, const char *to_write,
                const char *mended, const char *wrong, ...) __attribute__((format(printf, 5, 6)));

/* Was there nothing worse than a repair or a warning? */
bool inf_remarks_allow(const struct inf_remarks *remarks);

/* So many mistakes that no further one will be told? */
bool inf_remarks_full(const struct inf_remarks *remarks);

/* In the file's order; what is about the whole file comes last. Where memory has run out, that
 * alone: what was missed may have been the cause of the rest. */
void inf_remarks_tell(struct inf_remarks *remarks, request_inf_report *report, void *context);

/* A piece of the file as it can stand within a sentence: printable, cut where it is long. Returns
 * `out`. */
enum { INF_SHOWN_SIZE = 160 };
const char *inf_shown(const char *text, char out[static INF_SHOWN_SIZE]);
