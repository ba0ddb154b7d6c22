/* conf/: reading in full, every mistake with its line, the command line, the normalised form. */
#include "tests/unit/conf_loading.h"

#include "conf/conf_words.h"
#include "platform/host.h"
#include "platform/socket.h"

#define GOLDEN SOURCE_FOLDER "/tests/unit/conf/"

/* A configuration of one service that is in order, for mistakes to be added to. */
#define SOUND "services: { a: { listeners = ( { port = 8462; } ); }; };\n"

static bool is_whole_line(const char *report, const char *at, size_t length) {
    return (at == report || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0');
}

/* Loads a text that has exactly these mistakes: whole lines, in any order. */
static void expect_mistakes(struct loading *loading, const char *text, const char *const *lines) {
    struct conf *conf = load_text(loading, text);
    const char *report = loading->report.data;
    size_t told = 0, expected = 0;
    for (const char *at = report; *at; at++)
        told += *at == '\n';
    for (; lines[expected]; expected++) {
        const char *at = strstr(report, lines[expected]);
        if (!at || !is_whole_line(report, at, strlen(lines[expected])))
            fail_msg("not told: %s\ntold:\n%s", lines[expected], report);
    }
    if (told != expected)
        fail_msg("told more than expected of\n%s\n:\n%s", text, report);
    assert_null(conf);
}

#define EXPECT(loading, text, ...) \
    expect_mistakes(loading, text, (const char *const[]){__VA_ARGS__, NULL})

static struct conf *expect_sound(struct loading *loading, const char *text) {
    struct conf *conf = load_text(loading, text);
    if (!conf)
        fail_msg("%s", loading->report.data);
    assert_string_equal(loading->report.data, "");
    return conf;
}

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

/* ---- mistakes ---- */

static void all_mistakes_are_told_in_one_reading(void **state) {
    EXPECT(*state,
           "store = 3;\n"
           "tls: { versions = [\"1.2\",\n"
           "  \"1.1\"\n"
           "]; prioritty = \"\"; };\n"
           "limits: {\n"
           "  workers = \"many\";\n"
           "  header_bytes = 511;\n"
           "  idle_timeout_s = 0;\n"
           "};\n"
           "first_certificate: { key = \"rsa-1024\"; names = [ \"a b\" ]; shape = \"old\"; };\n"
           "services: { a: {\n"
           "  enabled = 1;\n"
           "  certificate = \"../key\";\n"
           "  redirect_to = \"c\";\n"
           "  listeners = ( { address = \"localhost\"; port = 1; },\n"
           "    7, { address = \"\"; port = 65536; protocol = \"http\"; certificate = \".x\"; },\n"
           "    { } );\n"
           "}; };\n",
           "main.conf:1: store is an integer, but must be a group { … }",
           "main.conf:3: tls.versions[2] is \"1.1\"; allowed: \"1.2\", \"1.3\"",
           "main.conf:4: there is no setting tls.prioritty; did you mean \"priority\"?",
           "main.conf:6: limits.workers is a text, but must be an integer",
           "main.conf:7: limits.header_bytes is 511; allowed: 512 to 65536",
           "main.conf:8: limits.idle_timeout_s is 0; allowed: 1 to 86400",
           "main.conf:10: first_certificate.key is \"rsa-1024\"; allowed: " CONF_KEY_CHOICES,
           "main.conf:10: first_certificate.names[1] is \"a b\"; allowed: " CONF_CERTIFICATE_NAMES,
           "main.conf:10: first_certificate.shape is \"old\"; allowed: \"modern\", \"classic\"",
           "main.conf:12: services.a.enabled is an integer, but must be true or false",
           "main.conf:13: services.a.certificate is \"../key\"; allowed: " CONF_ENTRY_NAMES,
           "main.conf:14: a: redirect_to is \"c\", which is no service; allowed: \"a\"",
           "main.conf:15: services.a.listeners[1].address is \"localhost\"; allowed: an IPv4 or "
           "IPv6 address without brackets, \"*\" for all of them, or \"systemd:NAME\" for a socket "
           "of the service manager",
           "main.conf:16: services.a.listeners[2] is an integer, but must be a group { address = "
           "…; port = …; }",
           "main.conf:16: services.a.listeners[3].address is empty; allowed: an IPv4 or IPv6 "
           "address without brackets, \"*\" for all of them, or \"systemd:NAME\" for a socket of "
           "the service manager",
           "main.conf:16: services.a.listeners[3].port is 65536; allowed: 0 to 65535",
           "main.conf:16: services.a.listeners[3].protocol is \"http\"; allowed: \"https\", "
           "\"redirect\"",
           "main.conf:16: services.a.listeners[3].certificate is \".x\"; allowed: "
           "" CONF_ENTRY_NAMES,
           "main.conf:17: services.a.listeners[4] has no port; allowed: port = 0 to 65535");
}

static void authority_settings_have_their_limits(void **state) {
    EXPECT(*state, "authority: { leaf_lifetime_s = 9; key = \"\"; };\n" SOUND,
           "main.conf:1: authority.leaf_lifetime_s is 9; allowed: 10 to 71193600",
           "main.conf:1: authority.key is empty; allowed: " CONF_KEY_CHOICES);
}

static void metrics_are_for_this_host_alone(void **state) {
    static const char *const others[] = {
        "0.0.0.0:9105",  "*:9105", "192.0.2.1:9105", "[::]:9105", "localhost:1",     "::1:9105",
        "[127.0.0.1]:1", "[::1]",  "127.0.0.1",      "[::1]:",    "127.0.0.1:65536", "9105",
        "unix:",         "unix:/", "unix:relative",  "unix:/a b"};
    static const char *const ours[] = {"127.0.0.1:9105", "127.0.0.53:0", "[::1]:65535",
                                       "unix:/run/mailstored/metrics"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char text[1024], told[512];
        snprintf(text, sizeof text, "metrics: {\n listen = \"%s\"; };\n" SOUND, others[i]);
        snprintf(told, sizeof told,
                 "main.conf:2: metrics.listen is \"%s\"; allowed: " CONF_METRICS_ADDRESSES,
                 others[i]);
        EXPECT(*state, text, told);
    }
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        char text[1024];
        snprintf(text, sizeof text, "metrics: { listen = \"%s\"; };\n" SOUND, ours[i]);
        struct conf *conf = expect_sound(*state, text);
        assert_string_equal(conf->metrics.listen, ours[i]);
        conf_destroy(conf);
    }
}

