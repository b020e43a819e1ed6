/* SPDX-License-Identifier: BSD-3-Clause */
/* The code that confirms an address, and the program that hands it on. */
#include "settings_fixture.h"

#include "child.h"
#include "notice.h"

#define OTHER "a.smith@example.net"

static void
ask_for_code(struct fixture *f, struct xs_notifier notifier)
{
	static const char *const answers[] = {OTHER, "0", NULL};
	struct xs_settings settings;

	fixture_enrol(f);
	settings = settings_of(f, true);
	settings.notifier = &notifier;
	f->answers = answers;
	assert_int_equal(xs_settings_run(&settings, XS_SETTING_ADDRESS), 0);
}

static void
make_program(struct fixture *f, const char *script)
{
	FILE *file;

	strcpy(f->config.sms_user, "nobody");
	(void)snprintf(f->config.notify_command,
	    sizeof(f->config.notify_command), "%s/program", f->dir);
	assert_int_equal(chmod(f->dir, 0711), 0);
	file = fopen(f->config.notify_command, "w");
	assert_non_null(file);
	assert_true(fputs(script, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(f->config.notify_command, 0755), 0);
}

/* Nobody is told to wait for a message that will not come. */
static void
test_killed_program_has_sent_nothing(void **state)
{
	struct fixture *f = *state;

	make_program(f, "#!/bin/sh\nexec sleep 600\n");
	f->config.sms_timeout = 1;
	ask_for_code(f, xs_notice_notifier(&f->config));
	assert_string_equal(f->log, "not-sent setting=address reason=sender\n");
	assert_non_null(
	    strstr(f->transcript, "= The message could not be sent."));
}

static void
test_program_that_took_it_has_sent_it(void **state)
{
	struct fixture *f = *state;

	make_program(f, "#!/bin/sh\nexec cat >/dev/null\n");
	ask_for_code(f, xs_notice_notifier(&f->config));
	assert_string_equal(f->log, "sent setting=address\n");
}

static int
see_patience(void *context, const char *text, size_t length,
    unsigned patience_ms, struct xs_fault *fault)
{
	struct fixture *f = context;

	(void)text, (void)length, (void)fault;
	f->texts++;
	assert_int_equal(
	    patience_ms, f->config.sms_timeout * 1000 + XS_CHILD_GRACE_MS);
	return 0;
}

/* It may be killed at the very end of its time: that too is learnt. */
static void
test_code_is_waited_for_beyond_its_time(void **state)
{
	struct fixture *f = *state;
	const struct xs_notifier notifier = {see_patience, f};

	strcpy(f->config.notify_command, "/bin/true");
	f->config.sms_timeout = 3;
	ask_for_code(f, notifier);
	assert_int_equal(f->texts, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_killed_program_has_sent_nothing),
	    TEST(test_program_that_took_it_has_sent_it),
	    TEST(test_code_is_waited_for_beyond_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
