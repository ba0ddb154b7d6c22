#include "tls/alert_watch.h"

#include <stdbool.h>

enum { HEADER_SIZE = 5, ALERT_TYPE = 21, ALERT_SIZE = 2 };

static void end_record(struct alert_watch *watch) {
    bool is_alert = watch->head_size == HEADER_SIZE + ALERT_SIZE && watch->head[0] == ALERT_TYPE &&
                    watch->head[3] == 0 && watch->head[4] == ALERT_SIZE;
    if (is_alert)
        watch->alert = watch->head[6];
    watch->head_size = 0;
}

void alert_watch_feed(struct alert_watch *watch, const unsigned char *data, size_t size) {
    while (size > 0) {
        if (watch->head_size < HEADER_SIZE) {
            watch->head[watch->head_size++] = *data++;
            size--;
            if (watch->head_size == HEADER_SIZE)
                watch->rest = (size_t)watch->head[3] << 8 | watch->head[4];
        } else if (watch->head_size < sizeof watch->head) {
            watch->head[watch->head_size++] = *data++;
            size--;
            watch->rest--;
        } else { /* no alert is this long: nothing more of it is of interest */
            size_t skip = watch->rest < size ? watch->rest : size;
            data += skip;
            size -= skip;
            watch->rest -= skip;
        }
        if (watch->head_size >= HEADER_SIZE && watch->rest == 0)
            end_record(watch);
    }
}
