/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom the second step is asked of, and what a network holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "group.h"
#include "network.h"
#include "policy.h"

/* alice is in staff and wheel; "gone" does not resolve. */
static int
is_member(
    void *context, const char *group, bool *member, struct xs_fault *fault)
{
	const char *name = context;

	if (strcmp(group, "gone") == 0)
		return xs_fault_set(fault, XS_E_STATE, "group gone: no");
	*member = strcmp(name, "alice") == 0 &&
	    (strcmp(group, "staff") == 0 || strcmp(group, "wheel") == 0);
	return 0;
}

static const struct row {
	const char *name;
	const char *address;
	const char *required_groups;
	const char *exempt_users;
	const char *exempt_groups;
	const char *exempt_networks;
	int not_enrolled;
	const char *exempt; /* wanted */
	int wanted;         /* not_enrolled */
} rows[] = {
    {"alice", "", "", "", "", "", XS_NOT_ENROLLED_REFUSE, NULL,
	XS_NOT_ENROLLED_REFUSE},
    {"alice", "", "", "bob,alice", "", "", 0, "exempt-user", 0},
    {"alice", "", "", "bob,alic", "", "", 0, NULL, 0},
    {"alice", "", "", "", "users,wheel", "", 0, "exempt-group", 0},
    {"bob", "", "", "", "users,wheel", "", 0, NULL, 0},
    {"bob", "192.0.2.9", "", "", "", "192.0.2.0/24", 0, "exempt-network", 0},
    {"bob", "", "", "", "", "192.0.2.0/24", 0, NULL, 0},
    /* required wins over every exemption */
    {"alice", "192.0.2.9", "staff", "alice", "wheel", "192.0.2.0/24", 0, NULL,
	0},
    {"bob", "192.0.2.9", "staff", "bob", "", "", 0, "exempt-user", 0},
    /* for others than members not_enrolled is pass */
    {"alice", "", "staff", "", "", "", XS_NOT_ENROLLED_REFUSE, NULL,
	XS_NOT_ENROLLED_REFUSE},
    {"bob", "", "staff", "", "", "", XS_NOT_ENROLLED_REFUSE, NULL,
	XS_NOT_ENROLLED_PASS},
    /* membership in any of them counts, wherever it stands */
    {"alice", "", "staff,users", "alice", "", "", XS_NOT_ENROLLED_REFUSE, NULL,
	XS_NOT_ENROLLED_REFUSE},
    {"alice", "", "users,staff", "alice", "", "", XS_NOT_ENROLLED_REFUSE, NULL,
	XS_NOT_ENROLLED_REFUSE},
    {"alice", "", "", "", "wheel,users", "", 0, "exempt-group", 0},
};

static void
test_who_is_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		char name[16];
		const struct xs_subject subject = {
		    name, row->address, is_member, name};
		struct xs_config config;
		struct xs_policy policy;
		struct xs_fault fault;

		strcpy(name, row->name);
		xs_config_init(&config);
		config.not_enrolled = row->not_enrolled;
		strcpy(config.required_groups, row->required_groups);
		strcpy(config.exempt_users, row->exempt_users);
		strcpy(config.exempt_groups, row->exempt_groups);
		strcpy(config.exempt_networks, row->exempt_networks);
		assert_int_equal(
		    xs_policy_decide(&config, &subject, &policy, &fault), 0);
		if (row->exempt == NULL ? policy.exempt != NULL
					: policy.exempt == NULL ||
			    strcmp(policy.exempt, row->exempt) != 0)
			fail_msg("row %zu: exempt", i);
		if (policy.not_enrolled != row->wanted)
			fail_msg("row %zu: not_enrolled", i);
	}
}

