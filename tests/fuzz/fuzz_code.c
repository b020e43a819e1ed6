/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Typed text: read as a code of every form, as an answer, and as the login
 * takes it. What is taken for a code of a method is one.
 */
#include "code.h"
#include "fuzz.h"
#include "login_talk.h"

static const char *const names[] = {"digits:8", "digits:10", "digits:12",
    "digits:16", "digits:20", "base32:13", "base32:16"};
#define FORMS (sizeof(names) / sizeof(names[0]))

static struct xs_code_format forms[FORMS];
static struct xs_config config;
static struct xs_talk talk;

static void
read_form(const struct xs_code_format *form, const char *typed)
{
	static const char *const alphabet[] = {
	    "0123456789", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"};
	char code[XS_CODE_MAX + 1], again[XS_CODE_MAX + 1];
	char shown[XS_CODE_SHOWN_MAX + 1];

	if (!xs_code_read(form, typed, code)) {
		MUST(code[0] == '\0');
		return;
	}
	MUST(strspn(code, alphabet[form->alphabet]) == form->length);
	xs_code_show(code, shown);
	MUST(xs_code_read(form, shown, again) && strcmp(again, code) == 0);
}

static void
find_method(const char *typed, unsigned choice)
{
	static const int asked[] = {-1, XS_APP, XS_BACKUP};
	struct xs_verify verify = {.config = &config, .env = &xs_env_system};
	struct xs_login login = {.verify = &verify};
	struct xs_account *account = &talk.account;
	struct xs_answer answer;
	char out[XS_CODE_MAX + 1];
	int found;

	xs_config_init(&config);
	talk = (struct xs_talk){
	    .login = &login, .verify = &verify, .config = &config};
	talk.nobody = choice / 8 % 8 == 0;
	account->app.set = true;
	account->app.totp.digits = 6 + choice % 3;
	account->backup.count = choice / 64 % 2;
	account->backup.format = forms[choice % FORMS];
	xs_answer_set(&answer, typed);
	MUST(answer.length == strlen(typed));
	MUST(strcmp(answer.text, answer.fit ? typed : "") == 0);
	found = xs_talk_find_method(&talk, asked[choice / 128 % 3], &answer);
	MUST(found == -1 || found == XS_APP || found == XS_BACKUP);
	if (found == XS_APP && !talk.nobody)
		MUST(xs_digits_read(typed, account->app.totp.digits, out));
	if (found == XS_BACKUP && !talk.nobody)
		MUST(xs_code_read(&account->backup.format, typed, out) &&
		    account->backup.count > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	unsigned choice = (unsigned)take_number(&in, 2);
	char typed[200];

	take_text(&in, typed, sizeof(typed));
	for (size_t i = 0; i < FORMS; i++) {
		MUST(xs_code_format_parse(names[i], &forms[i]));
		read_form(&forms[i], typed);
	}
	find_method(typed, choice);
	return 0;
}
