/* SPDX-License-Identifier: BSD-3-Clause */
#include "notice.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "verify.h"
#include "verify_step.h"

/* ---- The program ---- */

static int
run_command(void *context, const char *text, size_t length,
    unsigned patience_ms, struct xs_fault *fault)
{
	const struct xs_config *config = context;
	const char *const argv[] = {config->notify_command, NULL};
	const struct xs_child child = {.argv = argv,
	    .user = config->sms_user,
	    .text = text,
	    .length = length,
	    .timeout_ms = config->sms_timeout * 1000,
	    .patience_ms = patience_ms};

	if (!xs_notice_is_offered(config))
		return xs_fault_set(
		    fault, XS_E_PROGRAM, "notify_command: there is none");
	return xs_child_run(&child, fault);
}

struct xs_notifier
xs_notice_notifier(const struct xs_config *config)
{
	struct xs_notifier notifier = {.send = run_command};

	/* The context is handed back as it was given: const. */
	memcpy(&notifier.context, &config, sizeof(notifier.context));
	return notifier;
}

bool
xs_notice_is_offered(const struct xs_config *config)
{
	return config->notify_command[0] != '\0';
}

/* ---- Telling ---- */

struct teller {
	const struct xs_notifier *notifier;
	const struct xs_account *account;
	const char *language;
	char host[256];
	int64_t until; /* CLOCK_MONOTONIC, ms: nobody waits longer */
	xs_report_event *report;
	void *context;
};

/* What became of one notice. */
struct outcome {
	unsigned taken; /* by how many addresses' runs */
	unsigned late;
	unsigned failed;
	unsigned left; /* not begun */
};

static int64_t
clock_ms(void)
{
	struct timespec ts = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Of the time there is, some is spent already. */
static struct teller
begin(const struct xs_account *account, const struct xs_notifier *notifier,
    const char *language, int64_t spent, xs_report_event *report, void *context)
{
	struct teller teller = {.notifier = notifier,
	    .account = account,
	    .language =
		account->language[0] != '\0' ? account->language : language,
	    .until = clock_ms() + XS_NOTICE_PATIENCE_MS - spent,
	    .report = report,
	    .context = context};

	(void)gethostname(teller.host, sizeof(teller.host) - 1);
	return teller;
}

static void
send_to(const struct teller *teller, const struct xs_event *event,
    const char *address, struct outcome *outcome, struct xs_fault *fault)
{
	const struct xs_notice notice = {.event = event->word,
	    .user = teller->account->name,
	    .host = teller->host,
	    .address = address,
	    .language = teller->language,
	    .from = event->from,
	    .by = event->by,
	    .code = "",
	    .time = event->time};
	char text[XS_NOTICE_TEXT_MAX];
	int64_t left = teller->until - clock_ms();
	size_t length;
	int r;

	if (left <= 0) {
		outcome->left++;
		return;
	}
	length = xs_notice_write(&notice, text);
	r = length == 0 ? xs_fault_set(fault, XS_E_INTERNAL,
			      "the notice could not be written")
			: teller->notifier->send(teller->notifier->context,
			      text, length, (unsigned)left, fault);
	if (r == 0)
		outcome->taken++;
	else if (r == XS_E_BUSY)
		outcome->late++;
	else
		outcome->failed++;
}

/* To every address; without one to the account's own mailbox. */
static struct outcome
tell_one(const struct teller *teller, const struct xs_event *event)
{
	const struct xs_account *account = teller->account;
	struct xs_fault fault = {""};
	struct outcome outcome = {0};
	struct xs_report report = {.word = "noticed", .reason = event->word};

	if (account->mail_count == 0)
		send_to(teller, event, "", &outcome, &fault);
	for (unsigned i = 0; i < account->mail_count; i++)
		send_to(teller, event, account->mails[i], &outcome, &fault);
	if (outcome.late + outcome.failed > 0) {
		report.word = "not-noticed";
		report.what = fault.text;
	}
	if (report.what != NULL || outcome.left == 0)
		teller->report(teller->context, &report);
	return outcome;
}

void
xs_notice_tell_event(const struct xs_account *account,
    const struct xs_event *event, const struct xs_notifier *notifier,
    const char *language, xs_report_event *report, void *context)
{
	const struct teller teller =
	    begin(account, notifier, language, 0, report, context);

	if (notifier != NULL)
		(void)tell_one(&teller, event);
}

/*
 * What all addresses took is told. What one took, or what a slow program is
 * still at, is tried again, but not for ever: each time it may arrive once
 * more (test_notice_again: test_slow_program_is_not_run_for_ever).
 */
static bool
is_over(const struct outcome *outcome, uint32_t tries)
{
	if (outcome->late + outcome->failed + outcome->left == 0)
		return true;
	return tries >= XS_NOTICE_TRIES && outcome->taken + outcome->late > 0;
}

/* The bits of what needs no further telling. */
static uint32_t
tell_all(const struct teller *teller)
{
	const struct xs_account *account = teller->account;
	uint32_t over = 0;

	for (unsigned i = account->event_count; i-- > 0;) {
		struct outcome outcome;

		if ((account->untold.events & 1U << i) == 0)
			continue;
		outcome = tell_one(teller, &account->events[i]);
		if (is_over(&outcome, account->untold.tries))
			over |= 1U << i;
	}
	return over;
}

/* ---- Noting what was told ---- */

static bool
is_same(const struct xs_event *a, const struct xs_event *b)
{
	return a->time == b->time && strcmp(a->word, b->word) == 0 &&
	    strcmp(a->from, b->from) == 0 && strcmp(a->by, b->by) == 0;
}

/* Meanwhile another conversation may have told it, or added events. */
static void
clear_one(struct xs_account *account, const struct xs_event *event)
{
	struct xs_untold *untold = &account->untold;

	for (unsigned i = account->event_count; i-- > 0;) {
		if ((untold->events & 1U << i) != 0 &&
		    is_same(event, &account->events[i])) {
			untold->events &= ~(1U << i);
			break;
		}
	}
	if (untold->events == 0)
		memset(untold, 0, sizeof(*untold));
}

static void
note(struct xs_verify *verify, const struct xs_account *told, uint32_t over)
{
	struct xs_account account;
	int64_t now;

	if (over == 0 || xs_step_begin(verify, &account, &now) != 0)
		return;
	for (unsigned i = told->event_count; i-- > 0;)
		if ((over & 1U << i) != 0)
			clear_one(&account, &told->events[i]);
	(void)xs_step_record(verify, &account);
	xs_account_wipe(&account);
}

void
xs_notice_tell(struct xs_verify *verify, const struct xs_notifier *notifier,
    xs_report_event *report, void *context)
{
	struct xs_fault *kept = verify->fault;
	struct xs_account account;

	if (!verify->untold || notifier == NULL)
		return;
	/* How the conversation ends is another matter. */
	verify->fault = NULL;
	if (xs_verify_load(verify, &account) == 0) {
		const struct teller teller =
		    begin(&account, notifier, verify->config->language,
			verify->notice_ms, report, context);
		uint32_t over;

		xs_store_rest(verify->store);
		over = tell_all(&teller);
		verify->notice_ms =
		    clock_ms() - teller.until + XS_NOTICE_PATIENCE_MS;
		note(verify, &account, over);
		xs_account_wipe(&account);
	}
	verify->fault = kept;
	verify->untold = false;
}
