/* conf/: reading in full, inclusions, what words can be, the normalised form. */
#include "tests/unit/conf_loading.h"

#include "conf/conf_words.h"
#include "platform/host.h"
#include "platform/socket.h"

#define GOLDEN SOURCE_FOLDER "/tests/unit/conf/"

/* ---- what is read ---- */

static void every_setting_is_read_and_printed(void **state) {
    struct loading *loading = *state;
    char *text = read_whole(GOLDEN "full.conf");
    write_text(loading, "main.conf", text);
    struct conf *conf =
        load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file});
    if (!conf)
        fail_msg("%s", loading->report.data);
    char *printed = print_portably(loading, conf);
    assert_same_as_file(printed, GOLDEN "full.golden");
    free(printed);
    conf_destroy(conf);
    free(text);
}

static void normalised_form_reads_back_the_same(void **state) {
    struct loading *loading = *state;
    char *text = read_whole(GOLDEN "full.conf");
    struct conf *conf = expect_sound(loading, text);
    char *printed = conf_print(conf);
    struct conf *again = expect_sound(loading, printed);
    char *printed_again = conf_print(again);
    assert_string_equal(printed, printed_again);
    free(printed_again);
    free(printed);
    conf_destroy(again);
    conf_destroy(conf);
    free(text);
}

static void defaults_hold_without_a_file(void **state) {
    struct loading *loading = *state;
    struct conf *conf = load_text(loading, "");
    assert_non_null(conf);
    assert_int_equal(conf->service_count, 4);
    static const struct {
        const char *name;
        bool enabled;
        uint16_t port;
        enum conf_protocol protocol;
    } expected[] = {
        {"web-access", true, 8462, CONF_HTTPS},
        {"web-access-http", false, 8461, CONF_REDIRECT},
        {"client", false, 8460, CONF_HTTPS},
        {"administration", false, 8463, CONF_HTTPS},
    };
    int ipv6;
    bool has_ipv6 = socket_listen("::1", 0, &ipv6, NULL);
    if (has_ipv6)
        socket_close(ipv6);
    for (size_t i = 0; i < 4; i++) {
        const struct conf_service *service = conf_service_find(conf, expected[i].name);
        assert_non_null(service);
        assert_true(service->enabled == expected[i].enabled);
        assert_int_equal(service->listeners[0].port, expected[i].port);
        assert_int_equal(service->listeners[0].protocol, expected[i].protocol);
        assert_string_equal(service->listeners[0].address, host_is_root() ? "*" : "127.0.0.1");
        assert_int_equal(service->listener_count, !host_is_root() && has_ipv6 ? 2 : 1);
    }
    assert_null(conf_service_find(conf, "web"));
    assert_int_equal(conf->limits.connections, 20000);
    assert_int_equal(conf->limits.header_bytes, 4096);
    assert_int_equal(conf->poll_interval_s, 10);
    assert_true(conf->tls.tls12 && conf->tls.tls13);
    assert_null(conf->tls.priority);
    assert_int_equal(conf->log.level, LOG_LEVEL_INFO);
    conf_destroy(conf);
}

static void known_service_has_its_port_without_listeners(void **state) {
    struct conf *conf = expect_sound(*state, "services: { client: { certificate = \"c\"; }; };");
    assert_int_equal(conf->service_count, 1);
    assert_true(conf->services[0].enabled);
    assert_int_equal(conf->services[0].listeners[0].port, 8460);
    conf_destroy(conf);
}

static void folders_follow_the_state_folder(void **state) {
    struct loading *loading = *state;
    char expected[128];
    struct conf *conf = expect_sound(loading, SOUND);
    snprintf(expected, sizeof expected, "%s/state/certs", loading->folder);
    assert_string_equal(conf->store_folder, expected);
    snprintf(expected, sizeof expected, "%s/state/control", loading->folder);
    assert_string_equal(conf->control_socket, expected);
    conf_destroy(conf);

    char other[96];
    snprintf(other, sizeof other, "%s/other", loading->folder);
    write_text(loading, "main.conf", SOUND "state_folder = \"/dev/null/x\"; store_folder = \"s\";");
    conf = load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file,
                                                             .state_folder = other});
    assert_non_null(conf);
    assert_string_equal(conf->state_folder, other);
    snprintf(expected, sizeof expected, "%s/s", loading->folder);
    assert_string_equal(conf->store_folder, expected);
    snprintf(expected, sizeof expected, "%s/control", other);
    assert_string_equal(conf->control_socket, expected);
    conf_destroy(conf);
}

