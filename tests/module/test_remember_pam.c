/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Remembered places through libpam: what the phases and the lines make of a
 * login that was asked nothing.
 */
#include <sys/stat.h>

#include "tests/module/phases.h"

#define HERE "192.0.2.7"
#define PERMIT "auth required pam_permit.so\n"
#define LINE "auth required %s remember=1d"
#define ONCE LINE "\n" PERMIT

static void
begin_at(
    struct phases *p, struct world *w, const char *stack, const char *address)
{
	phases_begin(p, w, stack);
	if (address != NULL)
		assert_int_equal(
		    pam_set_item(p->pamh, PAM_RHOST, address), PAM_SUCCESS);
}

/* The app's code was right from here. */
static void
remember_here(struct world *w)
{
	struct phases p;

	begin_at(&p, w, ONCE, HERE);
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	assert_int_equal(p.prompts, 1);
	assert_string_equal(pam_getenv(p.pamh, "XSUITE_METHOD"), "app");
	phases_end(&p);
}

static void
assert_remembered(struct phases *p)
{
	assert_int_equal(authenticate(p, SILENCE), PAM_SUCCESS);
	assert_unasked(p);
	assert_string_equal(pam_getenv(p->pamh, "XSUITE_METHOD"), "remembered");
}

static void
test_remembered_login_is_logged_as_such(void **state)
{
	struct world *w = *state;
	struct phases p;
	char line[512];

	remember_here(w);
	begin_at(&p, w, ONCE, HERE);
	assert_remembered(&p);
	(void)snprintf(line, sizeof(line),
	    "accepted user=%s method=remembered rhost=" HERE "\n", w->user);
	assert_logged(line);
	assert_null(strchr(strchr(the_outcome()->log, '\n') + 1, '\n'));
	phases_end(&p);
}

static void
test_who_comes_from_elsewhere_is_asked(void **state)
{
	static const char *const others[] = {NULL, "", "192.0.2.8", "127.0.0.1",
	    "::1", "localhost", "host.example.org", HERE " ", HERE "%eth0",
	    "fe80::1%eth0"};
	struct world *w = *state;
	struct phases p;

	remember_here(w);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin_at(&p, w, ONCE, others[i]);
		assert_int_equal(authenticate(&p, SAY("0")), PAM_AUTH_ERR);
		assert_int_equal(p.prompts, 1);
		assert_null(pam_getenv(p.pamh, "XSUITE_METHOD"));
		phases_end(&p);
	}
	begin_at(&p, w, ONCE, "::ffff:" HERE);
	assert_remembered(&p);
	phases_end(&p);
}

/* What the application sets while it asks is not where he came from. */
static void
move_away(struct phases *p)
{
	(void)pam_set_item(p->pamh, PAM_RHOST, "192.0.2.8");
}

static void
test_place_is_that_of_the_first_look(void **state)
{
	struct world *w = *state;
	struct phases p;

	begin_at(&p, w, ONCE, HERE);
	p.prompt = move_away;
	assert_int_equal(authenticate(&p, SAY(RIGHT)), PAM_SUCCESS);
	phases_end(&p);
	begin_at(&p, w, ONCE, "192.0.2.8");
	assert_int_equal(authenticate(&p, SAY("0")), PAM_AUTH_ERR);
	phases_end(&p);
	begin_at(&p, w, ONCE, HERE);
	assert_remembered(&p);
	phases_end(&p);
}

static void
test_line_without_the_option_asks(void **state)
{
	struct world *w = *state;
	struct phases p;

	remember_here(w);
	begin_at(&p, w, "auth required %s\n" PERMIT, HERE);
	assert_int_equal(authenticate(&p, SAY("0")), PAM_AUTH_ERR);
	assert_int_equal(p.prompts, 1);
	phases_end(&p);
}

/* Two questions would else follow where one was spared. */
static void
test_second_line_asks_nothing(void **state)
{
	struct world *w = *state;
	struct phases p;

	remember_here(w);
	begin_at(&p, w, LINE "\n" LINE "\n" PERMIT, HERE);
	assert_remembered(&p);
	assert_logged("method=remembered");
	assert_logged("passed user=");
	assert_logged("reason=asked-already");
	phases_end(&p);
	begin_at(&p, w, LINE "\nauth required %s remember=2d\n" PERMIT, HERE);
	assert_remembered(&p);
	phases_end(&p);
}

static void
test_line_that_remembers_less_asks(void **state)
{
	struct world *w = *state;
	struct phases p;

	remember_here(w);
	begin_at(&p, w, LINE "\nauth required %s\n" PERMIT, HERE);
	assert_int_equal(authenticate(&p, SAY("0")), PAM_AUTH_ERR);
	assert_int_equal(p.prompts, 1);
	phases_end(&p);
	/* It judges for itself, and an hour is not over. */
	begin_at(&p, w, LINE "\nauth required %s remember=1h\n" PERMIT, HERE);
	assert_remembered(&p);
	phases_end(&p);
	/* Nor is what is not offered there a way in. */
	begin_at(&p, w,
	    LINE "\n" LINE
		 " methods=sms sms_command=/bin/true country_code=31\n" PERMIT,
	    HERE);
	assert_int_equal(authenticate(&p, SILENCE), PAM_AUTH_ERR);
	assert_logged("reason=no-method");
	phases_end(&p);
}

