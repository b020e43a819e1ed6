/* SPDX-License-Identifier: BSD-3-Clause */
/* disable, app, phone and default: one part of a record that is there. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "notice.h"
#include "phone.h"
#include "throttle.h"

static const char *const words[XS_METHODS] = {
    [XS_APP] = "authenticator app",
    [XS_SMS] = "mobile number",
    [XS_BACKUP] = "backup code",
};

/* One change on its way, and what it found under the record's lock. */
struct edit {
	const struct xs_config *config;
	enum xs_method method;
	int64_t now;
	char by[XS_BY_MAX];
	bool lacking; /* the user has no such method: nothing is changed */
	bool last;    /* nothing else lets in; a removal changes nothing */
	char number[XS_PHONE_MAX];
};

static bool
is_offered(const struct xs_config *config, enum xs_method method)
{
	if ((config->methods & 1U << method) == 0)
		return false;
	return method != XS_SMS || config->sms_command[0] != '\0';
}

/* Can the user log in by that method on this host, but for a wait? */
static bool
is_usable(const struct edit *edit, const struct xs_account *account,
    enum xs_method method)
{
	return is_offered(edit->config, method) &&
	    xs_account_has(account, method) &&
	    !account->methods[method].disabled &&
	    (method != XS_BACKUP || account->backup.count > 0 ||
		xs_account_helpdesk_valid(account, edit->now));
}

static bool
has_usable(const struct edit *edit, const struct xs_account *account)
{
	for (int method = 0; method < XS_METHODS; method++) {
		if (is_usable(edit, account, method))
			return true;
	}
	return false;
}

/* The time is that of the lock, and seen: copy --update asks what is later. */
static void
note_time(struct edit *edit, struct xs_account *account)
{
	edit->now = xs_env_system.now(xs_env_system.context);
	if (edit->now > account->latest)
		account->latest = edit->now;
}

/* Is there anything to change? */
static int
judge_there(struct edit *edit, struct xs_account *account)
{
	note_time(edit, account);
	edit->lacking = !xs_account_has(account, edit->method);
	return edit->lacking ? XS_E_INVALID : 0;
}

static int
disable_method(struct xs_account *account, void *context)
{
	struct edit *edit = context;
	char word[XS_EVENT_WORD_MAX];
	int err = judge_there(edit, account);

	if (err != 0)
		return err;
	xs_throttle_disable(account, edit->method);
	snprintf(
	    word, sizeof word, "%s-disabled", xs_method_name(edit->method));
	xs_notice_event(edit->config, account, edit->now, word, "", edit->by);
	edit->last = !has_usable(edit, account);
	return 0;
}

/*
 * Whoever has nothing else is not left with a record that lets nobody in: a
 * slip would lock out, and disable stops a stolen phone as well
 * (test_admin_change: test_app_that_is_the_last_way_in_is_not_removed).
 */
static int
remove_app(struct xs_account *account, void *context)
{
	struct edit *edit = context;
	int err = judge_there(edit, account);

	if (err != 0)
		return err;
	explicit_bzero(&account->app, sizeof account->app);
	xs_throttle_clear_method(account, XS_APP);
	if (account->default_method == XS_APP)
		account->default_method = -1;
	edit->last = !has_usable(edit, account);
	if (edit->last)
		return XS_E_INVALID;
	xs_notice_event(
	    edit->config, account, edit->now, "app-removed", "", edit->by);
	return 0;
}

/* As for the app. */
static int
remove_phone(struct xs_account *account, void *context)
{
	struct edit *edit = context;
	int err = judge_there(edit, account);

	if (err != 0)
		return err;
	memset(account->phone.number, 0, sizeof account->phone.number);
	memset(&account->phone.made, 0, sizeof account->phone.made);
	xs_throttle_clear_method(account, XS_SMS);
	if (account->default_method == XS_SMS)
		account->default_method = -1;
	edit->last = !has_usable(edit, account);
	if (edit->last)
		return XS_E_INVALID;
	xs_notice_event(
	    edit->config, account, edit->now, "phone-removed", "", edit->by);
	return 0;
}

