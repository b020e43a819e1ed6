/* SPDX-License-Identifier: BSD-3-Clause */
/* Notices: when they are told, to whom, how often. */
#include "settings_fixture.h"

#include "notice.h"

#define INBOX_MAX 64

/* What was sent, and what the notifier does. */
struct inbox {
	struct fixture *fixture;
	unsigned count;
	char text[INBOX_MAX][XS_NOTICE_TEXT_MAX];
	unsigned questions[INBOX_MAX]; /* that had been asked by then */
	unsigned runs;                 /* also those that did not take it */
	int result;
	const char *fails_for; /* NULL: for all that result is of */
	void (*at_send)(struct fixture *fixture);
};

static int
take(void *context, const char *text, size_t length, unsigned patience_ms,
    struct xs_fault *fault)
{
	struct inbox *inbox = context;
	struct xs_plain plain;
	struct xs_store *store = &inbox->fixture->store;

	/* Nobody holds the lock meanwhile. */
	assert_int_equal(
	    store->ops->begin(store, &inbox->fixture->verify.who, &plain, NULL),
	    0);
	store->ops->abort(store);
	assert_true(patience_ms > 0);
	assert_true(patience_ms <= XS_NOTICE_PATIENCE_MS);
	assert_int_equal(strlen(text), length);
	inbox->runs++;
	if (inbox->at_send != NULL)
		inbox->at_send(inbox->fixture);
	if (inbox->result != 0 &&
	    (inbox->fails_for == NULL || strstr(text, inbox->fails_for)))
		return xs_fault_set(fault, inbox->result, "made to fail");
	assert_true(inbox->count < INBOX_MAX);
	strcpy(inbox->text[inbox->count], text);
	inbox->questions[inbox->count++] = inbox->fixture->question;
	return 0;
}

static struct inbox *
inbox_of(struct fixture *f)
{
	return f->login.notifier->context;
}

static int
setup(void **state)
{
	struct inbox *inbox = calloc(1, sizeof(*inbox));
	struct xs_notifier *notifier = calloc(1, sizeof(*notifier));
	struct fixture *f;

	assert_non_null(inbox);
	assert_non_null(notifier);
	assert_int_equal(fixture_setup(state), 0);
	f = *state;
	inbox->fixture = f;
	*notifier = (struct xs_notifier){take, inbox};
	f->login.notifier = notifier;
	strcpy(f->config.notify_command, "/bin/tell");
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	free(f->login.notifier->context);
	free((void *)(uintptr_t)f->login.notifier);
	return fixture_teardown(state);
}

/* The nth notice is of that event. */
static void
assert_told(struct fixture *f, unsigned nth, const char *event)
{
	char line[64];

	assert_true(nth < inbox_of(f)->count);
	(void)snprintf(line, sizeof(line), "event=%s\n", event);
	assert_memory_equal(inbox_of(f)->text[nth], line, strlen(line));
}

#define ASSERT_TOLD(f, ...) \
	assert_all_told(f, (const char *const[]){__VA_ARGS__, NULL})

static void
assert_all_told(struct fixture *f, const char *const *events)
{
	unsigned n = 0;

	for (; events[n] != NULL; n++)
		assert_told(f, n, events[n]);
	assert_int_equal(inbox_of(f)->count, n);
}

/* A login whose process is ended before it tells. */
static void
killed(struct fixture *f, const char *const *answers)
{
	const struct xs_notifier *notifier = f->login.notifier;

	f->login.notifier = NULL;
	(void)fixture_login(f, answers);
	f->login.notifier = notifier;
}

#define KILLED(f, ...) killed(f, (const char *const[]){__VA_ARGS__, NULL})

