/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a call leaves on the stack of its host. Each runs on a stack of its
 * own, which nothing uses afterwards: no secret and no code may stand there.
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "verify_steps.h"

#include "change.h"
#include "confirm.h"

#define STACK_SIZE ((size_t)1 << 20)
#define NUMBER "+31612345678"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Here, and not on the stack, stands what the calls work on. */
static struct {
	struct fixture *f;
	struct xs_account known; /* as in the store */
	struct xs_account account;
	struct xs_successor successor;
	struct xs_sms_code sms;
	char typed[32];
	char new_code[32];  /* as it was shown */
	char next_code[16]; /* of the app: the window's last */
	struct xs_dialog dialog;
	const char *const *answers;
	int (*call)(void);
	int r;
	ucontext_t back;
} run;

/* ---- The calls ---- */

static int
call_load(void)
{
	return xs_verify_load(&run.f->verify, &run.account);
}

static int
call_match(void)
{
	enum xs_totp_match match;
	uint64_t step;

	return xs_totp_match(&run.known.app.totp, run.f->now, 1,
	    run.known.app.last_step, run.typed, &match, &step);
}

static int
call_app(void)
{
	enum xs_verdict verdict;

	return xs_verify_app(&run.f->verify, run.typed, &run.account, &verdict);
}

static int
call_backup(void)
{
	enum xs_verdict verdict;

	return xs_verify_backup(
	    &run.f->verify, run.typed, &run.account, &run.successor, &verdict);
}

static int
call_confirm(void)
{
	enum xs_verdict verdict;

	return xs_verify_confirm(
	    &run.f->verify, &run.successor, &run.account, &verdict);
}

static int
call_question(void)
{
	bool typed = false;

	return xs_confirm_ask(&run.dialog, &run.successor, &typed) - !typed;
}

static int
call_check(void)
{
	struct xs_sms_code *code = &run.sms;

	return xs_sms_code_check(code, NUMBER, run.typed, &run.f->env) -
	    (code->code[0] == '\0');
}

static int
call_sms(void)
{
	enum xs_verdict verdict;

	return xs_verify_sms(
	    &run.f->verify, &run.sms, run.typed, &run.account, &verdict);
}

static int
call_change(void)
{
	enum xs_changed changed;

	return xs_change_language(&run.f->verify, "nl", &run.account, &changed);
}

static int
call_login(void)
{
	return xs_login_run(&run.f->login, &run.f->outcome, &run.f->method);
}

/* ---- Their stack ---- */

static void
on_the_stack(void)
{
	run.r = run.call();
}

static unsigned
find(const uint8_t *stack, const char *what, const void *bytes, size_t size)
{
	const uint8_t *at = memmem(stack, STACK_SIZE, bytes, size);

	if (size == 0 || at == NULL)
		return 0;
	print_error(
	    "%s, %td bytes below the top\n", what, stack + STACK_SIZE - at);
	return 1;
}

static unsigned
find_text(const uint8_t *stack, const char *what, const char *text)
{
	return find(stack, what, text, strlen(text));
}

static unsigned
search(const uint8_t *stack, const struct xs_sms_code *sms)
{
	const struct xs_account *known = &run.known;

	return find(stack, "app secret", known->app.totp.secret,
		   known->app.totp.secret_length) +
	    find(stack, "hash", known->backup.hashes[0], XS_HASH_SIZE) +
	    find_text(stack, "number", known->phone.number) +
	    find_text(stack, "typed code", run.typed) +
	    find_text(stack, "new code", run.successor.codes[0]) +
	    find_text(stack, "new code as shown", run.new_code) +
	    find_text(stack, "next app code", run.next_code) +
	    find_text(stack, "SMS code", sms->code);
}

/* How many kinds of secrets the call leaves. */
static unsigned
left_by(const char *name, int (*call)(void))
{
	const struct xs_sms_code sms = run.sms;
	ucontext_t there;
	unsigned left;
	uint8_t *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(stack != MAP_FAILED);
	assert_int_equal(getcontext(&there), 0);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = STACK_SIZE;
	there.uc_link = &run.back;
	run.call = call;
	makecontext(&there, on_the_stack, 0);
	assert_int_equal(swapcontext(&run.back, &there), 0);
	left = search(stack, &sms);
	if (left > 0)
		print_error("left by: %s\n", name);
	assert_int_equal(munmap(stack, STACK_SIZE), 0);
	return left;
}

