/* certs/request_inf while memory runs out: whichever allocation fails, the reading says so, and
 * gives nothing but what the file says. */
#include "failing_allocations.h"
#include "request_inf_words.h"

#include "test_data.h"

static const struct request_inf_options tolerant = {.tolerant = true, .now = 1795478400};

/* Nothing else may be called a mistake. */
static void hear(void *context, const struct request_inf_remark *remark) {
    if (remark->level != REQUEST_INF_MISTAKE)
        return;
    if (strcmp(remark->text, "out of memory") != 0)
        fail_msg("%u:%u %s", remark->line, remark->column, remark->text);
    *(bool *)context = true;
}

/* Reads while the allocation after `n` others fails; false if there were no more than that. */
static bool read_failing(const struct blob *bytes, long n, const char *whole) {
    struct request_inf request = {0};
    struct buffer words = {0};
    bool told = false;
    allocation_fails_after(n);
    bool ok = request_inf_read(bytes, &tolerant, hear, &told, &request);
    bool failed = allocation_has_failed();
    if (ok == told)
        fail_msg("allocation %ld: %s", n, ok ? "accepted, and out of memory" : "not told");
    if (ok) {
        words_add_request(&words, &request);
        assert_string_equal(words.data, whole);
    }
    buffer_finish(&words);
    request_inf_finish(&request);
    return failed;
}

static void running_out_is_told_and_loses_nothing(void **state) {
    (void)state;
    static const char *const files[] = {
        "article.inf",   "all-names.inf",   "ms-strings.inf",       "attributes.inf",
        "utf16-big.inf", "broken-bare.inf", "extension-octets.inf", "purposes-comma.inf"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[96];
        struct request_inf request = {0};
        struct buffer whole = {0};
        bool told = false;
        snprintf(path, sizeof path, "request_inf/%s", files[i]);
        struct blob bytes = data_read(path);
        assert_true(request_inf_read(&bytes, &tolerant, hear, &told, &request));
        words_add_request(&whole, &request);
        long n = 0;
        while (read_failing(&bytes, n, whole.data))
            n++;
        assert_true(n > 20);
        request_inf_finish(&request);
        buffer_finish(&whole);
        blob_finish(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(running_out_is_told_and_loses_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
