/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a service is read from, and what becomes of its lines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "stack.h"

struct file {
	const char *path;
	const char *text;
};

static int
read_file(void *context, const char *path, char **text, size_t *size)
{
	const struct file *file = context;

	for (; file->path != NULL; file++) {
		if (strcmp(file->path, path) != 0)
			continue;
		*text = strdup(file->text);
		assert_non_null(*text);
		*size = strlen(file->text);
		return 0;
	}
	return 1;
}

static void
load_from(struct xs_service *service, struct file *files,
    const char *const *dirs, const char *include_dir)
{
	const struct xs_service_source source = {.read = read_file,
	    .context = files,
	    .dirs = dirs,
	    .include_dir = include_dir,
	    .conf = "/etc/pam.conf"};

	assert_int_equal(xs_service_load(service, "svc", &source), 0);
}

static const char *const usual[] = {"/etc/pam.d", "/usr/lib/pam.d", NULL};

static void
load(struct xs_service *service, struct file *files)
{
	load_from(service, files, usual, "/etc/pam.d");
}

/* One file, and the only problem that it has. */
static void
expect_trouble(
    const char *text, enum xs_stack_trouble trouble, unsigned line, bool broken)
{
	struct file files[] = {{"/etc/pam.d/svc", text}, {NULL, NULL}};
	struct xs_service service;

	load(&service, files);
	assert_int_equal(service.problems_count, 1);
	assert_int_equal(service.problems[0].trouble, trouble);
	assert_int_equal(service.problems[0].line, line);
	assert_int_equal(service.broken, broken);
	xs_service_free(&service);
}

static const struct xs_step *
step(const struct xs_service *service, enum xs_stack_type type, size_t at)
{
	const struct xs_stack *stack = xs_service_stack(service, type);

	assert_true(at < stack->count);
	return &stack->steps[at];
}

static void
test_own_directory_comes_before_the_vendors(void **state)
{
	struct file files[] = {{"/usr/lib/pam.d/svc", "auth required v.so\n"},
	    {"/etc/pam.d/svc", "auth required e.so\n"}, {NULL, NULL}};
	struct xs_service service;

	(void)state;
	load(&service, files);
	assert_string_equal(step(&service, XS_STACK_AUTH, 0)->module, "e.so");
	xs_service_free(&service);
	load(&service, (struct file[]){files[0], {NULL, NULL}});
	assert_true(service.found);
	assert_string_equal(step(&service, XS_STACK_AUTH, 0)->module, "v.so");
	xs_service_free(&service);
}

static void
test_other_fills_the_types_that_are_missing(void **state)
{
	struct file files[] = {{"/etc/pam.d/svc", "auth required a.so\n"},
	    {"/etc/pam.d/other", "auth required o.so\naccount required o.so\n"},
	    {NULL, NULL}};
	struct xs_service service;

	(void)state;
	load(&service, files);
	assert_string_equal(step(&service, XS_STACK_AUTH, 0)->module, "a.so");
	assert_string_equal(
	    step(&service, XS_STACK_ACCOUNT, 0)->module, "o.so");
	xs_service_free(&service);
	load(&service, files + 1);
	assert_false(service.found);
	assert_string_equal(step(&service, XS_STACK_AUTH, 0)->module, "o.so");
	xs_service_free(&service);
}

static void
test_broken_other_breaks_every_service(void **state)
{
	struct file files[] = {{"/etc/pam.d/svc", "auth required a.so\n"},
	    {"/etc/pam.d/other", "@include gone\n"}, {NULL, NULL}};
	struct xs_service service;

	(void)state;
	load(&service, files);
	assert_true(service.broken);
	xs_service_free(&service);
}

static void
test_nothing_at_all_is_broken(void **state)
{
	struct file files[] = {{NULL, NULL}};
	struct xs_service service;

	(void)state;
	load(&service, files);
	assert_true(service.broken);
	assert_false(service.found);
	xs_service_free(&service);
}

static void
test_pam_conf_is_read_where_there_is_no_directory(void **state)
{
	static const char *const none[] = {NULL};
	struct file files[] = {
	    {"/etc/pam.conf",
		"other auth required o.so\nsvc2 auth required no.so\n"
		"SVC auth required a.so x\nsvc account include /inc\n"
		"svc account include inc\nother account required p.so\n"},
	    {"/inc", "account required i.so\nauth required no.so\n"},
	    {NULL, NULL}};
	struct xs_service service;

	(void)state;
	load_from(&service, files, none, NULL);
	assert_true(service.found);
	assert_int_equal(service.own[XS_STACK_AUTH].count, 1);
	assert_string_equal(step(&service, XS_STACK_AUTH, 0)->module, "a.so");
	assert_int_equal(step(&service, XS_STACK_AUTH, 0)->argc, 1);
	assert_int_equal(service.own[XS_STACK_ACCOUNT].count, 2);
	assert_string_equal(
	    step(&service, XS_STACK_ACCOUNT, 0)->module, "i.so");
	assert_int_equal(
	    step(&service, XS_STACK_ACCOUNT, 1)->kind, XS_STEP_MUST_FAIL);
	assert_int_equal(service.other[XS_STACK_AUTH].count, 1);
	xs_service_free(&service);
}

