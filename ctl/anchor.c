#include "ctl/anchor.h"

#include "ctl/authority_kept.h"
#include "ctl/inventory.h"
#include "trust/deployed_anchor.h"

static bool leads_to_root(const struct cert *cert) {
    struct cert_info top = {0};
    bool is_root = cert_info_read(cert_anchor(cert), &top, NULL) && top.self_issued;
    cert_info_finish(&top);
    return is_root;
}

bool anchor_find(const struct place *place, const struct cert *cert, struct blob *out,
                 struct error *err) {
    struct authority_text kept = {0};
    struct cert_store *store = NULL;
    struct error unheard = {0};
    /* An authority that is not there, or cannot be read, has issued and renewed nothing. */
    bool has_authority = authority_kept_look(place, &kept, &unheard);
    bool has_store = !leads_to_root(cert) && inventory_read(place, &store, &unheard);
    const struct deployed_anchor_places places = {has_authority ? &kept.certificate : NULL,
                                                  has_store ? cert_store_set(store) : NULL};
    bool ok = deployed_anchor_find(cert, &places, out, err);
    cert_store_destroy(store);
    authority_text_finish(&kept);
    return ok;
}