static int
log_in_later(struct fixture *f, int64_t seconds)
{
	int r;

	f->now += seconds;
	r = LOGIN(f, "@app");
	assert_int_equal(r, 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	return r;
}

/* ---- What they say ---- */

static const struct xs_notice usual = {.event = "backup-used",
    .user = "alice",
    .host = "web1.example",
    .address = "alice@example.org",
    .language = "en",
    .from = "192.0.2.7",
    .by = "",
    .code = "",
    .time = NOON};

static void
test_text_of_a_notice(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];
	size_t length;

	(void)state;
	length = xs_notice_write(&notice, text);
	assert_int_equal(length, strlen(text));
	assert_string_equal(text,
	    "event=backup-used\n"
	    "user=alice\n"
	    "host=web1.example\n"
	    "time=2026-11-22T11:52:00Z\n"
	    "address=alice@example.org\n"
	    "language=en\n"
	    "rhost=192.0.2.7\n"
	    "subject=Security notice, alice on web1.example: A backup code was "
	    "used to log in\n"
	    "text=A backup code was used to log in.\n"
	    "text=\n"
	    "text=Account: alice on web1.example\n"
	    "text=Time: 2026-11-22 11:52 UTC\n"
	    "text=From: 192.0.2.7\n"
	    "text=\n"
	    "text=If that was not you, somebody else may be able to log in as "
	    "you: change your\n"
	    "text=password at once, run \"xsuite app\" and \"xsuite backup\", "
	    "and tell your\n"
	    "text=administrator.\n");
	notice.event = "sms-failures-20";
	notice.language = "nl";
	notice.from = "";
	assert_true(xs_notice_write(&notice, text) > 0);
	assert_non_null(strstr(text,
	    "\nsubject=Beveiligingsbericht, alice op web1.example: 20 foute "
	    "SMS-codes achter elkaar\n"
	    "text=20 foute SMS-codes achter elkaar.\n"
	    "text=\n"
	    "text=Account: alice op web1.example\n"
	    "text=Tijd: 2026-11-22 11:52 UTC\n"
	    "text=\n"
	    "text=Was u dat niet, dan kent iemand misschien uw wachtwoord: "));
	assert_null(strstr(text, "rhost"));
}

/* An administrator did it: he is whom to ask. */
static void
test_text_names_who_did_it(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];

	(void)state;
	notice.event = "phone-set";
	notice.by = "root";
	assert_true(xs_notice_write(&notice, text) > 0);
	assert_non_null(strstr(text, "\nby=root\n"));
	assert_non_null(strstr(text, "\ntext=By: root\n"));
	assert_non_null(strstr(text,
	    "\ntext=If you do not know why, ask your administrator at "
	    "once.\n"));
	notice.by = "alice";
	assert_true(xs_notice_write(&notice, text) > 0);
	assert_null(strstr(text, "By: "));
	assert_non_null(strstr(text, "If that was not you"));
}

static void
test_a_value_stays_on_its_line(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];
	unsigned events = 0;

	(void)state;
	notice.user = "al\nevent=app-set\r\x1b[2J";
	notice.host = "h\nsubject=x";
	notice.address = "a@example.org\nBcc: x@example.org";
	notice.from = "192.0.2.7\ncode=1";
	notice.by = "root\x7f\t";
	assert_true(xs_notice_write(&notice, text) > 0);
	for (const char *line = text; *line != '\0';
	     line = strchr(line, '\n') + 1) {
		events += strncmp(line, "event=", 6) == 0;
		assert_true(strncmp(line, "Bcc", 3) != 0);
		assert_true(strncmp(line, "code=", 5) != 0);
		assert_true(strncmp(line, "subject=x", 9) != 0);
	}
	assert_int_equal(events, 1);
	for (const char *c = text; *c != '\0'; c++)
		assert_true(
		    *c == '\n' || ((unsigned char)*c >= ' ' && *c != 0x7f));
	assert_non_null(strstr(text, "\nby=root??\n"));
}

static const char *const words[] = {"enrolled", "imported", "removed",
    "invitation", "helpdesk-code", "helpdesk-code-used", "backup-used",
    "backup-unconfirmed", "backup-set", "app-set", "app-removed", "phone-set",
    "phone-removed", "default-set", "default-app", "default-sms", "address-set",
    "address-removed", "unlocked", "app-disabled", "sms-disabled",
    "backup-disabled", "app-failures-5", "sms-failures-20",
    "backup-failures-100"};

