/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two records of one account, in two stores: is the one what the other has
 * come from? No input or output; the time is passed in.
 */
#ifndef XS_ADMIN_COPY_AHEAD_H
#define XS_ADMIN_COPY_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "throttle.h"

/* Compared as records, but for the uid, which one of the stores ignores. */
bool copy_is_same(const struct xs_account *a, const struct xs_account *b);

/*
 * Does there know of anything that here does not: a code that was used, a
 * method switched off, a phone changed, a failure charged? Then here in its
 * place would undo that. What cannot be known counts as such
 * (test_copy_ahead.c).
 */
bool copy_is_ahead(const struct xs_account *there,
    const struct xs_account *here, const struct xs_throttle *throttle,
    int64_t now);

#endif
