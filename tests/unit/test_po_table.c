/* SPDX-License-Identifier: BSD-3-Clause */
/* What the build makes of the translations, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "messages.h"

#define PO_MAX 65536

struct place {
	char dir[64];
	char tool[512];  /* of the same build as this program */
	char po[PO_MAX]; /* a good translation, English to English */
	char out[PO_MAX];
};

static void
add_string(char *po, const char *text)
{
	char *c = po + strlen(po);

	*c++ = '"';
	for (; *text != '\0'; text++) {
		if (*text == '\n' || *text == '"')
			*c++ = '\\';
		*c++ = *text == '\n' ? 'n' : *text;
	}
	strcpy(c, "\"\n");
}

static int
setup(void **state)
{
	static const char *const english[] = {
#define ROW(id, text) text,
	    XS_MESSAGES(ROW)
#undef ROW
	};
	struct place *p = calloc(1, sizeof(*p));
	ssize_t n;

	assert_non_null(p);
	strcpy(p->dir, "/tmp/xs-po-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	n = readlink("/proc/self/exe", p->tool, sizeof(p->tool) - 64);
	assert_true(n > 0);
	for (int up = 0; up < 3; up++)
		*strrchr(p->tool, '/') = '\0';
	strcat(p->tool, "/tools/po_table");
	strcpy(p->po,
	    "msgid \"\"\nmsgstr \"\"\n"
	    "\"Content-Type: text/plain; charset=UTF-8\\n\"\n");
	for (size_t i = 0; i < XS_MSG_COUNT; i++) {
		strcat(p->po, "\n#. a remark\nmsgid ");
		add_string(p->po, english[i]);
		strcat(p->po, "msgstr ");
		add_string(p->po, english[i]);
	}
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	if (system(command) != 0)
		return -1;
	free(p);
	return 0;
}

/* Runs a command; p->out holds what it wrote. Returns its exit status. */
static int
run(struct place *p, const char *command)
{
	FILE *pipe = popen(command, "r");
	size_t n;
	int status;

	assert_non_null(pipe);
	n = fread(p->out, 1, sizeof(p->out) - 1, pipe);
	p->out[n] = '\0';
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
make_table(struct place *p, const char *po, size_t length)
{
	char path[128], command[1024];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/xx.po", p->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(po, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	(void)snprintf(command, sizeof(command), "cd %s && %s xx.po 2>&1",
	    p->dir, p->tool);
	return run(p, command);
}

static void
test_table_has_a_row_for_each_sentence(void **state)
{
	struct place *p = *state;
	unsigned rows = 0;

	assert_int_equal(make_table(p, p->po, strlen(p->po)), 0);
	for (char *c = p->out; (c = strstr(c, "\n[XS_MSG_")) != NULL; c++)
		rows++;
	assert_int_equal(rows, XS_MSG_COUNT);
	assert_non_null(strstr(p->out,
	    "\n[XS_MSG_BACKUP_NEW] = "
	    "\"Your new backup code:\\n\\n    %s\\n\\n\",\n"));
	assert_non_null(strstr(p->out, "run \\\"xsuite app\\\" after"));
}

#define BUSY "msgstr \"The host is busy. Try again.\\n\"\n"
#define BUSY_ENTRY "msgid \"The host is busy. Try again.\\n\"\n" BUSY
#define LEFT "msgstr \"That code is not right. %u tries left.\\n\"\n"
#define WAIT "msgstr \"Too many wrong codes. Try again in %s (%s).\\n\"\n"

/* One change of the good file. */
struct change {
	const char *from, *to;
	int line; /* that is named, from the place of the change; END: the last
		   */
	const char *what;
};

#define END 10000

static const struct change taken[] = {
    {BUSY, "msgstr \"een\"\n\"tw\xc3\xa9\xc3\xa9 \"\n\"\xe2\x82\xac\\n\"\n", 0,
	NULL},
    {BUSY, "msgstr \"100%% \\\\ \\\"\xf0\x9f\x94\x91\\\"\\n\"\n", 0, NULL},
    {LEFT, "msgstr \"%u\"\n#~ msgid \"old\"\n#~ msgstr \"oud\"\n", 0, NULL},
};

static const struct change refused[] = {
    {BUSY_ENTRY, "", END, "missing: \"The host is busy. Try again.\""},
    {BUSY, "msgstr \"\"\n", -1, "not translated: \"The host is busy."},
    {BUSY, "", 0, "msgid without msgstr"},
    {BUSY, "\n" BUSY, 0, "msgid without msgstr"},
    {BUSY_ENTRY, "#, c-format, fuzzy\n" BUSY_ENTRY, 1, "fuzzy: \"The host"},
    {BUSY_ENTRY, "#, fuzzy\n#. remark\n" BUSY_ENTRY, 2, "fuzzy: \"The host"},
    {BUSY_ENTRY, BUSY_ENTRY "\n" BUSY_ENTRY, 3, "duplicate: \"The host is"},
    {BUSY_ENTRY, BUSY_ENTRY "msgid \"new\"\nmsgstr \"nieuw\"\n", 2,
	"no sentence of ours: \"new\""},
    {"msgid \"The host is busy. T", "msgid \"The host is busy. t", 0,
	"no sentence of ours: \"The host is busy. try again.\""},
    {BUSY_ENTRY, BUSY_ENTRY "msgid \"\"\nmsgstr \"\"\n", 2, "a second header"},
    {"UTF-8", "ISO-8859-1", -2, "the header does not say charset=UTF-8"},
    {"msgid \"\"\n", "#, fuzzy\nmsgid \"\"\n", 1, "fuzzy: \"\""},
    {"msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; "
     "charset=UTF-8\\n\"\n",
	"", END, "there is no header"},
    {LEFT, "msgstr \"tries left.\\n\"\n", -1, "other placeholders: \"That"},
    {LEFT, "msgstr \"%s tries left.\\n\"\n", -1, "other placeholders"},
    {LEFT, "msgstr \"%lu tries left.\\n\"\n", -1, "other placeholders"},
    {LEFT, "msgstr \"%1$u tries left.\\n\"\n", -1, "other placeholders"},
    {LEFT, "msgstr \"%%u tries left.\\n\"\n", -1, "other placeholders"},
    {LEFT, "msgstr \"%u tries, 100 %\\n\"\n", -1, "other placeholders"},
    {LEFT, "msgstr \"%u tries %n\\n\"\n", -1, "other placeholders"},
    {WAIT, "msgstr \"%s\\n\"\n", -1, "other placeholders: \"Too many"},
    {WAIT, "msgstr \"%2$s (%1$s)\\n\"\n", -1, "other placeholders"},
    {"msgstr \"%u failed attempts since %s.\\n\"\n", "msgstr \"%s %u\\n\"\n",
	-1, "other placeholders: \"%u failed attempts since %s.\""},
    {BUSY, "msgstr \"\xc3\"\n", 0, "not UTF-8"},
    {BUSY, "msgstr \"\xe9\xe9n\"\n", 0, "not UTF-8"},
    {BUSY, "msgstr \"x\"\n\"\xc0\xaf\"\n", 1, "not UTF-8"},
    {BUSY, "msgstr \"\xed\xa0\x80\"\n", 0, "not UTF-8"},
    {BUSY, "msgstr \"\xf8\x88\x80\x80\x80\"\n", 0, "not UTF-8"},
    {BUSY, "msgstr \"\x1b[7m\"\n", 0, "a control character"},
    {BUSY, "msgstr \"a\tb\"\n", 0, "a control character"},
    {BUSY, "msgstr \"\x7f\"\n", 0, "a control character"},
    {BUSY, "msgstr \"\xc2\x9b\"\n", 0, "a control character"},
    {BUSY, "msgstr \"\\033[7m\"\n", 0, "only \\n, \\\" and \\\\ are"},
    {BUSY, "msgstr \"\\t\"\n", 0, "only \\n, \\\" and \\\\ are"},
    {BUSY, "msgstr \"busy\n", 0, "the string does not end"},
    {BUSY, "msgstr \"busy\\\n", 0, "only \\n, \\\" and \\\\ are"},
    {BUSY, "msgstr \"busy\" x\n", 0, "something behind the string"},
    {BUSY, "msgstr busy\n", 0, "not understood"},
    {BUSY, "msgstr[0] \"busy\"\n", 0, "not understood"},
    {BUSY_ENTRY, "msgctxt \"x\"\n" BUSY_ENTRY, 0, "not understood"},
    {BUSY_ENTRY, "\n\"stray\"\n" BUSY_ENTRY, 1, "not understood"},
    {BUSY, BUSY BUSY, 1, "msgstr without msgid"},
};

/* Makes the change; returns the line it begins in. */
static unsigned
apply(const struct place *p, const struct change *change, char *po)
{
	const char *at = strstr(p->po, change->from);
	unsigned line = 1;

	if (at == NULL)
		fail_msg("not in the good file: %s", change->from);
	(void)snprintf(po, PO_MAX, "%.*s%s%s", (int)(at - p->po), p->po,
	    change->to, at + strlen(change->from));
	for (const char *c = p->po; c < at; c++)
		line += *c == '\n';
	return line;
}

static unsigned
count_lines(const char *text)
{
	unsigned n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

static void
test_broken_files_are_refused(void **state)
{
	struct place *p = *state;
	char po[PO_MAX], where[64];

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct change *change = &refused[i];
		unsigned line = apply(p, change, po);

		line = change->line == END ? count_lines(po)
					   : line + (unsigned)change->line;
		(void)snprintf(where, sizeof(where), "xx.po:%u: ", line);
		if (make_table(p, po, strlen(po)) != 1)
			fail_msg("taken: %s", change->to);
		/* Not a row of a table that might be used. */
		if (strncmp(p->out, where, strlen(where)) != 0 ||
		    strstr(p->out, change->what) == NULL ||
		    count_lines(p->out) != 1)
			fail_msg("%s%s, not %s", where, change->what, p->out);
	}
}

static void
test_good_files_are_taken(void **state)
{
	struct place *p = *state;
	char po[PO_MAX];

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		(void)apply(p, &taken[i], po);
		if (make_table(p, po, strlen(po)) != 0)
			fail_msg("%s", p->out);
	}
}