static void
test_code_is_in_one_alone(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];

	(void)state;
	notice.code = "83729104";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		notice.event = words[i];
		assert_true(xs_notice_write(&notice, text) > 0);
		assert_null(strstr(text, "83729104"));
	}
	notice.event = "address-confirm";
	assert_true(xs_notice_write(&notice, text) > 0);
	assert_non_null(strstr(text, "\ncode=83729104\n"));
	assert_non_null(strstr(text, ": 83729104\n"));
}

static void
test_longest_names_fit(void **state)
{
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX], user[XS_NAME_MAX], host[256],
	    address[XS_MAIL_MAX], by[XS_BY_MAX];

	(void)state;
	memset(user, 'u', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	memset(host, 'h', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	memset(address, 'a', sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	memset(by, 'b', sizeof(by) - 1);
	by[sizeof(by) - 1] = '\0';
	notice.user = user;
	notice.host = host;
	notice.address = address;
	notice.from = "2001:db8:1234:5678:1234:5678:1234:5678";
	for (unsigned i = 0; i < 4; i++) {
		notice.language = i % 2 == 0 ? "en" : "nl";
		notice.by = i / 2 == 0 ? "" : by;
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
			notice.event = words[w];
			assert_true(xs_notice_write(&notice, text) > 0);
		}
	}
}

static void
test_no_notice_of_the_rest(void **state)
{
	static const char *const none[] = {"language-set", "restored", "",
	    "app-failures-", "app-failures-1000", "app-failures-5x",
	    "enrolledx", "app"};
	struct xs_notice notice = usual;
	char text[XS_NOTICE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		notice.event = none[i];
		assert_int_equal(xs_notice_write(&notice, text), 0);
	}
}

/* ---- When they are told ---- */

static void
see_that_it_was_used(struct fixture *f)
{
	struct xs_account account = fixture_load(f);

	assert_string_equal(account.events[0].word, "backup-used");
	assert_int_equal(account.untold.events, 1);
}

static void
test_backup_login_is_told_once(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->at_send = see_that_it_was_used;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	ASSERT_TOLD(f, "backup-used");
	assert_non_null(strstr(inbox_of(f)->text[0], "\nrhost=192.0.2.7\n"));
	assert_non_null(strstr(inbox_of(f)->text[0], "\naddress=\n"));
	assert_non_null(strstr(f->log, "noticed reason=backup-used\n"));
	assert_int_equal(fixture_load(f).untold.events, 0);
	(void)log_in_later(f, 60);
	assert_int_equal(inbox_of(f)->count, 1);
}

static void
test_right_codes_are_not_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	(void)log_in_later(f, 0);
	assert_int_equal(LOGIN(f, "111111", "@app+1"), 0);
	assert_int_equal(inbox_of(f)->runs, 0);
}

static void
test_without_a_command_nothing_is_marked(void **state)
{
	struct fixture *f = *state;

	f->config.notify_command[0] = '\0';
	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(inbox_of(f)->runs, 0);
	assert_string_equal(fixture_load(f).events[0].word, "backup-used");
	assert_int_equal(fixture_load(f).untold.events, 0);
}

static void
test_language_is_the_owners(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	strcpy(account.language, "nl");
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_non_null(strstr(inbox_of(f)->text[0],
	    "\ntext=Er is ingelogd met een back-upcode.\n"));
}

static void
test_every_address_is_told(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.mail_count = 2;
	strcpy(account.mails[0], "a@example.org");
	strcpy(account.mails[1], "b@example.org");
	fixture_save(f, &account);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	ASSERT_TOLD(f, "backup-used", "backup-used");
	assert_non_null(strstr(inbox_of(f)->text[0], "=a@example.org\n"));
	assert_non_null(strstr(inbox_of(f)->text[1], "=b@example.org\n"));
}

