/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The security settings: people set up and change their own second step.
 *
 * Whoever gets here has proved who he is: with password and second step, or,
 * without a record, with the password. The edge sees to that.
 */
#ifndef XS_SETTINGS_H
#define XS_SETTINGS_H

#include <stdbool.h>

#include "dialog.h"
#include "notice.h"
#include "report.h"
#include "sms.h"
#include "verify.h"

#define XS_SETTINGS_QUESTIONS_MAX 200 /* of one session */

enum xs_setting {
	XS_SETTING_MENU,
	XS_SETTING_STATUS,
	XS_SETTING_APP,
	XS_SETTING_PHONE,
	XS_SETTING_ADDRESS, /* in the menu where notices are sent */
	XS_SETTING_DEFAULT,
	XS_SETTING_BACKUP,
	XS_SETTING_LANGUAGE,
	XS_SETTING_EXPLAIN,
};

/* "status", "app", ...; the menu for NULL and "". False: no such setting. */
bool xs_setting_parse(const char *word, enum xs_setting *setting);

struct xs_settings {
	struct xs_verify *verify;
	const struct xs_person *person;
	bool enrolled; /* there was a record when he proved who he is */
	/*
	 * The last moment, by env->uptime, to read the record that he will
	 * change; 0: any. Whoever starts xsuite can stop its process once he
	 * has proved it, until there is another one (test_passwd:
	 * test_code_of_long_ago_refused).
	 */
	int64_t latest;
	const struct xs_sender *sender;     /* NULL: no texts from here */
	const struct xs_notifier *notifier; /* NULL: no notices from here */
	xs_report_event *report;
	void *context;
};

/*
 * Runs one entry, or the menu until "0". Changes are recorded one by one as
 * they are made. Returns 0 when it was ended by the person; XS_E_CONV, also
 * after XS_SETTINGS_QUESTIONS_MAX questions; XS_E_STATE or XS_E_EXISTS when a
 * record went, came, or has another second step since he proved who he is; or
 * what a change that failed returned. XS_E_NOTSUP when latest is over.
 */
int xs_settings_run(const struct xs_settings *settings, enum xs_setting setting)
    __attribute__((warn_unused_result));

enum xs_enrolled {
	XS_ENROL_UNFINISHED, /* left, put off, or three wrong codes */
	XS_ENROL_ELSEWHERE,  /* there is a record meanwhile */
	XS_ENROL_DONE = 0x3a5e,
};

/*
 * The first enrolment at a login: app, then backup code, recorded in one go
 * when both are confirmed; or, for a record without an app, the app alone.
 * until: the last second in which Enter puts it off, 0: it cannot be put off.
 * With enrolled, it always can. Returns 0 or an error; then nothing changed.
 */
int xs_enrol_run(const struct xs_settings *settings, int64_t until,
    enum xs_enrolled *result) __attribute__((warn_unused_result));

#endif
