/* SPDX-License-Identifier: BSD-3-Clause */
/* The database that hosts share: the way to it, what it keeps, and for whom. */
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "check.h"
#include "store_survey.h"

#define WHERE_SIZE (XS_OPTION_MAX + 64)
#define CLOCK_MOST 5         /* seconds between the two clocks */
#define VERSION_LEAST 150000 /* what the tests are run with */

struct database {
	struct check *check;
	char option[WHERE_SIZE]; /* FILE:LINE of the connection */
	char server[WHERE_SIZE];
	struct xs_store_survey survey;
};

__attribute__((format(printf, 5, 6))) static void
find(const struct database *database, enum check_level level, const char *where,
    const char *mend, const char *format, ...)
{
	const struct check_place place = {level, where, mend, NULL, NULL};
	char what[1024];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	check_find(database->check, &place, "%s", what);
}

/* The fault without the word that stands in front anyway. */
static void
find_fault(const struct database *database, const struct xs_fault *fault,
    const char *mend)
{
	static const char *const fronts[] = {
	    "postgresql: passfile: ", "postgresql: ", "store = postgresql: "};
	struct xs_fault rest = *fault;

	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		size_t length = strlen(fronts[i]);

		if (strncmp(fault->text, fronts[i], length) != 0)
			continue;
		(void)snprintf(
		    rest.text, sizeof(rest.text), "%s", fault->text + length);
		break;
	}
	check_fault(
	    database->check, CHECK_ERROR, &rest, database->option, mend);
}

static bool
is_in_hosts_file(const char *name)
{
	const struct hostent *entry;
	bool there = false;

	sethostent(0);
	while (!there && (entry = gethostent()) != NULL) {
		there = strcasecmp(entry->h_name, name) == 0;
		for (char **alias = entry->h_aliases; *alias != NULL; alias++)
			there = there || strcasecmp(*alias, name) == 0;
	}
	endhostent();
	return there;
}

static void
judge_names(struct database *database)
{
	char *rest = database->survey.lookups, *name;

	while ((name = strsep(&rest, ",")) != NULL) {
		if (name[0] != '\0' && !is_in_hosts_file(name))
			find(database, CHECK_WARNING, database->option,
			    "add hostaddr= with the addresses, in the order "
			    "of the hosts, or put the name into /etc/hosts",
			    "%s is looked up at every login, which is refused "
			    "when no name server answers",
			    name);
	}
}

/*
 * The records are sealed, but who can put himself in between can hand out
 * former ones, in which codes are not used up yet.
 */
static void
judge_connection(const struct database *database)
{
	static const char mend[] = "take sslmode= out (it is verify-full then) "
				   "and name the authority with sslrootcert=";
	const struct xs_store_survey *survey = &database->survey;

	if (survey->socket)
		return;
	if (!survey->tls)
		find(database, CHECK_WARNING, database->option, mend,
		    "sslmode = %s: the connection is not encrypted, and "
		    "whoever is in between can bring used codes back",
		    survey->sslmode);
	else if (strcmp(survey->sslmode, "verify-full") != 0)
		find(database, CHECK_WARNING, database->option, mend,
		    "sslmode = %s: %s", survey->sslmode,
		    strcmp(survey->sslmode, "verify-ca") == 0
			? "any server that the authority has signed is taken "
			  "for the database"
			: "whoever answers is taken for the database, and can "
			  "bring used codes back");
}

/* Of the options that logins use: an administrator's have their own role. */
static void
judge_role(const struct database *database)
{
	const struct xs_store_survey *survey = &database->survey;
	const char *can = NULL;

	if (strcmp(database->check->admin->config.path, XS_CONFIG_PATH) != 0)
		return;
	if (survey->superuser)
		can = "is a superuser";
	else if (survey->owns)
		can = "owns the records";
	else if (survey->may_delete)
		can = "can delete records";
	else if (survey->may_list)
		can = "can read all records at once";
	if (can != NULL)
		find(database, CHECK_WARNING, database->option,
		    "let logins use a role that was granted xsuite_host or "
		    "xsuite_enrol alone",
		    "the role of the logins %s: who takes this host over can "
		    "do the same",
		    can);
}

/* Whoever has its password can store some, which then refuse everybody. */
static void
judge_settings(const struct database *database)
{
	if (database->survey.role_settings > 0)
		find(database, CHECK_WARNING, database->server,
		    "take out what nobody wanted: \"\\drds\" in psql shows "
		    "them, \"ALTER ROLE\" with \"RESET ALL\" (and \"IN "
		    "DATABASE\") ends them",
		    "settings are stored for this host's role (%u): who took "
		    "the host over may have left them, to refuse logins",
		    database->survey.role_settings);
}

