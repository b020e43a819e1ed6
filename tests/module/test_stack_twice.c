/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stack that comes upon our line more than once, as one that includes
 * common-auth and has a line of its own: one login, one code.
 */
#include "tests/module/phases.h"

#define PERMIT "auth required pam_permit.so\n"
#define TWICE "auth required %s\nauth required %s\n" PERMIT

static void
test_one_login_asks_once(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w, TWICE "auth required %s\n");
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(p.prompts, 1);
	assert_logged("accepted user=");
	assert_logged("reason=asked-already");
	assert_string_equal(pam_getenv(p.pamh, "XSUITE_METHOD"), "app");
	phases_end(&p);
	save(w);
	phases_begin(&p, w, TWICE);
	assert_int_equal(
	    authenticate(&p, SAY("", BACKUP_CODE, NEW)), PAM_SUCCESS);
	assert_int_equal(p.prompts, 3);
	assert_string_equal(pam_getenv(p.pamh, "XSUITE_METHOD"), "backup");
	phases_end(&p);
}

/* An application may use its handle for one login after the other. */
static void
test_second_authenticate_asks_again(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w, TWICE);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(authenticate(&p, SILENCE), PAM_CONV_ERR);
	assert_int_equal(
	    authenticate(&p, SAY("000000", "0", "0")), PAM_AUTH_ERR);
	assert_string_not_equal(p.seen, "");
	/* The code of before is used up. */
	assert_int_equal(authenticate(&p, SAY(RIGHT, "0", "0")), PAM_AUTH_ERR);
	assert_seen(&p, "used already");
	assert_int_equal(authenticate(&p, SAY(BACKUP_CODE, NEW)), PAM_SUCCESS);
	assert_int_equal(p.prompts, 2);
	phases_end(&p);
}

/* A line that does not offer what was used has not been answered. */
static void
test_method_that_is_not_offered_asks_again(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w,
	    "auth required %s\nauth required %s methods=backup\n" PERMIT);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_CONV_ERR);
	assert_int_equal(p.prompts, 2);
	phases_end(&p);
	save(w);
	phases_begin(&p, w,
	    "auth required %s\nauth required %s methods=backup\n" PERMIT);
	assert_int_equal(
	    authenticate(&p, SAY(RIGHT, BACKUP_CODE, NEW)), PAM_SUCCESS);
	assert_int_equal(p.prompts, 3);
	phases_end(&p);
}

static void
test_first_line_that_failed_answers_for_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w, TWICE);
	assert_int_equal(authenticate(&p, SAY("0", RIGHT)), PAM_AUTH_ERR);
	assert_int_equal(p.prompts, 2);
	phases_end(&p);
}

static void
test_first_line_that_exempts_answers_for_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;
	char stack[512];

	(void)snprintf(stack, sizeof(stack),
	    "auth required %%s exempt_users=%s\nauth required %%s\n" PERMIT,
	    w->user);
	phases_begin(&p, w, stack);
	assert_int_equal(authenticate(&p, SAY("0")), PAM_AUTH_ERR);
	assert_int_equal(p.prompts, 1);
	phases_end(&p);
	phases_begin(
	    &p, w, "auth required %s enforce=log\nauth required %s\n" PERMIT);
	assert_int_equal(authenticate(&p, SAY("0")), PAM_AUTH_ERR);
	assert_int_equal(p.prompts, 1);
	phases_end(&p);
}

/* The same record under the same key, but by a file of its own. */
static void
copy_key(const struct world *w)
{
	char command[256];

	(void)snprintf(command, sizeof(command),
	    "cp -p %s/host.key %s/other.key", w->dir, w->dir);
	assert_int_equal(system(command), 0);
}

/* What one store knows of a person proves nothing to another. */
static void
test_line_with_another_store_or_key_asks_again(void **state)
{
	struct world *w = *state;
	struct phases p;
	char stack[512];

	copy_key(w);
	(void)snprintf(stack, sizeof(stack),
	    "auth required %%s\nauth required %%s "
	    "key_file=%s/other.key\n" PERMIT,
	    w->dir);
	phases_begin(&p, w, stack);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_CONV_ERR);
	assert_int_equal(p.prompts, 2);
	phases_end(&p);
	save(w);
	/* There is no such database. */
	phases_begin(&p, w,
	    "auth required %s\nauth required %s store=postgresql "
	    "[postgresql=host=/nonexistent dbname=x user=y]\n" PERMIT);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(p.prompts, 1);
	phases_end(&p);
}

/* Another person on the same handle has to answer for himself. */
static void
test_other_name_is_asked(void **state)
{
	struct world *w = *state;
	struct phases p;

	phases_begin(&p, w, "auth required %s not_enrolled=refuse\n" PERMIT);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	(void)pam_set_item(p.pamh, PAM_USER, somebody_else(w));
	assert_int_equal(authenticate(&p, SAY("0")), PAM_AUTH_ERR);
	assert_int_equal(p.prompts, 1);
	phases_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_one_login_asks_once),
	    HOST_TEST(test_second_authenticate_asks_again),
	    HOST_TEST(test_method_that_is_not_offered_asks_again),
	    HOST_TEST(test_first_line_that_failed_answers_for_nothing),
	    HOST_TEST(test_first_line_that_exempts_answers_for_nothing),
	    HOST_TEST(test_line_with_another_store_or_key_asks_again),
	    HOST_TEST(test_other_name_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
