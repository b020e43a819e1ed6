/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses for security notices in the settings (address_*.txt). */
#include "settings_fixture.h"

#include "sms_limit.h"

#define ALICE "alice@example.org"
#define OTHER "a.smith@example.net"

/* The value of a line of a notice. */
static void
find_line(const char *text, const char *key, char *out, size_t size)
{
	const char *line = strstr(text, key);

	out[0] = '\0';
	if (line == NULL)
		return;
	line += strlen(key);
	(void)snprintf(out, size, "%.*s", (int)strcspn(line, "\n"), line);
}

/* "~ event to address"; a code of it is what "@sms" stands for. */
static int
keep_notice(void *context, const char *text, size_t length,
    unsigned patience_ms, struct xs_fault *fault)
{
	struct fixture *f = context;
	char event[64], address[XS_MAIL_MAX], code[64];

	assert_int_equal(strlen(text), length);
	assert_true(patience_ms > 0);
	assert_false(f->connected);
	find_line(text, "event=", event, sizeof(event));
	find_line(text, "\naddress=", address, sizeof(address));
	find_line(text, "\ncode=", code, sizeof(code));
	if (f->sender_fails)
		return xs_fault_set(fault, XS_E_PROGRAM, "made to fail");
	f->texts++;
	if (code[0] != '\0')
		(void)snprintf(f->inbox, sizeof(f->inbox), "%s", code);
	note(f->transcript, sizeof(f->transcript), "~ %s to %s\n", event,
	    address[0] != '\0' ? address : "(mailbox)");
	return 0;
}

static int
run(struct fixture *f, const char *word, bool enrolled,
    int (*send)(void *context, const char *text, size_t length,
	unsigned patience_ms, struct xs_fault *fault),
    const char *const *answers)
{
	const struct xs_notifier notifier = {send, f};
	struct xs_settings settings = settings_of(f, enrolled);
	enum xs_setting setting;
	int r;

	settings.notifier = &notifier;
	f->answers = answers;
	assert_true(xs_setting_parse(word, &setting));
	r = xs_settings_run(&settings, setting);
	note(f->transcript, sizeof(f->transcript), "-> %s\n",
	    r == 0 ? "done" : xs_err_word(r));
	return r;
}

#define RUN(f, word, ...)               \
	run(f, word, true, keep_notice, \
	    (const char *const[]){__VA_ARGS__, NULL})

static void
offer(struct fixture *f)
{
	strcpy(f->config.notify_command, "/bin/true");
}

static void
enrol_with(struct fixture *f, const char *first, const char *second)
{
	struct xs_account account = fixture_account(f);

	offer(f);
	if (first != NULL)
		strcpy(account.mails[account.mail_count++], first);
	if (second != NULL)
		strcpy(account.mails[account.mail_count++], second);
	fixture_save(f, &account);
}

static void
assert_addresses(struct fixture *f, const char *first, const char *second)
{
	struct xs_account account = fixture_load(f);

	assert_int_equal(
	    account.mail_count, (first != NULL) + (second != NULL));
	assert_string_equal(account.mails[0], first != NULL ? first : "");
	assert_string_equal(account.mails[1], second != NULL ? second : "");
}

static void
test_address_counts_when_its_code_was_typed(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, NULL, NULL);
	assert_int_equal(
	    RUN(f, NULL, "3", ALICE, "12", "000000", "@sms", "0"), 0);
	golden(f, "address_set");
	assert_addresses(f, ALICE, NULL);
	assert_string_equal(fixture_load(f).events[0].word, "address-set");
	/* Neither the log nor the record has the code. */
	assert_null(strstr(f->log, f->inbox));
}

static void
test_status_shows_the_addresses(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, ALICE, OTHER);
	assert_int_equal(RUN(f, "status", NULL), 0);
	golden(f, "address_status");
}

