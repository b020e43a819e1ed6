/* SPDX-License-Identifier: BSD-3-Clause */
/* import: what is done with what was read, and what is said about it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin_import.h"
#include "admin_move.h"
#include "notice.h"

static const char old_file[] = "the old file still holds the secret: delete it "
			       "when nothing reads it any more";

static const struct xs_code_format google_format = {
    XS_CODE_DIGITS, XS_GOOGLE_CODE_LENGTH};

/* One user's answer while it is made. */
struct answer {
	const struct import_entry *entry;
	const char *result;
	const struct xs_totp *totp; /* NULL: nothing is taken */
	unsigned codes;
	unsigned note_count;
	char notes[8][160];
};

void
import_worsen(struct import *import, int code)
{
	/* 0, then "no", then the line's fault, then the host's. */
	static const int order[] = {EX_OK, ADMIN_NO, EX_NOUSER, EX_DATAERR};
	size_t now = 0, new = 0;
	const size_t count = sizeof order / sizeof *order;

	while (now < count && order[now] != import->code)
		now++;
	while (new < count && order[new] != code)
		new ++;
	if (new > now)
		import->code = code;
}

struct import_entry *
import_add(struct import *import, const char *file)
{
	struct import_entry *entry, *entries;
	size_t room = import->room == 0 ? 64 : import->room * 2;

	if (import->count == import->room) {
		/* Not realloc: it would leave secrets behind. */
		entries = calloc(room, sizeof *entries);
		if (entries == NULL)
			goto fail;
		if (import->count > 0) {
			memcpy(entries, import->entries,
			    import->count * sizeof *entries);
			explicit_bzero(
			    import->entries, import->count * sizeof *entries);
		}
		free(import->entries);
		import->entries = entries;
		import->room = room;
	}
	entry = &import->entries[import->count];
	entry->file = strdup(file);
	if (entry->file == NULL)
		goto fail;
	import->count++;
	return entry;
fail:
	admin_say("out of memory");
	import_worsen(import, EX_OSERR);
	return NULL;
}

void
import_add_broken(struct import *import, const char *file, const char *user,
    unsigned line, const char *what)
{
	struct import_entry *entry = import_add(import, file);

	if (entry == NULL)
		return;
	snprintf(entry->user, sizeof entry->user, "%s", user);
	entry->line = line;
	snprintf(entry->refused, sizeof entry->refused, "%s", what);
	entry->broken = true;
}

static void __attribute__((format(printf, 2, 3)))
note(struct answer *answer, const char *format, ...)
{
	const unsigned most = sizeof answer->notes / sizeof *answer->notes;
	va_list list;

	if (answer->note_count == most)
		return;
	va_start(list, format);
	vsnprintf(answer->notes[answer->note_count++], sizeof *answer->notes,
	    format, list);
	va_end(list);
}

static void
note_google(struct answer *answer, const struct xs_google *google)
{
	if (google->wide)
		note(answer,
		    "its wider window is not taken over: one code before and "
		    "after the present one are taken");
	if (google->skewed)
		note(answer,
		    "it had learned that a clock is wrong: put the clocks of "
		    "host and phone right");
	if (google->codes_over > 0)
		note(answer, "%u scratch codes are too many for a record",
		    google->codes_over);
}

/* What is taken of an entry, and what the administrator should know. */
static void
look_at(struct answer *answer, const struct xs_config *config)
{
	const struct import_entry *entry = answer->entry;
	size_t bits;

	if (entry->kind == IMPORT_GOOGLE) {
		answer->totp = &entry->google.totp;
		answer->codes = entry->google.code_count;
		note_google(answer, &entry->google);
	} else {
		answer->totp = &entry->oath.totp;
		if (entry->oath.pin)
			note(answer,
			    "its PIN is not taken over: the password stands "
			    "before the code");
	}
	if (answer->codes > 0 && !xs_config_code_fits(config, &google_format)) {
		answer->codes = 0;
		note(answer,
		    "scratch codes of 8 digits are too short for profile = "
		    "nist");
	}
	bits = answer->totp->secret_length * 8;
	if (bits < XS_IMPORT_BITS_MIN)
		note(answer, "weak: the secret has %zu bits, not %d", bits,
		    XS_IMPORT_BITS_MIN);
	if (entry->exposed)
		note(answer, "others than its owner may have read the file");
}

