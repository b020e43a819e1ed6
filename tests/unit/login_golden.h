/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dialogue, sentence by sentence. Each scenario's transcript stands in
 * tests/dialogue/NAME.txt: what the person sees, <what is typed>, "! " before
 * a closing error, then what is reported for the log. All of it once more in
 * Dutch, tests/dialogue/nl/NAME.txt. XS_WRITE=1 writes them.
 */
#ifndef LOGIN_GOLDEN_H
#define LOGIN_GOLDEN_H

#include "login_fixture.h"

#include "throttle.h"

static __attribute__((unused)) void
golden(struct fixture *fixture, const char *name)
{
	char path[256], expected[sizeof(fixture->transcript)];
	FILE *file;
	size_t n;

	note(fixture->transcript, sizeof(fixture->transcript), "--\n%s",
	    fixture->log);
	(void)snprintf(path, sizeof(path), "%s/tests/dialogue/%s%s.txt",
	    getenv("XS_TOP") == NULL ? "." : getenv("XS_TOP"),
	    strcmp(fixture->config.language, "nl") == 0 ? "nl/" : "", name);
	if (getenv("XS_WRITE") != NULL) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_true(fputs(fixture->transcript, file) >= 0);
		assert_int_equal(fclose(file), 0);
		return;
	}
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s is not there", path);
	n = fread(expected, 1, sizeof(expected) - 1, file);
	expected[n] = '\0';
	(void)fclose(file);
	assert_string_equal(fixture->transcript, expected);
}

/* Alice with a phone, where texts can be sent: the menu has three lines. */
static __attribute__((unused)) void
enrol_with_phone(struct fixture *fixture)
{
	struct xs_account account = fixture_account(fixture);

	strcpy(account.phone.number, "+31612345678");
	account.phone.made = account.app.made;
	fixture_save(fixture, &account);
	fixture->login.sender = &fixture->sender;
}

static __attribute__((unused)) void
enrol_app_only(struct fixture *fixture)
{
	struct xs_account account = fixture_account(fixture);

	memset(&account.backup, 0, sizeof(account.backup));
	fixture_save(fixture, &account);
}

/* Fails one method so often, as others than the owner would. */
static __attribute__((unused)) void
enrol_failed(struct fixture *fixture, enum xs_method method, unsigned times)
{
	struct xs_account account = fixture_account(fixture);

	for (unsigned i = 0; i < times; i++)
		xs_throttle_charge(&account, &fixture->config.throttle, method,
		    XS_OTHER, fixture->now);
	fixture_save(fixture, &account);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* Every test of the array tests once in English, and once in Dutch. */
#define RUN_IN_BOTH_LANGUAGES(tests)                                        \
	struct CMUnitTest dutch[sizeof(tests) / sizeof((tests)[0])];        \
	char language[] = "nl";                                             \
	int failed;                                                         \
                                                                            \
	memcpy(dutch, tests, sizeof(tests));                                \
	for (size_t i = 0; i < sizeof(tests) / sizeof((tests)[0]); i++)     \
		dutch[i].initial_state = language;                          \
	failed = cmocka_run_group_tests_name("English", tests, NULL, NULL); \
	return failed + cmocka_run_group_tests_name("Dutch", dutch, NULL, NULL)

#endif
