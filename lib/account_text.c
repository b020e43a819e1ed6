/* SPDX-License-Identifier: BSD-3-Clause */
#include "account.h"

#include <string.h>

#include "account_field.h"

/* What stands between one field and another; NULL, or the field at fault. */
static const char *
inconsistent(const struct xs_account *account)
{
	const struct xs_backup *backup = &account->backup;

	if ((backup->count > 0 || backup->helpdesk.set) &&
	    backup->cost.memory == 0)
		return "backup-argon2id";
	if (backup->count > 0 && backup->format.length == 0)
		return "backup-format";
	return NULL;
}

static bool
flag_of(const struct xs_account *account, const struct xs_field *field)
{
	return *(const bool *)((const char *)account + field->where);
}

static unsigned
count_of(const struct xs_account *account, const struct xs_field *field)
{
	return *(const unsigned *)((const char *)account + field->where);
}

/* How many lines of that field an account has; more than max is an error. */
static unsigned
lines_of(const struct xs_account *account, const struct xs_field *field)
{
	switch (field->need) {
	case XS_NEED_MUST:
		return 1;
	case XS_NEED_MAY:
		return !xs_field_blank(field, account, 0);
	case XS_NEED_FIRST:
	case XS_NEED_REST:
		return flag_of(account, field);
	case XS_NEED_COUNTED:
		return count_of(account, field);
	}
	return UINT32_MAX;
}

static bool
append(struct xs_plain *plain, const char *text, size_t length)
{
	if (length > sizeof(plain->text) - plain->length)
		return false;
	memcpy(plain->text + plain->length, text, length);
	plain->length += length;
	return true;
}

static bool
write_field(const struct xs_account *account, const struct xs_field *field,
    struct xs_plain *plain)
{
	unsigned lines = lines_of(account, field);
	struct xs_line line;
	bool written = lines <= field->max;
	unsigned nth;

	for (nth = 0; written && nth < lines; nth++) {
		written = xs_field_put(field, account, nth, &line) &&
		    append(plain, line.text, line.length) &&
		    append(plain, "\n", 1);
		explicit_bzero(line.text, line.length + 1);
	}
	return written;
}

int
xs_account_write(const struct xs_account *account, struct xs_plain *plain)
{
	const struct xs_field *field;
	struct xs_plain whole = {0};
	int r = XS_E_INTERNAL;

	/* What could not be read again must not become the valid record. */
	if (inconsistent(account) != NULL ||
	    !append(&whole, XS_FIELD_VERSION, strlen(XS_FIELD_VERSION)))
		goto out;
	for (field = xs_fields; field->key != NULL; field++)
		if (!write_field(account, field, &whole))
			goto out;
	*plain = whole;
	r = 0;
out:
	explicit_bzero(&whole, sizeof(whole));
	return r;
}

struct reader {
	const char *next; /* what follows the current line */
	const char *end;
	unsigned number;
	bool there; /* is there a current line? */
	struct xs_line line;
	struct xs_fault *fault;
};

/*
 * A value never stands in the fault, nor an unknown key: a damaged line may
 * show a secret there (test_fault_never_shows_a_value).
 */
static int
refuse(const struct reader *reader, const char *key, const char *why)
{
	return xs_fault_set(reader->fault, XS_E_STATE,
	    "record, line %u: %s%s%s", reader->number, key,
	    *key != '\0' ? ": " : "", why);
}

static int
next_line(struct reader *reader)
{
	size_t left = (size_t)(reader->end - reader->next);
	const char *newline;
	size_t i;

	reader->number++;
	reader->there = left > 0;
	if (left == 0)
		return 0;
	newline = memchr(reader->next, '\n', left);
	if (newline == NULL)
		return refuse(reader, "", "does not end");
	reader->line.length = (size_t)(newline - reader->next);
	if (reader->line.length >= sizeof(reader->line.text))
		return refuse(reader, "", "too long");
	memcpy(reader->line.text, reader->next, reader->line.length);
	reader->line.text[reader->line.length] = '\0';
	for (i = 0; i < reader->line.length; i++)
		if (reader->line.text[i] < ' ' || reader->line.text[i] > '~')
			return refuse(reader, "", "a forbidden byte");
	reader->next = newline + 1;
	return 0;
}

