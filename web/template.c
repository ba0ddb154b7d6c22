#include "web/template.h"

#include "web/web.h"

/* The part to go on with after a section's opening: the next, or the one after its end. */
static size_t enter(const struct template_part *parts, size_t i, bool wanted) {
    return wanted ? i + 1 : parts[i].pair + 1;
}

void template_render(const struct template *page, const struct template_values *values,
                     struct buffer *out) {
    const struct template_part *parts = page->parts;
    static const char *const nothing[] = {"", NULL};
    const char *const *item = nothing; /* where the repetition stands */
    size_t i = 0;
    while (i < page->count) {
        const struct template_part *part = &parts[i];
        switch (part->kind) {
        case PART_TEXT:
            buffer_append(out, part->text, part->size);
            i++;
            break;
        case PART_VALUE:
            web_escape(out, values->slots[part->index] ? values->slots[part->index] : "–");
            i++;
            break;
        case PART_ITEM:
            web_escape(out, *item);
            i++;
            break;
        case PART_WHEN:
            i = enter(parts, i, values->slots[part->index]);
            break;
        case PART_UNLESS:
            i = enter(parts, i, !values->slots[part->index]);
            break;
        case PART_EACH:
            if (values->lists[part->index])
                item = values->lists[part->index];
            i = enter(parts, i, values->lists[part->index] && *item);
            break;
        case PART_END:
            if (parts[part->pair].kind == PART_EACH && *item && *++item)
                i = part->pair + 1;
            else
                i++;
            break;
        }
    }
}