static void
judge_standbys(const struct database *database)
{
	const struct xs_store_survey *survey = &database->survey;
	bool none = survey->sees_standbys ? survey->sync_standbys == 0
					  : survey->standbys == 0;

	if (survey->standby_names[0] == '\0')
		find(database, CHECK_WARNING, database->server,
		    "have a standby, and name it in synchronous_standby_names",
		    "no standby is waited for: when this server is lost, codes "
		    "that were used last may be good once more");
	else if (none)
		find(database, CHECK_ERROR, database->server,
		    "bring a standby up, or see why it does not connect",
		    "synchronous_standby_names = %s, and none of them is "
		    "connected: every login is refused",
		    survey->standby_names);
}

static void
judge_durability(const struct database *database)
{
	const struct xs_store_survey *survey = &database->survey;
	const char *own = survey->own_durability;

	if (!survey->fsync)
		find(database, CHECK_ERROR, database->server,
		    "set fsync = on in postgresql.conf",
		    "fsync is off: after a power cut codes that were used are "
		    "good once more, or nothing is left");
	if (!survey->full_page_writes)
		find(database, CHECK_WARNING, database->server,
		    "set full_page_writes = on in postgresql.conf",
		    "full_page_writes is off: on most file systems a power cut "
		    "spoils records");
	if (strcmp(own, "on") != 0 && strcmp(own, "remote_apply") != 0)
		find(database, CHECK_ERROR, database->server,
		    "let the server take synchronous_commit = on from a role",
		    "synchronous_commit is %s even where a login sets it to "
		    "on: codes that were used may be good once more",
		    own);
	else if (strcmp(survey->durability, "off") == 0 ||
	    strcmp(survey->durability, "local") == 0)
		find(database, CHECK_WARNING, database->server,
		    "set synchronous_commit = on in postgresql.conf and for "
		    "the role",
		    "synchronous_commit = %s: logins set it to on, but what "
		    "is changed by hand may be lost",
		    survey->durability);
}

static void
judge_server(const struct database *database, int64_t before, int64_t after)
{
	const struct xs_store_survey *survey = &database->survey;
	int64_t wrong = 0;

	if (survey->clock < before - CLOCK_MOST)
		wrong = before - survey->clock;
	else if (survey->clock > after + CLOCK_MOST)
		wrong = survey->clock - after;
	if (wrong > 0)
		find(database, CHECK_WARNING, database->server,
		    "see which of the two is wrong, and run an NTP client "
		    "there",
		    "its clock and that of this host differ by %lld seconds",
		    (long long)wrong);
	if (survey->version < VERSION_LEAST)
		find(database, CHECK_WARNING, database->server,
		    "take a newer PostgreSQL",
		    "PostgreSQL %u is older than any that pam_xsuite is tested "
		    "with",
		    survey->version / 10000);
	check_remark(database->check,
	    "%s: PostgreSQL %u.%u for %u connections at once; a login has one "
	    "while it reads or writes its record or Argon2 runs, none while a "
	    "person thinks or a program sends",
	    database->server, survey->version / 10000, survey->version % 10000,
	    survey->connections);
}

/* Like a login of somebody who is not enrolled: it writes, too. */
static bool
prove(const struct database *database)
{
	const struct xs_identity nobody = {"nobody has such a name", (uid_t)-2};
	struct xs_store *store = &database->check->admin->store;
	struct xs_fault fault = {""};
	struct xs_plain plain;
	int r = store->ops->read(store, &nobody, &plain, &fault);

	if (r == XS_E_NORECORD)
		return true;
	find_fault(database, &fault,
	    "run \"xsuite-admin init\" for a new database, else see what is "
	    "wrong with it; until then logins are refused");
	return false;
}

static bool
survey(struct database *database)
{
	struct xs_store *store = &database->check->admin->store;
	int64_t before = (int64_t)time(NULL);
	struct xs_fault fault = {""};

	if (store->ops->survey(store, &database->survey, &fault) != 0) {
		find_fault(database, &fault,
		    "see that the database is there, knows this host's role "
		    "and was set up by \"xsuite-admin init\"; until then "
		    "logins are refused");
		return false;
	}
	(void)snprintf(database->server, sizeof(database->server),
	    "postgresql: %s", database->survey.server);
	judge_names(database);
	judge_connection(database);
	judge_role(database);
	judge_settings(database);
	judge_durability(database);
	judge_standbys(database);
	judge_server(database, before, (int64_t)time(NULL));
	return true;
}

bool
check_database(struct check *check)
{
	struct admin *admin = check->admin;
	const char *const files[] = {admin->config.path, NULL};
	struct database database = {.check = check};
	struct xs_fault fault = {""};

	check_find_word(files, "postgresql", false, database.option,
	    sizeof(database.option));
	if (xs_store_open(&admin->store, &admin->config, &admin->keys,
		&xs_env_system, &fault) != 0) {
		find_fault(&database, &fault,
		    "mend the option, or install what is missing; until then "
		    "every login is refused");
		return false;
	}
	if (!survey(&database) || !prove(&database))
		return false;
	if (!database.survey.may_list)
		check_remark(check,
		    "Records were not looked at: this role reads one at a "
		    "time. Check once with an administrator's options.");
	return database.survey.may_list;
}
