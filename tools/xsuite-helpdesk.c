/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xsuite-helpdesk: three things for somebody who is trusted with these three
 * alone, and run as root by sudo. So nothing of the caller's is listened to
 * but a command and a name: no options, no environment, no other file than
 * the system's (tests/e2e/test_helpdesk.py).
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "group.h"
#include "policy.h"

#define VALID 86400 /* seconds, of a code */

const char admin_program[] = "xsuite-helpdesk";

typedef int act(struct admin *admin, const struct admin_user *user);

static int
give_code(struct admin *admin, const struct admin_user *user)
{
	return admin_issue_code(admin, user, VALID);
}

static int
unlock(struct admin *admin, const struct admin_user *user)
{
	return admin_unlock_user(admin, user, -1, true);
}

/* Where somebody logged in from is looked at by nobody unseen. */
static int
show(struct admin *admin, const struct admin_user *user)
{
	int code = admin_status_user(admin, user);
	char by[XS_BY_MAX];

	admin_actor(by);
	if (code == EX_OK)
		admin_log("viewed", user->name, by, "%s", "");
	return code;
}

static const struct command {
	const char *name;
	act *run;
} commands[] = {
    {"backup-code", give_code},
    {"unlock", unlock},
    {"status", show},
};

static int
usage(void)
{
	admin_say("usage: xsuite-helpdesk backup-code|unlock|status USER");
	return EX_USAGE;
}

/*
 * What sudo says of its caller stays; what a caller may have got through it
 * (of libraries that look accounts up, above all) goes.
 */
static bool
clean_environment(void)
{
	const char *value = getenv("SUDO_UID");
	char *sudo_uid = value != NULL ? strdup(value) : NULL;
	bool clean = (value == NULL || sudo_uid != NULL) && clearenv() == 0 &&
	    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) == 0 &&
	    (value == NULL || setenv("SUDO_UID", sudo_uid, 1) == 0);

	free(sudo_uid);
	return clean && chdir("/") == 0;
}

/*
 * One account under two names: the rules for the one must not be got round
 * by the other.
 */
static bool
has_other_name(const struct admin_user *user)
{
	struct passwd entry, *found = NULL;
	size_t size = 4096;
	char *buffer = NULL;
	bool other;
	int error;

	do {
		free(buffer);
		size *= 2;
		buffer = malloc(size);
		if (buffer == NULL)
			return true;
		error = getpwuid_r(user->uid, &entry, buffer, size, &found);
	} while (error == ERANGE && size < 1 << 24);
	other = found == NULL || strcmp(entry.pw_name, user->name) != 0;
	free(buffer);
	return other;
}

static int
is_member(
    void *context, const char *group, bool *member, struct xs_fault *fault)
{
	const struct admin_user *user = context;

	return xs_group_has(group, user->name, user->gid, member, fault);
}

/* NULL if the helpdesk may act on the user, else why not, in one word. */
static const char *
find_reason(const struct xs_config *config, struct admin_user *user,
    struct xs_fault *fault)
{
	const struct xs_subject subject = {.name = user->name,
	    .address = "",
	    .is_member = is_member,
	    .context = user};
	struct admin_callers callers;
	bool may = false;

	if (user->uid == 0)
		return "root";
	if (!admin_callers_find(&callers))
		return "caller";
	for (unsigned i = 0; i < callers.count; i++) {
		if (callers.uid[i] == user->uid)
			return "oneself";
	}
	if (has_other_name(user))
		return "alias";
	if (xs_policy_helpdesk(config, &subject, &may, fault) != 0)
		return "groups";
	return may ? NULL : "member";
}

static int
refuse(const struct admin_user *user, const char *command, const char *reason,
    const struct xs_fault *fault)
{
	char by[XS_BY_MAX];

	admin_actor(by);
	admin_log("helpdesk-refused", user->name, by, "command=%s reason=%s",
	    command, reason);
	if (strcmp(reason, "caller") == 0)
		admin_say("it cannot be told who asks; run it by sudo");
	else if (strcmp(reason, "oneself") == 0)
		admin_say("nobody does this for themselves; ask a colleague");
	else if (strcmp(reason, "groups") == 0)
		admin_say("helpdesk_not_for: %s", fault->text);
	else
		admin_say("the helpdesk cannot act on %s; ask an administrator",
		    user->name);
	return EX_NOPERM;
}

/* The name is looked up once; what is found is judged, and acted on. */
static int
run(struct admin *admin, const struct command *command, const char *name)
{
	struct xs_fault fault = {""};
	struct admin_user user;
	const char *reason;
	int err, code;

	err = xs_config_load(&admin->config, XS_CONFIG_PATH, 0, NULL, &fault);
	if (err != 0)
		return admin_fail(err, &fault);
	code = admin_user_get(name, &user);
	if (code != 0)
		return code;
	reason = find_reason(&admin->config, &user, &fault);
	if (reason != NULL)
		return refuse(&user, command->name, reason, &fault);
	code = admin_open(admin);
	return code == 0 ? command->run(admin, &user) : code;
}

static int
dispatch(int argc, char **argv)
{
	const struct command *command = NULL;
	struct admin *admin;
	int code;

	for (size_t i = 0; argc == 3 && i < sizeof commands / sizeof *commands;
	     i++) {
		if (strcmp(commands[i].name, argv[1]) == 0)
			command = &commands[i];
	}
	if (command == NULL || argv[2][0] == '\0' || argv[2][0] == '-')
		return usage();
	/* Set-user-id it would have an environment that sudo never saw. */
	if (getuid() != 0 || geteuid() != 0) {
		admin_say("run it by sudo");
		return EX_NOPERM;
	}
	if (!clean_environment())
		return EX_OSERR;
	admin = calloc(1, sizeof *admin);
	if (admin == NULL) {
		admin_say("out of memory");
		return EX_OSERR;
	}
	code = run(admin, command, argv[2]);
	xs_store_close(&admin->store);
	xs_keyring_wipe(&admin->keys);
	explicit_bzero(admin, sizeof *admin);
	free(admin);
	return code;
}

int
main(int argc, char **argv)
{
	int code = admin_program_begin();

	return code == 0 ? admin_program_end(dispatch(argc, argv)) : code;
}
