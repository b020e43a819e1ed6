/* SPDX-License-Identifier: BSD-3-Clause */
#include "change.h"

#include <stdio.h>
#include <string.h>

#include "notice.h"
#include "sms_limit.h"
#include "verify_step.h"

/* One change: what it does to the record in hand, and how it is recorded. */
struct change {
	const char *event;
	/* May it be made now? NULL: always. */
	bool (*may)(
	    const struct xs_account *account, const void *what, int64_t now);
	void (*apply)(struct xs_account *account, const void *what,
	    const struct xs_made *made);
	const void *what;
	/* Is it so already? NULL: it never is. */
	bool (*is_so)(const struct xs_account *account, const void *what);
};

static bool
same_app(const struct xs_app *a, const struct xs_app *b)
{
	/* A login in between moves the last step and changes no setting. */
	return a->set == b->set &&
	    a->totp.secret_length == b->totp.secret_length &&
	    a->made.time == b->made.time &&
	    memcmp(a->totp.secret, b->totp.secret, sizeof(a->totp.secret)) == 0;
}

static bool
same_backup(const struct xs_backup *a, const struct xs_backup *b)
{
	return a->count == b->count && a->helpdesk.set == b->helpdesk.set &&
	    memcmp(a->salt, b->salt, sizeof(a->salt)) == 0 &&
	    memcmp(a->helpdesk.hash, b->helpdesk.hash,
		sizeof(a->helpdesk.hash)) == 0;
}

/* Is it the second step by which he came in? */
static bool
same_step(const struct xs_account *a, const struct xs_account *b)
{
	return memcmp(a->enrolment, b->enrolment, sizeof(a->enrolment)) == 0 &&
	    same_app(&a->app, &b->app) && same_backup(&a->backup, &b->backup) &&
	    strcmp(a->phone.number, b->phone.number) == 0;
}

static bool
same_mails(const struct xs_account *a, const struct xs_account *b)
{
	/* Behind the last there are zeros. */
	return a->mail_count == b->mail_count &&
	    memcmp(a->mails, b->mails, sizeof(a->mails)) == 0;
}

/* May a change be made of what seen was decided about? MADE, or why not. */
static enum xs_changed
judge(const struct change *change, const struct xs_account *seen,
    const struct xs_account *account, int64_t now)
{
	/* Counters and times may differ. */
	if (!same_step(seen, account))
		return XS_CHANGE_VOID;
	if (seen->default_method != account->default_method ||
	    strcmp(seen->language, account->language) != 0 ||
	    !same_mails(seen, account) ||
	    (change->may != NULL && !change->may(account, change->what, now)))
		return XS_CHANGE_STALE;
	if (change->is_so != NULL && change->is_so(account, change->what))
		return XS_CHANGE_NONE;
	return XS_CHANGE_MADE;
}

/* Now, and by the person himself. */
static struct xs_made
made_now(const struct xs_verify *verify, int64_t now)
{
	struct xs_made made = {.time = now};

	(void)snprintf(made.by, sizeof(made.by), "%.*s",
	    (int)sizeof(made.by) - 1, verify->who.name);
	return made;
}

static int
make(struct xs_verify *verify, const struct change *change,
    struct xs_account *account, enum xs_changed *changed)
{
	struct xs_account now_account;
	enum xs_changed found;
	struct xs_made made;
	int64_t now;
	int r = xs_step_begin(verify, &now_account, &now);

	if (r != 0)
		return r;
	found = judge(change, account, &now_account, now);
	if (found != XS_CHANGE_MADE) {
		verify->store->ops->abort(verify->store);
		goto done;
	}
	made = made_now(verify, now);
	change->apply(&now_account, change->what, &made);
	xs_notice_event(verify->config, &now_account, now, change->event,
	    verify->address, "");
	r = xs_step_commit(verify, &now_account);
	if (r != 0)
		goto out;
done:
	*account = now_account;
	*changed = found;
out:
	xs_account_wipe(&now_account);
	return r;
}

int
xs_change_is_open(struct xs_verify *verify, const struct xs_account *seen,
    enum xs_changed *changed)
{
	static const struct change any = {NULL, NULL, NULL, NULL, NULL};
	struct xs_account account;
	int r = xs_verify_load(verify, &account);

	if (r == 0)
		*changed = judge(&any, seen, &account, account.latest);
	if (r == XS_E_NORECORD) {
		*changed = XS_CHANGE_STALE;
		r = 0;
	}
	xs_account_wipe(&account);
	return r;
}

/*
 * Guesses at the old secret say nothing about the new one, so its waits and
 * its stop go; the budgets stay. What an administrator has switched off stays
 * so too.
 */
static void
apply_app(
    struct xs_account *account, const void *what, const struct xs_made *made)
{
	account->app = *(const struct xs_app *)what;
	account->app.made = *made;
	if (!xs_throttle_is_kept_off(account, XS_APP))
		xs_throttle_clear_method(account, XS_APP);
}

int
xs_change_app(struct xs_verify *verify, const struct xs_app *app,
    struct xs_account *account, enum xs_changed *changed)
{
	const struct change change = {"app-set", NULL, apply_app, app, NULL};

	return make(verify, &change, account, changed);
}

static void
apply_backup(
    struct xs_account *account, const void *what, const struct xs_made *made)
{
	account->backup = *(const struct xs_backup *)what;
	account->backup.made = *made;
	if (!xs_throttle_is_kept_off(account, XS_BACKUP))
		xs_throttle_clear_method(account, XS_BACKUP);
}

