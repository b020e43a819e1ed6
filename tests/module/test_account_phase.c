/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The account phase through libpam: whoever did not prove in this
 * conversation who he is, or need not set anything up, is asked nothing.
 */
#include <dlfcn.h>

#include "tests/module/enrol_stack.h"

/* Everybody's, unless 0: an account that was deleted and made anew. */
static uid_t uid_instead;
static bool nobody_is_found; /* as by "files systemd" without a descriptor */

__attribute__((visibility("default"))) int
getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
    struct passwd **found)
{
	static int (*next)(
	    const char *, struct passwd *, char *, size_t, struct passwd **);
	int r;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "getpwnam_r");
	r = next(name, entry, buffer, size, found);
	if (r == 0 && *found != NULL && uid_instead != 0)
		(*found)->pw_uid = uid_instead;
	if (nobody_is_found)
		*found = NULL;
	return r;
}

/* ---- Who is not asked ---- */

static void
test_other_services_are_not_asked(void **state)
{
	struct world *w = *state;
	struct phases p;

	begin_with(&p, w, "", "not_enrolled=enrol", "not_enrolled=enrol");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SAY(SCAN, NEW)), PAM_SUCCESS);
	assert_unasked(&p);
	phases_end(&p);
	begin_with(&p, w, "", "not_enrolled=enrol enrol_services=sshd,login",
	    "not_enrolled=enrol enrol_services=sshd,login");
	assert_int_equal(account(&p, 0, SAY(SCAN, NEW)), PAM_SUCCESS);
	assert_unasked(&p);
	phases_end(&p);
	assert_false(has_record(w));
}

static void
test_whom_the_policy_lets_pass_is_not_asked(void **state)
{
	struct world *w = *state;
	char options[400];
	struct phases p;

	for (int i = 0; i < 4; i++) {
		const char *const others[] = {
		    "enforce=log", "required_groups=tty", ""};

		if (i == 3)
			(void)snprintf(options, sizeof(options),
			    "exempt_users=%s", w->user);
		begin(&p, w, i == 3 ? options : others[i]);
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		/* The third is the counter-proof. */
		assert_int_equal(account(&p, 0, SAY("0")),
		    i == 2 ? PAM_PERM_DENIED : PAM_SUCCESS);
		assert_int_equal(p.prompts, i == 2 ? 1 : 0);
		phases_end(&p);
	}
	for (int i = 0; i < 2; i++) {
		const char *option =
		    i == 0 ? "not_enrolled=pass" : "not_enrolled=refuse";

		begin_with(&p, w, "", option, option);
		assert_int_equal(account(&p, 0, SAY("0")), PAM_SUCCESS);
		assert_unasked(&p);
		phases_end(&p);
	}
}

/* Nobody knows then whom the options mean, so nobody passes. */
static void
test_group_that_does_not_resolve_refuses(void **state)
{
	static const char *const options[] = {
	    "required_groups=no-such-group", "exempt_groups=no-such-group"};
	struct world *w = *state;
	struct phases p;

	for (int i = 0; i < 2; i++) {
		/* A key let in, and setting up could still be put off. */
		begin_until(&p, w, 1, options[i]);
		assert_int_equal(
		    account(&p, 0, SAY("0")), PAM_AUTHINFO_UNAVAIL);
		assert_int_equal(p.prompts, 0);
		phases_end(&p);
	}
}

static void
test_who_is_no_account_is_left_to_others(void **state)
{
	struct world *w = *state;
	struct phases p;

	begin(&p, w, "");
	(void)pam_set_item(p.pamh, PAM_USER, "no-such-account");
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SUCCESS);
	assert_unasked(&p);
	phases_end(&p);
}

/* Whom authenticate knew a moment ago. */
static void
test_account_that_is_not_found_again_refuses(void **state)
{
	struct world *w = *state;
	struct phases p;

	for (int days = -1; days <= 1; days += 2) {
		begin_until(&p, w, days, "");
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		nobody_is_found = true;
		assert_int_equal(
		    account(&p, 0, SAY(SCAN, NEW)), PAM_AUTHINFO_UNAVAIL);
		nobody_is_found = false;
		assert_int_equal(p.prompts, 0);
		phases_end(&p);
	}
}

/* ---- Proof: what our own authenticate found, of the same person ---- */

/* The account phase of who proved nothing: not asked, whatever he says. */
static void
expect_unproved(struct phases *phases, int days)
{
	assert_int_equal(account(phases, 0, SAY(SCAN, NEW)),
	    days < 0 ? PAM_PERM_DENIED : PAM_SUCCESS);
	assert_int_equal(phases->prompts, 0);
	assert_int_equal(phases->errors, days < 0 ? 1 : 0);
	if (days < 0)
		assert_logged("reason=not-enrolled");
	assert_false(has_record(phases->world));
}

static void
test_other_name_proves_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;

	/* Two names of one uid: the record tells who is meant. */
	uid_instead = geteuid() != 0 ? geteuid() : 1;
	w->who.uid = uid_instead;
	for (int days = -1; days <= 1; days += 2) {
		begin_until(&p, w, days, "");
		(void)pam_set_item(p.pamh, PAM_USER, somebody_else(w));
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		(void)pam_set_item(p.pamh, PAM_USER, w->user);
		expect_unproved(&p, days);
		/* And the one who did prove it is asked. */
		(void)pam_set_item(p.pamh, PAM_USER, somebody_else(w));
		(void)account(&p, 0, SAY("0"));
		assert_int_equal(p.prompts, 1);
		phases_end(&p);
	}
	uid_instead = 0;
}

