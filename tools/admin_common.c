/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands share: words, exit codes, accounts, records. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin.h"

static void __attribute__((format(printf, 1, 0)))
say(const char *format, va_list list)
{
	/* What was asked for stands before what is said about it. */
	(void)fflush(stdout);
	fprintf(stderr, "%s: ", admin_program);
	vfprintf(stderr, format, list);
}

void
admin_say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(format, list);
	va_end(list);
	fputc('\n', stderr);
}

int
admin_usage(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(format, list);
	va_end(list);
	fprintf(stderr, "; try %s --help\n", admin_program);
	return EX_USAGE;
}

int
admin_operands(int argc, char **argv, int least, int most)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};

	if (getopt_long(argc, argv, "", none, NULL) != -1)
		return admin_usage(
		    "%s: no such option of %s", argv[optind - 1], argv[0]);
	if (argc - optind < least)
		return admin_usage("%s: %s is missing", argv[0],
		    argc == optind ? "USER" : "a word");
	if (argc - optind > most)
		return admin_usage(
		    "%s: one word too many: %s", argv[0], argv[optind + most]);
	return 0;
}

int
admin_exit_code(int err)
{
	switch (err) {
	case XS_OK:
		return EX_OK;
	case XS_E_NORECORD:
	case XS_E_EXISTS:
		return ADMIN_NO;
	case XS_E_CONFIG:
		return EX_CONFIG;
	case XS_E_STATE:
	case XS_E_COMMIT:
		return EX_IOERR;
	case XS_E_MISMATCH:
		return EX_DATAERR;
	case XS_E_BUSY:
		return EX_TEMPFAIL;
	case XS_E_NOTSUP:
	case XS_E_PROGRAM:
		return EX_UNAVAILABLE;
	case XS_E_NOMEM:
		return EX_OSERR;
	default:
		return EX_SOFTWARE;
	}
}

int
admin_fail(int err, const struct xs_fault *fault)
{
	const char *hint = err == XS_E_MISMATCH
	    ? "; \"xsuite-admin remove\" if it is another person's, "
	      "\"adopt\" if the account was renamed or renumbered"
	    : "";

	admin_say(
	    "%s%s", fault->text[0] ? fault->text : xs_err_word(err), hint);
	return admin_exit_code(err);
}

static int
fail_key(const char *path, int err, const struct xs_fault *fault)
{
	int why = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ? 0 : errno;

	if (why == ENOENT) {
		admin_say("%s is not there; \"xsuite-admin init\" sets a host "
			  "up",
		    path);
		return EX_IOERR;
	}
	err = admin_fail(err, fault);
	return why == EACCES ? EX_NOPERM : err;
}

int
admin_open(struct admin *admin)
{
	const struct xs_config *config = &admin->config;
	struct xs_fault fault = {""};
	int err;

	err = xs_keyring_load(&admin->keys, config->key_file, &fault);
	if (err != 0)
		return fail_key(config->key_file, err, &fault);
	err = xs_store_open(
	    &admin->store, config, &admin->keys, &xs_env_system, &fault);
	return err == 0 ? 0 : admin_fail(err, &fault);
}

int
admin_user_find(const char *name, struct admin_user *user)
{
	struct passwd entry, *result = NULL;
	size_t size = 4096;
	char *buffer = NULL;
	int error, code = EX_TEMPFAIL;

	do {
		free(buffer);
		size *= 2;
		buffer = malloc(size);
		if (buffer == NULL)
			return EX_TEMPFAIL;
		error = getpwnam_r(name, &entry, buffer, size, &result);
	} while (error == EINTR || (error == ERANGE && size < 1 << 24));
	if (result != NULL && strlen(entry.pw_name) < XS_NAME_MAX) {
		strcpy(user->name, entry.pw_name);
		user->uid = entry.pw_uid;
		user->gid = entry.pw_gid;
		code = 0;
	} else if (error == 0 || error == ENOENT || error == ESRCH) {
		code = EX_NOUSER;
	}
	free(buffer);
	return code;
}

int
admin_user_refuse(const char *name, int code)
{
	if (code == EX_NOUSER)
		admin_say("%s: no such account", name);
	else
		admin_say("%s: accounts cannot be looked up now", name);
	return code;
}

int
admin_user_get(const char *name, struct admin_user *user)
{
	int code = admin_user_find(name, user);

	return code == 0 ? 0 : admin_user_refuse(name, code);
}

/* The user id that the login was made with, if the kernel knows it. */
static bool
login_uid(uid_t *uid)
{
	FILE *file = fopen("/proc/self/loginuid", "re");
	unsigned value = (uid_t)-1;
	bool known;

	/* The kernel's own number fits. NOLINTNEXTLINE(cert-err34-c) */
	known = file != NULL && fscanf(file, "%u", &value) == 1 &&
	    value != (uid_t)-1;
	if (file != NULL)
		(void)fclose(file);
	if (known)
		*uid = value;
	return known;
}

/* SUDO_UID means something only where nobody but root can have set it. */
static bool
sudo_uid(uid_t *uid)
{
	const char *text = getuid() == 0 ? getenv("SUDO_UID") : NULL;
	unsigned long value;
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || value >= (uid_t)-1)
		return false;
	*uid = (uid_t)value;
	return true;
}

bool
admin_callers_find(struct admin_callers *callers)
{
	uid_t uid;

	callers->count = 0;
	if (login_uid(&uid))
		callers->uid[callers->count++] = uid;
	if (sudo_uid(&uid))
		callers->uid[callers->count++] = uid;
	else if (getenv("SUDO_UID") != NULL)
		return false;
	return callers->count > 0;
}

