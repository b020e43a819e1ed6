/* SPDX-License-Identifier: BSD-3-Clause */
/* check --user: what somebody's next login would be like, step by step. */
#include <pwd.h>
#include <shadow.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "check_files.h"
#include "group.h"
#include "login.h"
#include "policy.h"
#include "sms.h"

/* A person at the door of one service. */
struct visitor {
	struct check *check;
	const char *name;
	uid_t uid;
	gid_t gid;
	bool local; /* at this host, not by the network */
	bool no_password;
	struct xs_config config;
	struct xs_fault fault;
	int result;      /* of our line */
	char words[512]; /* what our line does */
};

__attribute__((format(printf, 3, 4))) static void
expect(struct visitor *visitor, int result, const char *format, ...)
{
	va_list list;

	visitor->result = result;
	va_start(list, format);
	(void)vsnprintf(visitor->words, sizeof(visitor->words), format, list);
	va_end(list);
}

static int
is_member(
    void *context, const char *group, bool *member, struct xs_fault *fault)
{
	const struct visitor *visitor = context;

	return xs_group_has(group, visitor->name, visitor->gid, member, fault);
}

/* Of the login's own preview: what would happen. */
static void
take_report(void *context, const struct xs_report *report)
{
	struct visitor *visitor = context;
	const char *reason = report->reason == NULL ? "" : report->reason;

	if (strcmp(report->word, "would-ask") == 0)
		expect(visitor, XS_PAM_SUCCESS,
		    "asks for the second step, first by %s%s", report->method,
		    visitor->config.remember > 0 && !visitor->local
			? ", but for an address that is remembered"
			: "");
	else if (strcmp(report->word, "would-pass") == 0 &&
	    visitor->config.not_enrolled == XS_NOT_ENROLLED_ENROL)
		expect(visitor, XS_PAM_IGNORE,
		    "does not ask: %s; where enrol_services says so, it is "
		    "set up next",
		    reason);
	else if (strcmp(report->word, "would-pass") == 0)
		expect(visitor, XS_PAM_IGNORE, "does not ask: %s", reason);
	else if (strcmp(reason, "waiting") == 0)
		expect(visitor, XS_PAM_MAXTRIES,
		    "refuses: waits after wrong "
		    "codes; see \"xsuite-admin status\"");
	else
		expect(visitor, XS_PAM_AUTH_ERR, "refuses: %s", reason);
}

static int
refuse_to_write(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	(void)store, (void)who, (void)plain;
	return xs_fault_set(fault, XS_E_NOTSUP, "only looked at");
}

/* The login's preview on a store that takes no changes. */
static int
preview(struct visitor *visitor)
{
	struct xs_store store = visitor->check->admin->store;
	struct xs_store_ops reading = *store.ops;
	/* That there is one is all that the preview looks at. */
	const struct xs_sender sender = {0};
	struct xs_verify verify = {.store = &store,
	    .config = &visitor->config,
	    .env = &xs_env_system,
	    .who = {visitor->name, visitor->uid},
	    .remote = !visitor->local,
	    .caller = visitor->local ? 0 : visitor->uid,
	    .fault = &visitor->fault};
	const struct xs_login login = {.verify = &verify,
	    .is_account = true,
	    .sender = xs_sms_is_offered(&visitor->config) ? &sender : NULL,
	    .report = take_report,
	    .context = visitor};

	reading.begin = refuse_to_write;
	store.ops = &reading;
	return xs_login_preview(&login);
}

