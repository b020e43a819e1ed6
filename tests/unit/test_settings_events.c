/* SPDX-License-Identifier: BSD-3-Clause */
/* What the owner sees of what happened to his account. */
#include "settings_fixture.h"

/* Each line fits 80 columns, wherever it came from and whoever did it. */
static void
test_status_shows_the_last_events(void **state)
{
	static const char longest[] = "2001:0db8:1111:2222:3333:4444:5555:6666";
	static const char *const words[] = {"enrolled", "app-set",
	    "backup-used", "phone-removed", "restored", "default-sms",
	    "helpdesk-code-used", "unlocked", "invitation", "sms-disabled",
	    "sms-failures-20", "word-of-a-later-version"};
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		xs_account_event(&account, NOON + 60 * (int64_t)i, words[i],
		    i % 3 == 0       ? ""
			: i % 3 == 1 ? "192.0.2.7"
				     : longest,
		    i % 2 == 0 ? "" : "a-helpdesk-with-quite-a-long-name");
	fixture_save(f, &account);
	assert_int_equal(SETTINGS(f, "status", NULL), 0);
	assert_int_equal(f->question, 0);
	golden(f, "settings_events");
	for (const char *c = f->transcript; *c != '\0';) {
		size_t n = strcspn(c, "\n");

		assert_in_range(n, 0, 79);
		c += n + 1;
	}
	assert_null(strstr(f->transcript, "11:53"));
}

/*
 * What is chosen that is so already makes no event: else anybody at the
 * keyboard could fill the record with them.
 */
static void
test_choice_that_changes_nothing_is_not_recorded(void **state)
{
	struct fixture *f = *state;
	struct xs_plain before, after;

	enrol_with_phone(f);
	assert_int_equal(SETTINGS(f, "language", "2"), 0);
	assert_int_equal(SETTINGS(f, "default", "2"), 0);
	assert_int_equal(fixture_load(f).event_count, 2);
	assert_int_equal(
	    f->store.ops->read(&f->store, &f->verify.who, &before, &f->fault),
	    0);
	f->log[0] = f->transcript[0] = '\0';
	f->now += 60;
	assert_int_equal(SETTINGS(f, "language", "2"), 0);
	assert_int_equal(SETTINGS(f, "default", "2"), 0);
	assert_int_equal(
	    f->store.ops->read(&f->store, &f->verify.who, &after, &f->fault),
	    0);
	assert_int_equal(before.length, after.length);
	assert_memory_equal(before.text, after.text, before.length);
	assert_string_equal(f->log, "");
	assert_non_null(strstr(f->transcript, "= Er is niets gewijzigd."));
}

/* A record keeps 32 bytes of a name; a directory's may be longer. */
static void
test_long_name_is_oneself(void **state)
{
	static const char name[] = "jan.de.vries-van-dijk@corp.example.com";
	struct fixture *f = *state;
	char kept[XS_BY_MAX + 1];

	(void)snprintf(kept, sizeof(kept), "%.*s\n", XS_BY_MAX - 1, name);
	f->verify.who.name = name;
	fixture_enrol(f);
	assert_int_equal(SETTINGS(f, "app", "@key"), 0);
	assert_int_equal(SETTINGS(f, "backup", "@new"), 0);
	f->transcript[0] = '\0';
	assert_int_equal(SETTINGS(f, "status", NULL), 0);
	assert_non_null(strstr(f->transcript, name));
	assert_null(strstr(f->transcript, kept));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_status_shows_the_last_events),
	    TEST(test_choice_that_changes_nothing_is_not_recorded),
	    TEST(test_long_name_is_oneself),
	};

	RUN_IN_BOTH_LANGUAGES(tests);
}
