/* SPDX-License-Identifier: BSD-3-Clause */
/* One service that asks for the second step: does it, and of the right? */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A finding about a service's auth stack, at one of its steps. */
struct complaint {
	enum check_level level;
	const char *what;
	const char *mend;
};

static void
complain(struct check_service *service, const struct complaint *complaint,
    size_t step, const struct xs_ending *ending)
{
	char *where = check_where(service, step);
	char *way = ending == NULL ? NULL : check_way(service, ending);
	const struct check_place place = {
	    complaint->level, where, complaint->mend, service->name, way};

	if (where == NULL || (ending != NULL && way == NULL))
		service->check->failed = true;
	else
		check_find(service->check, &place, "%s", complaint->what);
	free(where);
	free(way);
}

/* The marks of a step, by what its module is. */
static void
model_step(
    const struct xs_step *step, bool can_ignore, struct xs_step_model *model)
{
	const struct check_module *module = check_module_of(step);

	*model = (struct xs_step_model){
	    .results = module->results, .objection = MARK_OTHER_NO};
	switch (module->role) {
	case CHECK_OURS:
		model->yes = MARK_OURS_YES | MARK_OURS_RAN;
		model->ignored = MARK_OURS_IGNORED | MARK_OURS_RAN;
		model->no = MARK_OURS_NO | MARK_OURS_RAN;
		model->when = MARK_PASSWORD_NO;
		model->unless = MARK_PASSWORD_YES | MARK_OTHER_YES;
		model->then = MARK_EARLY;
		model->objection = 0;
		if (!can_ignore)
			model->results &= ~(1U << XS_PAM_IGNORE);
		break;
	case CHECK_PASSWORD:
		model->yes = MARK_PASSWORD_YES;
		model->no = MARK_PASSWORD_NO;
		model->when = MARK_OURS_RAN;
		model->then = MARK_LATE;
		break;
	case CHECK_ROOTOK:
		model->yes = MARK_ROOT;
		break;
	case CHECK_CONDITION:
		model->shortcut = MARK_CHOSEN;
		break;
	case CHECK_SETUP:
		break;
	case CHECK_UNKNOWN:
		model->yes = MARK_OTHER_YES;
		break;
	}
	if (step->kind == XS_STEP_MODULE && !check_module_is_there(step))
		model->results = 1U << XS_PAM_MODULE_UNKNOWN;
}

/* The first ending that has these marks and none of those; NULL: none. */
const struct xs_ending *
check_find_ending(const struct check_service *service, bool success,
    unsigned with, unsigned without)
{
	const struct xs_search *search = &service->search;

	for (size_t i = 0; i < search->endings_count; i++) {
		const struct xs_ending *ending = &search->endings[i];

		if (ending->success == success &&
		    (ending->marks & with) == with &&
		    (ending->marks & without) == 0)
			return ending;
	}
	return NULL;
}

/* The last step on the way that skipped lines or ended a stack. */
static size_t
find_shortcut(
    const struct check_service *service, const struct xs_ending *ending)
{
	struct xs_way way[XS_STACK_STEPS_MAX];
	size_t length =
	    xs_search_way(&service->search, ending, way, XS_STACK_STEPS_MAX);
	size_t found = service->ours;

	for (size_t i = 0; i < length; i++) {
		if (way[i].action > 0 || way[i].action == XS_ACTION_DONE)
			found = way[i].step;
	}
	return found;
}

static size_t
find_role(const struct check_service *service, enum check_role role)
{
	for (size_t i = 0; i < service->auth->count; i++) {
		if (check_module_of(&service->auth->steps[i])->role == role)
			return i;
	}
	return service->ours;
}

/* In without our line: design.md's one question. */
static void
judge_bypass(struct check_service *service)
{
	static const struct complaint always = {CHECK_ERROR,
	    "lets in without the second step: this line skips it",
	    "let a yes here lead to the line of pam_xsuite, not past it"};
	static const struct complaint chosen = {CHECK_WARNING,
	    "lets some in without the second step: this condition skips it",
	    "name them in exempt_users, exempt_groups or exempt_networks"};
	static const struct complaint wrong = {CHECK_ERROR,
	    "lets in with a wrong code: this line's no does not count",
	    "make the line \"required\""};
	const struct xs_ending *ending;

	ending = check_find_ending(
	    service, true, 0, MARK_OURS_RAN | MARK_ROOT | MARK_CHOSEN);
	if (ending != NULL)
		complain(
		    service, &always, find_shortcut(service, ending), ending);
	ending = check_find_ending(
	    service, true, MARK_CHOSEN, MARK_OURS_RAN | MARK_ROOT);
	if (ending != NULL)
		complain(
		    service, &chosen, find_shortcut(service, ending), ending);
	ending = check_find_ending(service, true, MARK_OURS_NO,
	    MARK_OURS_YES | MARK_OURS_IGNORED | MARK_ROOT);
	if (ending != NULL)
		complain(service, &wrong, service->ours, ending);
}