static int
hash_codes(const struct import_entry *entry, unsigned count,
    const struct xs_config *config, struct xs_backup *backup,
    struct xs_fault *fault)
{
	char host_dir[XS_OPTION_MAX + 8];
	struct xs_argon2_slot slot;
	int err;

	if (count == 0)
		return 0;
	backup->cost = config->argon2;
	backup->format = google_format;
	err = xs_env_system.random(
	    xs_env_system.context, backup->salt, sizeof backup->salt);
	if (err != 0)
		return err;
	snprintf(host_dir, sizeof host_dir, "%s/host", config->state_dir);
	err = xs_argon2_slot_take(&slot, host_dir, xs_argon2_pool_of(getuid()),
	    XS_ARGON2_WAIT_MS, fault);
	if (err != 0)
		return err;
	for (unsigned i = 0; err == 0 && i < count; i++)
		err = xs_code_hash(&backup->cost, backup->salt,
		    entry->google.codes[i], backup->hashes[i]);
	xs_argon2_slot_give(&slot);
	if (err == 0)
		backup->count = count;
	return err;
}

static int
fill_account(const struct import *import, const struct answer *answer,
    struct xs_account *account, struct xs_fault *fault)
{
	const struct import_entry *entry = answer->entry;
	const struct xs_config *config = &import->admin->config;
	struct xs_app *app = &account->app;
	int64_t now;
	int err = xs_env_system.random(xs_env_system.context,
	    account->enrolment, sizeof account->enrolment);

	if (err == 0)
		err = hash_codes(
		    entry, answer->codes, config, &account->backup, fault);
	now = xs_env_system.now(xs_env_system.context);
	app->set = true;
	app->totp = *answer->totp;
	app->made.time = now;
	strcpy(app->made.by, import->by);
	if (entry->kind == IMPORT_GOOGLE)
		app->last_step = xs_google_last_step(&entry->google, now);
	else if (err == 0)
		err = xs_oath_last_step(&entry->oath, now, &app->last_step);
	if (answer->codes > 0)
		account->backup.made = app->made;
	account->latest = now;
	xs_notice_event(config, account, now, "imported", "", import->by);
	return err;
}

static int
record(const struct import *import, const struct answer *answer,
    const struct xs_identity *who, struct xs_fault *fault)
{
	struct xs_store *store = &import->admin->store;
	struct xs_account account;
	struct xs_plain plain;
	int err;

	xs_account_init(&account, who);
	err = fill_account(import, answer, &account, fault);
	if (err == 0)
		err = xs_account_write(&account, &plain);
	if (err == 0)
		err = store->ops->create(store, who, &plain, fault);
	xs_account_wipe(&account);
	xs_plain_wipe(&plain);
	return err;
}

static void
refuse(struct import *import, struct answer *answer, const char *result,
    const char *why, int code)
{
	answer->totp = NULL;
	answer->codes = 0;
	answer->note_count = 0;
	answer->result = result;
	note(answer, "%s", why);
	import_worsen(import, code);
}

/* Where telling fails, nobody waits for each of thousands in turn. */
static void
finish(struct import *import, const struct answer *answer,
    const struct xs_identity *who)
{
	admin_log("imported", who->name, import->by, "from=%s",
	    answer->entry->kind == IMPORT_OATH ? "oath" : "google");
	if (!import->told_in_vain)
		import->told_in_vain = !admin_tell(import->admin, who);
}

static void
take(
    struct import *import, struct answer *answer, const struct admin_user *user)
{
	const struct xs_identity who = {user->name, user->uid};
	struct xs_fault fault = {""};
	struct xs_account former;
	int err = admin_load(import->admin, &who, &former, &fault);

	xs_account_wipe(&former);
	if (err == XS_E_NORECORD) {
		look_at(answer, &import->admin->config);
		answer->result = import->write ? "taken" : "would-take";
		err = import->write ? record(import, answer, &who, &fault) : 0;
	} else if (err == 0) {
		err = XS_E_EXISTS;
	}
	if (err == XS_E_EXISTS)
		refuse(import, answer, "enrolled",
		    "is enrolled already and left alone",
		    import->only_one ? ADMIN_NO : EX_OK);
	else if (err == 0 && import->write)
		finish(import, answer, &who);
	else if (err != 0)
		refuse(import, answer, "failed",
		    fault.text[0] ? fault.text : xs_err_word(err),
		    admin_exit_code(err));
}

