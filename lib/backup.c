/* SPDX-License-Identifier: BSD-3-Clause */
#include "backup.h"

#include <stdio.h>
#include <string.h>

/* One more code of the set, unlike those before it, and its hash. */
static int
add_code(const struct xs_env *env, struct xs_backup *backup,
    char codes[XS_CODES_MAX][XS_CODE_MAX + 1])
{
	char *code = codes[backup->count];
	bool twice;
	int r;

	do {
		r = xs_code_make(&backup->format, env, code);
		twice = false;
		for (unsigned i = 0; r == 0 && i < backup->count; i++)
			twice |= strcmp(code, codes[i]) == 0;
	} while (twice);
	if (r == 0)
		r = xs_code_hash(&backup->cost, backup->salt, code,
		    backup->hashes[backup->count]);
	if (r == 0)
		backup->count++;
	return r;
}

int
xs_backup_make(const struct xs_config *config, const struct xs_env *env,
    const char *by, struct xs_backup *backup,
    char codes[XS_CODES_MAX][XS_CODE_MAX + 1])
{
	struct xs_backup new = {
	    .cost = config->argon2, .format = config->backup_format};
	int r = env->random(env->context, new.salt, sizeof(new.salt));

	(void)snprintf(new.made.by, sizeof(new.made.by), "%s", by);
	while (r == 0 && new.count < config->backup_codes)
		r = add_code(env, &new, codes);
	if (r == 0)
		*backup = new;
	explicit_bzero(&new, sizeof(new));
	return r;
}

int
xs_backup_make_in_slot(const struct xs_config *config, const struct xs_env *env,
    uid_t caller, const char *by, struct xs_backup *backup,
    char codes[XS_CODES_MAX][XS_CODE_MAX + 1], struct xs_fault *fault)
{
	char host_dir[XS_OPTION_MAX + 8];
	struct xs_argon2_slot slot;
	int r;

	(void)snprintf(
	    host_dir, sizeof(host_dir), "%s/host", config->state_dir);
	r = xs_argon2_slot_take(&slot, host_dir, xs_argon2_pool_of(caller),
	    XS_ARGON2_WAIT_MS, fault);
	if (r != 0)
		return r;
	r = xs_backup_make(config, env, by, backup, codes);
	xs_argon2_slot_give(&slot);
	if (r != 0)
		(void)xs_fault_set(
		    fault, r, "no new backup code could be made");
	return r;
}

int
xs_backup_make_helpdesk(const struct xs_config *config,
    const struct xs_env *env, const struct xs_backup *beside, const char *by,
    struct xs_backup *made, char code[XS_CODE_MAX + 1])
{
	struct xs_backup new = *beside;
	struct xs_helpdesk_code *helpdesk = &new.helpdesk;
	int r = 0;

	memset(helpdesk, 0, sizeof(*helpdesk));
	helpdesk->set = true;
	helpdesk->format = config->backup_format;
	(void)snprintf(helpdesk->made.by, sizeof(helpdesk->made.by), "%s", by);
	if (new.count == 0) {
		new.cost = config->argon2;
		r = env->random(env->context, new.salt, sizeof(new.salt));
	}
	if (r == 0)
		r = xs_code_make(&helpdesk->format, env, code);
	if (r == 0)
		r = xs_code_hash(&new.cost, new.salt, code, helpdesk->hash);
	if (r == 0)
		*made = new;
	explicit_bzero(&new, sizeof(new));
	return r;
}

bool
xs_backup_put_helpdesk(struct xs_backup *record, const struct xs_backup *made)
{
	bool fits = record->count == 0 ||
	    (memcmp(record->salt, made->salt, sizeof(record->salt)) == 0 &&
		memcmp(&record->cost, &made->cost, sizeof(record->cost)) == 0);

	for (unsigned i = 0; i < record->count; i++)
		if (xs_hash_equal(record->hashes[i], made->helpdesk.hash))
			fits = false;
	if (!fits)
		return false;
	record->cost = made->cost;
	memcpy(record->salt, made->salt, sizeof(record->salt));
	record->helpdesk = made->helpdesk;
	return true;
}