static void names_are_for_a_certificate_of_the_authority(void **state) {
    EXPECT(*state,
           "services: { a: {\n"
           "  certificate = \"b\";\n"
           "  certificate_names = [\"mail.example.org\"];\n"
           "  listeners = ( { port = 8462; } ); };\n"
           "c: {\n"
           "  certificate = \"authority\";\n"
           "  certificate_names = [\"mail.example.org\",\n"
           "    \"no/name\"];\n"
           "  listeners = ( { port = 8463; } ); }; };\n",
           "main.conf:3: a has certificate_names, but no certificate of the local authority; "
           "allowed: beside certificate = \"authority\"",
           "main.conf:8: services.c.certificate_names[2] is \"no/name\"; "
           "allowed: " CONF_CERTIFICATE_NAMES);
    /* One listener's is enough. */
    conf_destroy(expect_sound(*state, "services: { a: { certificate_names = [\"*.example.org\"]; "
                                      "listeners = ( { port = 1; certificate = \"authority\"; } ); "
                                      "}; };"));
}

static void a_pinned_certificate_knows_its_line(void **state) {
    struct loading *loading = *state;
    struct conf *conf = expect_sound(loading, "services: {\n"
                                              "  web-access: {\n"
                                              "    certificate =\n"
                                              "      \"here\";\n"
                                              "  };\n"
                                              "  client: { certificate = \"\"; };\n"
                                              "};\n");
    const struct conf_service *pinned = conf_service_find(conf, "web-access");
    assert_string_equal(pinned->certificate_file, loading->main_file);
    assert_in_range(pinned->certificate_line, 3, 4);
    const struct conf_service *free = conf_service_find(conf, "client");
    assert_null(free->certificate);
    assert_null(free->certificate_file);
    conf_destroy(conf);
}

static void wrong_listener_overlaps_nothing(void **state) {
    EXPECT(*state,
           "services: { a: { listeners = (\n"
           "{ adress = \"127.0.0.1\"; port = 8462; },\n"
           "{ address = \"127.0.0\"; port = 8462; },\n"
           "{ address = \"127.0.0.2\"; port = 8462; } ); }; };\n",
           "main.conf:2: there is no setting services.a.listeners[1].adress; did you mean "
           "\"address\"?",
           "main.conf:3: services.a.listeners[2].address is \"127.0.0\"; allowed: an IPv4 or IPv6 "
           "address without brackets, \"*\" for all of them, or \"systemd:NAME\" for a socket of "
           "the service manager");
}

