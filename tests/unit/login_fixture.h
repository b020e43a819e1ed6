/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A login without PAM: a clock that the test moves, randomness that repeats,
 * a memory store, a person who follows a script.
 */
#ifndef LOGIN_FIXTURE_H
#define LOGIN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "account.h"
#include "base32.h"
#include "config.h"
#include "login.h"
#include "store.h"
#include "verify.h"

#define NOON 1795348320 /* 2026-11-22 11:52:00 UTC */
#define FIRST_CODE "12345678"
#define ALICE_UID 1000

struct fixture {
	char dir[64];
	int64_t now;
	uint64_t seed;
	struct xs_env env;
	struct xs_keyring keys;
	struct xs_config config;
	struct xs_store store;
	struct xs_store_ops ops;
	const struct xs_store_ops *memory; /* what they were before */
	bool connected;                    /* used, and not at rest since */
	struct xs_fault fault;
	struct xs_verify verify;
	struct xs_login login;
	struct xs_person person;
	const char *const *answers; /* NULL ends; then XS_E_CONV */
	unsigned closed;            /* closing errors shown */
	char key[128];              /* of the app that was shown last */
	struct xs_sender sender;
	char inbox[XS_SMS_TEXT_MAX]; /* the last text */
	unsigned texts;              /* sent */
	bool sender_fails;
	char transcript[262144];
	char log[8192];
	void (*at_question)(struct fixture *fixture, unsigned question);
	unsigned question;
	enum xs_outcome outcome;
	enum xs_method method;
};

static __attribute__((unused)) int64_t
fixture_now(void *context)
{
	return ((struct fixture *)context)->now;
}

static __attribute__((unused)) int
fixture_random(void *context, void *buffer, size_t size)
{
	struct fixture *fixture = context;
	uint8_t *bytes = buffer;

	for (size_t i = 0; i < size; i++) {
		fixture->seed = fixture->seed * 6364136223846793005u + 1442695;
		bytes[i] = (uint8_t)(fixture->seed >> 56);
	}
	return 0;
}