static void
test_other_name_proves_nothing_of_another_uid(void **state)
{
	struct world *w = *state;
	struct phases p;

	for (int days = -1; days <= 1; days += 2) {
		begin_until(&p, w, days, "");
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		uid_instead = 64321;
		expect_unproved(&p, days);
		uid_instead = 0;
		(void)account(&p, 0, SAY("0"));
		assert_int_equal(p.prompts, 1);
		phases_end(&p);
	}
}

static void
test_authenticate_that_did_not_run_proves_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;

	for (int days = -1; days <= 1; days += 2) {
		begin_until(&p, w, days, "");
		expect_unproved(&p, days);
		phases_end(&p);
	}
	/* Where he has a record, a key alone lets in. */
	enrol(w);
	begin_until(&p, w, -1, "");
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SUCCESS);
	assert_unasked(&p);
	phases_end(&p);
}

static void
test_authenticate_that_failed_proves_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;

	for (int days = -1; days <= 1; days += 2) {
		begin_until(&p, w, days, "");
		/* What an earlier one proved is forgotten. */
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		enrol(w);
		assert_int_equal(
		    authenticate(&p, SAY("000000", "0")), PAM_AUTH_ERR);
		remove_record(w);
		expect_unproved(&p, days);
		assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
		enrol(w);
		assert_int_equal(authenticate(&p, SILENCE), PAM_CONV_ERR);
		remove_record(w);
		expect_unproved(&p, days);
		phases_end(&p);
	}
}

/* A wrong password ends it before us, and an application goes no further. */
static void
test_wrong_password_proves_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;
	char options[256];

	(void)snprintf(
	    options, sizeof(options), ENROL "enrol_by=%s", day_from_now(-1));
	begin_with(&p, w, "auth requisite " PASSWORD_WRONG, options, options);
	assert_int_not_equal(authenticate(&p, SAY("wrong")), PAM_SUCCESS);
	expect_unproved(&p, -1);
	phases_end(&p);
	/* With "required" we run all the same; nothing is offered there. */
	begin_with(&p, w, "auth required " PASSWORD_WRONG, options, options);
	assert_int_not_equal(authenticate(&p, SAY("wrong")), PAM_SUCCESS);
	assert_int_equal(p.prompts, 1);
	assert_false(has_record(w));
	phases_end(&p);
}

static void
test_exemption_proves_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;
	char auth[400], account_options[200];

	(void)snprintf(auth, sizeof(auth), ENROL "exempt_users=%s", w->user);
	(void)snprintf(account_options, sizeof(account_options),
	    ENROL "enrol_by=%s", day_from_now(-1));
	begin_with(&p, w, "", auth, account_options);
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	expect_unproved(&p, -1);
	phases_end(&p);
	begin_with(&p, w, "", ENROL "enforce=log", account_options);
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	expect_unproved(&p, -1);
	phases_end(&p);
}

/* ---- What is wrong ---- */

static void
test_wrong_option_without_proof_lets_pass(void **state)
{
	struct world *w = *state;
	struct phases p;

	begin_with(&p, w, "", ENROL, ENROL "tries=9");
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SUCCESS);
	assert_unasked(&p);
	assert_logged("reason=config");
	phases_end(&p);
}

static void
test_wrong_option_with_proof_refuses(void **state)
{
	struct world *w = *state;
	struct phases p;

	begin_with(&p, w, "", ENROL, ENROL "tries=9");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SERVICE_ERR);
	assert_unasked(&p);
	assert_logged("reason=config");
	phases_end(&p);
	enrol(w);
	begin_with(&p, w, "", ENROL, ENROL "tries=9");
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SAY("0")), PAM_SERVICE_ERR);
	phases_end(&p);
}

static void
test_unreadable_state_refuses(void **state)
{
	struct world *w = *state;
	struct phases p;
	char key[128];

	(void)snprintf(key, sizeof(key), "%s/host.key", w->dir);
	begin_until(&p, w, -1, "");
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_int_equal(unlink(key), 0);
	assert_int_equal(account(&p, 0, SAY("0")), PAM_AUTHINFO_UNAVAIL);
	assert_unasked(&p);
	assert_logged("reason=state");
	phases_end(&p);
	begin_until(&p, w, -1, "");
	assert_int_equal(account(&p, 0, SAY("0")), PAM_AUTHINFO_UNAVAIL);
	phases_end(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_other_services_are_not_asked),
	    TEST(test_whom_the_policy_lets_pass_is_not_asked),
	    TEST(test_group_that_does_not_resolve_refuses),
	    TEST(test_who_is_no_account_is_left_to_others),
	    TEST(test_account_that_is_not_found_again_refuses),
	    TEST(test_other_name_proves_nothing),
	    TEST(test_other_name_proves_nothing_of_another_uid),
	    TEST(test_authenticate_that_did_not_run_proves_nothing),
	    TEST(test_authenticate_that_failed_proves_nothing),
	    TEST(test_wrong_password_proves_nothing),
	    TEST(test_exemption_proves_nothing),
	    TEST(test_wrong_option_without_proof_lets_pass),
	    TEST(test_wrong_option_with_proof_refuses),
	    TEST(test_unreadable_state_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