static void syntax_errors_name_the_token(void **state) {
    struct loading *loading = *state;
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"a = 1;\nb = = 2;", "main.conf:2: syntax error at ="},
        {"a = 1;\nb = \n\n ; state_folder", "main.conf:4: syntax error at ;"},
        {"log: {\n level = \"info\";\n\n", "main.conf:3: syntax error: the file ends where a value "
                                           "or a closing bracket is missing"},
        {"a = \"b\n\n\n", "main.conf:1: syntax error: the text that begins here has no closing "
                          "quotation mark"},
        {"a = 1;\n/* *\n", "main.conf:2: syntax error: the comment that begins here has no end "
                           "(*/)"},
        {"\nlog: { level = \"info\";\n level = \"info\"; };",
         "main.conf:3: level is set a second time in the same group"},
        {"a = [ 1, \n\"b\" ];",
         "main.conf:2: syntax error at \"b\"]: the elements of an array [ ] must be of one type"},
        {"a = [\n { } ];", "main.conf:2: syntax error at {: a group stands behind \"name:\" or in "
                           "a list ( ), not in an array [ ]"},
        {"\n\xC3\xA9t\xC3\xA9 = 1;", "main.conf:2: syntax error at \xC3\xA9"},
        {"a = 0x;", "main.conf:1: syntax error at ;"},
        {"@include ports.conf", "main.conf:1: syntax error at @"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        write_text(loading, "main.conf", cases[i].text);
        assert_null(
            load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file}));
        snprintf(text, sizeof text, "%s\n", cases[i].told);
        assert_string_equal(loading->report.data, text);
    }
    write_bytes(loading, "main.conf", "a = 1;\n\nb\0 = 1;\n", 16);
    assert_null(
        load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file}));
    assert_string_equal(loading->report.data,
                        "main.conf:3: holds a NUL byte: is this a text file?\n");
}

static void file_that_cannot_be_read_is_told(void **state) {
    struct loading *loading = *state;
    assert_null(
        load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file}));
    assert_ptr_equal(strstr(loading->report.data, "main.conf: cannot read the configuration: "),
                     loading->report.data);
    assert_null(load_overridden(loading, &(struct conf_overrides){.config_file = loading->folder}));
    assert_non_null(strstr(loading->report.data, ": cannot read the configuration: "));
}

static void overlapping_listeners_are_told(void **state) {
    struct loading *loading = *state;
    static const struct {
        const char *first, *second;
        bool overlap;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", true},
        {"*", "127.0.0.1", true},
        {"::1", "*", true},
        {"*", "*", true},
        {"::", "10.0.0.1", true},
        {"0.0.0.0", "10.0.0.1", true},
        {"0.0.0.0", "::", true},
        {"::1", "0:0:0:0:0:0:0:1", true},
        {"::ffff:10.0.0.1", "10.0.0.1", true},
        {"0.0.0.0", "::1", false},
        {"127.0.0.1", "127.0.0.2", false},
        {"::1", "::2", false},
        {"127.0.0.1", "::1", false},
        {"systemd:a", "*", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512], line[512];
        snprintf(text, sizeof text,
                 "services: { a: { listeners = (\n{ address = \"%s\"; port = 1; } ); };\n"
                 "b: { listeners = ( { port = 2; },\n{ address = \"%s\"; port = 1; } ); }; };\n",
                 cases[i].first, cases[i].second);
        if (!cases[i].overlap) {
            conf_destroy(expect_sound(loading, text));
            continue;
        }
        snprintf(line, sizeof line,
                 "main.conf:4: b: address %s, port 1 overlaps address %s, port 1 of a "
                 "(%s:2); allowed: each address and port once",
                 cases[i].second, cases[i].first, loading->main_file);
        EXPECT(loading, text, line);
    }
    conf_destroy(expect_sound(loading, "services: { a: { listeners = ( { port = 1; } ); };"
                                       "b: { enabled = false; listeners = ( { port = 1; } ); };"
                                       "c: { listeners = ( { port = 0; }, { port = 0; } ); }; };"));
}

