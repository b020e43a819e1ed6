/* SPDX-License-Identifier: BSD-3-Clause */
/* enrol: a new app secret and backup code, recorded, then shown once. */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "backup.h"
#include "new_app.h"
#include "notice.h"
#include "sms.h"
#include "throttle.h"

/* All that is shown, and what of it is recorded. Wiped as one. */
struct enrolment {
	const struct xs_config *config;
	struct admin_user user;
	struct xs_new_app app;
	struct xs_backup backup;
	uint8_t id[8];
	int64_t now;
	char by[XS_BY_MAX];
	char phone[XS_PHONE_MAX]; /* "": as it was */
	char codes[XS_CODES_MAX][XS_CODE_MAX + 1];
};

static int
fill_random(void *buffer, size_t size)
{
	return xs_env_system.random(xs_env_system.context, buffer, size);
}

static int
make_all(struct enrolment *new, const struct xs_config *config,
    struct xs_fault *fault)
{
	int err;

	new->config = config;
	new->now = xs_env_system.now(xs_env_system.context);
	admin_actor(new->by);
	err = fill_random(new->id, sizeof new->id);
	if (err == 0)
		err = xs_new_app_make(
		    config, &xs_env_system, new->user.name, &new->app, fault);
	new->app.app.made.time = new->now;
	strcpy(new->app.app.made.by, new->by);
	if (err == 0)
		err = xs_backup_make_in_slot(config, &xs_env_system, getuid(),
		    new->by, &new->backup, new->codes, fault);
	new->backup.made.time = new->now;
	return err;
}

/*
 * What a new enrolment leaves as it was: phone, language, budgets, the limits
 * that guard the phone, and what has happened. A phone that was switched off
 * because it is stolen stays so (test_admin_phone:
 * test_new_enrolment_leaves_a_stolen_phone_switched_off).
 */
static void
keep_former(struct xs_account *account, const struct xs_account *former)
{
	account->phone = former->phone;
	account->methods[XS_SMS] = former->methods[XS_SMS];
	memcpy(account->language, former->language, sizeof account->language);
	memcpy(account->budgets, former->budgets, sizeof account->budgets);
	memcpy(account->home, former->home, sizeof account->home);
	memcpy(account->sends, former->sends, sizeof account->sends);
	memcpy(account->notices, former->notices, sizeof account->notices);
	memcpy(account->mails, former->mails, sizeof account->mails);
	memcpy(account->events, former->events, sizeof account->events);
	account->mail_count = former->mail_count;
	account->event_count = former->event_count;
	account->untold = former->untold;
	account->unconfirmed = former->unconfirmed;
	account->history = former->history;
	account->last_success = former->last_success;
}

static void
set_up(struct xs_account *account, const struct enrolment *new)
{
	const struct xs_identity who = {new->user.name, new->user.uid};
	struct xs_account former = *account;

	xs_account_init(account, &who);
	keep_former(account, &former);
	memcpy(account->enrolment, new->id, sizeof account->enrolment);
	account->app = new->app.app;
	account->backup = new->backup;
	account->latest = new->now;
	if (new->phone[0] != '\0') {
		memcpy(account->phone.number, new->phone, sizeof new->phone);
		xs_throttle_clear_method(account, XS_SMS);
		account->phone.made.time = new->now;
		strcpy(account->phone.made.by, new->by);
	}
	xs_notice_event(
	    new->config, account, new->now, "enrolled", "", new->by);
	xs_account_wipe(&former);
}

static void
replace_enrolment(struct xs_account *account, void *context)
{
	set_up(account, context);
}

static int
record_first(struct admin *admin, const struct xs_identity *who,
    const struct enrolment *new, struct xs_fault *fault)
{
	struct xs_account account;
	struct xs_plain plain;
	int err;

	xs_account_init(&account, who);
	set_up(&account, new);
	err = xs_account_write(&account, &plain);
	if (err == 0)
		err =
		    admin->store.ops->create(&admin->store, who, &plain, fault);
	xs_account_wipe(&account);
	xs_plain_wipe(&plain);
	return err;
}

static void
print_json(const struct enrolment *new)
{
	json_object *answer = json_object_new_object();
	json_object *codes = json_object_new_array();
	char shown[XS_CODE_SHOWN_MAX + 1];

	admin_json_text(answer, "user", new->user.name);
	admin_json_text(answer, "uri", new->app.uri);
	admin_json_text(answer, "secret", new->app.key);
	for (unsigned i = 0; i < new->backup.count; i++) {
		xs_code_show(new->codes[i], shown);
		json_object_array_add(codes, json_object_new_string(shown));
	}
	explicit_bzero(shown, sizeof shown);
	json_object_object_add(answer, "backup_codes", codes);
	admin_json_print(answer);
}

