/* SPDX-License-Identifier: BSD-3-Clause */
/* All that can happen to a record, for who must know what of it counts. */
#ifndef COPY_LIFE_H
#define COPY_LIFE_H

#include "throttles.h"

#include "sms_limit.h"

#define COPIED (T0 + 1000)
#define THERE (T0 + 2000)
#define HERE (T0 + 3000)
#define NOW (T0 + 4000)
#define ADDRESS "192.0.2.7"

static const struct xs_identity alice = {"alice", 1000};

typedef void happening(struct xs_account *account, int64_t now);

static void
see(struct xs_account *account, int64_t now)
{
	if (account->latest < now)
		account->latest = now;
}

static void
note(struct xs_account *account, int64_t now, const char *word)
{
	see(account, now);
	xs_account_event(account, now, word, "", "root");
}

static void
enrol(struct xs_account *account, int64_t now)
{
	account->app.set = true;
	account->app.totp =
	    (struct xs_totp){.secret_length = 20, .digits = 6, .period = 30};
	memset(account->app.totp.secret, (int)(now % 251), 20);
	account->app.made = (struct xs_made){now, "root"};
	assert_true(xs_code_format_parse("digits:8", &account->backup.format));
	account->backup.cost = (struct xs_argon2_cost){65536, 3, 1};
	account->backup.count = 2;
	memset(account->backup.salt, (int)(now % 241),
	    sizeof(account->backup.salt));
	account->backup.made = account->app.made;
	memset(
	    account->enrolment, (int)(now % 239), sizeof(account->enrolment));
	note(account, now, "enrolled");
}

/* What was copied. */
static struct xs_account
copied(void)
{
	struct xs_account account;

	xs_account_init(&account, &alice);
	enrol(&account, T0);
	strcpy(account.phone.number, "+31612345678");
	account.phone.made = account.app.made;
	xs_sms_charge(&account, XS_SMS_CODE, T0 + 10);
	xs_sms_charge(&account, XS_SMS_NOTICE, T0 + 10);
	account.last_success = T0 + 20;
	account.app.last_step = (T0 + 20) / 30;
	see(&account, COPIED);
	return account;
}

static void
fail_once(struct xs_account *account, int64_t now)
{
	xs_throttle_charge(account, &defaults, XS_APP, XS_OTHER, now);
	if (account->history.count++ == 0)
		account->history.first = now;
	account->history.last = now;
	see(account, now);
}

static void
log_in(struct xs_account *account, int64_t now)
{
	static const unsigned charged[XS_SIDES];

	xs_throttle_success(account, XS_APP, XS_OWN, charged);
	memset(&account->history, 0, sizeof(account->history));
	account->last_success = now;
	account->app.last_step = (uint64_t)now / 30;
	see(account, now);
}

static void
disable(struct xs_account *account, int64_t now)
{
	account->methods[XS_APP].disabled = true;
	note(account, now, "app-disabled");
}

/* A record of a version that made no event of it, or raised no time. */
static void
disable_unseen(struct xs_account *account, int64_t now)
{
	(void)now;
	account->methods[XS_APP].disabled = true;
}

static void
stop(struct xs_account *account, int64_t now)
{
	for (int i = 0; i < 100; i++)
		fail_once(account, now);
	assert_true(account->methods[XS_APP].disabled);
	note(account, now, "app-disabled");
}

static void
unlock(struct xs_account *account, int64_t now)
{
	for (int method = 0; method < XS_METHODS; method++)
		xs_throttle_clear_method(account, (enum xs_method)method);
	xs_throttle_clear_budgets(account);
	note(account, now, "unlocked");
}

static void
remove_app(struct xs_account *account, int64_t now)
{
	memset(&account->app, 0, sizeof(account->app));
	xs_throttle_clear_method(account, XS_APP);
	note(account, now, "app-removed");
}

static void
set_phone(struct xs_account *account, int64_t now)
{
	strcpy(account->phone.number, "+31687654321");
	xs_sms_change_charge(account, now);
	account->phone.made.time = now;
	note(account, now, "phone-set");
}

static void
remove_phone(struct xs_account *account, int64_t now)
{
	memset(account->phone.number, 0, sizeof(account->phone.number));
	memset(&account->phone.made, 0, sizeof(account->phone.made));
	note(account, now, "phone-removed");
}

static void
set_default(struct xs_account *account, int64_t now)
{
	account->default_method = XS_SMS;
	note(account, now, "default-sms");
}

static void
set_language(struct xs_account *account, int64_t now)
{
	strcpy(account->language, "nl");
	note(account, now, "language-set");
}

static void
set_mail(struct xs_account *account, int64_t now)
{
	strcpy(account->mails[0], "alice@example.org");
	account->mail_count = 1;
	note(account, now, "address-set");
}

static void
use_code(struct xs_account *account, int64_t now)
{
	account->backup.count--;
	memset(account->backup.hashes[1], 0, XS_HASH_SIZE);
	log_in(account, now);
	note(account, now, "backup-used");
}

static void
renew_codes(struct xs_account *account, int64_t now)
{
	memset(account->backup.salt, (int)(now % 241),
	    sizeof(account->backup.salt));
	account->backup.made.time = now;
	note(account, now, "backup-set");
}

static void
issue_code(struct xs_account *account, int64_t now)
{
	account->backup.helpdesk.set = true;
	account->backup.helpdesk.format = account->backup.format;
	account->backup.helpdesk.expires = now + 86400;
	account->backup.helpdesk.made = (struct xs_made){now, "helen"};
	note(account, now, "helpdesk-code");
}

static void
restore(struct xs_account *account, int64_t now)
{
	memset(&account->backup, 0, sizeof(account->backup));
	account->app.last_step = (uint64_t)now / 30 + 1;
	note(account, now, "restored");
}

static void
send_text(struct xs_account *account, int64_t now)
{
	xs_sms_charge(account, XS_SMS_CODE, now);
	see(account, now);
}

static void
send_notice(struct xs_account *account, int64_t now)
{
	xs_sms_charge(account, XS_SMS_NOTICE, now);
	see(account, now);
}

static void
leave_open(struct xs_account *account, int64_t now)
{
	account->unconfirmed.time = now;
	strcpy(account->unconfirmed.from, ADDRESS);
	see(account, now);
}

static void
tell_open(struct xs_account *account, int64_t now)
{
	if (account->unconfirmed.time == 0)
		return;
	xs_account_event(account, account->unconfirmed.time,
	    "backup-unconfirmed", account->unconfirmed.from, "");
	memset(&account->unconfirmed, 0, sizeof(account->unconfirmed));
	see(account, now);
}

static const struct {
	const char *name;
	happening *happens;
} happenings[] = {
    {"disabled", disable},
    {"disabled, unseen", disable_unseen},
    {"stopped", stop},
    {"unlocked", unlock},
    {"app removed", remove_app},
    {"phone set", set_phone},
    {"phone removed", remove_phone},
    {"default set", set_default},
    {"language set", set_language},
    {"address set", set_mail},
    {"code used", use_code},
    {"codes renewed", renew_codes},
    {"helpdesk code", issue_code},
    {"restored", restore},
    {"enrolled", enrol},
    {"text sent", send_text},
    {"notice sent", send_notice},
    {"code left open", leave_open},
};

#endif