static void
test_next_login_on_the_handle_is_judged_anew(void **state)
{
	struct world *w = *state;
	struct phases p;

	remember_here(w);
	begin_at(&p, w, ONCE, HERE);
	assert_remembered(&p);
	assert_int_equal(
	    pam_set_item(p.pamh, PAM_RHOST, "192.0.2.8"), PAM_SUCCESS);
	assert_int_equal(authenticate(&p, SAY("0")), PAM_AUTH_ERR);
	assert_int_equal(p.prompts, 1);
	assert_null(pam_getenv(p.pamh, "XSUITE_METHOD"));
	phases_end(&p);
}

/* It proves nothing but that somebody sits there. */
static void
test_remembered_login_opens_no_settings(void **state)
{
	struct world *w = *state;
	struct phases p;

	remember_here(w);
	begin_at(
	    &p, w, PASSWORD_RIGHT ONCE "password required %s settings\n", HERE);
	assert_int_equal(authenticate(&p, SAY("secret")), PAM_SUCCESS);
	assert_int_equal(p.prompts, 1);
	assert_string_equal(pam_getenv(p.pamh, "XSUITE_METHOD"), "remembered");
	assert_int_equal(settings(&p, SAY("5", "2", "0")), PAM_PERM_DENIED);
	assert_unasked(&p);
	assert_logged("the settings need the password");
	phases_end(&p);
	/* A code that is asked for behind it does. */
	begin_at(&p, w,
	    LINE "\nauth required %s\n" PERMIT
		 "password required %s settings\n",
	    HERE);
	assert_int_equal(authenticate(&p, SAY("12345678", NEW)), PAM_SUCCESS);
	assert_int_equal(settings(&p, SAY("0")), PAM_SUCCESS);
	phases_end(&p);
}

/* It passes, sets nobody up, and still refuses where options are wrong. */
static void
test_account_phase_takes_it_for_a_success(void **state)
{
	static const char stack[] = PASSWORD_RIGHT ONCE
	    "account required %s not_enrolled=enrol enrol_services=service\n"
	    "account required %s not_enrolled=enrol enrol_services=service\n";
	struct world *w = *state;
	struct phases p;

	remember_here(w);
	begin_at(&p, w, stack, HERE);
	assert_int_equal(authenticate(&p, SAY("secret")), PAM_SUCCESS);
	assert_int_equal(account(&p, 0, SILENCE), PAM_SUCCESS);
	assert_unasked(&p);
	/* Gone meanwhile: still nobody is set up for a password alone. */
	remove_record(w);
	assert_int_equal(account(&p, 0, SILENCE), PAM_SUCCESS);
	assert_unasked(&p);
	assert_false(has_record(w));
	phases_end(&p);
	save(w);
	remember_here(w);
	begin_at(&p, w,
	    ONCE "account required %s tries=99\n"
		 "account required pam_permit.so\n",
	    HERE);
	assert_remembered(&p);
	assert_int_equal(account(&p, 0, SILENCE), PAM_SERVICE_ERR);
	phases_end(&p);
}

static void
test_enforce_log_only_tells(void **state)
{
	struct world *w = *state;
	struct phases p;

	remember_here(w);
	begin_at(&p, w, LINE " enforce=log\n" PERMIT, HERE);
	assert_int_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	assert_unasked(&p);
	assert_null(pam_getenv(p.pamh, "XSUITE_METHOD"));
	assert_logged("would-accept user=");
	assert_logged("method=remembered rhost=" HERE);
	phases_end(&p);
	phases_begin(&p, w, "auth required %s remember=1d enforce=log\n");
	(void)pam_set_item(p.pamh, PAM_RHOST, HERE);
	assert_int_not_equal(authenticate(&p, SILENCE), PAM_SUCCESS);
	phases_end(&p);
}

/* The whole file, both slots, and its times. */
static void
test_record_stays_as_it_was(void **state)
{
	struct world *w = *state;
	struct phases p;
	struct stat before, after;
	static char was[65536], is[65536];
	char path[256];
	FILE *file;
	size_t n, m;

	remember_here(w);
	(void)snprintf(path, sizeof(path), "%s/state/users/%u", w->dir,
	    (unsigned)w->who.uid);
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(was, 1, sizeof(was), file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(stat(path, &before), 0);
	begin_at(&p, w, ONCE, HERE);
	assert_remembered(&p);
	phases_end(&p);
	file = fopen(path, "r");
	assert_non_null(file);
	m = fread(is, 1, sizeof(is), file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_true(n > 0 && n == m);
	assert_memory_equal(was, is, n);
	assert_memory_equal(
	    &before.st_mtim, &after.st_mtim, sizeof(after.st_mtim));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_remembered_login_is_logged_as_such),
	    HOST_TEST(test_who_comes_from_elsewhere_is_asked),
	    HOST_TEST(test_place_is_that_of_the_first_look),
	    HOST_TEST(test_line_without_the_option_asks),
	    HOST_TEST(test_second_line_asks_nothing),
	    HOST_TEST(test_line_that_remembers_less_asks),
	    HOST_TEST(test_next_login_on_the_handle_is_judged_anew),
	    HOST_TEST(test_remembered_login_opens_no_settings),
	    HOST_TEST(test_account_phase_takes_it_for_a_success),
	    HOST_TEST(test_enforce_log_only_tells),
	    HOST_TEST(test_record_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