int
admin_slot_take(struct xs_argon2_slot *slot, const struct xs_config *config,
    struct xs_fault *fault)
{
	char host_dir[XS_OPTION_MAX + 8];

	snprintf(host_dir, sizeof host_dir, "%s/host", config->state_dir);
	return xs_argon2_slot_take(slot, host_dir, xs_argon2_pool_of(getuid()),
	    XS_ARGON2_WAIT_MS, fault);
}

void
admin_actor(char by[XS_BY_MAX])
{
	struct passwd entry, *result = NULL;
	char buffer[16384];
	uid_t uid = getuid();

	if (!sudo_uid(&uid))
		(void)login_uid(&uid);
	if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &result) == 0 &&
	    result != NULL && strlen(entry.pw_name) < XS_BY_MAX)
		strcpy(by, entry.pw_name);
	else
		snprintf(by, XS_BY_MAX, "uid %u", uid);
}

static int
parse_owned(const struct xs_store *store, struct xs_account *account,
    const struct xs_plain *plain, const struct xs_identity *who,
    struct xs_fault *fault)
{
	int err = xs_account_read(account, plain, fault);

	if (err == 0 && store->ops->by_name)
		account->uid = who->uid;
	if (err == 0)
		err = xs_account_check_owner(account, who, fault);
	return err;
}

int
admin_load(struct admin *admin, const struct xs_identity *who,
    struct xs_account *account, struct xs_fault *fault)
{
	struct xs_plain plain;
	int err;

	err = admin->store.ops->read(&admin->store, who, &plain, fault);
	if (err == 0)
		err = parse_owned(&admin->store, account, &plain, who, fault);
	xs_plain_wipe(&plain);
	return err;
}

int
admin_update_if(struct admin *admin, const struct xs_identity *who,
    admin_attempt *attempt, void *context, struct xs_fault *fault)
{
	struct xs_store *store = &admin->store;
	struct xs_account account;
	struct xs_plain plain;
	int err;

	err = store->ops->begin(store, who, &plain, fault);
	if (err != 0)
		return err;
	err = parse_owned(store, &account, &plain, who, fault);
	if (err == 0)
		err = attempt(&account, context);
	if (err == 0)
		err = xs_account_write(&account, &plain);
	if (err == 0)
		err = store->ops->commit(store, &plain, fault);
	else
		store->ops->abort(store);
	xs_account_wipe(&account);
	xs_plain_wipe(&plain);
	return err;
}

struct sure {
	admin_change *change;
	void *context;
};

static int
change_surely(struct xs_account *account, void *context)
{
	const struct sure *sure = context;

	sure->change(account, sure->context);
	return 0;
}

int
admin_update(struct admin *admin, const struct xs_identity *who,
    admin_change *change, void *context, struct xs_fault *fault)
{
	struct sure sure = {change, context};

	return admin_update_if(admin, who, change_surely, &sure, fault);
}

struct search {
	const char *name;
	const uid_t *skip;
	struct admin_found found;
};

static int
match_record(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	struct search *search = context;
	struct xs_account account;

	(void)fault;
	if (plain == NULL || xs_account_read(&account, plain, NULL) != 0) {
		search->found.unreadable++;
		return 0;
	}
	if (strcmp(account.name, search->name) == 0 &&
	    (search->skip == NULL || *search->skip != who->uid)) {
		if (search->found.count++ == 0)
			search->found.uid = who->uid;
	}
	xs_account_wipe(&account);
	return 0;
}

int
admin_find_record(struct admin *admin, const char *name, const uid_t *skip,
    struct admin_found *found, struct xs_fault *fault)
{
	struct search search = {.name = name, .skip = skip};
	int err;

	err =
	    admin->store.ops->each(&admin->store, match_record, &search, fault);
	if (err == 0)
		*found = search.found;
	return err;
}

struct admin_who
admin_who(const struct xs_identity *who)
{
	struct admin_who named;

	if (who->name != NULL)
		snprintf(named.text, sizeof named.text, "%s", who->name);
	else
		snprintf(named.text, sizeof named.text, "uid %u", who->uid);
	return named;
}

void
admin_json_who(json_object *object, const struct xs_identity *who)
{
	if (who->name != NULL)
		admin_json_text(object, "user", who->name);
	else
		admin_json_number(object, "uid", who->uid);
}

void
admin_time_rfc3339(int64_t time, char out[ADMIN_TIME_MAX])
{
	const time_t seconds = (time_t)time;
	struct tm parts;

	if (gmtime_r(&seconds, &parts) == NULL ||
	    strftime(out, ADMIN_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		strcpy(out, "9999-12-31T23:59:59Z");
}

void
admin_time_human(int64_t time, char out[ADMIN_TIME_MAX])
{
	const time_t seconds = (time_t)time;
	struct tm parts;

	if (gmtime_r(&seconds, &parts) == NULL ||
	    strftime(out, ADMIN_TIME_MAX, "%Y-%m-%d %H:%M UTC", &parts) == 0)
		strcpy(out, "(no date)");
}

void
admin_json_time(json_object *object, const char *key, int64_t time)
{
	char text[ADMIN_TIME_MAX] = "";

	if (time != 0)
		admin_time_rfc3339(time, text);
	admin_json_text(object, key, text);
}

void
admin_json_text(json_object *object, const char *key, const char *text)
{
	json_object_object_add(
	    object, key, *text == '\0' ? NULL : json_object_new_string(text));
}

void
admin_json_number(json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

void
admin_json_bool(json_object *object, const char *key, bool truth)
{
	json_object_object_add(object, key, json_object_new_boolean(truth));
}

void
admin_json_print(json_object *object)
{
	puts(json_object_to_json_string_ext(
	    object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
