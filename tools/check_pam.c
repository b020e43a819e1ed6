/* SPDX-License-Identifier: BSD-3-Clause */
/* Every PAM service of the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "check_files.h"

static const struct {
	const char *what;
	const char *mend;
} troubles[] = {
    [XS_TROUBLE_TYPE] = {"is no type: the line refuses every login",
	"write auth, account, password or session"},
    [XS_TROUBLE_CONTROL] = {"is no control: whatever the module says is taken "
			    "for a no",
	"write required, requisite, sufficient, optional or [result=action]"},
    [XS_TROUBLE_MODULE] = {"the line names no module and always fails",
	"name the module, or take the line out"},
    [XS_TROUBLE_NAME] = {"is no name of a module: libpam gives up on the whole "
			 "service, or crashes",
	"name the module"},
    [XS_TROUBLE_INCLUDE] = {"cannot be included: the file is not there, or "
			    "libpam cannot read it to its end",
	"install or mend that file in /etc/pam.d"},
    [XS_TROUBLE_NAMELESS] = {"includes nothing: libpam crashes here",
	"name the file"},
    [XS_TROUBLE_DEPTH] = {"is included too deep: the files include each other",
	"take one of the includes out"},
    [XS_TROUBLE_LENGTH] = {"is longer than the 1,022 bytes that libpam 1.5 "
			   "takes of a line: it reads the rest as another one",
	"shorten the line"},
    [XS_TROUBLE_END] = {"the file ends where the line should go on: libpam "
			"gives up on it",
	"take the backslash at the end out"},
    [XS_TROUBLE_GAP] =
	{"goes on behind a comment or an empty line: versions of "
	 "libpam differ in where such a line ends",
	    "take the comment or the backslash out"},
    [XS_TROUBLE_SIZE] = {"has more lines than can be followed here",
	"use fewer includes"},
};

static void
find_troubles(struct check *check, const struct check_service *service)
{
	for (unsigned i = 0; i < service->files.problems_count; i++) {
		const struct xs_stack_problem *problem =
		    &service->files.problems[i];
		struct check_place place = {CHECK_ERROR, NULL,
		    troubles[problem->trouble].mend, service->name, NULL};
		char *where;

		if (asprintf(&where, "%s:%u",
			service->files.files_count > problem->file
			    ? service->files.files[problem->file]
			    : service->name,
			problem->line) < 0) {
			check->failed = true;
			return;
		}
		place.where = where;
		if (problem->word[0] != '\0')
			check_find(check, &place, "\"%s\" %s", problem->word,
			    troubles[problem->trouble].what);
		else
			check_find(check, &place, "%s",
			    troubles[problem->trouble].what);
		free(where);
	}
}

/* A line whose module is not there answers for it. */
static void
find_missing(struct check *check, const struct check_service *service,
    enum xs_stack_type type, const struct xs_step *step)
{
	static const char *const harm[XS_STACK_TYPES] = {"refuses every login",
	    "refuses every login", "lets nobody change a password",
	    "opens no session"};
	int action = step->actions[XS_PAM_MODULE_UNKNOWN];
	bool harmless = action == XS_ACTION_IGNORE;
	struct check_place place = {harmless ? CHECK_WARNING : CHECK_ERROR,
	    NULL, "install the package it is from, or take the line out",
	    service->name, NULL};
	char *where;

	if (step->kind != XS_STEP_MODULE || check_module_is_there(step))
		return;
	/* Noise that is meant, or a package's own file: not to be mended. */
	if (harmless &&
	    (step->quiet ||
		strncmp(service->files.files[step->file], "/usr/", 5) == 0))
		return;
	if (asprintf(&where, "%s:%u", service->files.files[step->file],
		step->line) < 0) {
		check->failed = true;
		return;
	}
	place.where = where;
	check_find(check, &place, "the module %s is not there: the line %s",
	    step->module,
	    harmless ? "does nothing but fill the log" : harm[type]);
	free(where);
}

size_t
check_find_ours(const struct xs_stack *stack)
{
	size_t i = 0;

	while (i < stack->count &&
	    check_module_of(&stack->steps[i])->role != CHECK_OURS)
		i++;
	return i;
}

bool
check_has_ours(struct check *check, const char *name)
{
	struct xs_service service;
	const struct xs_stack *auth;
	bool has = false;

	if (check_load(&service, name) != 0) {
		check->failed = true;
	} else {
		auth = xs_service_stack(&service, XS_STACK_AUTH);
		has = check_find_ours(auth) < auth->count;
	}
	xs_service_free(&service);
	return has;
}

static bool
asks_password(const struct xs_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		if (check_module_of(&stack->steps[i])->role == CHECK_PASSWORD)
			return true;
	}
	return false;
}

static bool
list_has(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (; *list != '\0'; list += strcspn(list, ",")) {
		list += *list == ',';
		if (strncmp(list, name, length) == 0 &&
		    (list[length] == ',' || list[length] == '\0'))
			return true;
	}
	return false;
}

static bool
passes_somebody(const struct xs_config *config)
{
	return config->not_enrolled != XS_NOT_ENROLLED_REFUSE ||
	    config->required_groups[0] != '\0' ||
	    config->exempt_users[0] != '\0' ||
	    config->exempt_groups[0] != '\0' ||
	    config->exempt_networks[0] != '\0' ||
	    config->enforce == XS_ENFORCE_LOG;
}

bool
check_options(const struct check *check, const struct xs_step *ours,
    struct xs_config *config, struct xs_fault *fault)
{
	const char *path = check->admin->config.path;

	return xs_config_load(config, path[0] != '\0' ? path : XS_CONFIG_PATH,
		   ours->argc, ours->argv, fault) == 0;
}