/* ---- The person ---- */

/* Like the fixture's, but it keeps nothing on the stack itself. */
static int
answer(void *context, const char *text, struct xs_answer *answer)
{
	static const char title[] = "Your new backup code:\n\n    ";
	const char *shown = strstr(text, title), *typed = *run.answers++;

	(void)context;
	if (shown != NULL)
		memcpy(run.new_code, shown + strlen(title), 9);
	if (strcmp(typed, "@new") == 0)
		typed = run.new_code;
	if (strcmp(typed, "@sms") == 0)
		typed = run.sms.code;
	if (typed[0] >= '0' && typed[1] != '\0')
		strcpy(run.typed, typed);
	xs_answer_set(answer, typed);
	return 0;
}

static void
enrol_known(struct fixture *f)
{
	memset(&run, 0, sizeof(run));
	run.f = f;
	run.known = fixture_account(f);
	strcpy(run.known.phone.number, NUMBER);
	fixture_save(f, &run.known);
	fixture_code(f, 1, run.next_code);
	f->person.ask = answer;
	xs_dialog_init(&run.dialog, &f->person, "en");
}

static void
test_no_step_leaves_a_secret_on_the_stack(void **state)
{
	static const struct {
		const char *name;
		int (*call)(void);
		const char *typed;
	} steps[] = {
	    {"load", call_load, ""},
	    {"comparison of an app code", call_match, "@app"},
	    {"wrong app code", call_app, "000000"},
	    {"right app code", call_app, "@app"},
	    {"used app code", call_app, "@app"},
	    {"wrong backup code", call_backup, "00000000"},
	    {"right backup code", call_backup, FIRST_CODE},
	    {"question for the new one", call_question, ""},
	    {"confirmation", call_confirm, ""},
	    {"comparison of an SMS code", call_check, "000000"},
	    {"wrong SMS code", call_sms, "000000"},
	    {"right SMS code", call_sms, "@sms"},
	    {"change", call_change, ""},
	};
	static const char *const answers[] = {"00000000", "@new", NULL};
	struct fixture *f = *state;
	unsigned left = 0;

	enrol_known(f);
	run.answers = answers;
	assert_int_equal(
	    xs_sms_code_make(&run.sms, NUMBER, 6, 300, &f->env), 0);
	for (size_t i = 0; i < COUNT(steps); i++) {
		strcpy(run.typed, steps[i].typed);
		if (strcmp(run.typed, "@app") == 0)
			fixture_code(f, 0, run.typed);
		if (strcmp(run.typed, "@sms") == 0)
			strcpy(run.typed, run.sms.code);
		run.known = fixture_load(f);
		left += left_by(steps[i].name, steps[i].call);
		assert_int_equal(run.r, 0);
	}
	assert_int_equal(left, 0);
}

/* ---- Whole conversations ---- */

static int
take_text(
    void *context, const char *number, const char *text, struct xs_fault *fault)
{
	(void)context, (void)number, (void)fault;
	memcpy(run.sms.code, text, 6);
	return 0;
}

static void
test_no_login_leaves_a_secret_on_the_stack(void **state)
{
	static char code[16];
	static const struct {
		const char *name;
		const char *answers[6];
	} logins[] = {
	    {"wrong app codes", {"000000", "000001", "000002"}},
	    {"app", {code}},
	    {"backup", {FIRST_CODE, "@new"}},
	    {"backup, left", {"@old", "0"}},
	    {"SMS", {"", "1", "@sms"}},
	    {"SMS, left", {"", "1", "0"}},
	};
	struct fixture *f = *state;
	const struct xs_sender sender = {take_text, NULL};
	unsigned left = 0;

	enrol_known(f);
	f->login.sender = &sender;
	for (size_t i = 0; i < COUNT(logins); i++) {
		static char old[32];
		const char *answers[6];

		memcpy(answers, logins[i].answers, sizeof(answers));
		strcpy(old, run.new_code);
		if (answers[0][0] == '@')
			answers[0] = old;
		f->now += 3600;
		fixture_reset(f);
		fixture_code(f, 0, code);
		fixture_code(f, 1, run.next_code);
		run.known = fixture_load(f);
		run.answers = answers;
		left += left_by(logins[i].name, call_login);
		assert_int_equal(run.r, 0);
	}
	assert_int_equal(left, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_no_step_leaves_a_secret_on_the_stack),
	    TEST(test_no_login_leaves_a_secret_on_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
