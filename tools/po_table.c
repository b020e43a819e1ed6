/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs while building: po_table FILE.po prints the translation as the rows of
 * a C table for lib/messages.c, or says what is wrong and where. po_table
 * --template prints po/xsuite.pot. The English is compiled in, so the table
 * cannot belong to other sentences than the program's.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

#define TEXT_MAX 2048

static const struct {
	const char *name, *english;
} messages[XS_MSG_COUNT] = {
#define ROW(id, text) [XS_MSG_##id] = {#id, text},
    XS_MESSAGES(ROW)
#undef ROW
};

enum part { NOTHING, MSGID, MSGSTR };

struct po {
	const char *path;
	unsigned line;
	bool header;
	bool given[XS_MSG_COUNT];
	char text[XS_MSG_COUNT][TEXT_MAX];
	/* The entry that is being read. */
	enum part part;
	bool fuzzy;
	unsigned begin;
	char id[TEXT_MAX], str[TEXT_MAX];
};

static __attribute__((noreturn, format(printf, 3, 4))) void
fail(const struct po *po, unsigned line, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s:%u: ", po->path, line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

/* Names the sentence by its first line. */
static __attribute__((noreturn)) void
fail_sentence(
    const struct po *po, unsigned line, const char *what, const char *english)
{
	fail(po, line, "%s: \"%.*s\"", what, (int)strcspn(english, "\n"),
	    english);
}

/* ---- What a sentence must be ---- */

/* The bytes of the UTF-8 character there; 0: it is none, or a control one. */
static size_t
character_size(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	static const unsigned least[] = {0, 0x20, 0xa0, 0x800, 0x10000};
	size_t size = c[0] < 0x80   ? 1
	    : (c[0] & 0xe0) == 0xc0 ? 2
	    : (c[0] & 0xf0) == 0xe0 ? 3
	    : (c[0] & 0xf8) == 0xf0 ? 4
				    : 0;
	unsigned code = size == 1 ? c[0] : c[0] & (0x7fu >> size);

	for (size_t i = 1; i < size; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c[i] & 0x3f);
	}
	if (code < least[size] || code == 0x7f || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return size;
}

/* The next conversion of a printf format, NULL after the last. */
static const char *
find_placeholder(const char *text, size_t *length)
{
	while ((text = strchr(text, '%')) != NULL && text[1] == '%')
		text += 2;
	if (text == NULL)
		return NULL;
	*length = 1 + strspn(text + 1, " #+-.*$'0123456789hjlLqtz");
	if (text[*length] != '\0')
		++*length;
	return text;
}

static bool
has_same_placeholders(const char *one, const char *other)
{
	size_t n = 0, m = 0;

	do {
		one = find_placeholder(one + n, &n);
		other = find_placeholder(other + m, &m);
		if (one == NULL || other == NULL)
			return one == other;
	} while (n == m && memcmp(one, other, n) == 0);
	return false;
}

/* ---- Reading ---- */

static void
take_header(struct po *po)
{
	if (po->header)
		fail(po, po->begin, "a second header, or an empty msgid");
	if (strstr(po->str, "charset=UTF-8\n") == NULL)
		fail(po, po->begin, "the header does not say charset=UTF-8");
	po->header = true;
}

static void
take_sentence(struct po *po, size_t i)
{
	if (po->given[i])
		fail_sentence(po, po->begin, "duplicate", po->id);
	if (po->str[0] == '\0')
		fail_sentence(po, po->begin, "not translated", po->id);
	if (!has_same_placeholders(po->id, po->str))
		fail_sentence(po, po->begin, "other placeholders", po->id);
	po->given[i] = true;
	memcpy(po->text[i], po->str, sizeof(po->str));
}

static void
end_entry(struct po *po)
{
	bool known = false;

	if (po->part == NOTHING)
		return;
	if (po->part == MSGID)
		fail(po, po->line, "msgid without msgstr");
	if (po->fuzzy)
		fail_sentence(po, po->begin, "fuzzy", po->id);
	if (po->id[0] == '\0') {
		take_header(po);
		known = true;
	}
	for (size_t i = 0; i < XS_MSG_COUNT; i++) {
		if (strcmp(po->id, messages[i].english) == 0) {
			take_sentence(po, i);
			known = true;
		}
	}
	if (!known)
		fail_sentence(po, po->begin, "no sentence of ours", po->id);
	po->part = NOTHING;
}

static void
begin_part(struct po *po, enum part part)
{
	if (part == MSGID) {
		end_entry(po);
		po->begin = po->line;
		po->id[0] = po->str[0] = '\0';
	} else if (po->part != MSGID) {
		fail(po, po->line, "msgstr without msgid");
	}
	po->part = part;
}

/* One character of a string as it is written; returns what follows. */
static const char *
take_character(struct po *po, const char *c, char *to, size_t *n)
{
	bool escape = *c == '\\';
	size_t size = escape ? 2 : character_size(c);

	if (size == 0)
		fail(po, po->line, "a control character, or not UTF-8");
	if (escape && (c[1] == '\0' || strchr("n\"\\", c[1]) == NULL))
		fail(po, po->line, "only \\n, \\\" and \\\\ are understood");
	if (*n + size >= TEXT_MAX)
		fail(po, po->line, "longer than %d bytes", TEXT_MAX - 1);
	if (escape) {
		to[(*n)++] = (char)(c[1] == 'n' ? '\n' : c[1]);
	} else {
		memcpy(to + *n, c, size);
		*n += size;
	}
	to[*n] = '\0';
	return c + size;
}

static void
take_string(struct po *po, const char *c)
{
	char *to = po->part == MSGID ? po->id : po->str;
	size_t n = strlen(to);

	if (po->part == NOTHING || *c != '"')
		fail(po, po->line, "not understood");
	for (c++; *c != '"'; c = take_character(po, c, to, &n))
		if (*c == '\0')
			fail(po, po->line, "the string does not end");
	if (c[1] != '\0')
		fail(po, po->line, "something behind the string");
}

static void
take_line(struct po *po, const char *line)
{
	if (line[0] == '\0' || line[0] == '#') {
		end_entry(po);
		if (strncmp(line, "#,", 2) == 0 &&
		    strstr(line, "fuzzy") != NULL)
			po->fuzzy = true;
	} else if (strncmp(line, "msgid ", 6) == 0) {
		begin_part(po, MSGID);
		take_string(po, line + 6);
	} else if (strncmp(line, "msgstr ", 7) == 0) {
		begin_part(po, MSGSTR);
		take_string(po, line + 7);
	} else {
		take_string(po, line);
	}
}

static void
read_po(struct po *po, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, file)) > 0) {
		po->line++;
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		if (strlen(line) != (size_t)n)
			fail(po, po->line, "a NUL byte");
		take_line(po, line);
	}
	free(line);
	if (ferror(file))
		fail(po, po->line, "cannot be read");
	end_entry(po);
	if (!po->header)
		fail(po, po->line, "there is no header");
	for (size_t i = 0; i < XS_MSG_COUNT; i++)
		if (!po->given[i])
			fail_sentence(
			    po, po->line, "missing", messages[i].english);
}

