/* What is written about the settings keeps up with their table: the manual page and the shipped
 * configuration name each one, with its range and default, and the shipped one is the default. */
#include "tests/unit/conf_loading.h"

#include "conf/conf_table.h"

#include <inttypes.h>

#define SHIPPED SOURCE_FOLDER "/conf/mailstored.conf"
#define DEFAULT SOURCE_FOLDER "/tests/unit/conf/default.golden"
#define MANUAL SOURCE_FOLDER "/docs/mailstored.conf.5"

/* Does this line begin a macro `name`? */
static bool is_macro(const char *line, const char *name) {
    size_t length = strlen(name);
    return strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == '\n');
}

static const char *next_line(const char *at) {
    at = strchr(at, '\n');
    return at ? at + 1 : NULL;
}

/* What stands under the line that begins with `begin`, with that line, as far as the next heading
 * or, for an item, the next item. Newly allocated; NULL if there is no such line. */
static char *section(const char *text, const char *begin) {
    bool is_item = is_macro(begin, ".It");
    while (text && !is_macro(text, begin))
        text = next_line(text);
    if (!text)
        return NULL;
    const char *end = next_line(text);
    while (end && !is_macro(end, ".Ss") && !is_macro(end, ".Sh") &&
           !(is_item && is_macro(end, ".It")))
        end = next_line(end);
    return end ? strndup(text, (size_t)(end - text)) : strdup(text);
}

static void assert_says(const char *where, const char *key, const char *text, const char *what) {
    if (!strstr(text, what))
        fail_msg("%s: %s does not say \"%s\":\n%s", where, key, what, text);
}

static void check_item(const struct conf_setting *setting, const char *item) {
    char expected[64], range[64];
    const struct conf_word *word = setting->words;
    switch (setting->kind) {
    case CONF_FLAG:
        snprintf(expected, sizeof expected, "%s = %s\n", setting->key,
                 setting->initial ? "true" : "false");
        assert_says(MANUAL, setting->key, item, expected);
        break;
    case CONF_NUMBER:
        snprintf(expected, sizeof expected, "%s = %" PRId64 "\n", setting->key, setting->initial);
        assert_says(MANUAL, setting->key, item, expected);
        /* fall through */
    case CONF_PORT:
        snprintf(range, sizeof range, "%" PRId64 " to %" PRId64, setting->least, setting->most);
        assert_says(MANUAL, setting->key, item, range);
        break;
    case CONF_WORD:
    case CONF_WORD_SET:
        for (; word->word; word++) {
            snprintf(expected, sizeof expected, "\\(dq%s\\(dq", word->word);
            assert_says(MANUAL, setting->key, item, expected);
            snprintf(expected, sizeof expected, "%s = \\(dq%s\\(dq\n", setting->key, word->word);
            if (setting->kind == CONF_WORD && (int64_t)word->value == setting->initial)
                assert_says(MANUAL, setting->key, item, expected);
        }
        break;
    case CONF_TEXT:
        snprintf(expected, sizeof expected, "%s = \\(dq%s\\(dq\n", setting->key,
                 setting->initial_text ? setting->initial_text : "");
        assert_says(MANUAL, setting->key, item, expected);
        break;
    default:
        break;
    }
}

static void check_manual(const char *manual, const char *heading,
                         const struct conf_setting *group) {
    char begin[64];
    snprintf(begin, sizeof begin, ".Ss %s", heading);
    char *part = section(manual, begin);
    if (!part)
        fail_msg("%s has no heading %s", MANUAL, begin);
    for (; group->key; group++) {
        if (group->group)
            check_manual(manual, group->key, group->group);
        if (group->kind == CONF_GROUP || group->kind == CONF_SERVICES)
            continue;
        snprintf(begin, sizeof begin, ".It Va %s", group->key);
        char *item = section(part, begin);
        if (!item)
            fail_msg("%s says nothing of %s under %s", MANUAL, group->key, heading);
        check_item(group, item);
        free(item);
    }
    free(part);
}