static int
set_phone(struct xs_account *account, void *context)
{
	struct edit *edit = context;

	note_time(edit, account);
	memcpy(account->phone.number, edit->number, sizeof edit->number);
	account->phone.made.time = edit->now;
	strcpy(account->phone.made.by, edit->by);
	xs_notice_event(
	    edit->config, account, edit->now, "phone-set", "", edit->by);
	return 0;
}

static int
set_default(struct xs_account *account, void *context)
{
	struct edit *edit = context;
	char word[XS_EVENT_WORD_MAX];
	int err = judge_there(edit, account);

	if (err != 0)
		return err;
	account->default_method = (int)edit->method;
	snprintf(word, sizeof word, "default-%s", xs_method_name(edit->method));
	xs_notice_event(edit->config, account, edit->now, word, "", edit->by);
	return 0;
}

/* Looks the user up and makes the change. Returns 0 or an exit code, said. */
static int
apply(struct admin *admin, const char *name, struct admin_user *user,
    admin_attempt *attempt, struct edit *edit)
{
	struct xs_fault fault = {""};
	struct xs_identity who;
	int err, code;

	code = admin_user_get(name, user);
	if (code == 0)
		code = admin_open(admin);
	if (code != 0)
		return code;
	edit->config = &admin->config;
	admin_actor(edit->by);
	who.name = user->name;
	who.uid = user->uid;
	err = admin_update_if(admin, &who, attempt, edit, &fault);
	if (err == XS_E_NORECORD)
		admin_say("%s is not enrolled", user->name);
	else if (err != 0 && edit->lacking)
		admin_say("%s has no %s", user->name, words[edit->method]);
	else if (err != 0 && edit->last)
		return ADMIN_NO; /* the caller says how to go on */
	else
		return err == 0 ? EX_OK : admin_fail(err, &fault);
	return ADMIN_NO;
}

static void
tell(struct admin *admin, const struct admin_user *user)
{
	const struct xs_identity who = {user->name, user->uid};

	(void)admin_tell(admin, &who);
}

/* {"user":"alice","KEY":VALUE} or the sentence. */
static void
print_changed(const struct admin *admin, const char *user, const char *key,
    const char *value, const char *sentence)
{
	json_object *answer;

	if (!admin->json) {
		printf("%s: %s\n", user, sentence);
		return;
	}
	answer = json_object_new_object();
	admin_json_text(answer, "user", user);
	admin_json_text(answer, key, value);
	admin_json_print(answer);
}

int
admin_disable(struct admin *admin, int argc, char **argv)
{
	struct edit edit = {.last = false};
	struct admin_user user;
	char sentence[64];
	const char *name;
	int method, code = admin_operands(argc, argv, 2, 2);

	if (code != 0)
		return code;
	method = xs_method_parse(argv[optind + 1]);
	if (method < 0)
		return admin_usage(
		    "%s: no method; app, sms, backup", argv[optind + 1]);
	edit.method = method;
	name = xs_method_name(method);
	code = apply(admin, argv[optind], &user, disable_method, &edit);
	if (code != 0)
		return code;
	admin_log("disabled", user.name, edit.by, "method=%s", name);
	snprintf(
	    sentence, sizeof sentence, "%s switched off until unlocked", name);
	print_changed(admin, user.name, "disabled", name, sentence);
	if (edit.last)
		admin_say("%s has no other way in: whatever asks for the "
			  "second step is refused until \"xsuite-admin unlock "
			  "%s\"",
		    user.name, user.name);
	tell(admin, &user);
	return EX_OK;
}

int
admin_app(struct admin *admin, int argc, char **argv)
{
	static const struct option options[] = {
	    {"remove", no_argument, NULL, 'r'},
	    {NULL, 0, NULL, 0},
	};
	struct edit edit = {.method = XS_APP};
	struct admin_user user;
	bool removing = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'r')
			return admin_usage(
			    "app: %s: no such option", argv[optind - 1]);
		removing = true;
	}
	if (argc - optind != 1 || !removing)
		return admin_usage("app takes one USER and --remove");
	code = apply(admin, argv[optind], &user, remove_app, &edit);
	if (edit.last)
		admin_say("the app is all that lets %s in, so it stays. "
			  "\"xsuite-admin backup-code %s\" gives another way "
			  "in first; \"disable %s app\" switches it off; "
			  "\"remove %s\" forgets the whole second step",
		    user.name, user.name, user.name, user.name);
	if (code != 0)
		return code;
	admin_log("removed", user.name, edit.by, "method=app");
	print_changed(
	    admin, user.name, "removed", "app", "authenticator app removed");
	tell(admin, &user);
	return EX_OK;
}