static void services_that_cannot_serve_are_told(void **state) {
    struct loading *loading = *state;
    EXPECT(loading, "services: { };\n",
           "main.conf:1: no service is enabled: nothing would be served; allowed: at least one "
           "service without enabled = false");
    EXPECT(loading, "\nservices: { web-access: { enabled = false; }; };\n",
           "main.conf:2: no service is enabled: nothing would be served; allowed: at least one "
           "service without enabled = false");
    EXPECT(loading, "services: {\na: { }; b: { listeners = (); }; };\n",
           "main.conf:2: a is enabled but has no listeners; allowed: listeners = ( { address = "
           "\"*\"; port = 8462; } ), or enabled = false",
           "main.conf:2: b is enabled but has no listeners; allowed: listeners = ( { address = "
           "\"*\"; port = 8462; } ), or enabled = false");
    EXPECT(loading, "services: {\nA*: { }; };\n",
           "main.conf:2: services.A* is no name for a service; allowed: a letter, then letters, "
           "digits, \"_\" and \"-\"");
    EXPECT(loading, "services = 1;\n",
           "main.conf:1: services is an integer, but must be a group { web-access: { … }; … }");
    EXPECT(loading, "limits: { request_line_bytes = 2000;\n header_bytes = 1999; };\n" SOUND,
           "main.conf:1: limits.request_line_bytes is 2000, but limits.header_bytes, which counts "
           "it too, is 1999; allowed: at most that");
    EXPECT(loading, "tls: { versions = []; };\n" SOUND,
           "main.conf:1: tls.versions is empty; name at least one of: \"1.2\", \"1.3\"");
}

static void redirections_lead_to_https(void **state) {
    struct loading *loading = *state;
#define REDIRECT "r: {\n listeners = ( { port = 1; protocol = \"redirect\"; } );\n"
    conf_destroy(expect_sound(loading, "services: { " REDIRECT "}; web-access: { }; };"));
    EXPECT(loading, "services: { " REDIRECT "};\na: { listeners = ( { port = 2; } ); }; };",
           "main.conf:1: r: redirect_to is \"web-access\", which is no service; allowed: \"a\"");
    EXPECT(loading, "services: { " REDIRECT "redirect_to = \"a\"; };\n a: { enabled = false; }; };",
           "main.conf:3: r: redirect_to is \"a\", which is no service with an enabled HTTPS "
           "listener; allowed: an enabled service with an HTTPS listener, of which there is none");
    EXPECT(loading, "services: { " REDIRECT "redirect_to = \"r\"; };\n client: { }; };",
           "main.conf:3: r: redirect_to is \"r\", which is no service with an enabled HTTPS "
           "listener; allowed: \"client\"");
    EXPECT(loading, "services: { " REDIRECT "redirect_host = \"a:1\"; }; web-access: { }; };",
           "main.conf:3: services.r.redirect_host is \"a:1\"; allowed: a DNS name or an IP address "
           "without brackets, without a port");
}

/* A folder below a file can be made by nobody, not even by root. */
static void folders_that_cannot_be_written_are_told(void **state) {
    struct loading *loading = *state;
    char text[256];
    snprintf(text, sizeof text, SOUND "state_folder = \"main.conf/state\";\n");
    assert_null(load_text(loading, text));
    assert_ptr_equal(
        strstr(loading->report.data, "main.conf:2: the state folder cannot be written"),
        loading->report.data);
    assert_null(strstr(loading->report.data, "store folder")); /* one cause, one mistake */

    assert_null(load_text(loading, "\n" SOUND "store_folder = \"main.conf/store\";\n"
                                   "control_socket = \"main.conf/control\";\n"));
    assert_ptr_equal(
        strstr(loading->report.data, "main.conf:3: the store folder does not exist and"),
        loading->report.data);
    assert_non_null(strstr(loading->report.data,
                           "\nmain.conf:4: the control socket's folder cannot be written"));

    struct conf *conf = load_overridden(
        loading, &(struct conf_overrides){.config_file = loading->main_file, .reading = true});
    assert_non_null(conf);
    conf_destroy(conf);
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

/* ---- the command line ---- */

static struct conf *load_listening(struct loading *loading, const char *text, size_t count,
                                   const char *const *listen) {
    char state[96];
    snprintf(state, sizeof state, "%s/state", loading->folder);
    write_text(loading, "main.conf", text);
    return load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file,
                                                             .state_folder = state,
                                                             .listen = listen,
                                                             .listen_count = count});
}

