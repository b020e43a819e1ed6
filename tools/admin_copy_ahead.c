/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * copy --update: what must not be undone.
 *
 * Every change to a record by its owner, an administrator or the helpdesk,
 * and every stop, makes an event (account.h). So there is what here has come
 * from only if its events are the older ones of here; and then all that only
 * an event changes is as here has it, or older. What changes without an event
 * is asked one by one. Not asked: the places remembered and the home, which
 * lost mean a question more, and the tries at notices, a delay.
 */
#include "admin_copy_ahead.h"

#include <string.h>

#include "sms_limit.h"

/* Both with the refills and waits of one moment, so that they compare. */
struct pair {
	struct xs_account there;
	struct xs_account here;
	unsigned newer; /* events of here that there has not */
};

bool
copy_is_same(const struct xs_account *a, const struct xs_account *b)
{
	struct xs_account other = *b;
	struct xs_plain x, y;
	bool same;

	other.uid = a->uid;
	same = xs_account_write(a, &x) == 0 &&
	    xs_account_write(&other, &y) == 0 && x.length == y.length &&
	    memcmp(x.text, y.text, x.length) == 0;
	xs_account_wipe(&other);
	xs_plain_wipe(&x);
	xs_plain_wipe(&y);
	return same;
}

static bool
is_same_event(const struct xs_event *a, const struct xs_event *b)
{
	return a->time == b->time && strcmp(a->word, b->word) == 0 &&
	    strcmp(a->from, b->from) == 0 && strcmp(a->by, b->by) == 0;
}

/* Are the events of there those of here, but for the newer ones? */
static bool
follows(const struct xs_account *there, const struct xs_account *here,
    unsigned newer)
{
	unsigned i;

	for (i = 0; i < there->event_count; i++) {
		if (newer + i == XS_EVENTS_MAX)
			return true; /* the older ones fell out */
		if (newer + i == here->event_count ||
		    !is_same_event(&there->events[i], &here->events[newer + i]))
			return false;
	}
	return true;
}

/* False: here has not come from there, or too long ago to tell. */
static bool
find_newer(const struct xs_account *there, const struct xs_account *here,
    unsigned *newer)
{
	unsigned most = here->event_count;

	if (there->event_count == 0) {
		*newer = most;
		return true;
	}
	for (*newer = 0; *newer < most; ++*newer) {
		if (follows(there, here, *newer))
			return true;
	}
	return false;
}

static bool
has_newer(const struct pair *pair, const char *word)
{
	for (unsigned i = 0; i < pair->newer; i++) {
		if (strcmp(pair->here.events[i].word, word) == 0)
			return true;
	}
	return false;
}

static bool
is_same_app(const struct xs_totp *a, const struct xs_totp *b)
{
	return a->secret_length == b->secret_length &&
	    memcmp(a->secret, b->secret, a->secret_length) == 0;
}

/*
 * A success in here alone came after all that there knows of, or there was
 * used meanwhile
 * (test_fleet_copy.py: test_update_brings_no_used_code_back).
 */
static bool
was_used(const struct pair *pair)
{
	const struct xs_account *there = &pair->there, *here = &pair->here;

	if (there->latest > here->latest ||
	    there->last_success > here->last_success)
		return true;
	if (there->last_success != here->last_success &&
	    here->last_success < there->latest)
		return true;
	if (is_same_app(&there->app.totp, &here->app.totp) &&
	    there->app.last_step > here->app.last_step)
		return true;
	return memcmp(there->backup.salt, here->backup.salt,
		   sizeof there->backup.salt) == 0 &&
	    there->backup.count < here->backup.count;
}

/* Of two that were made in one second neither is known to be older. */
static bool
is_as_new(const struct xs_made *there, const struct xs_made *here)
{
	return here->time != 0 && there->time >= here->time;
}

/* Is everything the same that only an event changes? */
static bool
is_set_up_alike(const struct xs_account *there, const struct xs_account *here)
{
	struct xs_account tried = *here;
	bool alike;

	memcpy(tried.enrolment, there->enrolment, sizeof tried.enrolment);
	memcpy(tried.language, there->language, sizeof tried.language);
	memcpy(tried.mails, there->mails, sizeof tried.mails);
	tried.mail_count = there->mail_count;
	tried.default_method = there->default_method;
	tried.phone = there->phone;
	tried.backup = there->backup;
	tried.app = there->app;
	tried.app.last_step = here->app.last_step;
	alike = copy_is_same(&tried, here);
	xs_account_wipe(&tried);
	return alike;
}

static bool
is_enabled_since(const struct pair *pair, enum xs_method method)
{
	static const char *const words[XS_METHODS][2] = {
	    [XS_APP] = {"app-set", "app-removed"},
	    [XS_SMS] = {"phone-set", "phone-removed"},
	    [XS_BACKUP] = {"backup-set", "backup-used"},
	};

	return has_newer(pair, "unlocked") || has_newer(pair, "enrolled") ||
	    has_newer(pair, words[method][0]) ||
	    has_newer(pair, words[method][1]);
}