/* What our line makes of the visitor. */
static void
foresee(struct visitor *visitor, const struct xs_step *ours)
{
	const struct xs_subject subject = {.name = visitor->name,
	    .address = "",
	    .is_member = is_member,
	    .context = visitor};
	struct xs_policy policy;
	int r;

	if (!check_module_is_there(ours)) {
		expect(visitor, XS_PAM_MODULE_UNKNOWN,
		    "is not there: refuses everybody");
		return;
	}
	r = check_options(
		visitor->check, ours, &visitor->config, &visitor->fault)
	    ? xs_policy_decide(
		  &visitor->config, &subject, &policy, &visitor->fault)
	    : XS_E_CONFIG;
	if (r == 0 && policy.exempt != NULL) {
		expect(
		    visitor, XS_PAM_IGNORE, "does not ask: %s", policy.exempt);
		return;
	}
	if (r == 0) {
		visitor->config.not_enrolled = policy.not_enrolled;
		r = visitor->check->admin->store.ops == NULL ? XS_E_STATE
							     : preview(visitor);
	}
	if (r != 0)
		expect(visitor, XS_PAM_AUTHINFO_UNAVAIL, "refuses: %s",
		    visitor->fault.text[0] != '\0' ? visitor->fault.text
						   : "key or state");
	else if (visitor->config.enforce == XS_ENFORCE_LOG)
		expect(visitor, XS_PAM_IGNORE, "does not ask: enforce = log");
}

/* pam_unix has nothing to compare with where there is no hash. */
static bool
has_no_password(const char *name)
{
	const struct spwd *entry = getspnam(name);

	return entry != NULL && entry->sp_pwdp != NULL &&
	    (entry->sp_pwdp[0] == '!' || entry->sp_pwdp[0] == '*');
}

static bool
is_closed(const struct visitor *visitor)
{
	return visitor->uid != 0 &&
	    (access("/etc/nologin", F_OK) == 0 ||
		access("/var/run/nologin", F_OK) == 0);
}

/* The results that a module can give this visitor, if all goes well. */
static uint32_t
results_for(const struct visitor *visitor, const struct xs_step *step)
{
	const struct check_module *module = check_module_of(step);
	const uint32_t ignored = 1U << XS_PAM_IGNORE;

	if (step->kind == XS_STEP_MODULE && !check_module_is_there(step))
		return 1U << XS_PAM_MODULE_UNKNOWN;
	if (xs_step_is(step, "pam_nologin"))
		return is_closed(visitor) ? 1U << XS_PAM_AUTH_ERR : ignored;
	if (xs_step_is(step, "pam_unix") && visitor->no_password)
		return 1U << XS_PAM_AUTH_ERR;
	switch (module->role) {
	case CHECK_OURS:
		return 1U << visitor->result;
	case CHECK_PASSWORD:
		return 1U << XS_PAM_SUCCESS;
	case CHECK_ROOTOK:
		return 1U << (visitor->uid == 0 ? XS_PAM_SUCCESS
						: XS_PAM_AUTH_ERR);
	case CHECK_SETUP:
		return (module->results & ignored) != 0 ? ignored
							: module->results;
	default:
		return module->results;
	}
}

static void
model(const struct check_service *service, const struct visitor *visitor)
{
	for (size_t i = 0; i < service->auth->count; i++) {
		const struct xs_step *step = &service->auth->steps[i];
		enum check_role role = check_module_of(step)->role;

		service->models[i] = (struct xs_step_model){
		    .results = results_for(visitor, step),
		    .shortcut = role == CHECK_CONDITION ? MARK_CHOSEN : 0,
		    .objection = role == CHECK_OURS ? 0 : MARK_OTHER_NO};
	}
}

/* The friendliest way: no objection but ours, no condition that decides. */
static const struct xs_ending *
choose(const struct check_service *service)
{
	static const unsigned against[] = {
	    MARK_OTHER_NO | MARK_CHOSEN, MARK_OTHER_NO, 0};
	const struct xs_ending *ending = NULL;

	for (size_t i = 0;
	     ending == NULL && i < sizeof(against) / sizeof(against[0]); i++) {
		ending = check_find_ending(service, true, 0, against[i]);
		if (ending == NULL)
			ending =
			    check_find_ending(service, false, 0, against[i]);
	}
	return ending;
}