static void forms_of_text_are_taken(void **state) {
    struct loading *loading = *state;
    conf_destroy(expect_sound(loading, "\xEF\xBB\xBF" SOUND));
    conf_destroy(expect_sound(loading, "# a\r\n/* b\n */ // c\r\n" SOUND
                                       "state_folder = \"state\"; # no line end"));
    struct conf *conf =
        expect_sound(loading, SOUND "log: { file = \"/a\nb\\\nc\\x41\\\"\\q\" \"d\" }\n");
    assert_string_equal(conf->log.file, "/a\nb\\\ncA\"\\qd");
    conf_destroy(conf);
}

static void numbers_are_read_in_full(void **state) {
    struct loading *loading = *state;
    static const struct {
        const char *literal;
        int64_t value;
    } good[] = {
        {"8462", 8462},
        {"+8462", 8462},
        {"0x210E", 0x210E},
        {"0X210eL", 0x210E},
        {"8462L", 8462},
        {"8462LL", 8462},
        {"0", 0},
        {"65535", 65535},
        {"000000000008462", 8462},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[256];
        snprintf(text, sizeof text, "services: { a: { listeners = ( { port = %s; } ); }; };\n",
                 good[i].literal);
        struct conf *conf = expect_sound(loading, text);
        assert_int_equal(conf->services[0].listeners[0].port, good[i].value);
        conf_destroy(conf);
    }
    static const struct {
        const char *literal, *told;
    } bad[] = {
        {"4294975758", "is 4294975758; allowed: 0 to 65535"}, /* 2^32 + 8462 */
        {"4294975758L", "is 4294975758; allowed: 0 to 65535"},
        {"-4294958834", "is -4294958834; allowed: 0 to 65535"}, /* 8462 - 2^32 */
        {"0x10000210E", "is 4294975758; allowed: 0 to 65535"},
        {"0x10000210EL", "is 4294975758; allowed: 0 to 65535"},
        {"-1", "is -1; allowed: 0 to 65535"},
        {"65536", "is 65536; allowed: 0 to 65535"},
        {"18446744073709560078", "is beyond 64 bits; allowed: 0 to 65535"}, /* 2^64 + 8462 */
        {"-18446744073709560078", "is beyond 64 bits; allowed: 0 to 65535"},
        {"0x1000000000000210E", "is beyond 64 bits; allowed: 0 to 65535"},
        {"0xFFFFFFFFFFFFFFFFL", "is beyond 64 bits; allowed: 0 to 65535"},
        {"8462.0", "is a number with a fraction, but must be an integer"},
        {"8.462e3", "is a number with a fraction, but must be an integer"},
        {"\"8462\"", "is a text, but must be an integer"},
        {"true", "is true or false, but must be an integer"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256], line[256];
        snprintf(text, sizeof text,
                 "services: { a: { listeners = (\n{\nport = # 0\n%s; } ); }; };\n", bad[i].literal);
        snprintf(line, sizeof line, "main.conf:3: services.a.listeners[1].port %s", bad[i].told);
        EXPECT(loading, text, line);
    }
}

/* ---- inclusions ---- */