int
xs_change_backup(struct xs_verify *verify, const struct xs_backup *backup,
    struct xs_account *account, enum xs_changed *changed)
{
	const struct change change = {
	    "backup-set", NULL, apply_backup, backup, NULL};

	return make(verify, &change, account, changed);
}

/* Asked before the text went out, too; but others may have been quicker. */
static bool
may_link(const struct xs_account *account, const void *what, int64_t now)
{
	int64_t until;

	return *(const char *)what == '\0' ||
	    xs_sms_change_gate(account, now, &until);
}

/* Guesses at the codes of the old number say nothing about the new one. */
static void
apply_phone(
    struct xs_account *account, const void *what, const struct xs_made *made)
{
	struct xs_phone *phone = &account->phone;

	(void)snprintf(
	    phone->number, sizeof(phone->number), "%s", (const char *)what);
	memset(&phone->made, 0, sizeof(phone->made));
	if (phone->number[0] != '\0') {
		phone->made = *made;
		xs_sms_change_charge(account, made->time);
	} else if (account->default_method == XS_SMS) {
		account->default_method = -1;
	}
	if (!xs_throttle_is_kept_off(account, XS_SMS))
		xs_throttle_clear_method(account, XS_SMS);
}

int
xs_change_phone(struct xs_verify *verify, const char *number,
    struct xs_account *account, enum xs_changed *changed)
{
	const struct change change = {
	    number[0] == '\0' ? "phone-removed" : "phone-set", may_link,
	    apply_phone, number, NULL};

	return make(verify, &change, account, changed);
}

struct new_mail {
	unsigned nth;
	const char *address;
};

static bool
may_have_mail(const struct xs_account *account, const void *what, int64_t now)
{
	const struct new_mail *mail = what;

	(void)now;
	if (mail->address[0] == '\0')
		return mail->nth < account->mail_count;
	return mail->nth < XS_MAILS_MAX && mail->nth <= account->mail_count;
}

static void
apply_mail(
    struct xs_account *account, const void *what, const struct xs_made *made)
{
	const struct new_mail *mail = what;
	size_t size = sizeof(account->mails[0]);
	char *place = account->mails[mail->nth];

	(void)made;
	if (mail->address[0] == '\0') {
		account->mail_count--;
		memmove(place, place + size,
		    (account->mail_count - mail->nth) * size);
		memset(account->mails[account->mail_count], 0, size);
		return;
	}
	if (mail->nth == account->mail_count)
		account->mail_count++;
	memset(place, 0, size);
	(void)snprintf(place, size, "%s", mail->address);
}

int
xs_change_mail(struct xs_verify *verify, unsigned nth, const char *address,
    struct xs_account *account, enum xs_changed *changed)
{
	const struct new_mail mail = {nth, address};
	const struct change change = {
	    address[0] == '\0' ? "address-removed" : "address-set",
	    may_have_mail, apply_mail, &mail, NULL};

	return make(verify, &change, account, changed);
}

static void
apply_default(
    struct xs_account *account, const void *what, const struct xs_made *made)
{
	(void)made;
	account->default_method = (int)*(const enum xs_method *)what;
}

static bool
is_default(const struct xs_account *account, const void *what)
{
	return account->default_method == (int)*(const enum xs_method *)what;
}

int
xs_change_default(struct xs_verify *verify, enum xs_method method,
    struct xs_account *account, enum xs_changed *changed)
{
	const struct change change = {
	    "default-set", NULL, apply_default, &method, is_default};

	return make(verify, &change, account, changed);
}

static void
apply_language(
    struct xs_account *account, const void *what, const struct xs_made *made)
{
	(void)made;
	(void)snprintf(account->language, sizeof(account->language), "%s",
	    (const char *)what);
}

static bool
is_language(const struct xs_account *account, const void *what)
{
	return strcmp(account->language, what) == 0;
}

int
xs_change_language(struct xs_verify *verify, const char *language,
    struct xs_account *account, enum xs_changed *changed)
{
	const struct change change = {
	    "language-set", NULL, apply_language, language, is_language};

	return make(verify, &change, account, changed);
}

/* A new record in hand. Returns 0 or XS_E_INTERNAL. */
static int
begin_account(struct xs_verify *verify, const struct xs_app *app,
    const struct xs_backup *backup, struct xs_account *account)
{
	const struct xs_env *env = verify->env;
	int64_t now = env->now(env->context);

	xs_account_init(account, &verify->who);
	account->app = *app;
	account->app.made = made_now(verify, now);
	if (backup != NULL) {
		account->backup = *backup;
		account->backup.made = account->app.made;
	}
	account->latest = now;
	/* The place where it was set up is the owner's. */
	xs_step_succeed(verify, account, XS_APP, now);
	xs_notice_event(
	    verify->config, account, now, "enrolled", verify->address, "");
	return env->random(
	    env->context, account->enrolment, sizeof(account->enrolment));
}

int
xs_change_enrol(struct xs_verify *verify, const struct xs_app *app,
    const struct xs_backup *backup, struct xs_account *account)
{
	struct xs_account fresh;
	struct xs_plain plain = {0};
	bool untold = false;
	int r = begin_account(verify, app, backup, &fresh);

	if (r == 0) {
		untold = xs_notice_claim(verify->config, &fresh, fresh.latest);
		r = xs_account_write(&fresh, &plain);
	}
	if (r != 0)
		(void)xs_fault_set(
		    verify->fault, r, "the record could not be written out");
	else
		r = verify->store->ops->create(
		    verify->store, &verify->who, &plain, verify->fault);
	if (r == 0) {
		*account = fresh;
		verify->untold = untold;
	}
	xs_account_wipe(&fresh);
	xs_plain_wipe(&plain);
	return r;
}
