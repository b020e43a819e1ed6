/* SPDX-License-Identifier: BSD-3-Clause */
/* Which store, and whose code is loaded for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>

#include "config.h"
#include "store_plugin.h"
#include "tests/state.h"

#define CONNINFO "host=/run/x user=u dbname=d"

static const char *
build_dir(void)
{
	static char path[400];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	assert_true(n > 0);
	path[n] = '\0';
	for (int i = 0; i < 3; i++)
		*strrchr(path, '/') = '\0';
	return path;
}

static void
run(const char *format, const char *a, const char *b)
{
	char command[1000];

	/* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral) */
	snprintf(command, sizeof(command), "a=%s; b=%s; %s", a, b, format);
	/* Of the test's own words. NOLINTNEXTLINE(cert-env33-c) */
	assert_int_equal(system(command), 0);
}

/* A copy of the plug-in that a test can spoil. */
static int
setup(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	make_dir(s);
	run("mkdir $b/pam_xsuite && "
	    "cp $a/pam_xsuite/store_postgresql.so $b/pam_xsuite/",
	    build_dir(), s->dir);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct state *s = *state;

	xs_store_close(&s->store);
	remove_tree(s->dir);
	free(s);
	return 0;
}

static int
open_in(struct state *s, const char *directory, struct xs_fault *fault)
{
	xs_store_close(&s->store);
	fault->text[0] = '\0';
	return xs_store_plugin_open(
	    &s->store, directory, CONNINFO, &s->keys, &xs_env_system, fault);
}

static void
test_options_choose_the_store(void **state)
{
	struct state *s = *state;
	struct xs_fault fault = {""};
	struct xs_config config;

	xs_config_init(&config);
	strcpy(config.state_dir, s->dir);
	assert_int_equal(
	    xs_store_open(&s->store, &config, &s->keys, &xs_env_system, &fault),
	    0);
	assert_string_equal(s->store.ops->name, "file");
	assert_false(s->store.ops->by_name);
	xs_store_close(&s->store);
	/* Nothing stands beside this program. */
	config.store = XS_STORE_POSTGRESQL;
	strcpy(config.postgresql, CONNINFO);
	assert_int_equal(
	    xs_store_open(&s->store, &config, &s->keys, &xs_env_system, &fault),
	    XS_E_CONFIG);
	assert_non_null(strstr(fault.text, "store = postgresql: /"));
	assert_null(s->store.ops);
}

static void
test_plugin_that_others_can_change_is_not_loaded(void **state)
{
	static const struct {
		const char *damage, *mend;
	} cases[] = {
	    {"chmod g+w $b/pam_xsuite", "chmod 755 $b/pam_xsuite"},
	    {"chmod o+w $b/pam_xsuite", "chmod 755 $b/pam_xsuite"},
	    {"chown 12345 $b/pam_xsuite", "chown 0 $b/pam_xsuite"},
	    {"chmod g+w $b/pam_xsuite/*", "chmod 755 $b/pam_xsuite/*"},
	    {"chmod o+w $b/pam_xsuite/*", "chmod 755 $b/pam_xsuite/*"},
	    {"chown 12345 $b/pam_xsuite/*", "chown 0 $b/pam_xsuite/*"},
	    {"mv $b/pam_xsuite $b/x; ln -s x $b/pam_xsuite",
		"rm $b/pam_xsuite; mv $b/x $b/pam_xsuite"},
	    {"cd $b/pam_xsuite; mv *.so x; ln -s x store_postgresql.so",
		"cd $b/pam_xsuite; mv x store_postgresql.so"},
	    {"mv $b/pam_xsuite $b/x", "mv $b/x $b/pam_xsuite"},
	    {"cd $b/pam_xsuite; mv *.so x",
		"cd $b/pam_xsuite; mv x store_postgresql.so"},
	};
	struct state *s = *state;
	struct xs_fault fault;

	run("chmod 755 $b $b/pam_xsuite $b/pam_xsuite/*", "", s->dir);
	assert_int_equal(open_in(s, s->dir, &fault), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (getuid() != 0 && strstr(cases[i].damage, "chown") != NULL)
			continue;
		run(cases[i].damage, "", s->dir);
		if (open_in(s, s->dir, &fault) != XS_E_CONFIG ||
		    strstr(fault.text, "pam_xsuite") == NULL)
			fail_msg("%s: %s", cases[i].damage, fault.text);
		assert_null(s->store.ops);
		run(cases[i].mend, "", s->dir);
	}
	assert_int_equal(open_in(s, s->dir, &fault), 0);
}