int
admin_phone_read(
    const struct xs_config *config, const char *typed, char out[XS_PHONE_MAX])
{
	switch (xs_phone_read(
	    typed, config->country_code, config->sms_allow, out)) {
	case XS_PHONE_READ:
		return 0;
	case XS_PHONE_NO_COUNTRY:
		return admin_usage("%s: no country code, and the options set "
				   "no country_code",
		    typed);
	case XS_PHONE_NOT_ALLOWED:
		return admin_usage(
		    "%s: not among the numbers of sms_allow", typed);
	default:
		return admin_usage("%s: not a telephone number", typed);
	}
}

static int
forget_phone(struct admin *admin, const char *name)
{
	struct edit edit = {.method = XS_SMS};
	struct admin_user user;
	int code = apply(admin, name, &user, remove_phone, &edit);

	if (edit.last)
		admin_say("the mobile number is all that lets %s in, so it "
			  "stays. \"xsuite-admin backup-code %s\" gives "
			  "another way in first; \"disable %s sms\" switches "
			  "it off; \"remove %s\" forgets the whole second "
			  "step",
		    user.name, user.name, user.name, user.name);
	if (code != 0)
		return code;
	admin_log("removed", user.name, edit.by, "method=sms");
	print_changed(
	    admin, user.name, "removed", "sms", "mobile number removed");
	tell(admin, &user);
	return EX_OK;
}

static int
put_phone(struct admin *admin, const char *name, const char *typed)
{
	struct edit edit = {.method = XS_SMS};
	struct admin_user user;
	char shown[32], sentence[64];
	int code = admin_phone_read(&admin->config, typed, edit.number);

	if (code == 0)
		code = apply(admin, name, &user, set_phone, &edit);
	if (code != 0)
		return code;
	admin_log("phone", user.name, edit.by, "method=sms");
	xs_phone_mask(edit.number, shown);
	snprintf(sentence, sizeof sentence, "mobile number %s", shown);
	print_changed(admin, user.name, "phone", shown, sentence);
	if (is_offered(&admin->config, XS_SMS))
		admin_sms_is_weak(&admin->config);
	else
		admin_say("this host does not offer SMS");
	tell(admin, &user);
	return EX_OK;
}

int
admin_phone(struct admin *admin, int argc, char **argv)
{
	static const struct option options[] = {
	    {"remove", no_argument, NULL, 'r'},
	    {NULL, 0, NULL, 0},
	};
	bool removing = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'r')
			return admin_usage(
			    "phone: %s: no such option", argv[optind - 1]);
		removing = true;
	}
	if (argc - optind != (removing ? 1 : 2))
		return admin_usage("phone takes one USER, and NUMBER or "
				   "--remove");
	return removing ? forget_phone(admin, argv[optind])
			: put_phone(admin, argv[optind], argv[optind + 1]);
}

int
admin_default(struct admin *admin, int argc, char **argv)
{
	struct edit edit = {.last = false};
	struct admin_user user;
	char sentence[64];
	const char *name;
	int method, code = admin_operands(argc, argv, 2, 2);

	if (code != 0)
		return code;
	method = xs_method_parse(argv[optind + 1]);
	if (method != XS_APP && method != XS_SMS)
		return admin_usage(
		    "%s: no default; app, sms", argv[optind + 1]);
	edit.method = method;
	name = xs_method_name(method);
	code = apply(admin, argv[optind], &user, set_default, &edit);
	if (code != 0)
		return code;
	admin_log("default", user.name, edit.by, "method=%s", name);
	snprintf(sentence, sizeof sentence, "%s is asked for first", name);
	print_changed(admin, user.name, "default", name, sentence);
	if (!is_offered(&admin->config, edit.method))
		admin_say("this host does not offer %s: another method is "
			  "asked for here",
		    name);
	tell(admin, &user);
	return EX_OK;
}
