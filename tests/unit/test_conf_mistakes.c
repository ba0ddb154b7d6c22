/* conf/: every mistake is told in one reading, with its line and what is allowed. */
#include "tests/unit/conf_loading.h"

#include "conf/conf_words.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
