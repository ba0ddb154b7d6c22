#include "ctl/entry_file.h"

#include "ctl/answer.h"
#include "ctl/inventory.h"
#include "report/report.h"

void entry_file_finish(struct entry_file *entry) {
    cert_release(entry->cert);
    entry_meta_finish(&entry->meta);
    *entry = (struct entry_file){0};
}

/* Why there is no certificate of that name. */
static void explain(const struct cert_store *store, const char *name, int64_t now,
                    struct error *err) {
    json_t *told = report_show(store, name, (struct report_uses){0}, now, err);
    if (!told)
        return;
    const json_t *refusal = json_array_get(json_object_get(told, "refused"), 0);
    const char *file = answer_text(refusal, "file"), *reason = answer_text(refusal, "reason"),
               *mend = answer_text(refusal, "mend");
    error_set(err, ERROR_INPUT, "%s: %s%s%s", file ? file : name, reason ? reason : "refused",
              mend ? "; mend: " : "", mend ? mend : "");
    json_decref(told);
}

bool entry_file_read(const struct place *place, const char *name, int64_t now,
                     struct entry_file *out, struct error *err) {
    struct cert_store *store = NULL;
    struct entry_file entry = {0};
    if (!inventory_read(place, &store, err))
        return false;
    const struct cert *cert = cert_set_entry(cert_store_set(store), name);
    if (cert)
        entry.cert = cert_acquire(cert);
    else
        explain(store, name, now, err);
    cert_store_destroy(store);
    if (!cert)
        return false;
    if (!entry_meta_load(place->store_folder, name, &entry.meta, err)) {
        entry_file_finish(&entry);
        return false;
    }
    *out = entry;
    return true;
}
