/* SPDX-License-Identifier: BSD-3-Clause */
/* copy: one record, from the reading of it to the reading of what came of it.
 */
#include <string.h>

#include "admin_copy.h"
#include "admin_copy_ahead.h"

/*
 * Whose is it? A record that no login would take here, because its account
 * was renamed or made anew, must not become good for whoever has that name
 * elsewhere (test_fleet_copy.py: test_record_of_no_account_is_left).
 */
bool
copy_find_owner(struct copy_passage *passage)
{
	bool by_uid = passage->who->name == NULL;
	struct xs_account *account = &passage->account;
	struct admin_user user;
	int code;

	passage->outcome = COPY_FAILED;
	if (by_uid ? account->uid != passage->who->uid
		   : strcmp(account->name, passage->who->name) != 0) {
		(void)xs_fault_set(
		    &passage->why, 0, "belongs to another name or uid");
		return false;
	}
	code = admin_user_find(account->name, &user);
	if (code != 0 && code != EX_NOUSER) {
		(void)xs_fault_set(
		    &passage->why, 0, "accounts cannot be looked up now");
		return false;
	}
	passage->outcome = COPY_NO_ACCOUNT;
	if (code == EX_NOUSER || strcmp(user.name, account->name) != 0) {
		(void)xs_fault_set(
		    &passage->why, 0, "is no account of this host");
		return false;
	}
	if (by_uid && user.uid != account->uid) {
		(void)xs_fault_set(&passage->why, 0,
		    "has the uid %u now: run adopt first", (unsigned)user.uid);
		return false;
	}
	account->uid = user.uid;
	return true;
}

/* Under the lock of the record that is there. */
static int
replace(struct xs_account *there, void *context)
{
	struct copy_passage *passage = context;

	if (copy_is_same(there, &passage->account)) {
		passage->outcome = COPY_EQUAL;
		return XS_E_EXISTS;
	}
	passage->outcome = COPY_DIFFERS;
	if (!passage->copy->update) {
		(void)xs_fault_set(&passage->why, 0,
		    "has another record in the other store, which is left as "
		    "it is");
		return XS_E_EXISTS;
	}
	if (copy_is_ahead(there, &passage->account,
		&passage->copy->admin->config.throttle,
		xs_env_system.now(xs_env_system.context))) {
		(void)xs_fault_set(&passage->why, 0,
		    "has a record in the other store that is ahead, or is not "
		    "known to be older, and is left as it is; where this one "
		    "is to count, remove that one and copy again");
		return XS_E_EXISTS;
	}
	passage->outcome = COPY_UPDATED;
	*there = passage->account;
	return 0;
}

/* A name's entry without its record is what a kill can leave behind. */
static int
is_elsewhere(struct copy_passage *passage)
{
	struct admin_found found;
	int err = admin_find_record(passage->copy->admin, passage->account.name,
	    NULL, &found, &passage->why);

	if (err == 0 && found.count > 0)
		err = xs_fault_set(&passage->why, XS_E_MISMATCH,
		    "has a record under uid %u in the other store: adopt it "
		    "there first",
		    (unsigned)found.uid);
	return err;
}

static int
create(struct copy_passage *passage, const struct xs_identity *to)
{
	struct xs_store *store = &passage->copy->admin->store;
	struct xs_plain plain;
	int err = xs_account_write(&passage->account, &plain);

	if (err == 0)
		err = store->ops->create(store, to, &plain, &passage->why);
	xs_plain_wipe(&plain);
	return err;
}

void
copy_put(struct copy_passage *passage)
{
	const struct xs_identity to = {
	    passage->account.name, passage->account.uid};
	struct admin *admin = passage->copy->admin;
	struct xs_account there;
	int err;

	passage->outcome = COPY_FAILED;
	err = admin_load(admin, &to, &there, &passage->why);
	if (err == XS_E_MISMATCH)
		err = is_elsewhere(passage) == 0 ? XS_E_NORECORD : err;
	if (err == XS_E_NORECORD) {
		err = create(passage, &to);
		passage->outcome = err == 0 ? COPY_DONE : COPY_FAILED;
	} else if (err == 0 && copy_is_same(&there, &passage->account)) {
		passage->outcome = COPY_EQUAL;
	} else if (err == 0) {
		err = admin_update_if(
		    admin, &to, replace, passage, &passage->why);
		if (err != 0 && passage->outcome == COPY_UPDATED)
			passage->outcome = COPY_FAILED;
	}
	xs_account_wipe(&there);
	if (passage->outcome != COPY_DONE && passage->outcome != COPY_UPDATED)
		return;
	err = admin_load(admin, &to, &there, &passage->why);
	if (err != 0 || !copy_is_same(&there, &passage->account)) {
		passage->outcome = COPY_FAILED;
		if (err == 0)
			(void)xs_fault_set(&passage->why, 0,
			    "is not what was written, or was used meanwhile");
	}
	xs_account_wipe(&there);
}

void
copy_compare(struct copy_passage *passage)
{
	const struct xs_identity to = {
	    passage->account.name, passage->account.uid};
	struct xs_account there;
	int err = admin_load(passage->copy->admin, &to, &there, &passage->why);

	passage->outcome = COPY_EQUAL;
	if (err != 0 && err != XS_E_NORECORD) {
		passage->outcome = COPY_FAILED;
	} else if (err != 0 || !copy_is_same(&there, &passage->account)) {
		passage->outcome = COPY_CHANGED;
		(void)xs_fault_set(
		    &passage->why, 0, "changed while the records were copied");
	}
	xs_account_wipe(&there);
}
