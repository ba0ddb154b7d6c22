/* daemon/metrics_text.c and metrics.c: Prometheus' text format, and what is counted. */
#include "daemon/metrics.h"
#include "daemon/metrics_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_text_is_prometheus(void **state) {
    (void)state;
    const struct metrics_label labels[] = {{"entry", "a \"b\"\\c\nd"},
                                           {"service", "b\xC3\xBCro \xFF\x1B[2J\r\xE2\x80\xAE"},
                                           {NULL, NULL}};
    struct buffer out = {0};
    metrics_text_family(&out, "one", "gauge", "a \"b\"\\c\nd");
    metrics_text_sample(&out, "one", NULL, INT64_MIN);
    metrics_text_sample(&out, "one", labels, INT64_MAX);
    metrics_text_sample(&out, "one", &labels[2], 0);
    assert_false(out.failed);
    assert_string_equal(out.data, "# HELP one a \"b\"\\\\c\\nd\n"
                                  "# TYPE one gauge\n"
                                  "one -9223372036854775808\n"
                                  "one{entry=\"a \\\"b\\\"\\\\c\\\\x0Ad\",service=\"b\xC3\xBCro "
                                  "\\\\xFF\\\\x1B[2J\\\\x0D\\\\u{202E}\"} 9223372036854775807\n"
                                  "one 0\n");
    buffer_finish(&out);
}

static void assert_prints(const struct metrics *metrics, const char *line) {
    struct buffer out = {0};
    metrics_print(metrics, &out);
    assert_false(out.failed);
    if (!strstr(out.data, line))
        fail_msg("%s is not in\n%s", line, out.data);
    buffer_finish(&out);
}

static void what_is_counted_is_printed(void **state) {
    (void)state;
    struct metrics *metrics = NULL;
    struct service_metrics *web = NULL, *client = NULL, *again = NULL;
    assert_true(metrics_create(&metrics, NULL));
    assert_true(metrics_service(metrics, "web", &web, NULL));
    assert_true(metrics_service(metrics, "client", &client, NULL));
    assert_true(metrics_service(metrics, "web", &again, NULL));
    assert_ptr_equal(web, again); /* as after a reload */
    assert_ptr_not_equal(web, client);

    struct handshake_count handshake = {GNUTLS_TLS1_3, HANDSHAKE_FINISHED, 0, true};
    metrics_count_handshake(web, &handshake);
    handshake = (struct handshake_count){GNUTLS_TLS1_2, HANDSHAKE_REFUSED, 48, false};
    metrics_count_handshake(web, &handshake);
    metrics_count_handshake(web, &handshake);
    handshake.alert = 200;
    metrics_count_handshake(web, &handshake);
    handshake.alert = 201;
    metrics_count_handshake(web, &handshake);
    handshake = (struct handshake_count){GNUTLS_TLS1_1, HANDSHAKE_FAILED, 0, false};
    metrics_count_handshake(client, &handshake);
    metrics_count_request(web, 200);
    metrics_count_request(web, 599);
    metrics_count_request(web, 600); /* none that is ever answered with */
    metrics_count_request(web, 0);
    metrics_count_connection(client, 1);
    metrics_count_connection(client, 1);
    metrics_count_connection(client, -1);
    metrics_count_reload(metrics, true);
    metrics_count_reload(metrics, false);
    metrics_count_reload(metrics, false);

#define HANDSHAKES(service, version, verdict, alert)                           \
    "\nmailstored_handshakes_total{service=\"" service "\",version=\"" version \
    "\",verdict=\"" verdict "\",alert=\"" alert "\"} "
    assert_prints(metrics, HANDSHAKES("web", "1.3", "finished", "none") "1\n");
    assert_prints(metrics, HANDSHAKES("web", "1.2", "finished", "none") "0\n");
    assert_prints(metrics, HANDSHAKES("web", "1.2", "refused", "unknown_ca") "2\n");
    assert_prints(metrics, HANDSHAKES("web", "1.2", "refused", "unknown alert") "2\n");
    assert_prints(metrics, HANDSHAKES("client", "unknown", "failed", "none") "1\n");
    assert_prints(metrics,
                  "\nmailstored_sessions_resumed_total{service=\"web\",version=\"1.3\"} 1\n");
    assert_prints(metrics,
                  "\nmailstored_sessions_resumed_total{service=\"web\",version=\"1.2\"} 0\n");
    assert_prints(metrics, "counter\nmailstored_requests_total{service=\"web\",code=\"200\"} 1\n"
                           "mailstored_requests_total{service=\"web\",code=\"599\"} 1\n#");
    assert_prints(metrics, "gauge\nmailstored_connections{service=\"client\"} 1\n"
                           "mailstored_connections{service=\"web\"} 0\n#");
    assert_prints(metrics, "{result=\"taken\"} 1\n");
    assert_prints(metrics, "{result=\"refused\"} 2\n");
    metrics_destroy(metrics);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_prometheus),
        cmocka_unit_test(what_is_counted_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
