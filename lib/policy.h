/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whom the second step is asked of: required_groups, exempt_users,
 * exempt_groups, exempt_networks. Required wins over exempt. And whom the
 * helpdesk may act on: helpdesk_not_for.
 */
#ifndef XS_POLICY_H
#define XS_POLICY_H

#include <stdbool.h>

#include "config.h"
#include "fault.h"

/* Who logs in, and from where. */
struct xs_subject {
	const char *name;
	const char *address; /* numeric, else "" */
	/*
	 * Is he a member of that group? Returns 0, or the error of
	 * xs_group_has, which refuses.
	 */
	int (*is_member)(void *context, const char *group, bool *member,
	    struct xs_fault *fault);
	void *context;
};

struct xs_policy {
	/* NULL: he is asked; else "exempt-user", "-group", "-network". */
	const char *exempt;
	int not_enrolled; /* enum xs_not_enrolled, as it holds for him */
};

/* Returns 0 or the error of is_member. */
int xs_policy_decide(const struct xs_config *config,
    const struct xs_subject *subject, struct xs_policy *policy,
    struct xs_fault *fault) __attribute__((warn_unused_result));

/* Is name an item of a list by comma? */
bool xs_list_has(const char *list, const char *name);

/*
 * Is he in none of the groups that the helpdesk cannot act on? *may is set
 * on success alone. Returns 0 or the error of is_member, which refuses.
 */
int xs_policy_helpdesk(const struct xs_config *config,
    const struct xs_subject *subject, bool *may, struct xs_fault *fault)
    __attribute__((warn_unused_result));

#endif
