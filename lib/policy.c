/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy.h"

#include <string.h>

#include "network.h"

/* The next item of a list by comma; false at its end. */
static bool
next_item(const char **list, char item[XS_OPTION_MAX])
{
	size_t length = strcspn(*list, ",");

	if (**list == '\0' || length >= XS_OPTION_MAX)
		return false;
	memcpy(item, *list, length);
	item[length] = '\0';
	*list += length + ((*list)[length] == ',');
	return true;
}

bool
xs_list_has(const char *list, const char *name)
{
	char item[XS_OPTION_MAX];

	while (next_item(&list, item))
		if (strcmp(item, name) == 0)
			return true;
	return false;
}

/*
 * All groups are looked up, also behind the first match: a group that does
 * not resolve refuses always, not only those who are in none before it.
 */
static int
in_any_group(const char *list, const struct xs_subject *subject, bool *member,
    struct xs_fault *fault)
{
	char item[XS_OPTION_MAX];
	bool any = false;

	while (next_item(&list, item)) {
		bool one = false;
		int r = subject->is_member(subject->context, item, &one, fault);

		if (r != 0)
			return r;
		any |= one;
	}
	*member = any;
	return 0;
}

static const char *
find_exemption(const struct xs_config *config, const struct xs_subject *subject,
    bool in_exempt_group)
{
	if (xs_list_has(config->exempt_users, subject->name))
		return "exempt-user";
	if (in_exempt_group)
		return "exempt-group";
	if (xs_network_list_holds(config->exempt_networks, subject->address))
		return "exempt-network";
	return NULL;
}

int
xs_policy_decide(const struct xs_config *config,
    const struct xs_subject *subject, struct xs_policy *policy,
    struct xs_fault *fault)
{
	bool required = false, exempt = false;
	struct xs_policy found = {.not_enrolled = config->not_enrolled};
	int r =
	    in_any_group(config->required_groups, subject, &required, fault);

	if (r == 0)
		r = in_any_group(
		    config->exempt_groups, subject, &exempt, fault);
	if (r != 0)
		return r;
	if (config->required_groups[0] != '\0' && !required)
		found.not_enrolled = XS_NOT_ENROLLED_PASS;
	if (!required)
		found.exempt = find_exemption(config, subject, exempt);
	*policy = found;
	return 0;
}

int
xs_policy_helpdesk(const struct xs_config *config,
    const struct xs_subject *subject, bool *may, struct xs_fault *fault)
{
	bool member = true;
	int r = in_any_group(config->helpdesk_not_for, subject, &member, fault);

	if (r == 0)
		*may = !member;
	return r;
}
