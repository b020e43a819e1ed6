/* SPDX-License-Identifier: BSD-3-Clause */
/* The fixture with somebody who is told: what he was sent, and when. */
#ifndef NOTICE_INBOX_H
#define NOTICE_INBOX_H

#include "settings_fixture.h"

#include "notice.h"

#define INBOX_MAX 64

/* What was sent, and what the notifier does. */
struct inbox {
	struct fixture *fixture;
	unsigned count;
	char text[INBOX_MAX][XS_NOTICE_TEXT_MAX];
	unsigned questions[INBOX_MAX]; /* that had been asked by then */
	unsigned patience_ms[INBOX_MAX];
	unsigned runs; /* also those that did not take it */
	int result;
	const char *fails_for; /* NULL: for all that result is of */
	void (*at_send)(struct fixture *fixture);
};

static __attribute__((unused)) int
take(void *context, const char *text, size_t length, unsigned patience_ms,
    struct xs_fault *fault)
{
	struct inbox *inbox = context;
	struct xs_plain plain;
	struct xs_store *store = &inbox->fixture->store;

	/* Nobody holds a connection or the lock meanwhile. */
	assert_false(inbox->fixture->connected);
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
	xs_store_rest(store);
	if (inbox->result != 0 &&
	    (inbox->fails_for == NULL || strstr(text, inbox->fails_for)))
		return xs_fault_set(fault, inbox->result, "made to fail");
	assert_true(inbox->count < INBOX_MAX);
	strcpy(inbox->text[inbox->count], text);
	inbox->patience_ms[inbox->count] = patience_ms;
	inbox->questions[inbox->count++] = inbox->fixture->question;
	return 0;
}

static __attribute__((unused)) struct inbox *
inbox_of(struct fixture *f)
{
	return f->login.notifier->context;
}

static __attribute__((unused)) int
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

static __attribute__((unused)) int
teardown(void **state)
{
	struct fixture *f = *state;

	free(f->login.notifier->context);
	free((void *)(uintptr_t)f->login.notifier);
	return fixture_teardown(state);
}

/* The nth notice is of that event. */
static __attribute__((unused)) void
assert_told(struct fixture *f, unsigned nth, const char *event)
{
	char line[64];

	assert_true(nth < inbox_of(f)->count);
	(void)snprintf(line, sizeof(line), "event=%s\n", event);
	assert_memory_equal(inbox_of(f)->text[nth], line, strlen(line));
}

#define ASSERT_TOLD(f, ...) \
	assert_all_told(f, (const char *const[]){__VA_ARGS__, NULL})

static __attribute__((unused)) void
assert_all_told(struct fixture *f, const char *const *events)
{
	unsigned n = 0;

	for (; events[n] != NULL; n++)
		assert_told(f, n, events[n]);
	assert_int_equal(inbox_of(f)->count, n);
}

/* A login whose process is ended before it tells. */
static __attribute__((unused)) void
killed(struct fixture *f, const char *const *answers)
{
	const struct xs_notifier *notifier = f->login.notifier;

	f->login.notifier = NULL;
	(void)fixture_login(f, answers);
	f->login.notifier = notifier;
}

#define KILLED(f, ...) killed(f, (const char *const[]){__VA_ARGS__, NULL})

static __attribute__((unused)) int
log_in_later(struct fixture *f, int64_t seconds)
{
	int r;

	f->now += seconds;
	r = LOGIN(f, "@app");
	assert_int_equal(r, 0);
	assert_int_equal(f->outcome, XS_OUT_GRANTED);
	return r;
}

/* Wrong codes until the method waits: five of them. */
static __attribute__((unused)) void
fail_five(struct fixture *f)
{
	assert_int_equal(LOGIN(f, "111111", "111112", "111113"), 0);
	assert_int_equal(f->outcome, XS_OUT_REFUSED);
	assert_int_equal(LOGIN(f, "111114", "111115", "0"), 0);
}

#define TELLS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