/* Directory or file: a package of its own has them, and is named. */
static void
test_plugin_that_is_missing_names_its_package(void **state)
{
	struct state *s = *state;
	struct xs_fault fault;

	run("rm $b/pam_xsuite/*", "", s->dir);
	assert_int_equal(open_in(s, s->dir, &fault), XS_E_CONFIG);
	assert_non_null(strstr(fault.text, "libpam-xsuite-postgresql"));
	run("rmdir $b/pam_xsuite", "", s->dir);
	assert_int_equal(open_in(s, s->dir, &fault), XS_E_CONFIG);
	assert_non_null(strstr(fault.text, "libpam-xsuite-postgresql"));
}

/* It looks into our structures: of another build it would look beside them. */
static void
test_plugin_of_another_build_is_not_used(void **state)
{
	struct state *s = *state;
	struct xs_fault fault;

	/* The right version, and other structures. */
	run("printf 'const struct { const char *version; long shape[7];"
	    " void *open; } xs_store_postgresql = { \"'$a'\", {1} };'"
	    " > $b/x.c && cc -shared -o $b/pam_xsuite/store_postgresql.so"
	    " $b/x.c && chmod 755 $b/pam_xsuite $b/pam_xsuite/*",
	    XS_VERSION, s->dir);
	assert_int_equal(open_in(s, s->dir, &fault), XS_E_CONFIG);
	assert_non_null(strstr(fault.text, "not of this version"));
	run("printf 'int x;' > $b/x.c && cc -shared -o"
	    " $b/pam_xsuite/store_postgresql.so $b/x.c",
	    "", s->dir);
	assert_int_equal(open_in(s, s->dir, &fault), XS_E_CONFIG);
	write_file(in_dir(s, "pam_xsuite/store_postgresql.so").text, "x", 1);
	assert_int_equal(open_in(s, s->dir, &fault), XS_E_CONFIG);
}

static bool
is_mapped(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[1000];
	bool found = false;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		found = found || strstr(line, name) != NULL;
	fclose(maps);
	return found;
}

/* In a child, which has loaded nothing yet that matters. */
static int
load_module_then_plugin(void *context)
{
	const struct state *s = context;
	struct xs_store store;
	char path[500];

	snprintf(path, sizeof(path), "%s/pam_xsuite.so", build_dir());
	CHILD_CHECK(dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL);
	CHILD_CHECK(!is_mapped("libpq"));
	CHILD_CHECK(xs_store_plugin_open(&store, build_dir(), CONNINFO,
			&s->keys, &xs_env_system, NULL) == 0);
	CHILD_CHECK(is_mapped("libpq"));
	/* Its symbols stay its own. */
	CHILD_CHECK(dlsym(RTLD_DEFAULT, "PQexec") == NULL);
	CHILD_CHECK(dlsym(RTLD_DEFAULT, "xs_store_postgresql") == NULL);
	xs_store_close(&store);
	return 0;
}

static void
test_libpq_comes_with_the_plugin_alone(void **state)
{
	assert_int_equal(run_child(load_module_then_plugin, *state), 0);
}

static int
count_exports(const char *path)
{
	char command[600], line[300];
	FILE *symbols;
	int n = 0;

	snprintf(command, sizeof(command), "nm -D --defined-only %s", path);
	/* Of the test's own words. NOLINTNEXTLINE(cert-env33-c) */
	symbols = popen(command, "re");
	assert_non_null(symbols);
	while (fgets(line, sizeof(line), symbols) != NULL)
		n++;
	pclose(symbols);
	return n;
}

static void
test_plugin_exports_one_symbol(void **state)
{
	char path[500];

	(void)state;
	snprintf(path, sizeof(path), "%s/pam_xsuite/store_postgresql.so",
	    build_dir());
	assert_int_equal(count_exports(path), 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    /* First, before anything has loaded libpq. */
	    T(test_libpq_comes_with_the_plugin_alone),
	    T(test_options_choose_the_store),
	    T(test_plugin_that_others_can_change_is_not_loaded),
	    T(test_plugin_that_is_missing_names_its_package),
	    T(test_plugin_of_another_build_is_not_used),
	    T(test_plugin_exports_one_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