/* A number of up to nine digits, as this and later programs write it. */
static bool
other_version(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return text[0] != '0' && digits > 0 && digits < 10 &&
	    text[digits] == '\0' && strcmp(text, "1") != 0;
}

static int
read_version(struct reader *reader)
{
	static const char key[] = "version ";
	const char *text = reader->line.text;
	int r = next_line(reader);

	if (r != 0)
		return r;
	if (!reader->there || strncmp(text, key, strlen(key)) != 0)
		return refuse(reader, "version", "missing");
	text += strlen(key);
	if (other_version(text))
		return xs_fault_set(reader->fault, XS_E_STATE,
		    "record, line 1: version %s is newer than this program, "
		    "which knows version 1",
		    text);
	if (strcmp(text, "1") != 0)
		return refuse(reader, "version", "malformed");
	return next_line(reader);
}

static bool
line_is(const struct reader *reader, const struct xs_field *field)
{
	size_t length = strlen(field->key);

	return reader->there &&
	    strncmp(reader->line.text, field->key, length) == 0 &&
	    (reader->line.text[length] == ' ' ||
		reader->line.text[length] == '\0');
}

/* The current line is not what the order of the fields asks for. */
static int
refuse_place(const struct reader *reader, const struct xs_field *missing)
{
	const struct xs_field *field = xs_fields;

	while (field->key != NULL && !line_is(reader, field))
		field++;
	if (reader->there && field->key == NULL)
		return refuse(reader, "", "unknown field");
	if (missing->key != NULL && (!reader->there || field > missing))
		return refuse(reader, missing->key, "missing");
	return refuse(reader, field->key, "repeated or out of its place");
}

static bool
is_missing(const struct xs_account *account, const struct xs_field *field)
{
	return field->need == XS_NEED_MUST ||
	    (field->need == XS_NEED_REST && flag_of(account, field));
}

static int
read_field(struct reader *reader, const struct xs_field *field,
    struct xs_account *account)
{
	void *where = (char *)account + field->where;
	unsigned lines;
	int r;

	if (field->need == XS_NEED_REST && !flag_of(account, field))
		return 0;
	for (lines = 0; line_is(reader, field); lines++) {
		if (lines == field->max)
			return refuse(reader, field->key, "one too many");
		if (!xs_field_take(field, account, lines, &reader->line))
			return refuse(reader, field->key, "malformed");
		r = next_line(reader);
		if (r != 0)
			return r;
	}
	if (lines == 0 && is_missing(account, field))
		return refuse_place(reader, field);
	if (field->need == XS_NEED_FIRST)
		*(bool *)where = lines > 0;
	if (field->need == XS_NEED_COUNTED)
		*(unsigned *)where = lines;
	return 0;
}

static int
read_all(struct reader *reader, struct xs_account *account)
{
	const struct xs_field *field;
	int r = read_version(reader);

	for (field = xs_fields; r == 0 && field->key != NULL; field++)
		r = read_field(reader, field, account);
	if (r != 0)
		return r;
	if (reader->there)
		return refuse_place(reader, field);
	if (inconsistent(account) != NULL)
		return refuse(reader, inconsistent(account), "missing");
	return 0;
}

int
xs_account_read(struct xs_account *account, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct xs_account parsed = {0};
	struct reader reader = {.fault = fault};
	int r = XS_E_STATE;

	if (plain->length > sizeof(plain->text)) {
		(void)xs_fault_set(fault, r, "record: too long");
		goto out;
	}
	reader.next = plain->text;
	reader.end = plain->text + plain->length;
	r = read_all(&reader, &parsed);
	if (r == 0)
		*account = parsed;
out:
	explicit_bzero(&reader.line, sizeof(reader.line));
	explicit_bzero(&parsed, sizeof(parsed));
	return r;
}
