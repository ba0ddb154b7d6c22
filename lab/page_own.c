#include "lab/page_own.h"

#include "lab/report_words.h"
#include "lab/request.h"

#include <string.h>

/* Those at the address; `agent`: that call themselves so, or NULL. */
static void take(const json_t *report, const char *address, const char *agent,
                 struct page_own *own) {
    const json_t *clients = json_object_get(report, "clients");
    own->count = 0;
    for (size_t i = 0; i < json_array_size(clients) && own->count < LAB_CLIENT_LIMIT; i++) {
        const json_t *client = json_array_get(clients, i);
        if (strcmp(report_word(client, "address"), address) == 0 &&
            (!agent || strcmp(report_word(client, "agent"), agent) == 0))
            own->clients[own->count++] = client;
    }
}

void page_own_find(const json_t *report, const struct lab_page_visitor *visitor,
                   struct page_own *own) {
    char agent[LAB_AGENT_SIZE];
    const char *said = visitor->agent ? visitor->agent : "";
    lab_request_agent(said, strlen(said), agent);
    if (agent[0]) {
        take(report, visitor->address, agent, own);
        own->by_agent = own->count > 0;
        if (own->by_agent)
            return;
    }
    own->by_agent = false;
    take(report, visitor->address, NULL, own);
}

enum page_score page_score_of(const json_t *result) {
    if (!result || report_says(result, "not-tried"))
        return PAGE_NOT_TRIED;
    if (report_is_wrong(result))
        return PAGE_WRONG;
    return report_says(result, "undetermined") ? PAGE_UNDETERMINED : PAGE_RIGHT;
}

const json_t *page_own_result(const struct page_own *own, size_t index, const char *scenario) {
    const json_t *worst = NULL;
    for (size_t i = 0; i < own->count; i++) {
        const json_t *result = json_array_get(json_object_get(own->clients[i], "results"), index);
        if (strcmp(report_word(result, "scenario"), scenario) == 0 &&
            page_score_of(result) > page_score_of(worst))
            worst = result;
    }
    return worst;
}
