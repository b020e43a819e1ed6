/* SPDX-License-Identifier: BSD-3-Clause */
/* The option "postgresql": what it may say, and what libpq then gets. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "store_postgresql.h"

/*
 * gcc's analyzer loses sight of a value that is put among libpq's, whose
 * PQconninfoFree frees it (make check-asan finds no leak).
 */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* Debian's certificates; libpq 16 would take the word "system". */
#define SYSTEM_CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"
/*
 * A file that cannot be made by anyone. Without it libpq looks below HOME and
 * takes what stands there (test_store_postgresql_tls:
 * test_files_of_the_callers_home_are_not_used).
 */
#define NO_FILE "/dev/null/none"

#define SERVICE_MAX 4096 /* bytes of a service file, with its end */

/* What the option may say besides the hosts, and what holds when it does not.
 */
static const struct word {
	const char *keyword;
	const char *fallback; /* NULL: not handed on */
} words[] = {
    {"dbname", NULL},
    {"user", NULL},
    {"sslmode", "verify-full"},
    {"sslrootcert", SYSTEM_CERTIFICATES},
    {"sslcert", NO_FILE},
    {"sslkey", NO_FILE},
    {"sslcrl", NO_FILE},
    {"target_session_attrs", "read-write"},
    {"application_name", "pam_xsuite"},
    {"channel_binding", "prefer"},
    {"ssl_min_protocol_version", "TLSv1.2"},
    {"requirepeer", NULL},
    {"keepalives", "1"},
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "5000"},
    {"gssencmode", "disable"},
};
#define WORDS (sizeof(words) / sizeof(words[0]))

/* Read by us; libpq gets them a host at a time, or another way. */
static const char *const own_words[] = {
    "host", "hostaddr", "port", "passfile", "service"};

static const char *
value_of(const struct xs_pg_target *target, const char *keyword)
{
	for (PQconninfoOption *o = target->options; o->keyword != NULL; o++) {
		if (strcmp(o->keyword, keyword) == 0)
			return o->val != NULL && o->val[0] != '\0' ? o->val
								   : NULL;
	}
	return NULL;
}

static bool
is_known(const char *keyword)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (strcmp(words[i].keyword, keyword) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(own_words) / sizeof(own_words[0]); i++) {
		if (strcmp(own_words[i], keyword) == 0)
			return true;
	}
	return false;
}

static int
refuse(struct xs_fault *fault, const char *keyword, const char *why)
{
	return xs_fault_set(
	    fault, XS_E_CONFIG, "postgresql: %s: %s", keyword, why);
}

static int
check_words(const struct xs_pg_target *target, struct xs_fault *fault)
{
	static const char *const needed[] = {"host", "dbname", "user"};

	for (PQconninfoOption *o = target->options; o->keyword != NULL; o++) {
		if (o->val == NULL)
			continue;
		if (strcmp(o->keyword, "password") == 0)
			return refuse(fault, "password",
			    "does not belong here, where others can read it: "
			    "name a passfile");
		if (!is_known(o->keyword))
			return refuse(fault, o->keyword, "is not taken");
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (value_of(target, needed[i]) == NULL)
			return refuse(fault, needed[i], "is missing");
	}
	return 0;
}

/* The value is one of a list of words, each followed by a blank. */
static bool
is_one_of(const char *value, const char *list)
{
	size_t length = strlen(value);

	for (; *list != '\0'; list += strcspn(list, " ") + 1) {
		if (strncmp(list, value, length) == 0 && list[length] == ' ')
			return true;
	}
	return false;
}

/*
 * "prefer" and "allow" go on in clear when the server, or whoever sits in
 * between, says so; a standby may not know yet what was used up.
 */
static int
check_values(const struct xs_pg_target *target, struct xs_fault *fault)
{
	const char *mode = value_of(target, "sslmode");
	const char *attrs = value_of(target, "target_session_attrs");
	const char *gss = value_of(target, "gssencmode");

	if (mode != NULL &&
	    !is_one_of(mode, "verify-full verify-ca require disable "))
		return refuse(fault, "sslmode",
		    "verify-full (the default), verify-ca, require or disable");
	if (mode != NULL && strcmp(mode, "verify-ca") == 0 &&
	    value_of(target, "sslrootcert") == NULL)
		return refuse(fault, "sslrootcert",
		    "verify-ca needs an authority of yours");
	if (attrs != NULL && !is_one_of(attrs, "read-write primary "))
		return refuse(fault, "target_session_attrs",
		    "read-write (the default) or primary");
	if (gss != NULL && strcmp(gss, "disable") != 0)
		return refuse(fault, "gssencmode", "is not taken");
	return 0;
}

/* Puts the parts of a list by comma into out. Returns how many, or 0. */
static unsigned
split(const char *list, char **ret_copy, const char *out[XS_PG_HOSTS_MAX])
{
	unsigned count = 0;
	char *rest, *part;

	if ((*ret_copy = strdup(list)) == NULL)
		return 0;
	for (rest = *ret_copy; (part = strsep(&rest, ",")) != NULL; count++) {
		if (count == XS_PG_HOSTS_MAX)
			return 0;
		out[count] = part;
	}
	return count;
}

/* A socket in a directory of everybody's may be anybody's server. */
static int
check_host(const char *host, struct xs_fault *fault)
{
	struct stat about;

	if (host[0] == '\0' || host[0] == '@')
		return refuse(fault, "host", "a name, an address or a path");
	if (host[0] == '/' && stat(host, &about) == 0 &&
	    (about.st_mode & 0002) != 0)
		return refuse(
		    fault, host, "everybody can put a server's socket there");
	return 0;
}

