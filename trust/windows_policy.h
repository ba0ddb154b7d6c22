/* What a Group Policy sets on Windows machines so that they trust the anchor: one table, written as
 * Registry.pol and as the report that goes with it. docs/deployment.md says where each comes
 * from. */
#pragma once

#include "trust/deployment.h"

/* Registry.pol. Gives `out`. ERROR_INPUT: the certificate is larger than a policy can carry. */
bool windows_policy_file(const struct deployment *deployment, struct blob *out, struct error *err);

/* The settings as elements of a report ("…/GroupPolicy/Settings/Registry", prefix q1), in one line.
 * Gives `out`: free. */
bool windows_policy_report(const struct deployment *deployment, char **out, struct error *err);