static void command_line_replaces_listeners(void **state) {
    struct loading *loading = *state;
    static const char *const listen[] = {"a=127.0.0.1:0", "off=*:65535", "a=[::1]:443"};
    struct conf *conf = load_listening(
        loading,
        "services: { a: { listeners = ( { port = 1; certificate = \"c\"; }, { port = 2; } ); };"
        "off: { enabled = false; redirect_to = \"a\"; listeners = ( { port = 3; protocol = "
        "\"redirect\"; } ); }; };",
        3, listen);
    if (!conf)
        fail_msg("%s", loading->report.data);
    const struct conf_service *a = conf_service_find(conf, "a");
    const struct conf_service *off = conf_service_find(conf, "off");
    assert_int_equal(a->listener_count, 2);
    assert_string_equal(a->listeners[0].address, "127.0.0.1");
    assert_int_equal(a->listeners[0].port, 0);
    assert_string_equal(a->listeners[1].address, "::1");
    assert_int_equal(a->listeners[1].port, 443);
    assert_string_equal(a->listeners[1].certificate, "c");
    assert_string_equal(a->listeners[1].file, "command line");
    assert_int_equal(a->listeners[1].line, 0);
    assert_true(off->enabled);
    assert_int_equal(off->listener_count, 1);
    assert_string_equal(off->listeners[0].address, "*");
    assert_int_equal(off->listeners[0].port, 65535);
    assert_int_equal(off->listeners[0].protocol, CONF_REDIRECT);
    conf_destroy(conf);
}

static void command_line_mistakes_are_told(void **state) {
    struct loading *loading = *state;
    static const char *const bad[] = {
        "a",
        "a=",
        "a=1",
        "a=localhost:1",
        "a=127.0.0.1",
        "a=::1:1",
        "a=[127.0.0.1]:1",
        "a=[::1]",
        "a=127.0.0.1:65536",
        "a=127.0.0.1:-1",
        "a=*:",
        "a=:1",
        "a=[]:1",
        "a=*:99999999999",
        "a=systemd:x:1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[256];
        assert_null(load_listening(loading, SOUND, 1, &bad[i]));
        snprintf(line, sizeof line, "command line: --listen %s; allowed: SERVICE=ADDRESS:PORT",
                 bad[i]);
        if (strncmp(loading->report.data, line, strlen(line)) != 0)
            fail_msg("%s: %s", bad[i], loading->report.data);
    }
    static const char *const unknown[] = {"web-acess=*:1", "x=*:1", "=*:1"};
    assert_null(load_listening(loading, "", 3, unknown));
    assert_string_equal(loading->report.data,
                        "command line: --listen web-acess=*:1: there is no service \"web-acess\"; "
                        "did you mean \"web-access\"?\n"
                        "command line: --listen x=*:1: there is no service \"x\"; did you mean "
                        "\"web-access\"?\n"
                        "command line: --listen =*:1: there is no service \"\"; did you mean "
                        "\"web-access\"?\n");
    static const char *const twice[] = {"a=127.0.0.1:1", "a=*:1"};
    assert_null(load_listening(loading, SOUND, 2, twice));
    assert_string_equal(loading->report.data,
                        "command line: a: address *, port 1 overlaps address 127.0.0.1, port 1 of "
                        "a (command line); allowed: each address and port once\n");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, loading_begin, loading_end)

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
        IN_FOLDER(all_mistakes_are_told_in_one_reading),
        IN_FOLDER(authority_settings_have_their_limits),
        IN_FOLDER(metrics_are_for_this_host_alone),
        IN_FOLDER(names_are_for_a_certificate_of_the_authority),
        IN_FOLDER(a_pinned_certificate_knows_its_line),
        IN_FOLDER(wrong_listener_overlaps_nothing),
        IN_FOLDER(syntax_errors_name_the_token),
        IN_FOLDER(file_that_cannot_be_read_is_told),
        IN_FOLDER(overlapping_listeners_are_told),
        IN_FOLDER(services_that_cannot_serve_are_told),
        IN_FOLDER(redirections_lead_to_https),
        IN_FOLDER(folders_that_cannot_be_written_are_told),
        cmocka_unit_test(words_are_what_they_can_be),
        IN_FOLDER(command_line_replaces_listeners),
        IN_FOLDER(command_line_mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