static int
split_hosts(struct xs_pg_target *target, struct xs_fault *fault)
{
	const char *addresses = value_of(target, "hostaddr");
	const char *ports = value_of(target, "port");
	unsigned n;
	int r;

	target->count =
	    split(value_of(target, "host"), &target->lists[0], target->host);
	if (target->count == 0)
		return refuse(fault, "host", "one to eight");
	n = split(addresses != NULL ? addresses : "", &target->lists[1],
	    target->address);
	if (addresses != NULL && n != target->count)
		return refuse(fault, "hostaddr", "as many as hosts, or none");
	n = split(
	    ports != NULL ? ports : "5432", &target->lists[2], target->port);
	if (n != 1 && n != target->count)
		return refuse(fault, "port", "one, or as many as hosts");
	for (unsigned i = 0; i < target->count; i++) {
		if ((r = check_host(target->host[i], fault)) != 0)
			return r;
		if (addresses == NULL)
			target->address[i] = "";
		if (n == 1)
			target->port[i] = target->port[0];
	}
	return 0;
}

static void
add_word(struct xs_pg_target *target, const char *keyword, const char *value)
{
	target->keyword[target->words] = keyword;
	target->value[target->words++] = value;
}

/* The certificates "system": libpq 15 would take it for a file's name. */
static void
add_words(struct xs_pg_target *target)
{
	for (size_t i = 0; i < WORDS; i++) {
		const char *value = value_of(target, words[i].keyword);

		if (value == NULL ||
		    (strcmp(words[i].keyword, "sslrootcert") == 0 &&
			strcmp(value, "system") == 0))
			value = words[i].fallback;
		if (value != NULL)
			add_word(target, words[i].keyword, value);
	}
	add_word(target, "client_encoding", "UTF8");
	/* Shown values are not needed, nor are dates: nothing else is set. */
}

/* A word of the file; one that the option has itself stays as it is. */
static int
take_word(struct xs_pg_target *target, const char *keyword, const char *value,
    struct xs_fault *fault)
{
	for (PQconninfoOption *o = target->options; o->keyword != NULL; o++) {
		if (strcmp(o->keyword, keyword) != 0 ||
		    strcmp(keyword, "service") == 0)
			continue;
		if (o->val == NULL)
			o->val = strdup(value);
		return o->val != NULL
		    ? 0
		    : xs_fault_set(fault, XS_E_NOMEM, "out of memory");
	}
	return refuse(fault, "service", "a word in it is not taken");
}

/* "keyword=value"; comments and the heading of a service say nothing. */
static int
take_line(struct xs_pg_target *target, char *line, struct xs_fault *fault)
{
	char *value = strchr(line, '=');

	if (line[0] == '\0' || line[0] == '#' || line[0] == '[')
		return 0;
	if (value == NULL)
		return refuse(fault, "service", "a line in it is no word");
	*value++ = '\0';
	return take_word(target, line, value, fault);
}

static int
read_service(const char *path, char *text, size_t size, struct xs_fault *fault)
{
	const struct xs_file_want want = {O_RDONLY, 0644, -1};
	struct xs_fault why = {""};
	struct xs_dir dir;
	const char *name;
	ssize_t n = -1;
	int fd, r;

	if (path[0] != '/')
		return refuse(fault, "service", "the path of a file");
	if (xs_dir_open_parent(&dir, path, &name, &why) != 0)
		return refuse(fault, "service", why.text);
	if ((r = xs_file_open(&dir, name, &want, &fd, &why)) == 0) {
		n = read(fd, text, size);
		(void)close(fd);
	}
	xs_dir_close(&dir);
	if (r != 0)
		return refuse(fault, "service", why.text);
	if (n < 0 || (size_t)n == size)
		return refuse(fault, "service", "too long, or not readable");
	text[n] = '\0';
	return 0;
}

/*
 * The words of a file of ours, instead of libpq's service files, whose places
 * the environment and the home directory name.
 */
static int
add_service(struct xs_pg_target *target, struct xs_fault *fault)
{
	const char *path = value_of(target, "service");
	char text[SERVICE_MAX], *rest = text, *line;
	int r;

	if (path == NULL)
		return 0;
	r = read_service(path, text, sizeof(text), fault);
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL)
		r = take_line(target, line, fault);
	return r;
}

int
xs_pg_target_read(
    struct xs_pg_target *target, const char *conninfo, struct xs_fault *fault)
{
	char *why = NULL;
	int r;

	*target =
	    (struct xs_pg_target){.options = PQconninfoParse(conninfo, &why)};
	if (target->options == NULL) {
		/* What it says may repeat a part of the value: a password. */
		r = why == NULL
		    ? xs_fault_set(fault, XS_E_NOMEM, "out of memory")
		    : refuse(fault, "connection",
			  "not KEYWORD=VALUE words that libpq knows");
		PQfreemem(why);
		return r;
	}
	if ((r = add_service(target, fault)) == 0 &&
	    (r = check_words(target, fault)) == 0 &&
	    (r = check_values(target, fault)) == 0 &&
	    (r = split_hosts(target, fault)) == 0) {
		target->passfile = value_of(target, "passfile");
		add_words(target);
		return 0;
	}
	xs_pg_target_free(target);
	return r;
}

void
xs_pg_target_free(struct xs_pg_target *target)
{
	if (target->options != NULL)
		PQconninfoFree(target->options);
	for (int i = 0; i < 3; i++)
		free(target->lists[i]);
	*target = (struct xs_pg_target){.options = NULL};
}