static void inclusions_keep_their_lines(void **state) {
    struct loading *loading = *state;
    char folder[96], text[512], line[256];
    snprintf(folder, sizeof folder, "%s/sub", loading->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    write_text(loading, "sub/ports.conf", "{ port =\n 4294975758; },\n{ prot = 1; port = 1 }");
    write_text(loading, "sub/more.conf", "\n\nlogg: { };\n@include \"sub/log.conf\"\n\nb = 1;");
    write_text(loading, "sub/log.conf", "log: {\n level = \"loud\"; }");
    snprintf(text, sizeof text,
             "services: { a: { listeners = (\n@include \"sub/ports.conf\"\n); }; };\n"
             "c = 1;\n  @include\t\"%s/sub/more.conf\" d = 1;\ne = 1;\n",
             loading->folder);
    snprintf(line, sizeof line,
             "sub/log.conf:2: log.level is \"loud\"; allowed: \"error\", "
             "\"warning\", \"notice\", \"info\", \"debug\"");
#define HERE                                                                                         \
    "allowed here: \"state_folder\", \"store_folder\", \"control_socket\", \"store\", \"tls\", "     \
    "\"limits\", \"first_certificate\", \"authority\", \"log\", \"clients\", \"metrics\", \"lab\", " \
    "\"services\""
    EXPECT(loading, text,
           "sub/ports.conf:1: services.a.listeners[1].port is 4294975758; allowed: 0 to 65535",
           "sub/ports.conf:3: there is no setting services.a.listeners[2].prot; did you mean "
           "\"port\"?",
           "main.conf:4: there is no setting c; " HERE,
           "sub/more.conf:3: there is no setting logg; did you mean \"log\"?", line,
           "sub/more.conf:6: there is no setting b; " HERE,
           "main.conf:5: there is no setting d; " HERE,
           "main.conf:6: there is no setting e; " HERE);
}

static void inclusions_that_cannot_be_are_told(void **state) {
    struct loading *loading = *state;
    struct conf *conf = load_text(loading, "\n@include \"missing.conf\"\n");
    assert_null(conf);
    assert_ptr_equal(strstr(loading->report.data, "main.conf:2: cannot include it: "),
                     loading->report.data);
    /* libconfig itself would end the process here. */
    conf = load_text(loading, "@include \"/\"\n");
    assert_null(conf);
    assert_ptr_equal(strstr(loading->report.data, "main.conf:1: cannot include it: "),
                     loading->report.data);
    conf = load_text(loading, "\n\n@include \"main.conf\"\n");
    assert_null(conf);
    assert_ptr_equal(strstr(loading->report.data, "main.conf:3: "), loading->report.data);
    assert_non_null(strstr(loading->report.data, "does one include itself?"));
}

static void inclusions_that_multiply_end(void **state) {
    struct loading *loading = *state;
    struct buffer text = {0};
    for (int i = 0; i < 40; i++)
        buffer_append_text(&text, "@include \"next.conf\"\n");
    write_bytes(loading, "next.conf", text.data, text.size);
    buffer_clear(&text);
    for (int i = 0; i < 200000; i++)
        buffer_append_text(&text, "1 2 3 ");
    write_bytes(loading, "main.conf", text.data, text.size);
    assert_null(
        load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file}));
    assert_non_null(strstr(loading->report.data, "cannot read the configuration"));

    buffer_clear(&text);
    for (int i = 0; i < 30000; i++)
        buffer_append_text(&text, "a=1 ");
    write_bytes(loading, "next.conf", text.data, text.size);
    buffer_clear(&text);
    for (int i = 0; i < 100; i++)
        buffer_append_text(&text, "@include \"next.conf\"\n");
    write_bytes(loading, "main.conf", text.data, text.size);
    assert_null(
        load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file}));
    assert_non_null(strstr(loading->report.data, "next.conf:1: too long"));
    buffer_finish(&text);
}

static void words_are_what_they_can_be(void **state) {
    (void)state;
    static const char *const hosts[] = {"localhost", "a.example.",  "_x.example",
                                        "192.0.2.1", "2001:db8::1", "xn--mnchen-3ya.example",
                                        NULL};
    static const char *const no_hosts[] = {
        "",          ".", "a..b",          "-a",    "a-.b",      "a b",        "a/b", "1.2.3.4.5",
        "256.1.1.1", "*", "*.example.org", "[::1]", "m\xC3\xBC", "fe80::1%lo", NULL};
    for (size_t i = 0; hosts[i]; i++)
        if (!conf_is_host(hosts[i]) || !conf_is_certificate_name(hosts[i]))
            fail_msg("%s", hosts[i]);
    for (size_t i = 0; no_hosts[i]; i++)
        if (conf_is_host(no_hosts[i]))
            fail_msg("%s", no_hosts[i]);
    assert_true(conf_is_certificate_name("*.example.org"));
    assert_false(conf_is_certificate_name("*"));
    assert_false(conf_is_certificate_name("a.*.org"));
    assert_true(conf_is_entry_name("mail.example.org"));
    static const char *const no_entries[] = {"",      ".a",    "a/b",  "a~", "a.tmp",
                                             "a.swp", "a.bak", "a\nb", NULL};
    for (size_t i = 0; no_entries[i]; i++)
        if (conf_is_entry_name(no_entries[i]))
            fail_msg("%s", no_entries[i]);
    assert_true(conf_is_address("systemd:web-access"));
    assert_false(conf_is_address("systemd:"));
    assert_false(conf_is_address("systemd:a:b"));
    assert_false(conf_is_address("[::1]"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_setting_is_read_and_printed),
        IN_FOLDER(normalised_form_reads_back_the_same),
        IN_FOLDER(defaults_hold_without_a_file),
        IN_FOLDER(known_service_has_its_port_without_listeners),
        IN_FOLDER(folders_follow_the_state_folder),
        IN_FOLDER(forms_of_text_are_taken),
        IN_FOLDER(numbers_are_read_in_full),
        IN_FOLDER(inclusions_keep_their_lines),
        IN_FOLDER(inclusions_that_cannot_be_are_told),
        IN_FOLDER(inclusions_that_multiply_end),
        cmocka_unit_test(words_are_what_they_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