static void
print_qr(const struct xs_new_app *new)
{
	bool blocks = isatty(STDOUT_FILENO) == 1 &&
	    strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	char *drawing;

	drawing =
	    xs_new_app_draw(new, blocks ? XS_QR_HALF_BLOCKS : XS_QR_ASCII);
	if (drawing == NULL) {
		printf("The QR code does not fit in here. Its text is:\n%s\n",
		    new->uri);
		return;
	}
	fputs(drawing, stdout);
	explicit_bzero(drawing, strlen(drawing));
	free(drawing);
}

static void
print_human(const struct enrolment *new)
{
	const struct xs_totp *totp = &new->app.app.totp;
	char key[XS_APP_KEY_SHOWN_MAX], shown[XS_CODE_SHOWN_MAX + 1];

	printf(
	    "Scan this with the authenticator app of %s:\n\n", new->user.name);
	print_qr(&new->app);
	xs_new_app_show_key(&new->app, key);
	printf("\nKey: %s", key);
	explicit_bzero(key, sizeof key);
	printf("\n     (%u digits, a new code every %u seconds, %s)\n\n",
	    totp->digits, totp->period,
	    xs_totp_algorithm_name(totp->algorithm));
	for (unsigned i = 0; i < new->backup.count; i++) {
		xs_code_show(new->codes[i], shown);
		printf("Backup code: %s\n", shown);
	}
	explicit_bzero(shown, sizeof shown);
	printf("\nThis is shown once. Hand it to %s, nobody else: whoever has "
	       "it can log in.\n",
	    new->user.name);
}

/*
 * Recorded before anything is shown: what is shown must be valid. If the
 * showing fails, --replace makes a new one.
 */
static int
enrol(struct admin *admin, struct enrolment *new, bool replace)
{
	const struct xs_identity who = {new->user.name, new->user.uid};
	struct xs_account former;
	struct xs_fault fault = {""};
	bool enrolled;
	int err;

	err = admin_load(admin, &who, &former, &fault);
	xs_account_wipe(&former);
	enrolled = err == 0;
	if (enrolled && !replace) {
		admin_say("%s is enrolled already; --replace makes a new app "
			  "secret and backup code",
		    who.name);
		return ADMIN_NO;
	}
	if (err == XS_E_NORECORD)
		err = 0;
	if (err == 0)
		err = make_all(new, &admin->config, &fault);
	if (err == 0)
		err = enrolled
		    ? admin_update(admin, &who, replace_enrolment, new, &fault)
		    : record_first(admin, &who, new, &fault);
	if (err != 0)
		return admin_fail(err, &fault);
	admin_log("enrolled", who.name, new->by, "%s",
	    enrolled ? "replaced=yes" : "");
	if (admin->json)
		print_json(new);
	else
		print_human(new);
	if (new->phone[0] != '\0' && xs_sms_is_offered(&admin->config))
		admin_sms_is_weak(&admin->config);
	if (fflush(stdout) != 0)
		admin_say("%s is enrolled, but this could not be shown; run "
			  "enrol --replace",
		    who.name);
	(void)admin_tell(admin, &who);
	return EX_OK;
}

int
admin_enrol(struct admin *admin, int argc, char **argv)
{
	static const struct option options[] = {
	    {"replace", no_argument, NULL, 'r'},
	    {"phone", required_argument, NULL, 'p'},
	    {NULL, 0, NULL, 0},
	};
	const char *phone = NULL;
	struct enrolment *new;
	bool replace = false;
	int option, code = 0;

	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == ':')
			return admin_usage("enrol: --phone needs a number");
		if (option != 'r' && option != 'p')
			return admin_usage(
			    "enrol: %s: no such option", argv[optind - 1]);
		if (option == 'r')
			replace = true;
		else
			phone = optarg;
	}
	if (argc - optind != 1)
		return admin_usage("enrol takes one USER");
	new = calloc(1, sizeof *new);
	if (new == NULL) {
		admin_say("out of memory");
		return EX_OSERR;
	}
	if (phone != NULL)
		code = admin_phone_read(&admin->config, phone, new->phone);
	if (code == 0)
		code = admin_user_get(argv[optind], &new->user);
	if (code == 0)
		code = admin_open(admin);
	if (code == 0)
		code = enrol(admin, new, replace);
	explicit_bzero(new, sizeof *new);
	free(new);
	return code;
}