/* Wrong codes until the method waits: five of them. */
static void
fail_five(struct fixture *f)
{
	assert_int_equal(LOGIN(f, "111111", "111112", "111113"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(LOGIN(f, "111114", "111115", "0"), 0);
}

static void
test_fifth_wrong_code_is_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "111111", "111112", "111113"), 0);
	assert_int_equal(LOGIN(f, "111114", "0"), 0);
	assert_int_equal(inbox_of(f)->runs, 0);
	/* The notice is out before the next question. */
	assert_int_equal(LOGIN(f, "111115", "0"), 0);
	ASSERT_TOLD(f, "app-failures-5");
	assert_int_equal(inbox_of(f)->questions[0], 1);
	f->now += 3600;
	assert_int_equal(LOGIN(f, "111116", "0"), 0);
	assert_int_equal(inbox_of(f)->count, 1);
}

static void
test_stop_is_told(void **state)
{
	struct fixture *f = *state;

	f->config.throttle.stop = 10;
	fixture_enrol(f);
	fail_five(f);
	for (unsigned i = 0; i < 5; i++) {
		f->now += 7200;
		assert_int_equal(LOGIN(f, "222222", "0"), 0);
	}
	ASSERT_TOLD(f, "app-failures-5", "app-disabled");
}

/* His own logins in between do not hide a stranger's guesses. */
static void
test_failures_count_on_their_side(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	(void)log_in_later(f, 0);
	for (unsigned i = 0; i < 5; i++) {
		strcpy(f->verify.address, "198.51.100.1");
		assert_int_equal(LOGIN(f, "111111", "0"), 0);
		strcpy(f->verify.address, "192.0.2.7");
		(void)log_in_later(f, 60);
	}
	ASSERT_TOLD(f, "app-failures-5");
	assert_non_null(strstr(inbox_of(f)->text[0], "\nrhost=198.51.100.1\n"));
}

static void
test_backup_failures_are_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", "11111111", "11111112", "11111113"), 0);
	assert_int_equal(LOGIN(f, "", "11111114", "11111115", "0"), 0);
	ASSERT_TOLD(f, "backup-failures-5");
}

/* ---- Killed in between ---- */

static void
test_killed_before_it_was_told_is_told_next(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	KILLED(f, "", FIRST_CODE, "@new");
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_int_equal(inbox_of(f)->count, 0);
	/* Nothing before the first prompt, nor until a code is typed. */
	assert_int_equal(LOGIN(f, "", "0"), 0);
	assert_int_equal(inbox_of(f)->count, 0);
	(void)log_in_later(f, 0);
	ASSERT_TOLD(f, "backup-used");
	assert_int_equal(inbox_of(f)->questions[0], 1);
	assert_int_equal(fixture_load(f).untold.events, 0);
}

/* A wrong code will do: its answer was charged. */
static void
test_strangers_code_tells_too(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	KILLED(f, "", FIRST_CODE, "@new");
	strcpy(f->verify.address, "198.51.100.1");
	assert_int_equal(LOGIN(f, "111111", "0"), 0);
	ASSERT_TOLD(f, "backup-used");
}

static void
test_oldest_is_told_first(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	KILLED(f, "111111", "111112", "111113");
	KILLED(f, "111114", "111115", "0");
	f->now += 60;
	KILLED(f, "", FIRST_CODE, "@new");
	f->now += 60;
	assert_int_equal(LOGIN(f, "", "00000000", "0"), 0);
	ASSERT_TOLD(f, "app-failures-5", "backup-used");
}

static void
test_unconfirmed_is_told_next(void **state)
{
	struct fixture *f = *state;
	int64_t then = f->now;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", FIRST_CODE), XS_E_CONV);
	assert_int_equal(fixture_load(f).unconfirmed.time, then);
	assert_int_equal(inbox_of(f)->count, 0);
	strcpy(f->verify.address, "198.51.100.1");
	(void)log_in_later(f, 90);
	ASSERT_TOLD(f, "backup-unconfirmed");
	assert_non_null(
	    strstr(inbox_of(f)->text[0], "\ntime=2026-11-22T11:52:00Z\n"));
	assert_non_null(strstr(inbox_of(f)->text[0], "\nrhost=192.0.2.7\n"));
	assert_int_equal(fixture_load(f).unconfirmed.time, 0);
	(void)log_in_later(f, 90);
	assert_int_equal(inbox_of(f)->count, 1);
}