static void
test_what_is_no_address_is_refused(void **state)
{
	struct fixture *f = *state;
	char longest[400];

	memset(longest, 'a', sizeof(longest));
	strcpy(&longest[380], "@b.example");
	enrol_with(f, ALICE, NULL);
	assert_int_equal(RUN(f, "address", "9", "2", "", "-", "me", "-f@x",
			     "a@b@c", "a@x, b@x", "ALICE@example.org", "0"),
	    0);
	golden(f, "address_refused");
	assert_int_equal(RUN(f, "address", "2", longest, "a@x\x01", "a@x\x7f",
			     "\xff@x", "a@x\ny", "0"),
	    0);
	assert_int_equal(f->texts, 0);
	assert_addresses(f, ALICE, NULL);
}

static void
test_two_addresses_each_by_its_own_code(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	assert_int_equal(RUN(f, "address", "2", OTHER, "@sms"), 0);
	assert_addresses(f, ALICE, OTHER);
	f->now += 60;
	assert_int_equal(RUN(f, "address", "1", "new@example.org", "@sms"), 0);
	assert_addresses(f, "new@example.org", OTHER);
	assert_int_equal(RUN(f, "address", "1", "-"), 0);
	assert_addresses(f, OTHER, NULL);
	assert_string_equal(fixture_load(f).events[0].word, "address-removed");
	assert_int_equal(RUN(f, "address", "1", "-"), 0);
	assert_addresses(f, NULL, NULL);
	golden(f, "address_two");
}

/* Whoever ends the process while it is told has changed nothing. */
static int
look_before(void *context, const char *text, size_t length,
    unsigned patience_ms, struct xs_fault *fault)
{
	struct fixture *f = context;
	char event[64];

	find_line(text, "event=", event, sizeof(event));
	if (strcmp(event, "address-changing") == 0)
		assert_addresses(f, ALICE, NULL);
	return keep_notice(context, text, length, patience_ms, fault);
}

static void
test_address_that_goes_is_told_before(void **state)
{
	const char *const replace[] = {"1", OTHER, "@sms", NULL};
	const char *const remove[] = {"1", "-", NULL};
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	assert_int_equal(run(f, "address", true, look_before, replace), 0);
	assert_non_null(
	    strstr(f->transcript, "~ address-changing to " ALICE "\n"));
	assert_addresses(f, OTHER, NULL);
	enrol_with(f, ALICE, NULL);
	f->transcript[0] = '\0';
	assert_int_equal(run(f, "address", true, look_before, remove), 0);
	assert_non_null(
	    strstr(f->transcript, "~ address-changing to " ALICE "\n"));
	assert_addresses(f, NULL, NULL);
}

/* Notices went to the account's own mailbox, and do not any more. */
static void
test_first_address_is_told_to_the_mailbox(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, NULL, NULL);
	assert_int_equal(RUN(f, "address", ALICE, "@sms"), 0);
	assert_non_null(
	    strstr(f->transcript, "~ address-changing to (mailbox)\n"));
}

static void
test_commit_that_fails_keeps_the_addresses(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	/* The first commit counts the code, the second sets the address. */
	xs_store_memory_fail(&f->store, 2);
	assert_int_equal(
	    RUN(f, "address", "1", OTHER, "@sms", ""), XS_E_COMMIT);
	golden(f, "address_not_recorded");
	assert_addresses(f, ALICE, NULL);
	xs_store_memory_fail(&f->store, 1);
	assert_int_equal(RUN(f, "address", "2", OTHER), XS_E_COMMIT);
	assert_addresses(f, ALICE, NULL);
}

static void
test_wrong_codes_set_nothing(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	assert_int_equal(
	    RUN(f, "address", "1", OTHER, "000000", "000001", "000002"), 0);
	assert_addresses(f, ALICE, NULL);
	assert_null(strstr(f->transcript, "address-changing"));
	/* Guesses at it are none at a method. */
	assert_int_equal(fixture_load(f).history.count, 0);
}