static __attribute__((unused, format(printf, 3, 4))) void
note(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

static __attribute__((unused)) void
fixture_close(void *context, const char *text)
{
	struct fixture *fixture = context;

	fixture->closed++;
	note(fixture->transcript, sizeof(fixture->transcript), "! %s\n", text);
}

static __attribute__((unused)) void
fixture_report(void *context, const struct xs_report *report)
{
	struct fixture *fixture = context;

	note(fixture->log, sizeof(fixture->log), "%s%s%s%s%s%s%s", report->word,
	    report->method == NULL ? "" : " method=",
	    report->method == NULL ? "" : report->method,
	    report->setting == NULL ? "" : " setting=",
	    report->setting == NULL ? "" : report->setting,
	    report->reason == NULL ? "" : " reason=",
	    report->reason == NULL ? "" : report->reason);
	if (report->failures > 0)
		note(fixture->log, sizeof(fixture->log), " failures=%u",
		    report->failures);
	note(fixture->log, sizeof(fixture->log), "\n");
}

/* An account with an app; backup code FIRST_CODE; no phone. */
static __attribute__((unused)) struct xs_account
fixture_account(struct fixture *fixture)
{
	struct xs_account account;

	xs_account_init(&account, &fixture->verify.who);
	account.app.set = true;
	account.app.totp.secret_length = 20;
	memcpy(account.app.totp.secret, "12345678901234567890", 20);
	account.app.totp.digits = 6;
	account.app.totp.period = 30;
	account.app.made.time = NOON - 86400;
	strcpy(account.app.made.by, "root");
	account.backup.cost = fixture->config.argon2;
	account.backup.format = fixture->config.backup_format;
	account.backup.count = 1;
	account.backup.made = account.app.made;
	fixture_random(fixture, account.backup.salt, XS_SALT_SIZE);
	assert_int_equal(xs_code_hash(&account.backup.cost, account.backup.salt,
			     FIRST_CODE, account.backup.hashes[0]),
	    0);
	return account;
}

/* Own codes "11111111", "22222222", ... instead of FIRST_CODE. */
static __attribute__((unused)) void
fixture_make_set(struct xs_account *account, unsigned count)
{
	char code[9];

	account->backup.count = count;
	for (unsigned i = 0; i < count; i++) {
		memset(code, (int)('1' + i), 8);
		code[8] = '\0';
		assert_int_equal(
		    xs_code_hash(&account->backup.cost, account->backup.salt,
			code, account->backup.hashes[i]),
		    0);
	}
}

/* A code of the helpdesk's that is valid for a minute. */
static __attribute__((unused)) void
fixture_issue_code(
    const struct fixture *fixture, struct xs_account *account, const char *code)
{
	struct xs_backup *backup = &account->backup;

	backup->helpdesk.set = true;
	backup->helpdesk.format = backup->format;
	backup->helpdesk.expires = fixture->now + 60;
	backup->helpdesk.made = backup->made;
	assert_int_equal(xs_code_hash(&backup->cost, backup->salt, code,
			     backup->helpdesk.hash),
	    0);
}

static __attribute__((unused)) void
fixture_save(struct fixture *fixture, const struct xs_account *account)
{
	struct xs_plain plain;
	int r;

	assert_int_equal(xs_account_write(account, &plain), 0);
	r = fixture->store.ops->create(
	    &fixture->store, &fixture->verify.who, &plain, &fixture->fault);
	if (r == XS_E_EXISTS) {
		struct xs_plain old;

		assert_int_equal(
		    fixture->store.ops->begin(&fixture->store,
			&fixture->verify.who, &old, &fixture->fault),
		    0);
		r = fixture->store.ops->commit(
		    &fixture->store, &plain, &fixture->fault);
	}
	assert_int_equal(r, 0);
}

static __attribute__((unused)) struct xs_account
fixture_load(struct fixture *fixture)
{
	struct xs_account account;
	const bool connected = fixture->connected;

	assert_int_equal(xs_verify_load(&fixture->verify, &account), 0);
	fixture->connected = connected; /* the test's look, not the login's */
	return account;
}

static __attribute__((unused)) void
fixture_enrol(struct fixture *fixture)
{
	struct xs_account account = fixture_account(fixture);

	fixture_save(fixture, &account);
}

/* The code that the app shows, steps from now. */
static __attribute__((unused)) const char *
fixture_code(struct fixture *fixture, int steps, char out[16])
{
	struct xs_account account = fixture_load(fixture);
	uint64_t step = xs_totp_step(&account.app.totp, fixture->now);

	assert_int_equal(
	    xs_totp_code(&account.app.totp, step + (uint64_t)steps, out), 0);
	return out;
}

/* A store as one of a server is: connected from its use on until it rests. */

static __attribute__((unused)) struct fixture *
fixture_of(struct xs_store *store)
{
	return (
	    struct fixture *)((char *)store - offsetof(struct fixture, store));
}

static __attribute__((unused)) int
fixture_read(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	fixture_of(store)->connected = true;
	return fixture_of(store)->memory->read(store, who, plain, fault);
}

static __attribute__((unused)) int
fixture_begin(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	fixture_of(store)->connected = true;
	return fixture_of(store)->memory->begin(store, who, plain, fault);
}

static __attribute__((unused)) void
fixture_rest(struct xs_store *store)
{
	fixture_of(store)->connected = false;
}

static __attribute__((unused)) void
fixture_connect(struct fixture *fixture)
{
	fixture->memory = fixture->store.ops;
	fixture->ops = *fixture->memory;
	fixture->ops.read = fixture_read;
	fixture->ops.begin = fixture_begin;
	fixture->ops.rest = fixture_rest;
	fixture->store.ops = &fixture->ops;
}

/* What is sent stands in the transcript; but the text names this host. */
static __attribute__((unused)) int
fixture_send(
    void *context, const char *number, const char *text, struct xs_fault *fault)
{
	struct fixture *fixture = context;

	/* A gateway that hangs keeps no connection from others. */
	assert_false(fixture->connected);
	if (fixture->sender_fails)
		return xs_fault_set(fault, XS_E_PROGRAM, "made to fail");
	fixture->texts++;
	(void)snprintf(fixture->inbox, sizeof(fixture->inbox), "%s", text);
	note(
	    fixture->transcript, sizeof(fixture->transcript), "~ %s\n", number);
	return 0;
}

/* Keeps the key of a new app, when the text shows one. */
static __attribute__((unused)) void
fixture_see_key(struct fixture *fixture, const char *text)
{
	const char *key = strstr(text, "\nKey: ");
	size_t n = 0;

	if (key == NULL)
		key = strstr(text, "\nSleutel: ");
	if (key == NULL)
		return;
	for (key = strchr(key, ':') + 1; *key != '\n'; key++)
		if (*key != ' ')
			fixture->key[n++] = *key;
	fixture->key[n] = '\0';
}

/* The code that an app with that key shows, steps from now. */
static __attribute__((unused)) const char *
fixture_key_code(struct fixture *fixture, int steps, char out[16])
{
	struct xs_totp totp = {.digits = 6, .period = 30};
	uint64_t step = xs_totp_step(&totp, fixture->now);

	assert_int_equal(xs_base32_decode(fixture->key, totp.secret,
			     sizeof(totp.secret), &totp.secret_length),
	    0);
	assert_int_equal(xs_totp_code(&totp, step + (uint64_t)steps, out), 0);
	return out;
}

/*
 * What a scripted answer stands for: "@sms" the code of the last text; "@key",
 * "@key+1" ... a code of the new app, "@new" the backup code that the text
 * shows, "@app", "@app-1", "@app+1" ... the app's code of that step.
 */
static __attribute__((unused)) const char *
fixture_resolve(
    struct fixture *fixture, const char *answer, const char *text, char out[32])
{
	static const char before[] = "\n\n    ";
	const char *shown = strstr(text, before);

	fixture_see_key(fixture, text);
	if (strcmp(answer, "@sms") == 0) {
		(void)snprintf(out, 32, "%.*s",
		    (int)strspn(fixture->inbox, "0123456789"), fixture->inbox);
		return out;
	}
	if (strncmp(answer, "@key", 4) == 0)
		return fixture_key_code(fixture, atoi(answer + 4), out);
	if (strncmp(answer, "@app", 4) == 0)
		return fixture_code(fixture, atoi(answer + 4), out);
	if (strcmp(answer, "@new") != 0)
		return answer;
	assert_non_null(shown);
	shown += strlen(before);
	(void)snprintf(out, 32, "%.*s", (int)strcspn(shown, "\n"), shown);
	return out;
}

/* What a person sees, and types: typed text stands in angle brackets. */
static __attribute__((unused)) int
fixture_ask(void *context, const char *text, struct xs_answer *answer)
{
	struct fixture *fixture = context;
	const char *typed;
	char buffer[32];

	fixture->question++;
	if (fixture->at_question != NULL)
		fixture->at_question(fixture, fixture->question);
	typed = *fixture->answers;
	if (typed == NULL) {
		note(fixture->transcript, sizeof(fixture->transcript),
		    "%s(gone)\n", text);
		return XS_E_CONV;
	}
	fixture->answers++;
	typed = fixture_resolve(fixture, typed, text, buffer);
	note(fixture->transcript, sizeof(fixture->transcript), "%s<%s>\n", text,
	    typed);
	xs_answer_set(answer, typed);
	return 0;
}

/* A conversation's context anew, as a new process has it. */
static __attribute__((unused)) void
fixture_reset(struct fixture *fixture)
{
	memset(fixture->verify.charged, 0, sizeof(fixture->verify.charged));
	fixture->verify.unconfirmed = false;
	fixture->verify.untold = false;
	fixture->verify.notice_ms = 0;
	fixture->question = 0;
	fixture->fault.text[0] = '\0';
}

static __attribute__((unused)) int
fixture_login(struct fixture *fixture, const char *const *answers)
{
	int r;

	fixture_reset(fixture);
	fixture->answers = answers;
	fixture->outcome = XS_OUT_REFUSED;
	r = xs_login_run(&fixture->login, &fixture->outcome, &fixture->method);
	note(fixture->transcript, sizeof(fixture->transcript), "-> %s\n",
	    r != 0                                      ? xs_err_word(r)
		: fixture->outcome == XS_OUT_GRANTED    ? "in"
		: fixture->outcome == XS_OUT_REMEMBERED ? "in, unasked"
		: fixture->outcome == XS_OUT_PASSED     ? "passed"
		: fixture->outcome == XS_OUT_WAITING    ? "max tries"
							: "refused");
	return r;
}

#define LOGIN(fixture, ...) \
	fixture_login(fixture, (const char *const[]){__VA_ARGS__, NULL})

/* A test's initial state is the host's language; none: the default. */
static __attribute__((unused)) int
fixture_setup(void **state)
{
	const char *language = *state;
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char host[96];

	assert_non_null(fixture);
	strcpy(fixture->dir, "/tmp/xs-login-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	(void)snprintf(host, sizeof(host), "%s/host", fixture->dir);
	assert_int_equal(mkdir(host, 0700), 0);
	fixture->now = NOON;
	fixture->seed = 42;
	fixture->env = (struct xs_env){.now = fixture_now,
	    .uptime = fixture_now,
	    .random = fixture_random,
	    .nonce = fixture_random,
	    .context = fixture};
	fixture->keys.count = 1;
	fixture->keys.keys[0].id = 1;
	xs_config_init(&fixture->config);
	if (language != NULL)
		strcpy(fixture->config.language, language);
	fixture->sender = (struct xs_sender){fixture_send, fixture};
	strcpy(fixture->config.sms_command, "/bin/true");
	strcpy(fixture->config.country_code, "31");
	strcpy(fixture->config.issuer, "Example");
	strcpy(fixture->config.state_dir, fixture->dir);
	fixture->config.argon2 = (struct xs_argon2_cost){12288, 3, 1};
	fixture->person = (struct xs_person){
	    .ask = fixture_ask, .close = fixture_close, .context = fixture};
	fixture->verify = (struct xs_verify){.store = &fixture->store,
	    .config = &fixture->config,
	    .env = &fixture->env,
	    .who = {.name = "alice", .uid = ALICE_UID},
	    .remote = true,
	    .address = "192.0.2.7",
	    .caller = 0,
	    .fault = &fixture->fault};
	fixture->login = (struct xs_login){.verify = &fixture->verify,
	    .person = &fixture->person,
	    .is_account = true,
	    .report = fixture_report,
	    .context = fixture};
	assert_int_equal(xs_store_memory_open(
			     &fixture->store, &fixture->keys, &fixture->env),
	    0);
	fixture_connect(fixture);
	assert_int_equal(
	    fixture->store.ops->init(&fixture->store, &fixture->fault), 0);
	*state = fixture;
	return 0;
}

static __attribute__((unused)) int
fixture_teardown(void **state)
{
	struct fixture *fixture = *state;
	char command[128];

	xs_store_close(&fixture->store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", fixture->dir);
	if (system(command) != 0)
		return -1;
	free(fixture);
	return 0;
}

#endif
