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
#include "base32.h"
#include "qr.h"

#define URI_MAX 8192
#define KEY_MAX (XS_BASE32_LENGTH(XS_TOTP_SECRET_MAX) + 1)

/* All that is shown, and what of it is recorded. Wiped as one. */
struct enrolment {
	struct admin_user user;
	struct xs_app app;
	struct xs_backup backup;
	uint8_t id[8];
	int64_t now;
	char by[XS_BY_MAX];
	char codes[XS_CODES_MAX][XS_CODE_MAX + 1];
	char key[KEY_MAX];
	char uri[URI_MAX];
};

static int
fill_random(void *buffer, size_t size)
{
	return xs_env_system.random(xs_env_system.context, buffer, size);
}

static int
make_app(struct enrolment *new, const struct xs_config *config)
{
	struct xs_totp *totp = &new->app.totp;

	totp->algorithm = config->app_algorithm;
	totp->digits = config->app_digits;
	totp->period = config->app_period;
	totp->secret_length = xs_totp_secret_size(totp->algorithm);
	new->app.set = true;
	new->app.made.time = new->now;
	strcpy(new->app.made.by, new->by);
	if (fill_random(totp->secret, totp->secret_length) != 0)
		return XS_E_INTERNAL;
	xs_base32_encode(totp->secret, totp->secret_length, new->key);
	return 0;
}

/* The hashing takes one of the host's slots, as a login would. */
static int
make_backup(struct enrolment *new, const struct xs_config *config,
    struct xs_fault *fault)
{
	char host_dir[XS_OPTION_MAX + 8];
	struct xs_argon2_slot slot;
	int err;

	snprintf(host_dir, sizeof host_dir, "%s/host", config->state_dir);
	err = xs_argon2_slot_take(&slot, host_dir, xs_argon2_pool_of(getuid()),
	    XS_ARGON2_WAIT_MS, fault);
	if (err != 0)
		return err;
	err = xs_backup_make(
	    config, &xs_env_system, new->by, &new->backup, new->codes);
	new->backup.made.time = new->now;
	xs_argon2_slot_give(&slot);
	return err;
}

static int
make_uri(struct enrolment *new, const struct xs_config *config,
    struct xs_fault *fault)
{
	char host[256] = "localhost";
	const char *issuer = config->issuer;
	int err;

	if (*issuer == '\0') {
		(void)gethostname(host, sizeof host - 1);
		host[sizeof host - 1] = '\0';
		issuer = host;
	}
	err = xs_totp_uri(
	    &new->app.totp, issuer, new->user.name, new->uri, sizeof new->uri);
	if (err != 0)
		return xs_fault_set(fault, XS_E_CONFIG,
		    "issuer \"%s\": too long or with a colon in it", issuer);
	return 0;
}

static int
make_all(struct enrolment *new, const struct xs_config *config,
    struct xs_fault *fault)
{
	int err;

	new->now = xs_env_system.now(xs_env_system.context);
	admin_actor(new->by);
	err = fill_random(new->id, sizeof new->id);
	if (err == 0)
		err = make_app(new, config);
	if (err == 0)
		err = make_uri(new, config, fault);
	if (err == 0)
		err = make_backup(new, config, fault);
	return err;
}

/*
 * What a new enrolment leaves as it was: phone, language, budgets, the limits
 * that guard the phone, and what has happened.
 */
static void
keep_former(struct xs_account *account, const struct xs_account *former)
{
	account->phone = former->phone;
	memcpy(account->language, former->language, sizeof account->language);
	memcpy(account->budgets, former->budgets, sizeof account->budgets);
	memcpy(account->home, former->home, sizeof account->home);
	memcpy(account->sends, former->sends, sizeof account->sends);
	memcpy(account->notices, former->notices, sizeof account->notices);
	memcpy(account->mails, former->mails, sizeof account->mails);
	memcpy(account->events, former->events, sizeof account->events);
	account->mail_count = former->mail_count;
	account->event_count = former->event_count;
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
	account->app = new->app;
	account->backup = new->backup;
	account->latest = new->now;
	xs_account_event(account, new->now, "enrolled", "", new->by);
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
	admin_json_text(answer, "uri", new->uri);
	admin_json_text(answer, "secret", new->key);
	for (unsigned i = 0; i < new->backup.count; i++) {
		xs_code_show(new->codes[i], shown);
		json_object_array_add(codes, json_object_new_string(shown));
	}
	explicit_bzero(shown, sizeof shown);
	json_object_object_add(answer, "backup_codes", codes);
	admin_json_print(answer);
}

static void
print_qr(const char *uri)
{
	bool blocks = isatty(STDOUT_FILENO) == 1 &&
	    strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	char *drawing;

	drawing = xs_qr_draw(uri, blocks ? XS_QR_HALF_BLOCKS : XS_QR_ASCII);
	if (drawing == NULL) {
		printf("The QR code does not fit in here. Its text is:\n%s\n",
		    uri);
		return;
	}
	fputs(drawing, stdout);
	explicit_bzero(drawing, strlen(drawing));
	free(drawing);
}

static void
print_human(const struct enrolment *new)
{
	const struct xs_totp *totp = &new->app.totp;
	char shown[XS_CODE_SHOWN_MAX + 1];

	printf(
	    "Scan this with the authenticator app of %s:\n\n", new->user.name);
	print_qr(new->uri);
	fputs("\nKey:", stdout);
	for (size_t i = 0; new->key[i] != '\0'; i++)
		printf("%s%c", i % 4 == 0 ? " " : "", new->key[i]);
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
	if (admin->json)
		print_json(new);
	else
		print_human(new);
	if (fflush(stdout) != 0)
		admin_say("%s is enrolled, but this could not be shown; run "
			  "enrol --replace",
		    who.name);
	return EX_OK;
}

int
admin_enrol(struct admin *admin, int argc, char **argv)
{
	static const struct option options[] = {
	    {"replace", no_argument, NULL, 'r'},
	    {NULL, 0, NULL, 0},
	};
	struct enrolment *new;
	bool replace = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'r')
			return admin_usage(
			    "enrol: %s: no such option", argv[optind - 1]);
		replace = true;
	}
	if (argc - optind != 1)
		return admin_usage("enrol takes one USER");
	new = calloc(1, sizeof *new);
	if (new == NULL) {
		admin_say("out of memory");
		return EX_OSERR;
	}
	code = admin_user_get(argv[optind], &new->user);
	if (code == 0)
		code = admin_open(admin);
	if (code == 0)
		code = enrol(admin, new, replace);
	explicit_bzero(new, sizeof *new);
	free(new);
	return code;
}
