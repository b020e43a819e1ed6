/* SPDX-License-Identifier: BSD-3-Clause */
/* One user's second factors as an administrator reads them. */
#ifndef XS_ADMIN_VIEW_H
#define XS_ADMIN_VIEW_H

#include <stdint.h>

#include "account.h"
#include "admin.h"
#include "throttle.h"

/* A record as it stands at this moment; admin_view_settle fills the rest. */
struct admin_view {
	struct xs_account account;
	const struct xs_throttle *throttle;
	int64_t now;
};

/* Puts waits and budgets right for this moment (in this copy only). */
void admin_view_settle(struct admin_view *view, const struct admin *admin);

void admin_view_print(const struct admin_view *view);
void admin_view_print_json(const struct admin_view *view);

/* One line: name, uid, methods, and what stands in the way of one. */
void admin_view_print_row(const struct admin_view *view);

#endif
