/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The confirm step: new backup codes stand in a prompt until one of them is
 * typed back. That is how a person says "I have saved it".
 */
#ifndef XS_CONFIRM_H
#define XS_CONFIRM_H

#include <stdbool.h>

#include "dialog.h"
#include "verify.h"

/*
 * Shows the codes and asks until one is typed back (*typed) or "0" is. Wrong
 * answers take no try and are not charged. Returns 0, or what xs_dialog_ask
 * returns.
 */
int xs_confirm_ask(
    struct xs_dialog *dialog, const struct xs_successor *successor, bool *typed)
    __attribute__((warn_unused_result));

#endif
