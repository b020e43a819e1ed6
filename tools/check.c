/* SPDX-License-Identifier: BSD-3-Clause */
/* The command check: its findings, how they are told, its exit code. */
#include "check.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICES_SHOWN 6

/* Exit codes; what is wrong with the call itself is sysexits'. */
enum { CLEAN = 0, WARNINGS = 1, ERRORS = 2 };

/* One more service that this is true of. */
static bool
add_service(struct check_finding *finding, const char *service)
{
	const char *old = finding->services == NULL ? "" : finding->services;
	char *both;

	if (service == NULL || finding->services_count++ > SERVICES_SHOWN)
		return true;
	if (asprintf(&both, "%s%s%s", old, *old == '\0' ? "" : " ",
		finding->services_count > SERVICES_SHOWN ? "..." : service) < 0)
		return false;
	free(finding->services);
	finding->services = both;
	return true;
}

/* What stands in files is shown, and must stay one line of text. */
static void
make_plain(char *text)
{
	bool is_text = mbstowcs(NULL, text, 0) != (size_t)-1;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f || (c > 0x7f && !is_text))
			*text = '?';
	}
}

static struct check_finding *
add_finding(
    struct check *check, const struct check_place *place, const char *what)
{
	struct check_finding *more = reallocarray(
	    check->findings, check->count + 1, sizeof(*check->findings));

	if (more == NULL)
		return NULL;
	check->findings = more;
	more += check->count++;
	*more = (struct check_finding){.level = place->level};
	if (asprintf(&more->where, "%s", place->where) < 0 ||
	    asprintf(&more->what, "%s", what) < 0 ||
	    asprintf(&more->mend, "%s", place->mend) < 0 ||
	    asprintf(&more->way, "%s", place->way == NULL ? "" : place->way) <
		0) {
		check->count--; /* with what it holds: memory is short */
		return NULL;
	}
	make_plain(more->where);
	return more;
}

static struct check_finding *
find_same(const struct check *check, const char *where, const char *what)
{
	for (size_t i = 0; i < check->count; i++) {
		struct check_finding *one = &check->findings[i];

		if (strcmp(one->where, where) == 0 &&
		    strcmp(one->what, what) == 0)
			return one;
	}
	return NULL;
}

void
check_find(struct check *check, const struct check_place *place,
    const char *format, ...)
{
	struct check_finding *finding;
	char *what = NULL;
	va_list list;
	int length;

	va_start(list, format);
	length = vasprintf(&what, format, list);
	va_end(list);
	if (length < 0) {
		check->failed = true;
		return;
	}
	make_plain(what);
	finding = find_same(check, place->where, what);
	if (finding == NULL)
		finding = add_finding(check, place, what);
	check->failed |=
	    finding == NULL || !add_service(finding, place->service);
	free(what);
}

void
check_remark(struct check *check, const char *format, ...)
{
	char **more = reallocarray(
	    check->remarks, check->remarks_count + 1, sizeof(*check->remarks));
	va_list list;

	if (more == NULL) {
		check->failed = true;
		return;
	}
	check->remarks = more;
	va_start(list, format);
	if (vasprintf(&more[check->remarks_count], format, list) < 0)
		check->failed = true;
	else
		check->remarks_count++;
	va_end(list);
}

static const char *
level_name(enum check_level level)
{
	return level == CHECK_ERROR ? "error" : "warning";
}

static void
print_json(const struct check_finding *finding)
{
	json_object *object = json_object_new_object();
	char *what = NULL;

	if (finding->services != NULL &&
	    asprintf(&what, "%s (%s)", finding->what, finding->services) < 0)
		what = NULL;
	admin_json_text(object, "where", finding->where);
	admin_json_text(object, "level", level_name(finding->level));
	admin_json_text(object, "what", what == NULL ? finding->what : what);
	admin_json_text(object, "mend", finding->mend);
	admin_json_print(object);
	free(what);
}

static void
print_human(const struct check *check, const struct check_finding *finding)
{
	printf("%s: %s: %s", level_name(finding->level), finding->where,
	    finding->what);
	if (finding->services != NULL)
		printf(" (%s)", finding->services);
	printf("; %s\n", finding->mend);
	if (check->explain)
		fputs(finding->way, stdout);
}

static void
print_sum(const struct check *check, unsigned errors, unsigned warnings)
{
	for (size_t i = 0; i < check->remarks_count; i++)
		puts(check->remarks[i]);
	if (errors + warnings == 0)
		puts("Nothing to mend.");
	else
		printf("%u error%s, %u warning%s\n", errors,
		    errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

static int
tell(const struct check *check)
{
	unsigned errors = 0, warnings = 0;

	if (check->failed) {
		admin_say("out of memory");
		return EX_OSERR;
	}
	for (size_t i = 0; i < check->count; i++) {
		const struct check_finding *finding = &check->findings[i];

		if (finding->level == CHECK_ERROR)
			errors++;
		else
			warnings++;
		if (check->admin->json)
			print_json(finding);
		else
			print_human(check, finding);
	}
	if (!check->admin->json)
		print_sum(check, errors, warnings);
	return errors > 0 ? ERRORS : warnings > 0 ? WARNINGS : CLEAN;
}

static void
release(struct check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		free(check->findings[i].where);
		free(check->findings[i].what);
		free(check->findings[i].mend);
		free(check->findings[i].way);
		free(check->findings[i].services);
	}
	free(check->findings);
	for (size_t i = 0; i < check->remarks_count; i++)
		free(check->remarks[i]);
	free(check->remarks);
}

static int
read_words(struct check *check, const char **user, int argc, char **argv)
{
	static const struct option options[] = {
	    {"explain", no_argument, NULL, 'e'},
	    {"user", required_argument, NULL, 'u'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (option) {
		case 'e':
			check->explain = true;
			break;
		case 'u':
			*user = optarg;
			break;
		case ':':
			return admin_usage(
			    "%s needs a value", argv[optind - 1]);
		default:
			return admin_usage(
			    "%s: no such option of check", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return admin_usage(
		    "check: one word too many: %s", argv[optind]);
	return 0;
}

static int
tell_all(struct check *check)
{
	/* Where key and state are, is not known without options. */
	if (!check->options_broken)
		check_records(check, check_host(check));
	check_sshd(check);
	check_programs(check);
	check_pam(check);
	return tell(check);
}

/* Findings are not told here: what they come to is. */
static int
tell_user(struct check *check, const char *user)
{
	if (!check->options_broken)
		(void)check_host(check);
	check_sshd(check);
	return check_user(check, user);
}

int
admin_check(struct admin *admin, int argc, char **argv)
{
	struct check check = {.admin = admin};
	struct xs_fault fault = {""};
	const char *user = NULL;
	int code = read_words(&check, &user, argc, argv);
	int err;

	if (code != 0)
		return code;
	if (user != NULL && (admin->json || check.explain))
		return admin_usage("check: --user stands alone");
	err = admin_load_config(admin, &fault);
	if (err != 0 && err != XS_E_CONFIG)
		return admin_fail(err, &fault);
	if (err != 0) {
		check.options_broken = true;
		check_fault(&check, CHECK_ERROR, &fault, XS_CONFIG_PATH,
		    "mend the option; until then every login is refused");
		xs_config_init(&admin->config);
	}
	if (user != NULL)
		code = tell_user(&check, user);
	else
		code = tell_all(&check);
	release(&check);
	return code;
}
