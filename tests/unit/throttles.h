/* SPDX-License-Identifier: BSD-3-Clause */
/* The throttle's defaults, and short words for what tests do with it. */
#ifndef TESTS_THROTTLES_H
#define TESTS_THROTTLES_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "throttle.h"

#define T0 1763640000 /* any time will do */
#define UNIT_OTHER 51840
#define UNIT_OWN 129600
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct xs_throttle defaults = {
    .free = 5,
    .wait = 30,
    .wait_max = 3600,
    .stop = 100,
    .budget = {[XS_OWN] = 20, [XS_OTHER] = 50},
};

/* The gate as a number: seconds to wait, -1 when disabled. */
static inline int64_t
gate(const struct xs_account *account, enum xs_method method, enum xs_side side,
    int64_t now)
{
	int64_t until = INT64_MIN;

	switch (
	    xs_throttle_gate(account, &defaults, method, side, now, &until)) {
	case XS_GATE_OPEN:
		assert_true(until == INT64_MIN);
		return 0;
	case XS_GATE_WAITING:
		assert_true(until > now);
		return until - now;
	case XS_GATE_DISABLED:
		assert_true(until == INT64_MIN);
		return -1;
	}
	fail();
	return -1;
}

static inline void
charge(
    struct xs_account *account, enum xs_side side, unsigned times, int64_t now)
{
	while (times-- > 0)
		xs_throttle_charge(account, &defaults, XS_APP, side, now);
}

#endif