/* It dies with the dialogue that it was sent in. */
static void
test_code_of_another_dialogue_is_wrong(void **state)
{
	struct fixture *f = *state;
	char first[16];

	enrol_with(f, ALICE, NULL);
	assert_int_equal(RUN(f, "address", "1", OTHER, "0"), 0);
	(void)snprintf(first, sizeof(first), "%.8s", f->inbox);
	f->now += 60;
	assert_int_equal(RUN(f, "address", "1", OTHER, first, "0"), 0);
	assert_string_not_equal(f->inbox, first);
	assert_addresses(f, ALICE, NULL);
}

static void
wait_too_long(struct fixture *f, unsigned question)
{
	if (question == 3)
		f->now += 1800;
}

static void
test_code_is_valid_for_half_an_hour(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	f->at_question = wait_too_long;
	assert_int_equal(RUN(f, "address", "1", OTHER, "@sms"), 0);
	f->at_question = NULL;
	golden(f, "address_expired");
	assert_addresses(f, ALICE, NULL);
}

static void
wait_a_minute(struct fixture *f, unsigned question)
{
	(void)question;
	f->now += 60;
}

/* What a mailbox gets from here is limited, whoever it belongs to. */
static void
test_codes_are_limited(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, NULL, NULL);
	assert_int_equal(RUN(f, "address", ALICE, "r", "0"), 0);
	golden(f, "address_limit");
	assert_int_equal(f->texts, 1);
	f->at_question = wait_a_minute;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(RUN(f, "address", ALICE, "0"), 0);
	assert_int_equal(f->texts, 5);
	assert_int_equal(RUN(f, "address", OTHER), 0);
	f->at_question = NULL;
	assert_int_equal(f->texts, 5);
	assert_addresses(f, NULL, NULL);
}

/* Else an attacker would use them up before he replaces the number. */
static void
test_codes_leave_the_texts_to_old_numbers(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, NULL, NULL);
	assert_int_equal(RUN(f, "address", ALICE, "@sms"), 0);
	assert_int_equal(fixture_load(f).notices[0], 0);
	assert_int_equal(fixture_load(f).sends[0], f->now);
}

static void
test_message_that_is_not_sent_sets_nothing(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	f->sender_fails = true;
	assert_int_equal(RUN(f, "address", "1", OTHER), 0);
	golden(f, "address_not_sent");
	assert_addresses(f, ALICE, NULL);
}

static void
fail_from_now_on(struct fixture *f, unsigned question)
{
	f->sender_fails = question >= 3;
}

/* Best effort: an old mailbox that is gone keeps nobody from a new one. */
static void
test_old_address_that_cannot_be_told_goes(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	f->at_question = fail_from_now_on;
	assert_int_equal(RUN(f, "address", "1", OTHER, "@sms"), 0);
	assert_addresses(f, OTHER, NULL);
	assert_non_null(
	    strstr(f->log, "not-noticed reason=address-changing\n"));
}

/* It is still at it: the message may arrive. */
static int
take_long(void *context, const char *text, size_t length, unsigned patience_ms,
    struct xs_fault *fault)
{
	(void)keep_notice(context, text, length, patience_ms, fault);
	return xs_fault_set(fault, XS_E_BUSY, "takes long");
}

static void
test_slow_program_sends_all_the_same(void **state)
{
	const char *const answers[] = {"1", OTHER, "@sms", NULL};
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	assert_int_equal(run(f, "address", true, take_long, answers), 0);
	assert_addresses(f, OTHER, NULL);
}

static void
change_elsewhere(struct fixture *f, unsigned question)
{
	struct xs_account account;
	enum xs_changed changed;

	if (question != 3)
		return;
	account = fixture_load(f);
	assert_int_equal(xs_change_mail(&f->verify, 0, "third@example.org",
			     &account, &changed),
	    0);
	assert_int_equal(changed, XS_CHANGE_MADE);
}