/* With enrol, setting up happens in the account phase. */
static void
find_account(struct check_service *service, const struct xs_config *config)
{
	const struct xs_stack *account =
	    xs_service_stack(&service->files, XS_STACK_ACCOUNT);
	struct check_place place = {CHECK_ERROR, NULL,
	    "add \"account required pam_xsuite.so\" behind the account's "
	    "lines",
	    service->name, NULL};
	char *where;

	if (config->not_enrolled != XS_NOT_ENROLLED_ENROL ||
	    !list_has(config->enrol_services, service->name) ||
	    check_find_ours(account) < account->count)
		return;
	where = check_where(service, service->ours);
	place.where = where;
	if (where == NULL)
		service->check->failed = true;
	else
		check_find(service->check, &place,
		    "not_enrolled = enrol sets nobody up here: pam_xsuite "
		    "has no account line");
	free(where);
}

static void
judge_service(struct check *check, struct check_service *service)
{
	static struct xs_config config; /* too large for a stack */
	const struct xs_step *ours = &service->auth->steps[service->ours];
	struct xs_fault fault = {""};
	struct check_place place = {CHECK_ERROR, NULL,
	    "mend the argument; until then every login is refused",
	    service->name, NULL};
	char *where;

	/* Without options nobody passes; mended, they are looked at anew. */
	service->can_ignore = false;
	if (check_options(check, ours, &config, &fault)) {
		service->can_ignore = passes_somebody(&config);
		service->remembers = config.remember > 0;
		find_account(service, &config);
	} else if (!check->options_broken) {
		where = check_where(service, service->ours);
		place.where = where;
		if (where == NULL)
			check->failed = true;
		else
			check_find(check, &place,
			    "pam_xsuite refuses this "
			    "line's options: %s",
			    fault.text);
		free(where);
	}
	service->key_first =
	    check->key_first && strcmp(service->name, check->sshd_service) == 0;
	check_judge(service);
}

/* What the caller keeps of a service. */
struct seen {
	bool password_only;
	bool remembers;
};

/*
 * One service's files. Returns whether it asks for the second step. "other"
 * is what libpam takes for a service that has no file.
 */
static bool
look_at(struct check *check, const char *name, struct seen *seen)
{
	struct check_service service = {.check = check, .name = name};
	bool is_other = strcmp(name, "other") == 0, has_ours;
	const struct xs_stack *own;

	*seen = (struct seen){false, false};
	if (check_load(&service.files, is_other ? "no such service" : name) !=
	    0) {
		check->failed = true;
		xs_service_free(&service.files);
		return false;
	}
	own = is_other ? service.files.other : service.files.own;
	find_troubles(check, &service);
	for (int type = 0; type < XS_STACK_TYPES; type++) {
		for (size_t i = 0; i < own[type].count; i++)
			find_missing(check, &service, (enum xs_stack_type)type,
			    &own[type].steps[i]);
	}
	service.auth = &own[XS_STACK_AUTH];
	service.ours = check_find_ours(service.auth);
	has_ours = service.ours < service.auth->count;
	seen->password_only = !has_ours && asks_password(service.auth);
	if (has_ours && !service.files.broken)
		judge_service(check, &service);
	seen->remembers = service.remembers;
	xs_service_free(&service.files);
	return has_ours;
}

/* The same program asks by two names: sudo -i is no way around sudo. */
static void
find_pairs(struct check *check, const struct check_names *with,
    const struct check_names *all)
{
	static const char *const pairs[][2] = {
	    {"sudo", "sudo-i"}, {"su", "su-l"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (int one = 0; one < 2; one++) {
			const char *has = pairs[i][one];
			const char *lacks = pairs[i][1 - one];
			char where[64];
			const struct check_place place = {CHECK_WARNING, where,
			    "give it the same lines", lacks, NULL};

			(void)snprintf(
			    where, sizeof(where), "/etc/pam.d/%s", lacks);
			if (check_names_have(with, has) &&
			    check_names_have(all, lacks) &&
			    !check_names_have(with, lacks))
				check_find(check, &place,
				    "asks for no second step, and %s does: "
				    "it is a way around it",
				    has);
		}
	}
}

static void
say_names(
    struct check *check, const struct check_names *names, const char *what)
{
	char text[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < names->count && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%s", i == 0 ? "" : " ", names->list[i]);
	if (names->count > 0)
		check_remark(check, "%s: %s", what, text);
}

void
check_pam(struct check *check)
{
	const struct check_place nowhere = {CHECK_WARNING, "/etc/pam.d",
	    "add the lines of pam_xsuite(8) to sshd, login, su and sudo", NULL,
	    NULL};
	struct check_names all, with = {0}, without = {0}, remembering = {0};

	if (check_names_load(&all) != 0)
		check->failed = true;
	for (size_t i = 0; i < all.count && !check->failed; i++) {
		struct seen seen;

		if (look_at(check, all.list[i], &seen))
			/* The settings are no login. */
			check->failed |=
			    strncmp(all.list[i], "xsuite", 6) != 0 &&
			    check_names_add(&with, all.list[i]) != 0;
		else if (seen.password_only)
			check->failed |=
			    check_names_add(&without, all.list[i]) != 0;
		if (seen.remembers)
			check->failed |=
			    check_names_add(&remembering, all.list[i]) != 0;
	}
	if (with.count == 0)
		check_find(check, &nowhere,
		    "no service asks for a second step: pam_xsuite stands "
		    "in no auth stack");
	find_pairs(check, &with, &all);
	say_names(check, &without, "A password and no second step");
	say_names(check, &remembering,
	    "With remember, whoever shares a user's address (behind one "
	    "router, proxy or jump host) and has the password is not asked");
	check_names_free(&all);
	check_names_free(&with);
	check_names_free(&without);
	check_names_free(&remembering);
}
