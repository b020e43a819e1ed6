/* SPDX-License-Identifier: BSD-3-Clause */
/* The settings dialogue without PAM, on the login's fixture. */
#ifndef SETTINGS_FIXTURE_H
#define SETTINGS_FIXTURE_H

#include "login_golden.h"

#include "change.h"
#include "settings.h"

static __attribute__((unused)) void
fixture_tell(void *context, const char *text)
{
	struct fixture *fixture = context;

	note(fixture->transcript, sizeof(fixture->transcript), "= %s\n", text);
}

static __attribute__((unused)) struct xs_settings
settings_of(struct fixture *fixture, bool enrolled)
{
	fixture_reset(fixture);
	fixture->person.tell = fixture_tell;
	return (struct xs_settings){.verify = &fixture->verify,
	    .person = &fixture->person,
	    .enrolled = enrolled,
	    .sender = fixture->login.sender,
	    .notifier = fixture->login.notifier,
	    .report = fixture_report,
	    .context = fixture};
}

static __attribute__((unused)) int
fixture_settings(struct fixture *fixture, const char *word, bool enrolled,
    const char *const *answers)
{
	const struct xs_settings settings = settings_of(fixture, enrolled);
	enum xs_setting setting;
	int r;

	fixture->answers = answers;
	assert_true(xs_setting_parse(word, &setting));
	r = xs_settings_run(&settings, setting);
	note(fixture->transcript, sizeof(fixture->transcript), "-> %s\n",
	    r == 0 ? "done" : xs_err_word(r));
	return r;
}

/* With a record, and without one. */
#define SETTINGS(fixture, word, ...) \
	fixture_settings(            \
	    fixture, word, true, (const char *const[]){__VA_ARGS__, NULL})
#define SETTINGS_FIRST(fixture, word, ...) \
	fixture_settings(                  \
	    fixture, word, false, (const char *const[]){__VA_ARGS__, NULL})

static __attribute__((unused)) int
fixture_first_login(struct fixture *fixture, bool enrolled, int64_t until,
    enum xs_enrolled *result, const char *const *answers)
{
	const struct xs_settings settings = settings_of(fixture, enrolled);
	int r;

	fixture->answers = answers;
	r = xs_enrol_run(&settings, until, result);
	note(fixture->transcript, sizeof(fixture->transcript), "-> %s\n",
	    r != 0                              ? xs_err_word(r)
		: *result == XS_ENROL_DONE      ? "set up"
		: *result == XS_ENROL_ELSEWHERE ? "elsewhere"
						: "unfinished");
	return r;
}

#define FIRST_LOGIN(fixture, until, result, ...)           \
	fixture_first_login(fixture, false, until, result, \
	    (const char *const[]){__VA_ARGS__, NULL})

#endif
