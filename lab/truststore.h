/* A laboratory's trust anchors for Java. */
#pragma once

#include "base/blob.h"
#include "base/error.h"

#include <stdint.h>

#define LAB_TRUSTSTORE_PASSWORD "changeit"

/* `anchors`: certificates in PEM. Gives `out`, a JKS (trust/jks.h). Any thread. */
bool lab_truststore(const char *anchors, int64_t now, struct blob *out, struct error *err);