static void manual_page_describes_every_setting(void **state) {
    (void)state;
    char *manual = read_whole(MANUAL);
    check_manual(manual, "Top level", conf_settings);
    free(manual);
}

/* Is there an item for a setting that does not exist? */
static void manual_page_describes_no_other(void **state) {
    (void)state;
    char *manual = read_whole(MANUAL);
    const struct conf_setting *groups[16] = {conf_settings};
    size_t count = 1, items = 0;
    for (size_t i = 0; i < count; i++)
        for (const struct conf_setting *setting = groups[i]; setting->key; setting++)
            if (setting->group)
                groups[count++] = setting->group;
    for (const char *at = manual; (at = strstr(at, "\n.It Va ")); items++) {
        at += strlen("\n.It Va ");
        size_t length = strcspn(at, " \n");
        bool known = false;
        for (size_t i = 0; i < count; i++)
            for (const struct conf_setting *setting = groups[i]; setting->key; setting++)
                known |= strlen(setting->key) == length && !strncmp(setting->key, at, length);
        if (!known)
            fail_msg("%s describes %.*s, which is no setting", MANUAL, (int)length, at);
    }
    assert_true(items > 0);
    free(manual);
}

static void check_shipped(const char *shipped, const struct conf_setting *group) {
    for (; group->key; group++) {
        bool is_group = group->kind == CONF_GROUP || group->kind == CONF_SERVICES;
        char written[64];
        snprintf(written, sizeof written, is_group ? "%s: {" : "%s = ", group->key);
        assert_says(SHIPPED, group->key, shipped, written);
        if (group->kind == CONF_NUMBER) {
            snprintf(written, sizeof written, "%s = %" PRId64 ";", group->key, group->initial);
            assert_says(SHIPPED, group->key, shipped, written);
        }
        if (group->group)
            check_shipped(shipped, group->group);
    }
}

static void shipped_file_names_every_setting(void **state) {
    (void)state;
    char *shipped = read_whole(SHIPPED);
    check_shipped(shipped, conf_settings);
    free(shipped);
}

static void shipped_file_is_the_default(void **state) {
    struct loading *loading = *state;
    char folder[96];
    snprintf(folder, sizeof folder, "%s/state", loading->folder);
    struct conf *shipped = load_overridden(
        loading, &(struct conf_overrides){.config_file = SHIPPED, .state_folder = folder});
    if (!shipped)
        fail_msg("%s", loading->report.data);
    assert_string_equal(loading->report.data, "");
    char *text = print_portably(loading, shipped);
    assert_same_as_file(text, DEFAULT);
    free(text);
    conf_destroy(shipped);

    /* What holds without a file differs for a user who is not root: the loopback addresses. */
    static const char *const listen[] = {"web-access=*:8462", "web-access-http=*:8461",
                                         "client=*:8460", "administration=*:8463"};
    write_text(loading, "main.conf", "");
    struct conf *built_in =
        load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file,
                                                          .state_folder = folder,
                                                          .listen = listen,
                                                          .listen_count = 4});
    assert_non_null(built_in);
    for (size_t i = 1; i < built_in->service_count; i++)
        built_in->services[i].enabled = false; /* --listen enables what it names */
    text = print_portably(loading, built_in);
    assert_same_as_file(text, DEFAULT);
    free(text);
    conf_destroy(built_in);
}

static void shipped_file_keeps_its_state_where_the_package_does(void **state) {
    struct loading *loading = *state;
    struct conf *conf =
        load_overridden(loading, &(struct conf_overrides){.config_file = SHIPPED, .reading = true});
    assert_non_null(conf);
    assert_string_equal(conf->state_folder, "/var/lib/mailstored");
    assert_string_equal(conf->store_folder, "/var/lib/mailstored/certs");
    assert_string_equal(conf->control_socket, "/var/lib/mailstored/control");
    conf_destroy(conf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_page_describes_every_setting),
        cmocka_unit_test(manual_page_describes_no_other),
        cmocka_unit_test(shipped_file_names_every_setting),
        IN_FOLDER(shipped_file_is_the_default),
        IN_FOLDER(shipped_file_keeps_its_state_where_the_package_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
