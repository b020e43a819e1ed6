/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * restored: the state is that of a backup or a snapshot, so codes that were
 * used since are in it as if they had not been. They are all taken out of
 * use: which of them was used, nothing here can tell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"

struct restored {
	struct admin *admin;
	char by[XS_BY_MAX];
	unsigned long records, failed;
	int code;
	json_object *without; /* who is left without any method */
};

/* What one record has become. */
struct change {
	const char *by;
	bool usable;
};

/*
 * Whatever the app shows at this moment may have been typed before the
 * restore; from the step after on codes are new
 * (test_migration.py: test_restored_kills_what_may_have_been_used).
 */
static void
retire(struct xs_account *account, void *context)
{
	struct change *change = context;
	int64_t now = xs_env_system.now(xs_env_system.context);
	uint64_t step;

	if (account->app.set) {
		step =
		    xs_totp_step(&account->app.totp, now) + XS_TOTP_WINDOW_MAX;
		if (account->app.last_step < step)
			account->app.last_step = step;
	}
	memset(&account->backup, 0, sizeof account->backup);
	memset(&account->unconfirmed, 0, sizeof account->unconfirmed);
	memset(&account->untold, 0, sizeof account->untold);
	memset(account->places, 0, sizeof account->places);
	account->place_count = 0;
	account->latest = now;
	xs_account_event(account, now, "restored", "", change->by);
	change->usable =
	    xs_account_has(account, XS_APP) || xs_account_has(account, XS_SMS);
}

static void
fail(struct restored *restored, const struct xs_identity *who, int code,
    const char *why)
{
	admin_say("%s: %s", admin_who(who).text, why);
	restored->failed++;
	restored->code = code;
}

static int
visit(void *context, const struct xs_identity *who,
    const struct xs_plain *plain, const struct xs_fault *fault)
{
	struct restored *restored = context;
	struct change change = {.by = restored->by};
	struct xs_fault why = {""};
	struct xs_account account;
	struct xs_identity owner = {account.name, who->uid};
	int err;

	if (plain == NULL) {
		fail(restored, who, EX_IOERR, fault->text);
		return 0;
	}
	err = xs_account_read(&account, plain, &why);
	if (err == 0 && who->name != NULL)
		owner.uid = account.uid; /* as good as any */
	if (err == 0)
		err = admin_update(
		    restored->admin, &owner, retire, &change, &why);
	if (err != 0) {
		fail(restored, who, admin_exit_code(err), why.text);
	} else {
		restored->records++;
		if (!change.usable)
			json_object_array_add(restored->without,
			    json_object_new_string(account.name));
	}
	xs_account_wipe(&account);
	return 0;
}

static void
print(struct restored *restored)
{
	size_t count = json_object_array_length(restored->without);
	json_object *answer;

	if (restored->admin->json) {
		answer = json_object_new_object();
		admin_json_number(
		    answer, "records", (int64_t)restored->records);
		admin_json_number(answer, "failed", (int64_t)restored->failed);
		json_object_object_add(
		    answer, "without_method", restored->without);
		admin_json_print(answer);
		return;
	}
	printf("Every backup code is out of use, and every app code up to "
	       "now; records: %lu.\n",
	    restored->records);
	for (size_t i = 0; i < count; i++)
		printf("%s has no other method: issue a code with "
		       "\"xsuite-admin backup-code\".\n",
		    json_object_get_string(
			json_object_array_get_idx(restored->without, i)));
	json_object_put(restored->without);
}

int
admin_restored(struct admin *admin, int argc, char **argv)
{
	struct restored restored = {.admin = admin};
	struct xs_fault fault = {""};
	int err, code = admin_operands(argc, argv, 0, 0);

	if (code == 0)
		code = admin_open(admin);
	if (code != 0)
		return code;
	admin_actor(restored.by);
	restored.without = json_object_new_array();
	err = admin->store.ops->each(&admin->store, visit, &restored, &fault);
	print(&restored);
	admin_log("restored", "-", restored.by, "records=%lu failed=%lu",
	    restored.records, restored.failed);
	return err == 0 ? restored.code : admin_fail(err, &fault);
}