static void
judge(struct import *import, struct answer *answer)
{
	const struct import_entry *entry = answer->entry;
	struct admin_user user;
	int code;

	if (entry->refused[0] != '\0') {
		refuse(import, answer, entry->broken ? "broken" : "not-taken",
		    entry->refused, entry->broken ? EX_DATAERR : ADMIN_NO);
		return;
	}
	code = admin_user_find(entry->user, &user);
	if (code == 0)
		take(import, answer, &user);
	else
		refuse(import, answer, "no-account",
		    code == EX_NOUSER ? "there is no such account"
				      : "accounts cannot be looked up now",
		    code == EX_NOUSER ? ADMIN_NO : code);
}

static json_object *
app_json(const struct xs_totp *totp)
{
	json_object *app = json_object_new_object();

	admin_json_number(app, "digits", totp->digits);
	admin_json_number(app, "period", totp->period);
	admin_json_text(
	    app, "algorithm", xs_totp_algorithm_name(totp->algorithm));
	admin_json_number(app, "bits", (int64_t)totp->secret_length * 8);
	return app;
}

static void
print_json(const struct answer *answer)
{
	json_object *object = json_object_new_object();
	json_object *notes = json_object_new_array();

	admin_json_text(object, "user", answer->entry->user);
	admin_json_text(object, "file", answer->entry->file);
	json_object_object_add(object, "line",
	    answer->entry->line == 0
		? NULL
		: json_object_new_int64(answer->entry->line));
	admin_json_text(object, "result", answer->result);
	json_object_object_add(object, "app",
	    answer->totp == NULL ? NULL : app_json(answer->totp));
	admin_json_number(object, "backup_codes", answer->codes);
	for (unsigned i = 0; i < answer->note_count; i++)
		json_object_array_add(
		    notes, json_object_new_string(answer->notes[i]));
	if (answer->totp != NULL)
		json_object_array_add(notes, json_object_new_string(old_file));
	json_object_object_add(object, "notes", notes);
	admin_json_print(object);
}

static void
print_human(const struct import *import, const struct answer *answer)
{
	const struct import_entry *entry = answer->entry;
	char line[16] = "";

	if (entry->line > 0)
		snprintf(line, sizeof line, ":%u", entry->line);
	if (answer->totp == NULL) {
		admin_say("%s%s: %s%s%s", entry->file, line, entry->user,
		    entry->user[0] != '\0' ? ": " : "", answer->notes[0]);
		return;
	}
	printf("%s: %s: app code of %u digits every %u seconds", entry->user,
	    import->write ? "taken over" : "would be taken over",
	    answer->totp->digits, answer->totp->period);
	if (answer->codes > 0)
		printf(", %u scratch codes", answer->codes);
	printf(" (%s%s)\n", entry->file, line);
	for (unsigned i = 0; i < answer->note_count; i++)
		printf("  %s\n", answer->notes[i]);
}

static void
print_end(const struct import *import, unsigned taken)
{
	if (import->admin->json)
		return;
	if (taken == 0)
		puts("Nothing is to be taken over.");
	else if (!import->write)
		puts("Nothing was written. With --write it is.");
	else
		printf("In each case %s.\n", old_file);
}

int
import_run(struct import *import)
{
	unsigned taken = 0;

	for (size_t i = 0; i < import->count; i++) {
		struct answer answer = {.entry = &import->entries[i]};

		judge(import, &answer);
		taken += answer.totp != NULL;
		if (import->admin->json)
			print_json(&answer);
		else
			print_human(import, &answer);
	}
	print_end(import, taken);
	return import->code;
}

static void
forget(struct import *import)
{
	for (size_t i = 0; i < import->count; i++)
		free(import->entries[i].file);
	if (import->count > 0)
		explicit_bzero(
		    import->entries, import->count * sizeof *import->entries);
	free(import->entries);
}

int
admin_import(struct admin *admin, int argc, char **argv)
{
	struct import import = {.admin = admin};
	int (*gather)(struct import *, int, char **) = NULL;
	int code;

	if (argc >= 2 && strcmp(argv[1], "record") == 0)
		return import_record(admin, argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "google") == 0)
		gather = import_google;
	else if (argc >= 2 && strcmp(argv[1], "oath") == 0)
		gather = import_oath;
	if (gather == NULL)
		return admin_usage("import takes google, oath or record");
	admin_actor(import.by);
	code = gather(&import, argc - 1, argv + 1);
	if (code == 0)
		code = admin_open(admin);
	if (code == 0)
		code = import_run(&import);
	forget(&import);
	return code;
}