static void
test_nul_and_length_are_refused(void **state)
{
	struct place *p = *state;
	struct change longer = {BUSY, NULL, 0, NULL};
	char po[PO_MAX], text[4096] = "msgstr \"";
	size_t n;

	memset(text + 8, 'x', 2048);
	strcat(text, "\"\n");
	longer.to = text;
	(void)apply(p, &longer, po);
	assert_int_equal(make_table(p, po, strlen(po)), 1);
	assert_non_null(strstr(p->out, ": longer than 2047 bytes\n"));
	n = strlen(p->po);
	p->po[n - 3] = '\0';
	assert_int_equal(make_table(p, p->po, n), 1);
	assert_non_null(strstr(p->out, ": a NUL byte\n"));
	assert_int_equal(make_table(p, "", 0), 1);
	assert_non_null(strstr(p->out, "there is no header"));
}

/* Not half a table, when the disk is full. */
static void
test_output_that_fails_is_an_error(void **state)
{
	struct place *p = *state;
	char command[1024];

	(void)snprintf(command, sizeof(command),
	    "%s --template 2>/dev/null >/dev/full", p->tool);
	assert_int_equal(run(p, command), 1);
	(void)snprintf(
	    command, sizeof(command), "%s /nowhere.po 2>&1", p->tool);
	assert_int_equal(run(p, command), 1);
	assert_string_equal(p->out, "/nowhere.po: No such file or directory\n");
}

