/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Remembered places: from where the owner of a record needs no second step
 * for a while. Pure, over an account and a time. They are forgotten by
 * xs_account_forget_places, which every event of a record calls, and every
 * wrong code once there are too many (verify.c).
 */
#ifndef XS_PLACE_H
#define XS_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"

/*
 * An address as it is remembered: whole, and in one spelling; IPv4 within
 * IPv6 as IPv4. False for what is no numeric address, or may be any machine's:
 * loopback, unspecified, link-local.
 */
bool xs_place_read(const char *address, char out[XS_ADDRESS_MAX]);

#define XS_REMEMBER_MAX 2592000 /* seconds: 30 days */

/* So many wrong codes in a row end it, and so does each one after. */
#define XS_PLACE_FAILURES 5

/*
 * A code was right from there, where the option remember is in force: puts
 * the address in front. What is over for every line goes, and so does the
 * oldest of more than XS_PLACES_MAX. Nothing with remember = 0, or for an
 * address that is not remembered.
 */
void xs_place_keep(struct xs_account *account, unsigned remember,
    const char *address, int64_t now);

/*
 * Was a code right from there less than remember seconds ago? What the option
 * says now counts, not what it said then (test_place:
 * test_lowered_option_counts_at_once). Not when the clock was set back behind
 * that success, or behind the latest time seen for longer than it is
 * remembered (test_place: test_clock_set_back_*).
 */
bool xs_place_holds(const struct xs_account *account, unsigned remember,
    const char *address, int64_t now);

#endif