/* ---- Writing ---- */

/* In quotes; octal, because a hexadecimal escape has no end. */
static void
put_string(const char *text, const char *after_newline)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n')
			printf("\\n%s", text[1] == '\0' ? "" : after_newline);
		else if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			printf("\\%03o", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void
put_table(const struct po *po)
{
	printf("/* Made from %s by tools/po_table.c. */\n", po->path);
	for (size_t i = 0; i < XS_MSG_COUNT; i++) {
		printf("[XS_MSG_%s] = ", messages[i].name);
		put_string(po->text[i], "");
		puts(",");
	}
}

static void
put_template(void)
{
	puts("# The sentences of pam_xsuite, printed by tools/po_table.c.\n"
	     "msgid \"\"\n"
	     "msgstr \"\"\n"
	     "\"Project-Id-Version: pam_xsuite\\n\"\n"
	     "\"PO-Revision-Date: YEAR-MO-DA HO:MI+ZONE\\n\"\n"
	     "\"Last-Translator: FULL NAME <EMAIL@ADDRESS>\\n\"\n"
	     "\"Language-Team: LANGUAGE <LL@li.org>\\n\"\n"
	     "\"Language: \\n\"\n"
	     "\"MIME-Version: 1.0\\n\"\n"
	     "\"Content-Type: text/plain; charset=UTF-8\\n\"\n"
	     "\"Content-Transfer-Encoding: 8bit\\n\"");
	for (size_t i = 0; i < XS_MSG_COUNT; i++) {
		const char *end = strchr(messages[i].english, '\n');
		size_t n;

		printf("\n#. %s\n", messages[i].name);
		if (find_placeholder(messages[i].english, &n) != NULL)
			puts("#, c-format");
		/* As the tools of gettext write several lines. */
		printf(
		    "msgid %s", end != NULL && end[1] != '\0' ? "\"\"\n" : "");
		put_string(messages[i].english, "\"\n\"");
		puts("\nmsgstr \"\"");
	}
}

static int
put_out(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	perror("po_table");
	return 1;
}

int
main(int argc, char **argv)
{
	static struct po po;
	FILE *file;

	if (argc != 2) {
		fputs("usage: po_table FILE.po | --template\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], "--template") == 0) {
		put_template();
		return put_out();
	}
	po.path = argv[1];
	file = fopen(po.path, "r");
	if (file == NULL) {
		perror(po.path);
		return 1;
	}
	read_po(&po, file);
	(void)fclose(file);
	put_table(&po);
	return put_out();
}