/* Also behind a group that matches, and for a user who is exempt by name. */
static void
test_group_that_does_not_resolve_refuses(void **state)
{
	static const char *const lists[][2] = {
	    {"gone", ""}, {"", "gone"}, {"staff,gone", ""}, {"", "wheel,gone"}};
	char name[] = "alice";
	const struct xs_subject subject = {name, "", is_member, name};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct xs_config config;
		struct xs_policy policy = {.exempt = "untouched"};
		struct xs_fault fault;

		xs_config_init(&config);
		strcpy(config.exempt_users, "alice");
		strcpy(config.required_groups, lists[i][0]);
		strcpy(config.exempt_groups, lists[i][1]);
		assert_int_equal(
		    xs_policy_decide(&config, &subject, &policy, &fault),
		    XS_E_STATE);
		assert_string_equal(policy.exempt, "untouched");
		assert_string_equal(fault.text, "group gone: no");
	}
}

static void
test_helpdesk_acts_on_no_member(void **state)
{
	static const struct {
		const char *list;
		int result;
		bool may;
	} cases[] = {
	    {"", 0, true},
	    {"users", 0, true},
	    {"staff", 0, false},
	    {"users,wheel", 0, false},
	    {"gone", XS_E_STATE, false},
	    {"users,gone", XS_E_STATE, false},
	    {"staff,gone", XS_E_STATE, false},
	};
	char name[] = "alice";
	const struct xs_subject subject = {name, "", is_member, name};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xs_config config;
		struct xs_fault fault;
		bool may = false;

		xs_config_init(&config);
		strcpy(config.helpdesk_not_for, cases[i].list);
		assert_int_equal(
		    xs_policy_helpdesk(&config, &subject, &may, &fault),
		    cases[i].result);
		if (may != cases[i].may)
			fail_msg("helpdesk_not_for = %s", cases[i].list);
	}
}

static void
test_networks_hold_addresses(void **state)
{
	static const struct {
		const char *list;
		const char *address;
		bool holds;
	} cases[] = {
	    {"192.0.2.0/24", "192.0.2.255", true},
	    {"192.0.2.0/24", "192.0.3.0", false},
	    {"192.0.2.128/25", "192.0.2.127", false},
	    {"198.51.100.7", "198.51.100.7", true},
	    {"198.51.100.7", "198.51.100.8", false},
	    {"10.0.0.0/8,192.0.2.0/24", "192.0.2.1", true},
	    {"192.0.2.0/24", "::ffff:192.0.2.1", true},
	    {"2001:db8::/32", "2001:db8:1::1", true},
	    {"2001:db8::/32", "2001:db9::1", false},
	    {"2001:db8::1", "2001:db8::2", false},
	    {"192.0.2.0/24", "2001:db8::1", false},
	    /* the same bits of another family */
	    {"192.0.2.0/24", "c000:201::1", false},
	    {"c000:200::/24", "192.0.2.1", false},
	    {"192.0.2.0/24", "192.0.2.1/0", false},
	    {"192.0.2.0/24", "192.0.2.1.example.org", false},
	    {"192.0.2.0/24", "", false},
	    {"fe80::/10", "fe80::1%eth0", false},
	    {"", "192.0.2.1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (xs_network_list_holds(cases[i].list, cases[i].address) !=
		    cases[i].holds)
			fail_msg("%s in %s", cases[i].address, cases[i].list);
}

/* The system's own groups: root is in group root by its primary group. */
static void
test_groups_of_the_system(void **state)
{
	struct xs_fault fault;
	bool member = false;

	(void)state;
	assert_int_equal(xs_group_has("root", "root", 0, &member, &fault), 0);
	assert_true(member);
	member = false;
	assert_int_equal(
	    xs_group_has("root", "nobody", 65534, &member, &fault), 0);
	assert_false(member);
	assert_int_equal(
	    xs_group_has("no-such-group", "root", 0, &member, &fault),
	    XS_E_STATE);
	assert_string_equal(fault.text, "group no-such-group: there is none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who_is_asked),
	    cmocka_unit_test(test_group_that_does_not_resolve_refuses),
	    cmocka_unit_test(test_helpdesk_acts_on_no_member),
	    cmocka_unit_test(test_networks_hold_addresses),
	    cmocka_unit_test(test_groups_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
