/*
 * The sections of a profile, each read by a file of its own, once those above
 * are. Inside conf/ only. All complain by themselves and take the whole
 * profile's map.
 */
#ifndef PROFILE_PART_H
#define PROFILE_PART_H

#include "profile_point.h"

extern const char *const parity_words[]; /* by enum parity */

void profile_about_read(
    struct ctx *x, const struct node *root, struct device_type *t);
/* setup: and watchdog: */
void profile_setup_read(
    struct ctx *x, const struct node *root, struct device_type *t);
void profile_commission_read(
    struct ctx *x, const struct node *root, struct device_type *t);
void profile_identify_read(
    struct ctx *x, const struct node *root, struct device_type *t);
void profile_examples_read(
    struct ctx *x, const struct node *root, struct device_type *t);
/* Registers that nobody may write, once all that are written are known. */
void profile_never_read(
    struct ctx *x, const struct node *root, struct device_type *t);

#endif
