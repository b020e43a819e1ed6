/* SPDX-License-Identifier: BSD-3-Clause */
/* The options as text: the dump, conf/xsuite.conf and xsuite.conf(5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/config_cases.h"

static void
assert_dump_is_read_again(const struct xs_config *c)
{
	struct xs_config again;
	char *text = NULL, *rest, *line;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	xs_config_dump(c, out);
	assert_int_equal(fclose(out), 0);
	xs_config_init(&again);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		assert_int_equal(feed(&again, line, NULL), 0);
	free(text);
	memcpy(again.set_at, c->set_at, sizeof(again.set_at));
	assert_memory_equal(&again, c, sizeof(again));
}

static void
test_a_dump_is_read_again(void **state)
{
	struct xs_config c;

	(void)state;
	xs_config_init(&c);
	assert_dump_is_read_again(&c);
	feed_flips(&c);
	assert_dump_is_read_again(&c);
}

/* The longest line: the blanks of the dump would not fit. */
static void
test_the_longest_value_is_dumped(void **state)
{
	char line[1025] = "postgresql=";
	struct xs_config c;

	(void)state;
	xs_config_init(&c);
	memset(line + 11, 'x', 1024 - 11);
	assert_int_equal(feed(&c, line, NULL), 0);
	assert_dump_is_read_again(&c);
}

/* A file of the tree, from its top. */
static char *
read_tree(const char *name)
{
	const char *top = getenv("XS_TOP");
	char path[4096], *text = calloc(1, 65536);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", top == NULL ? "." : top, name);
	in = fopen(path, "re");
	if (in == NULL)
		fail_msg("%s: not found; run from the tree's top", path);
	assert_non_null(text);
	assert_in_range(fread(text, 1, 65536, in), 1, 65535);
	fclose(in);
	return text;
}

static char *
make_template(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	xs_config_template(out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
test_the_shipped_file_is_the_template(void **state)
{
	char *file = read_tree("conf/xsuite.conf"), *text = make_template();

	(void)state;
	assert_string_equal(file, text);
	free(file);
	free(text);
}

/* As it is it says nothing; without the '#' it says the defaults. */
static void
test_the_shipped_file_holds_the_defaults(void **state)
{
	char *file = read_tree("conf/xsuite.conf"), *rest = file, *line;
	struct xs_config c, defaults;
	size_t keys = 0;

	(void)state;
	xs_config_init(&defaults);
	xs_config_init(&c);
	while ((line = strsep(&rest, "\n")) != NULL) {
		assert_in_range(strlen(line), 0, 78);
		assert_int_equal(feed(&c, line, NULL), 0);
		assert_memory_equal(&c, &defaults, sizeof(c));
		if (line[0] != '#' || line[1] == ' ' || line[1] == '\0')
			continue;
		keys++;
		assert_int_equal(feed(&c, line + 1, NULL), 0);
		memset(c.set_at, 0, sizeof(c.set_at));
		assert_memory_equal(&c, &defaults, sizeof(c));
	}
	free(file);
	assert_int_equal(keys, COUNT(flips));
}

/* The text of a key's item in the page, blanks and line ends as one blank. */
static char *
manual_item(const char *page, const char *key)
{
	char start[64], *item;
	const char *from, *to;
	size_t n = 0;

	snprintf(start, sizeof(start), "\n.It Ic %s\n", key);
	from = strstr(page, start);
	if (from == NULL)
		fail_msg("xsuite.conf(5) has no item %s", key);
	from += strlen(start);
	assert_null(strstr(from, start));
	to = strstr(from, "\n.It ");
	if (to == NULL || (strstr(from, "\n.El") < to))
		to = strstr(from, "\n.El");
	assert_non_null(to);
	item = calloc(1, (size_t)(to - from) + 2);
	for (; from < to; from++)
		item[n++] = *from == '\n' ? ' ' : *from;
	item[n] = ' ';
	return item;
}

static void
assert_item_says(const char *item, const struct xs_option *option)
{
	const char *fallback = option->fallback;
	char allowed[128], text[512];

	xs_option_allowed(option, allowed, sizeof(allowed));
	snprintf(text, sizeof(text), " Allowed: %s%s. Default: %s. ", allowed,
	    fallback[0] == '\0' ? ", or nothing" : "",
	    fallback[0] == '\0' ? "nothing" : fallback);
	if (strstr(item, text) == NULL)
		fail_msg("xsuite.conf(5): %s: expected%s", option->key, text);
}

static void
test_the_manual_names_every_key(void **state)
{
	char *page = read_tree("man/xsuite.conf.5");
	size_t items = 0;

	(void)state;
	for (size_t i = 0; i < xs_options_count; i++) {
		char *item;

		if (xs_options[i].place != XS_PLACE_ANY)
			continue;
		item = manual_item(page, xs_options[i].key);
		assert_item_says(item, &xs_options[i]);
		free(item);
		items++;
	}
	for (const char *p = page; (p = strstr(p, "\n.It Ic ")) != NULL; p++)
		items--;
	assert_int_equal(items, 0);
	assert_non_null(strstr(page, "\n.It Cm config "));
	assert_non_null(strstr(page, "\n.It Cm settings\n"));
	free(page);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	return *seed ^= *seed << 5;
}

/* Half of it a key with a spoilt value, so that every parser is reached. */
static void
random_line(uint32_t *seed, char line[1200])
{
	static const char likely[] = "0123456789,,  //..::smhdKMG+-=#\t";
	size_t n = 0, end;

	if (next_random(seed) % 2 == 0) {
		size_t i = next_random(seed) % xs_options_count;

		n = (size_t)sprintf(line, "%s = %s", xs_options[i].key,
		    next_random(seed) % 2 ? xs_options[i].fallback : "");
	}
	end = n + next_random(seed) % (next_random(seed) % 64 ? 40 : 1100);
	for (; n < end; n++)
		line[n] = next_random(seed) % 4 == 0
		    ? (char)next_random(seed)
		    : likely[next_random(seed) % 32];
	line[n] = '\0';
}

static void
test_random_lines_do_no_harm(void **state)
{
	struct xs_config c;
	struct xs_fault fault;
	uint32_t seed = 20261122;
	size_t taken = 0;
	char line[1200];

	(void)state;
	xs_config_init(&c);
	for (int i = 0; i < 100000; i++) {
		random_line(&seed, line);
		fault.text[0] = '\0';
		if (feed(&c, line, &fault) != 0) {
			assert_true(fault.text[0] != '\0');
			continue;
		}
		if (taken++ % 16 == 0)
			assert_dump_is_read_again(&c);
		xs_config_init(&c);
	}
	assert_true(taken > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_dump_is_read_again),
	    cmocka_unit_test(test_the_longest_value_is_dumped),
	    cmocka_unit_test(test_the_shipped_file_is_the_template),
	    cmocka_unit_test(test_the_shipped_file_holds_the_defaults),
	    cmocka_unit_test(test_the_manual_names_every_key),
	    cmocka_unit_test(test_random_lines_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
