/* SPDX-License-Identifier: BSD-3-Clause */
#include "login_talk.h"

#include <string.h>

/* ---- Which methods there are ---- */

static bool
is_offered(const struct xs_talk *talk, enum xs_method method)
{
	if ((talk->config->methods & 1u << method) == 0)
		return false;
	return method != XS_SMS || talk->login->sender != NULL;
}

bool
xs_talk_is_there(const struct xs_talk *talk, enum xs_method method)
{
	const struct xs_account *account = &talk->account;
	int64_t now = talk->verify->env->now(talk->verify->env->context);

	if (!is_offered(talk, method) || !xs_account_has(account, method))
		return false;
	return method != XS_BACKUP || account->backup.count > 0 ||
	    xs_account_helpdesk_valid(account, now);
}

enum xs_gate
xs_talk_gate(const struct xs_talk *talk, enum xs_method method, int64_t *until)
{
	if (talk->nobody)
		return XS_GATE_OPEN;
	return xs_verify_gate(talk->verify, &talk->account, method, until);
}

bool
xs_talk_is_usable(const struct xs_talk *talk, enum xs_method method)
{
	int64_t until;

	return xs_talk_is_there(talk, method) &&
	    xs_talk_gate(talk, method, &until) != XS_GATE_DISABLED;
}

static bool
is_open(const struct xs_talk *talk, enum xs_method method)
{
	int64_t until;

	return xs_talk_is_there(talk, method) &&
	    xs_talk_gate(talk, method, &until) == XS_GATE_OPEN;
}

unsigned
xs_talk_list_others(
    const struct xs_talk *talk, enum xs_method others[XS_METHODS])
{
	unsigned count = 0;

	for (enum xs_method m = 0; m < XS_METHODS; m++)
		if (m != talk->asked && is_open(talk, m))
			others[count++] = m;
	return count;
}

int
xs_talk_first_method(const struct xs_talk *talk)
{
	int preferred = talk->account.default_method;

	if (preferred >= 0 &&
	    xs_talk_is_usable(talk, (enum xs_method)preferred))
		return preferred;
	for (enum xs_method m = 0; m < XS_METHODS; m++)
		if (xs_talk_is_usable(talk, m))
			return (int)m;
	return -1;
}

int
xs_talk_find_remembered(const struct xs_talk *talk)
{
	if (talk->nobody ||
	    !xs_verify_is_remembered(talk->verify, &talk->account))
		return -1;
	return xs_talk_first_method(talk);
}

bool
xs_talk_pass_remembered(struct xs_talk *talk)
{
	const struct xs_report report = {
	    .word = "accepted", .method = XS_REMEMBERED};
	int method = xs_talk_find_remembered(talk);

	if (method < 0)
		return false;
	talk->login->report(talk->login->context, &report);
	talk->asked = (enum xs_method)method;
	talk->outcome = XS_OUT_REMEMBERED;
	talk->done = true;
	return true;
}

void
xs_talk_pretend(struct xs_talk *talk)
{
	const struct xs_config *config = talk->config;

	talk->nobody = true;
	xs_account_init(&talk->account, &talk->verify->who);
	talk->account.app.set = true;
	talk->account.app.totp.digits = config->app_digits;
	talk->account.backup.count = 1;
	talk->account.backup.format = config->backup_format;
}

/* ---- What typed text means ---- */

/*
 * For nobody the length alone decides, because sshd hands us junk of the
 * typed length; with or without what separates groups of four.
 */
static bool
has_length(size_t length, unsigned characters)
{
	return length == characters ||
	    length == characters + (characters - 1) / 4;
}

static bool
fits(
    struct xs_talk *talk, enum xs_method method, const struct xs_answer *answer)
{
	const struct xs_account *account = &talk->account;
	char code[XS_CODE_MAX + 1];
	bool yes = false;

	if (talk->nobody)
		return has_length(answer->length,
		    method == XS_APP ? account->app.totp.digits
				     : account->backup.format.length);
	if (!answer->fit || !xs_talk_is_usable(talk, method))
		return false;
	if (method == XS_APP)
		yes = xs_digits_read(
		    answer->text, account->app.totp.digits, code);
	if (method == XS_SMS)
		yes = ((talk->asked == XS_SMS && talk->sms_prompt) ||
			  xs_talk_sms_is_out(talk)) &&
		    xs_digits_read(
			answer->text, talk->config->sms_digits, code);
	if (method == XS_BACKUP)
		yes = (account->backup.count > 0 &&
			  xs_code_read(
			      &account->backup.format, answer->text, code)) ||
		    (account->backup.helpdesk.set &&
			xs_code_read(&account->backup.helpdesk.format,
			    answer->text, code));
	explicit_bzero(code, sizeof(code));
	return yes;
}

/*
 * The method that typed text is a code of: the one asked for (-1: none is),
 * else the only other one it fits; -1: it is not a code.
 */
int
xs_talk_find_method(
    struct xs_talk *talk, int asked, const struct xs_answer *answer)
{
	int found = -1;

	if (asked >= 0 && fits(talk, (enum xs_method)asked, answer))
		return asked;
	for (enum xs_method m = 0; m < XS_METHODS; m++) {
		if ((int)m == asked || !xs_talk_is_there(talk, m) ||
		    !fits(talk, m, answer))
			continue;
		if (found >= 0)
			return -1;
		found = (int)m;
	}
	return found;
}