static void
test_second_session_is_told_and_changes_nothing(void **state)
{
	struct fixture *f = *state;

	enrol_with(f, ALICE, NULL);
	f->at_question = change_elsewhere;
	assert_int_equal(RUN(f, "address", "1", OTHER, "@sms"), 0);
	f->at_question = NULL;
	golden(f, "address_stale");
	assert_addresses(f, "third@example.org", NULL);
}

/* Nor is anything else changed by who has not seen the new address. */
static void
test_other_changes_need_the_addresses_seen(void **state)
{
	struct fixture *f = *state;
	struct xs_account seen, account;
	enum xs_changed changed;

	enrol_with(f, ALICE, NULL);
	seen = account = fixture_load(f);
	assert_int_equal(
	    xs_change_mail(&f->verify, 1, OTHER, &account, &changed), 0);
	assert_int_equal(
	    xs_change_language(&f->verify, "nl", &seen, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_STALE);
}

static void
test_places_beyond_the_record_are_refused(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;
	enum xs_changed changed = XS_CHANGE_MADE;

	enrol_with(f, NULL, NULL);
	account = fixture_load(f);
	assert_int_equal(
	    xs_change_mail(&f->verify, 1, ALICE, &account, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_STALE);
	assert_int_equal(
	    xs_change_mail(&f->verify, 0, "", &account, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_STALE);
	enrol_with(f, ALICE, OTHER);
	account = fixture_load(f);
	assert_int_equal(
	    xs_change_mail(&f->verify, 2, ALICE, &account, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_STALE);
	assert_addresses(f, ALICE, OTHER);
}

static void
test_longest_address_is_kept_whole(void **state)
{
	struct fixture *f = *state;
	char longest[XS_MAIL_MAX];

	memset(longest, 'a', sizeof(longest));
	longest[30] = '@';
	for (size_t i = 80; i < sizeof(longest) - 8; i += 50)
		longest[i] = '.';
	longest[sizeof(longest) - 1] = '\0';
	enrol_with(f, ALICE, NULL);
	assert_int_equal(RUN(f, "address", "2", longest, "@sms"), 0);
	assert_addresses(f, ALICE, longest);
	assert_int_equal(RUN(f, NULL, "3", "0", "0"), 0);
	assert_non_null(strstr(f->transcript, longest));
}

static void
test_where_there_is_nothing_to_set_it_is_said(void **state)
{
	const char *const none[] = {NULL};
	struct fixture *f = *state;

	offer(f);
	assert_int_equal(run(f, "address", false, keep_notice, none), 0);
	fixture_enrol(f);
	f->config.notify_command[0] = '\0';
	assert_int_equal(run(f, "address", true, keep_notice, none), 0);
	assert_int_equal(SETTINGS(f, "address", NULL), 0);
	golden(f, "address_not_offered");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_address_counts_when_its_code_was_typed),
	    TEST(test_status_shows_the_addresses),
	    TEST(test_what_is_no_address_is_refused),
	    TEST(test_two_addresses_each_by_its_own_code),
	    TEST(test_address_that_goes_is_told_before),
	    TEST(test_first_address_is_told_to_the_mailbox),
	    TEST(test_commit_that_fails_keeps_the_addresses),
	    TEST(test_wrong_codes_set_nothing),
	    TEST(test_code_of_another_dialogue_is_wrong),
	    TEST(test_code_is_valid_for_half_an_hour),
	    TEST(test_codes_are_limited),
	    TEST(test_codes_leave_the_texts_to_old_numbers),
	    TEST(test_message_that_is_not_sent_sets_nothing),
	    TEST(test_old_address_that_cannot_be_told_goes),
	    TEST(test_slow_program_sends_all_the_same),
	    TEST(test_second_session_is_told_and_changes_nothing),
	    TEST(test_other_changes_need_the_addresses_seen),
	    TEST(test_places_beyond_the_record_are_refused),
	    TEST(test_longest_address_is_kept_whole),
	    TEST(test_where_there_is_nothing_to_set_it_is_said),
	};

	RUN_IN_BOTH_LANGUAGES(tests);
}
