/* A request.inf in both ways of reading: what is refused has a mistake, what strict reading accepts
 * tolerant reading takes for the same, and each remark stands in the file, in order, and is text.
 */
#include "../unit/request_inf_words.h"

#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what) {
    if (!what)
        abort();
}

struct remarks {
    const struct request_inf_options *options;
    size_t mistakes, repairs;
    unsigned line, column;
    bool whole; /* the file as a whole is the matter by now */
};

static void look(void *context, const struct request_inf_remark *remark) {
    struct remarks *seen = context;
    uint32_t point;
    require((remark->line == 0) == (remark->column == 0));
    if (remark->line == 0)
        seen->whole = true;
    else
        require(!seen->whole && (remark->line > seen->line ||
                                 (remark->line == seen->line && remark->column >= seen->column)));
    seen->line = remark->line;
    seen->column = remark->column;
    require(*remark->text);
    for (const char *at = remark->text; *at; at += utf8_read(at, &point))
        require(utf8_read(at, &point) > 0 && point >= ' ');
    seen->mistakes += remark->level == REQUEST_INF_MISTAKE;
    seen->repairs += remark->level == REQUEST_INF_REPAIR;
    require(seen->options->tolerant || seen->repairs == 0);
}

static bool try_mode(const struct blob *bytes, const struct request_inf_options *options,
                     struct buffer *plan) {
    struct remarks seen = {.options = options};
    struct request_inf request = {0};
    bool ok = request_inf_read(bytes, options, look, &seen, &request);
    require(ok == (seen.mistakes == 0));
    if (ok)
        words_add_request(plan, &request);
    require(!ok || !strstr(plan->data, WORDS_BROKEN));
    request_inf_finish(&request);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct blob bytes = {(unsigned char *)data, size};
    const struct request_inf_options strict = {.now = 1795478400, .allow_weak = true};
    const struct request_inf_options tolerant = {
        .now = 1795478400, .allow_weak = true, .tolerant = true};
    struct buffer strict_plan = {0}, tolerant_plan = {0};
    bool strict_ok = try_mode(&bytes, &strict, &strict_plan);
    bool tolerant_ok = try_mode(&bytes, &tolerant, &tolerant_plan);
    require(!strict_ok || (tolerant_ok && strcmp(strict_plan.data, tolerant_plan.data) == 0));
    buffer_finish(&strict_plan);
    buffer_finish(&tolerant_plan);
    return 0;
}