static bool
was_set(const struct pair *pair)
{
	const struct xs_account *there = &pair->there, *here = &pair->here;

	if (pair->newer == 0 && !is_set_up_alike(there, here))
		return true;
	for (int method = 0; method < XS_METHODS; method++) {
		if (there->methods[method].disabled &&
		    !here->methods[method].disabled &&
		    !is_enabled_since(pair, (enum xs_method)method))
			return true;
	}
	if (!is_same_app(&there->app.totp, &here->app.totp) &&
	    is_as_new(&there->app.made, &here->app.made))
		return true;
	return memcmp(there->backup.salt, here->backup.salt,
		   sizeof there->backup.salt) != 0 &&
	    is_as_new(&there->backup.made, &here->backup.made);
}

/* The failed attempts since one and the same success. */
static bool
is_history_ahead(const struct xs_history *there, const struct xs_history *here)
{
	if (there->count == 0)
		return false;
	if (there->count == here->count)
		return there->first != here->first ||
		    there->last != here->last ||
		    strcmp(there->from, here->from) != 0;
	return there->count > here->count || there->first != here->first ||
	    there->last > here->last;
}

static bool
is_count_ahead(
    const struct xs_method_count *there, const struct xs_method_count *here)
{
	for (int side = 0; side < XS_SIDES; side++) {
		if (there->side[side].failures > here->side[side].failures ||
		    there->side[side].not_before > here->side[side].not_before)
			return true;
	}
	return there->stop > here->stop;
}

/*
 * A success and an unlocking clear the method's failures; from a budget a
 * success gives back what its own conversation spent, and a conversation that
 * was open when there was written is not told from a stranger's.
 */
static bool
was_tried(const struct pair *pair)
{
	const struct xs_account *there = &pair->there, *here = &pair->here;
	bool cleared = there->last_success != here->last_success;

	if (!cleared && is_history_ahead(&there->history, &here->history))
		return true;
	for (int side = 0; side < XS_SIDES; side++) {
		if (there->budgets[side].spent > here->budgets[side].spent &&
		    !has_newer(pair, "unlocked"))
			return true;
	}
	if (cleared || pair->newer > 0)
		return false;
	for (int method = 0; method < XS_METHODS; method++) {
		if (is_count_ahead(
			&there->methods[method], &here->methods[method]))
			return true;
	}
	return false;
}

/* A time leaves a list only when so many newer ones push it out. */
static bool
are_known(const int64_t there[XS_SENDS_MAX], const int64_t here[XS_SENDS_MAX])
{
	for (unsigned i = 0; i < XS_SENDS_MAX && there[i] != 0; i++) {
		bool known = here[XS_SENDS_MAX - 1] > there[i];

		for (unsigned j = 0; j < XS_SENDS_MAX; j++)
			known |= here[j] == there[i];
		if (!known)
			return false;
	}
	return true;
}

static bool
was_sent(const struct pair *pair)
{
	const struct xs_account *there = &pair->there, *here = &pair->here;

	return !are_known(there->sends, here->sends) ||
	    !are_known(there->notices, here->notices);
}

/*
 * That a backup code was right and its successor stayed open is for the owner
 * to hear: here knows it, or has made the event, or the code was used up.
 */
static bool
is_unconfirmed(const struct pair *pair)
{
	const struct xs_account *there = &pair->there, *here = &pair->here;

	if (there->unconfirmed.time == 0 ||
	    (there->unconfirmed.time == here->unconfirmed.time &&
		strcmp(there->unconfirmed.from, here->unconfirmed.from) == 0))
		return false;
	for (unsigned i = 0; i < pair->newer; i++) {
		const struct xs_event *event = &here->events[i];

		if (strcmp(event->word, "backup-unconfirmed") == 0 &&
		    event->time == there->unconfirmed.time &&
		    strcmp(event->from, there->unconfirmed.from) == 0)
			return false;
	}
	return !has_newer(pair, "backup-used") &&
	    !has_newer(pair, "helpdesk-code-used") &&
	    !has_newer(pair, "restored");
}

/* Was a notice sent that here has still to send? */
static bool
was_told(const struct pair *pair)
{
	uint32_t all = (1U << pair->there.event_count) - 1;
	uint32_t told = all & ~pair->there.untold.events;

	return (told << pair->newer & pair->here.untold.events) != 0;
}

static void
settle(
    struct xs_account *account, const struct xs_throttle *throttle, int64_t now)
{
	(void)xs_throttle_settle(account, throttle, now);
	(void)xs_sms_settle(account, now);
}

bool
copy_is_ahead(const struct xs_account *there, const struct xs_account *here,
    const struct xs_throttle *throttle, int64_t now)
{
	struct pair pair = {.there = *there, .here = *here};
	bool ahead = true;

	settle(&pair.there, throttle, now);
	settle(&pair.here, throttle, now);
	if (find_newer(there, here, &pair.newer))
		ahead = was_used(&pair) || was_set(&pair) || was_tried(&pair) ||
		    was_sent(&pair) || is_unconfirmed(&pair) || was_told(&pair);
	xs_account_wipe(&pair.there);
	xs_account_wipe(&pair.here);
	return ahead;
}
