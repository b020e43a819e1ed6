/* SPDX-License-Identifier: BSD-3-Clause */
/* enforce = log: what a login would have met, without asking anybody. */
#include <string.h>

#include "login_talk.h"

static int
tell(const struct xs_talk *talk, const char *word, int method,
    const char *reason)
{
	const struct xs_report report = {.word = word,
	    .method =
		method < 0 ? NULL : xs_method_name((enum xs_method)method),
	    .reason = reason};

	talk->login->report(talk->login->context, &report);
	return 0;
}

static int
tell_remembered(const struct xs_talk *talk)
{
	const struct xs_report report = {
	    .word = "would-accept", .method = XS_REMEMBERED};

	talk->login->report(talk->login->context, &report);
	return 0;
}

static int
preview_record(struct xs_talk *talk)
{
	int first = xs_talk_first_method(talk);
	enum xs_method others[XS_METHODS];
	bool disabled = false;
	int64_t until;

	for (enum xs_method m = 0; m < XS_METHODS; m++)
		disabled |=
		    xs_talk_is_there(talk, m) && !xs_talk_is_usable(talk, m);
	if (first < 0)
		return tell(talk, "would-refuse", -1,
		    disabled ? "disabled" : "no-method");
	if (xs_talk_find_remembered(talk) >= 0)
		return tell_remembered(talk);
	talk->asked = (enum xs_method)first;
	if (xs_talk_gate(talk, (enum xs_method)first, &until) ==
		XS_GATE_WAITING &&
	    xs_talk_list_others(talk, others) == 0)
		return tell(talk, "would-refuse", first, "waiting");
	return tell(talk, "would-ask", first, NULL);
}

int
xs_login_preview(const struct xs_login *login)
{
	struct xs_talk talk = {.login = login,
	    .verify = login->verify,
	    .config = login->verify->config};
	int r;

	if (!login->is_account)
		return tell(&talk, "would-refuse", -1, "no-account");
	r = xs_verify_load(login->verify, &talk.account);
	if (r == 0)
		r = preview_record(&talk);
	else if (r == XS_E_NORECORD)
		r = talk.config->not_enrolled == XS_NOT_ENROLLED_REFUSE
		    ? tell(&talk, "would-refuse", -1, "not-enrolled")
		    : tell(&talk, "would-pass", -1, "not-enrolled");
	xs_account_wipe(&talk.account);
	return r;
}