/* The next attempt confirms: both are told, as they happened. */
static void
test_unconfirmed_then_used(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "0"), 0);
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	ASSERT_TOLD(f, "backup-unconfirmed", "backup-used");
	assert_int_equal(fixture_load(f).unconfirmed.time, 0);
}

/* The write that notes it fails: who is let in is let in all the same. */
static void
fail_noting(struct fixture *f)
{
	xs_store_memory_fail(&f->store, 1);
}

static void
test_failed_noting_does_not_refuse(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->at_send = fail_noting;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_string_equal(f->fault.text, "");
	assert_int_equal(fixture_load(f).untold.events, 1);
}

/*
 * Whoever ends the process after the mail went out, each time, has it sent
 * again ever later.
 */
static void
test_killed_again_and_again_is_told_ever_later(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->at_send = fail_noting;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	/* A code every half minute for a day. */
	for (unsigned i = 0; i < 2880; i++)
		(void)log_in_later(f, 30);
	assert_in_range(inbox_of(f)->count, 20, 30);
}

static void
test_slow_program_is_not_run_for_ever(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->result = XS_E_BUSY;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	assert_non_null(strstr(f->log, "not-noticed reason=backup-used\n"));
	for (unsigned i = 0; i < 1000; i++)
		(void)log_in_later(f, 90);
	assert_int_equal(inbox_of(f)->runs, XS_NOTICE_TRIES);
	assert_int_equal(fixture_load(f).untold.events, 0);
}

/* What fails is kept until it works; at most once an hour it is tried. */
static void
test_failing_program_is_tried_until_it_works(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	inbox_of(f)->result = XS_E_PROGRAM;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	for (unsigned i = 0; i < 960; i++)
		(void)log_in_later(f, 90);
	assert_in_range(inbox_of(f)->runs, 20, 30);
	inbox_of(f)->result = 0;
	(void)log_in_later(f, 3600);
	ASSERT_TOLD(f, "backup-used");
	assert_int_equal(fixture_load(f).untold.events, 0);
	assert_int_equal(fixture_load(f).untold.next, 0);
}

/* The address that fails does not have the other one told for ever. */
static void
test_one_address_that_fails(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	account.mail_count = 2;
	strcpy(account.mails[0], "a@example.org");
	strcpy(account.mails[1], "b@example.org");
	fixture_save(f, &account);
	inbox_of(f)->result = XS_E_PROGRAM;
	inbox_of(f)->fails_for = "b@example.org";
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	for (unsigned i = 0; i < 100; i++)
		(void)log_in_later(f, 3600);
	assert_int_equal(inbox_of(f)->count, XS_NOTICE_TRIES);
	assert_int_equal(fixture_load(f).untold.events, 0);
}

/* The clock was a year ahead when it was last tried. */
static void
test_clock_set_back_does_not_silence(void **state)
{
	struct fixture *f = *state;
	struct xs_account account = fixture_account(f);

	xs_notice_event(&f->config, &account, NOON, "app-set", "", "root");
	account.untold.tries = 9;
	account.untold.next = NOON + 365L * 86400;
	fixture_save(f, &account);
	(void)log_in_later(f, 0);
	ASSERT_TOLD(f, "app-set");
}

/* Another process adds an event while this one tells. */
static void
add_an_event(struct fixture *f)
{
	struct xs_verify other = f->verify;
	struct xs_account account;
	enum xs_changed changed = XS_CHANGE_STALE;

	inbox_of(f)->at_send = NULL;
	f->now++;
	assert_int_equal(xs_verify_load(&other, &account), 0);
	assert_int_equal(
	    xs_change_default(&other, XS_APP, &account, &changed), 0);
	assert_int_equal(changed, XS_CHANGE_MADE);
}