static const char *
top(void)
{
	return getenv("XS_TOP") == NULL ? "." : getenv("XS_TOP");
}

/* XS_WRITE=1 writes the template. */
static void
test_template_is_of_these_sentences(void **state)
{
	struct place *p = *state;
	char command[1024];

	(void)snprintf(command, sizeof(command),
	    getenv("XS_WRITE") != NULL
		? "%s --template >%s/po/xsuite.pot"
		: "%s --template | diff -u %s/po/xsuite.pot -",
	    p->tool, top());
	if (run(p, command) != 0)
		fail_msg("po/xsuite.pot:\n%s", p->out);
}

/* A second opinion. */
static void
test_gettext_finds_no_fault(void **state)
{
	struct place *p = *state;
	char command[1024];

	(void)snprintf(command, sizeof(command),
	    "cd %s/po && msgfmt --check -o /dev/null nl.po 2>&1 && "
	    "msgcmp nl.po xsuite.pot 2>&1",
	    top());
	if (run(p, command) != 0 || p->out[0] != '\0')
		fail_msg("%s", p->out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_table_has_a_row_for_each_sentence),
	    TEST(test_broken_files_are_refused),
	    TEST(test_good_files_are_taken),
	    TEST(test_nul_and_length_are_refused),
	    TEST(test_output_that_fails_is_an_error),
	    TEST(test_template_is_of_these_sentences),
	    TEST(test_gettext_finds_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