static void
test_relative_include_is_looked_for_in_one_place(void **state)
{
	struct file files[] = {{"/etc/pam.d/svc", "auth include inc\n"},
	    {"/usr/lib/pam.d/inc", "auth required i.so\n"}, {NULL, NULL}};
	struct xs_service service;

	(void)state;
	load(&service, files);
	assert_int_equal(service.problems_count, 1);
	assert_int_equal(service.problems[0].trouble, XS_TROUBLE_INCLUDE);
	assert_string_equal(service.problems[0].word, "inc");
	assert_int_equal(
	    step(&service, XS_STACK_AUTH, 0)->kind, XS_STEP_MUST_FAIL);
	xs_service_free(&service);
}

static void
test_substack_is_deeper_and_marked(void **state)
{
	struct file files[] = {
	    {"/etc/pam.d/svc", "auth substack /i\nauth include /i\n"},
	    {"/i", "auth required i.so\naccount required i.so\n"},
	    {NULL, NULL}};
	struct xs_service service;

	(void)state;
	load(&service, files);
	assert_int_equal(service.own[XS_STACK_AUTH].count, 3);
	assert_int_equal(service.own[XS_STACK_ACCOUNT].count, 0);
	assert_int_equal(
	    step(&service, XS_STACK_AUTH, 0)->kind, XS_STEP_SUBSTACK);
	assert_int_equal(step(&service, XS_STACK_AUTH, 1)->level, 1);
	assert_int_equal(step(&service, XS_STACK_AUTH, 1)->line, 1);
	assert_int_equal(step(&service, XS_STACK_AUTH, 2)->level, 0);
	xs_service_free(&service);
}

static void
test_words_are_those_of_libpam(void **state)
{
	struct file files[] = {
	    {"/etc/pam.d/svc",
		"# nothing\n\n-AUTH\t[ success=2 auth_err = die \\\n"
		" default=ok]  /lib/x/pam_y.so [a \\] b] c=[d # e\n"},
	    {NULL, NULL}};
	struct xs_service service;
	const struct xs_step *one;

	(void)state;
	load(&service, files);
	one = step(&service, XS_STACK_AUTH, 0);
	assert_int_equal(service.problems_count, 0);
	assert_true(one->quiet);
	assert_int_equal(one->line, 3);
	assert_int_equal(one->actions[XS_PAM_SUCCESS], 2);
	assert_int_equal(one->actions[XS_PAM_AUTH_ERR], XS_ACTION_DIE);
	assert_int_equal(one->actions[XS_PAM_IGNORE], XS_ACTION_OK);
	assert_int_equal(one->argc, 2);
	assert_string_equal(one->argv[0], "a ] b");
	assert_string_equal(one->argv[1], "c=[d");
	assert_true(xs_step_is(one, "pam_y"));
	assert_false(xs_step_is(one, "pam"));
	xs_service_free(&service);
}

static void
test_troubles_are_named_with_their_line(void **state)
{
	char longer[2048];

	(void)state;
	expect_trouble("\natuh required a.so\n", XS_TROUBLE_TYPE, 2, false);
	expect_trouble("auth requird a.so\n", XS_TROUBLE_CONTROL, 1, false);
	expect_trouble("auth\n", XS_TROUBLE_CONTROL, 1, false);
	expect_trouble("auth [success=0] a.so\n", XS_TROUBLE_CONTROL, 1, false);
	expect_trouble("auth required\n", XS_TROUBLE_MODULE, 1, false);
	expect_trouble("auth required /x/\n", XS_TROUBLE_NAME, 1, true);
	expect_trouble("auth include gone\n", XS_TROUBLE_INCLUDE, 1, false);
	expect_trouble("@include gone\n", XS_TROUBLE_INCLUDE, 1, true);
	expect_trouble("auth substack\n", XS_TROUBLE_NAMELESS, 1, true);
	expect_trouble("auth include svc\n", XS_TROUBLE_DEPTH, 1, false);
	expect_trouble("auth required a.so\\\n", XS_TROUBLE_END, 1, true);
	expect_trouble(
	    "auth \\\n# x\nrequired a.so\n", XS_TROUBLE_GAP, 1, false);
	memset(longer, '#', 1023);
	memcpy(longer + 1023, "\n", 2);
	expect_trouble(longer, XS_TROUBLE_LENGTH, 1, false);
}

static void
test_line_as_long_as_libpam_takes_is_fine(void **state)
{
	char text[2048];
	struct file files[] = {{"/etc/pam.d/svc", text}, {NULL, NULL}};
	struct xs_service service;

	(void)state;
	memset(text, '#', 1022);
	memcpy(text + 1022, "\n", 2);
	load(&service, files);
	assert_int_equal(service.problems_count, 0);
	xs_service_free(&service);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_own_directory_comes_before_the_vendors),
	    cmocka_unit_test(test_other_fills_the_types_that_are_missing),
	    cmocka_unit_test(test_broken_other_breaks_every_service),
	    cmocka_unit_test(test_nothing_at_all_is_broken),
	    cmocka_unit_test(test_pam_conf_is_read_where_there_is_no_directory),
	    cmocka_unit_test(test_relative_include_is_looked_for_in_one_place),
	    cmocka_unit_test(test_substack_is_deeper_and_marked),
	    cmocka_unit_test(test_words_are_those_of_libpam),
	    cmocka_unit_test(test_troubles_are_named_with_their_line),
	    cmocka_unit_test(test_line_as_long_as_libpam_takes_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