static void
test_event_added_meanwhile_is_still_to_be_told(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	fixture_enrol(f);
	inbox_of(f)->at_send = add_an_event;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	account = fixture_load(f);
	assert_string_equal(account.events[0].word, "default-set");
	assert_int_equal(account.untold.events, 1);
	(void)log_in_later(f, 60);
	ASSERT_TOLD(f, "backup-used", "default-set");
}

/* Another process tells the same at the same time, and adds one of its own. */
static void
tell_elsewhere(struct fixture *f)
{
	struct xs_account account = fixture_load(f);

	inbox_of(f)->at_send = NULL;
	memset(&account.untold, 0, sizeof(account.untold));
	xs_notice_event(&f->config, &account, f->now, "app-set", "", "root");
	fixture_save(f, &account);
}

static void
test_told_elsewhere_takes_no_other_along(void **state)
{
	struct fixture *f = *state;
	struct xs_account account;

	fixture_enrol(f);
	inbox_of(f)->at_send = tell_elsewhere;
	assert_int_equal(LOGIN(f, "", FIRST_CODE, "@new"), 0);
	account = fixture_load(f);
	assert_string_equal(account.events[0].word, "app-set");
	assert_int_equal(account.untold.events, 1);
}

/* ---- Settings ---- */

static void
test_changes_are_told(void **state)
{
	struct fixture *f = *state;

	fixture_enrol(f);
	assert_int_equal(
	    SETTINGS(f, "", "1", "@key", "5", "@new", "6", "2", "0"), 0);
	ASSERT_TOLD(f, "app-set", "backup-set");
	/* Each before the next question. */
	assert_int_equal(inbox_of(f)->questions[0], 2);
	assert_int_equal(inbox_of(f)->questions[1], 4);
}

static void
test_first_enrolment_is_told(void **state)
{
	struct fixture *f = *state;
	enum xs_enrolled result;

	assert_int_equal(FIRST_LOGIN(f, 0, &result, "@key", "@new"), 0);
	assert_int_equal(result, XS_ENROL_DONE);
	ASSERT_TOLD(f, "enrolled");
	assert_int_equal(fixture_load(f).untold.events, 0);
}

#define TELLS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_of_a_notice),
	    cmocka_unit_test(test_text_names_who_did_it),
	    cmocka_unit_test(test_a_value_stays_on_its_line),
	    cmocka_unit_test(test_code_is_in_one_alone),
	    cmocka_unit_test(test_longest_names_fit),
	    cmocka_unit_test(test_no_notice_of_the_rest),
	    TELLS(test_backup_login_is_told_once),
	    TELLS(test_right_codes_are_not_told),
	    TELLS(test_without_a_command_nothing_is_marked),
	    TELLS(test_language_is_the_owners),
	    TELLS(test_every_address_is_told),
	    TELLS(test_fifth_wrong_code_is_told),
	    TELLS(test_stop_is_told),
	    TELLS(test_failures_count_on_their_side),
	    TELLS(test_backup_failures_are_told),
	    TELLS(test_killed_before_it_was_told_is_told_next),
	    TELLS(test_strangers_code_tells_too),
	    TELLS(test_oldest_is_told_first),
	    TELLS(test_unconfirmed_is_told_next),
	    TELLS(test_unconfirmed_then_used),
	    TELLS(test_failed_noting_does_not_refuse),
	    TELLS(test_killed_again_and_again_is_told_ever_later),
	    TELLS(test_slow_program_is_not_run_for_ever),
	    TELLS(test_failing_program_is_tried_until_it_works),
	    TELLS(test_one_address_that_fails),
	    TELLS(test_clock_set_back_does_not_silence),
	    TELLS(test_event_added_meanwhile_is_still_to_be_told),
	    TELLS(test_told_elsewhere_takes_no_other_along),
	    TELLS(test_changes_are_told),
	    TELLS(test_first_enrolment_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