/* Whom may the second step be asked of? design.md 1: requisite. */
static void
judge_order(struct check_service *service)
{
	static const struct complaint early = {CHECK_ERROR,
	    "asks for the second step although the password was wrong: its "
	    "waits tell accounts apart",
	    "make this line \"requisite\", or end with a requisite pam_deny "
	    "in front of pam_xsuite"};
	static const struct complaint late = {CHECK_ERROR,
	    "asks for the password only behind the second step: anybody can "
	    "use up an account's tries",
	    "move the line of pam_xsuite behind the password's"};
	size_t password = find_role(service, CHECK_PASSWORD);
	const struct xs_ending *ending;
	bool found = false;

	for (int success = 1; success >= 0 && !found; success--) {
		ending = check_find_ending(service, success, MARK_EARLY, 0);
		found = ending != NULL;
		if (found)
			complain(service, &early, password, ending);
	}
	for (int success = 1; success >= 0; success--) {
		ending =
		    check_find_ending(service, success, MARK_LATE, MARK_EARLY);
		if (ending == NULL)
			continue;
		complain(service, &late, service->ours, ending);
		break;
	}
}

/* Somebody whom our line ignores: is he let in, and with what? */
static void
judge_ignored(struct check_service *service)
{
	static const struct complaint refused = {CHECK_ERROR,
	    "refuses everybody whom pam_xsuite does not ask: nothing here "
	    "says yes",
	    "add \"auth required pam_permit.so\" behind this line"};
	static const struct complaint open = {CHECK_ERROR,
	    "lets in with nothing whom pam_xsuite does not ask: no password "
	    "stands in front of it",
	    "put the password's line in front, or have sshd demand a key "
	    "(AuthenticationMethods publickey,keyboard-interactive:pam)"};
	static const struct complaint alone = {CHECK_WARNING,
	    "lets in with the code alone: no password stands in front of it",
	    "put the password's line in front, or have sshd demand a key "
	    "(AuthenticationMethods publickey,keyboard-interactive:pam)"};
	static const struct complaint remembered = {CHECK_ERROR,
	    "lets in with nothing from an address that is remembered: no "
	    "password stands in front of it",
	    "put the password's line in front, or add remember=0 to this "
	    "one"};
	const unsigned first = MARK_PASSWORD_YES | MARK_OTHER_YES | MARK_ROOT;
	bool has_password =
	    check_module_of(
		&service->auth->steps[find_role(service, CHECK_PASSWORD)])
		->role == CHECK_PASSWORD;
	const struct xs_ending *ending;

	ending = check_find_ending(service, false,
	    MARK_OURS_IGNORED | (has_password ? MARK_PASSWORD_YES : 0),
	    MARK_OTHER_NO | MARK_OURS_NO);
	if (ending != NULL)
		complain(service, &refused, service->ours, ending);
	/* The settings of who has no password: the code is all there is. */
	if (service->key_first ||
	    strcmp(service->name, "xsuite-nopassword") == 0)
		return;
	ending = check_find_ending(service, true, MARK_OURS_IGNORED, first);
	if (ending != NULL) {
		complain(service, &open, service->ours, ending);
		return;
	}
	ending = check_find_ending(service, true, MARK_OURS_YES, first);
	if (ending != NULL)
		complain(service, service->remembers ? &remembered : &alone,
		    service->ours, ending);
}

/*
 * A line behind ours asks nothing (pam/proof.h), unless it has other records
 * or does not offer all methods that the first may have been passed by.
 */
static bool
asks_again(const struct check_service *service, size_t later)
{
	const struct xs_step *steps = service->auth->steps;
	struct xs_config first, other;
	struct xs_fault fault;

	/* What is refused for its options has a finding of its own. */
	if (!check_options(
		service->check, &steps[service->ours], &first, &fault) ||
	    !check_options(service->check, &steps[later], &other, &fault))
		return false;
	return strcmp(first.state_dir, other.state_dir) != 0 ||
	    strcmp(first.key_file, other.key_file) != 0 ||
	    (first.methods & ~other.methods) != 0;
}

/*
 * Can anybody come in at all? pam_setcred is no question: libpam takes it the
 * way that authenticate went, and modules that all succeed there say yes at
 * the same lines.
 */
static void
judge_yes(struct check_service *service)
{
	static const struct complaint nobody = {CHECK_ERROR,
	    "refuses everybody, also with the right code",
	    "compare with the stack in pam_xsuite(8); keep a root shell open"};
	static const struct complaint twice = {CHECK_ERROR,
	    "asks for the second step twice: a code works once",
	    "keep one line of pam_xsuite, or let both have the same options"};
	static const struct complaint too_much = {CHECK_ERROR,
	    "is too complex to follow: whether it lets in without the second "
	    "step is not known",
	    "use fewer substacks and jumps"};
	const struct xs_stack *auth = service->auth;
	const struct xs_ending *ending =
	    check_find_ending(service, true, MARK_OURS_YES, 0);

	if (!service->search.complete)
		complain(service, &too_much, service->ours, NULL);
	else if (ending == NULL &&
	    check_module_is_there(&auth->steps[service->ours]))
		complain(service, &nobody, service->ours, NULL);
	for (size_t i = service->ours + 1; i < auth->count; i++) {
		if (check_module_of(&auth->steps[i])->role == CHECK_OURS &&
		    asks_again(service, i))
			complain(service, &twice, i, NULL);
	}
}

void
check_judge(struct check_service *service)
{
	const struct xs_stack *auth = service->auth;

	service->models = calloc(auth->count, sizeof(*service->models));
	if (service->models == NULL) {
		service->check->failed = true;
		return;
	}
	for (size_t i = 0; i < auth->count; i++)
		model_step(
		    &auth->steps[i], service->can_ignore, &service->models[i]);
	if (xs_search_run(&service->search, auth, service->models) != 0) {
		service->check->failed = true;
	} else {
		judge_bypass(service);
		judge_order(service);
		judge_ignored(service);
		judge_yes(service);
	}
	xs_search_free(&service->search);
	free(service->models);
}
