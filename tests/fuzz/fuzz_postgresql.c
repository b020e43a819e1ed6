/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option "postgresql": what is taken names its hosts, holds no password,
 * and is encrypted and checked unless it says otherwise in so many words.
 */
#include "fuzz.h"
#include "store_postgresql.h"

static const char *
value_of(const struct xs_pg_target *target, const char *keyword)
{
	const char *found = NULL;

	for (unsigned i = 0; i < target->words; i++) {
		if (strcmp(target->keyword[i], keyword) != 0)
			continue;
		MUST(found == NULL);
		found = target->value[i];
	}
	return found;
}

static bool
is_one_of(const char *value, const char *a, const char *b)
{
	return value != NULL &&
	    (strcmp(value, a) == 0 || strcmp(value, b) == 0);
}

static void
check_words(const struct xs_pg_target *target)
{
	MUST(target->words <= XS_PG_WORDS_MAX);
	for (unsigned i = 0; i < target->words; i++) {
		MUST(target->keyword[i] != NULL && target->value[i] != NULL);
		MUST(strstr(target->keyword[i], "password") == NULL);
		MUST(strcmp(target->keyword[i], "options") != 0);
		MUST(strcmp(target->keyword[i], "service") != 0);
		MUST(value_of(target, target->keyword[i]) != NULL);
	}
	MUST(target->words == XS_PG_WORDS_MAX ||
	    target->keyword[target->words] == NULL);
	MUST(value_of(target, "dbname") != NULL);
	MUST(value_of(target, "user") != NULL);
	MUST(is_one_of(value_of(target, "gssencmode"), "disable", "disable"));
	MUST(is_one_of(
	    value_of(target, "target_session_attrs"), "read-write", "primary"));
	MUST(value_of(target, "sslrootcert") != NULL);
	MUST(is_one_of(value_of(target, "client_encoding"), "UTF8", "UTF8"));
}

static void
check_hosts(const struct xs_pg_target *target)
{
	MUST(target->count >= 1 && target->count <= XS_PG_HOSTS_MAX);
	for (unsigned i = 0; i < target->count; i++) {
		MUST(target->host[i] != NULL && target->host[i][0] != '\0');
		MUST(target->host[i][0] != '@');
		MUST(strchr(target->host[i], ',') == NULL);
		MUST(target->address[i] != NULL && target->port[i] != NULL);
	}
}

/* Against libpq's own reading. */
static void
check_against(const struct xs_pg_target *target, const PQconninfoOption *said)
{
	const char *mode = "verify-full";

	for (; said->keyword != NULL; said++) {
		if (said->val == NULL)
			continue;
		MUST(strstr(said->keyword, "password") == NULL);
		if (strcmp(said->keyword, "sslmode") == 0 &&
		    said->val[0] != '\0')
			mode = said->val;
	}
	MUST(is_one_of(mode, "verify-full", "verify-ca") ||
	    is_one_of(mode, "require", "disable"));
	MUST(strcmp(value_of(target, "sslmode"), mode) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct xs_pg_target nothing;
	char *text = malloc(size + 1);
	struct xs_pg_target *target = malloc(sizeof(*target));
	struct xs_fault fault = {""};
	PQconninfoOption *said;
	int r;

	MUST(text != NULL && target != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	said = PQconninfoParse(text, NULL);
	r = xs_pg_target_read(target, text, &fault);
	if (r == 0) {
		MUST(said != NULL);
		check_words(target);
		check_hosts(target);
		check_against(target, said);
		xs_pg_target_free(target);
	} else {
		MUST(r == XS_E_CONFIG);
		MUST(strncmp(fault.text, "postgresql: ", 12) == 0);
		MUST(said == NULL ||
		    memcmp(target, &nothing, sizeof(nothing)) == 0);
	}
	PQconninfoFree(said);
	free(target);
	free(text);
	return 0;
}
