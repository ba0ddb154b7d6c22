#include "certs/store_plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

static bool no_memory(const struct store_plan *plan, struct error *err) {
    error_set(err, ERROR_MEMORY, "%s: out of memory", held_folder_path(plan->folder));
    return false;
}

static bool add_name(struct store_plan *plan, const char *name, const struct held_file *file) {
    struct store_plan_name *names = realloc(plan->names, (plan->count + 1) * sizeof *names);
    if (!names)
        return false;
    plan->names = names;
    names[plan->count] = (struct store_plan_name){strdup(name), *file};
    if (!names[plan->count].name)
        return false;
    plan->count++;
    return true;
}

static struct store_plan_name *find(const struct store_plan *plan, const char *name) {
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->names[i].name, name) == 0)
            return &plan->names[i];
    return NULL;
}

static void drop_name(struct store_plan *plan, struct store_plan_name *name) {
    free(name->name);
    *name = plan->names[--plan->count];
}

struct listing {
    struct store_plan *plan;
    bool failed;
};

static bool visit(void *context, const char *name) {
    struct listing *listing = context;
    listing->failed = !add_name(listing->plan, name, &(struct held_file){0});
    return !listing->failed;
}

bool store_plan_init(struct store_plan *plan, const struct held_folder *folder, struct error *err) {
    struct listing listing = {.plan = plan};
    *plan = (struct store_plan){.folder = folder};
    bool ok = held_folder_list(folder, visit, &listing, err);
    if (ok && listing.failed)
        ok = no_memory(plan, err);
    if (!ok)
        store_plan_finish(plan);
    return ok;
}

void store_plan_finish(struct store_plan *plan) {
    for (size_t i = 0; i < plan->count; i++)
        free(plan->names[i].name);
    free(plan->names);
    store_moves_finish(&plan->moves);
    *plan = (struct store_plan){0};
}

void store_plan_drop(const struct store_plan *plan) {
    for (size_t i = 0; i < plan->moves.count; i++)
        if (file_is_temporary(plan->moves.items[i].from))
            held_folder_remove(plan->folder, plan->moves.items[i].from, NULL);
}

/* ---- steps ---- */

/* What is at the name. NULL: nothing will be, or it cannot be looked at. */
static struct store_plan_name *look(const struct store_plan *plan, const char *name,
                                    struct error *err) {
    struct store_plan_name *known = find(plan, name);
    if (!known)
        error_set(err, ERROR_MISSING, "%s/%s is not there", held_folder_path(plan->folder), name);
    else if (known->file.inode == 0 && !held_folder_look(plan->folder, name, &known->file, err))
        known = NULL;
    return known;
}

bool store_plan_is_folder(const struct store_plan *plan, const char *name) {
    const struct store_plan_name *there = look(plan, name, NULL);
    return there && there->file.is_folder;
}

/* The file of one name, if there was one, has another one now. */
static bool note_move(struct store_plan *plan, const struct store_move *move) {
    struct store_plan_name *from = find(plan, move->from);
    if (from)
        drop_name(plan, from);
    struct store_plan_name *to = find(plan, move->to);
    if (file_is_temporary(move->to))
        return true;
    if (!to)
        return add_name(plan, move->to, &move->what);
    to->file = move->what;
    return true;
}

static bool add_move(struct store_plan *plan, const struct store_move *move, struct error *err) {
    if (store_moves_add(&plan->moves, move) && note_move(plan, move))
        return true;
    plan->is_broken = true;
    return no_memory(plan, err);
}

bool store_plan_remove(struct store_plan *plan, const char *name, struct error *err) {
    char temporary[FILE_TEMPORARY_SIZE];
    const struct store_plan_name *there = look(plan, name, err);
    struct store_move move = {.from = name, .to = temporary};
    if (!there)
        return false;
    move.what = there->file;
    /* Found out now, since nothing is undone any more once its files are being removed. */
    if (there->file.is_folder && !held_folder_may_empty(plan->folder, name, err))
        return false;
    return file_temporary_name(temporary, err) && add_move(plan, &move, err);
}

bool store_plan_rename(struct store_plan *plan, const char *from, const char *to,
                       struct error *err) {
    const struct store_plan_name *there = look(plan, from, err);
    struct store_move move = {.from = from, .to = to};
    if (!there)
        return false;
    if (find(plan, to)) {
        error_set(err, ERROR_EXISTS, "%s/%s is there already", held_folder_path(plan->folder), to);
        return false;
    }
    move.what = there->file;
    return add_move(plan, &move, err);
}

/* A folder cannot give way to a file in one step, and goes first. */
static bool make_way(struct store_plan *plan, const char *name, struct held_file *over,
                     struct error *err) {
    *over = (struct held_file){0};
    if (!find(plan, name))
        return true;
    const struct store_plan_name *there = look(plan, name, err);
    if (there && there->file.is_folder)
        return store_plan_remove(plan, name, err);
    if (there)
        *over = there->file;
    return there != NULL;
}

bool store_plan_write(struct store_plan *plan, const char *name, const void *data, size_t size,
                      unsigned mode, struct error *err) {
    char temporary[FILE_TEMPORARY_SIZE];
    struct store_move move = {.from = temporary, .to = name};
    if (!make_way(plan, name, &move.over, err) || !file_temporary_name(temporary, err) ||
        !held_folder_create(plan->folder, temporary, data, size, mode, err))
        return false;
    if (held_folder_look(plan->folder, temporary, &move.what, err) && add_move(plan, &move, err))
        return true;
    held_folder_remove(plan->folder, temporary, NULL);
    return false;
}