static void
print_step(const struct check_service *service, const struct visitor *visitor,
    const struct xs_way *way)
{
	const struct xs_step *step = &service->auth->steps[way->step];
	const struct check_module *module = check_module_of(step);

	if (step->kind == XS_STEP_SUBSTACK)
		return;
	printf("  %s:%u  ", service->files.files[step->file], step->line);
	if (step->kind == XS_STEP_MUST_FAIL) {
		puts("a line that always fails");
		return;
	}
	switch (module->role) {
	case CHECK_OURS:
		printf("pam_xsuite %s\n", visitor->words);
		break;
	case CHECK_PASSWORD:
		printf("%s %s\n", module->name,
		    way->result == XS_PAM_SUCCESS
			? "asks for the password, and it is right"
			: "refuses: the account has no password here");
		break;
	case CHECK_CONDITION:
		printf("%s says %s, if all goes well\n", module->name,
		    xs_pam_result_name(way->result));
		break;
	case CHECK_UNKNOWN:
		printf("%s says %s, if all goes well\n", step->module,
		    xs_pam_result_name(way->result));
		break;
	default:
		printf("%s says %s\n", module->name,
		    xs_pam_result_name(way->result));
	}
}

/* Prints the way; returns whether it lets in. */
static bool
tell_way(const struct check_service *service, const struct visitor *visitor,
    const struct xs_ending *ending)
{
	struct xs_way way[XS_STACK_STEPS_MAX];
	size_t length =
	    xs_search_way(&service->search, ending, way, XS_STACK_STEPS_MAX);

	for (size_t i = 0; i < length; i++)
		print_step(service, visitor, &way[i]);
	printf("  %s\n", ending->success ? "lets in" : "refuses");
	return ending->success;
}

static bool
tell_stack(struct check_service *service, struct visitor *visitor)
{
	const struct xs_stack *auth = service->auth;
	struct xs_step_model *models = calloc(auth->count + 1, sizeof(*models));
	const struct xs_ending *ending;
	bool let_in = false;

	service->models = models;
	if (models == NULL) {
		visitor->check->failed = true;
		return false;
	}
	if (service->ours < auth->count)
		foresee(visitor, &auth->steps[service->ours]);
	model(service, visitor);
	if (xs_search_run(&service->search, auth, models) != 0) {
		visitor->check->failed = true;
	} else {
		ending = choose(service);
		if (ending != NULL)
			let_in = tell_way(service, visitor, ending);
		if (service->ours == auth->count)
			puts("  no second step here");
	}
	xs_search_free(&service->search);
	free(models);
	return let_in;
}

static bool
tell_service(struct visitor *visitor, const char *name)
{
	struct check_service service = {.check = visitor->check, .name = name};
	bool let_in = false;

	printf("%s by %s:\n", visitor->name, name);
	if (check_load(&service.files, name) != 0) {
		visitor->check->failed = true;
	} else if (service.files.broken) {
		puts("  refuses: libpam gives up on its files; see "
		     "\"xsuite-admin check\"");
	} else {
		service.auth = xs_service_stack(&service.files, XS_STACK_AUTH);
		service.ours = check_find_ours(service.auth);
		let_in = tell_stack(&service, visitor);
	}
	xs_service_free(&service.files);
	return let_in;
}

int
check_user(struct check *check, const char *name)
{
	static struct visitor visitor;
	const char *const services[] = {check->sshd_service, "sudo", "login"};
	struct passwd *entry = getpwnam(name);
	bool all = true;

	if (entry == NULL) {
		admin_say("%s: no such account", name);
		return EX_NOUSER;
	}
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		visitor = (struct visitor){.check = check,
		    .name = name,
		    .uid = entry->pw_uid,
		    .gid = entry->pw_gid,
		    .local = i > 0,
		    .no_password = has_no_password(name)};
		all = tell_service(&visitor, services[i]) && all;
	}
	if (!check->key_first)
		puts("With a key sshd asks PAM for nothing, unless "
		     "AuthenticationMethods says so.");
	if (check->failed) {
		admin_say("out of memory");
		return EX_OSERR;
	}
	return all ? EX_OK : ADMIN_NO;
}
