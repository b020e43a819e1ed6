/* SPDX-License-Identifier: BSD-3-Clause */
/* xsuite-admin: the administrator's program. */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"

const char admin_program[] = "xsuite-admin";

static const struct admin_command commands[] = {
    {"init", admin_init, "", "make host key and state where they are missing"},
    {"enrol", admin_enrol, "USER [--phone NUMBER] [--replace]",
	"new app secret and backup code, shown once"},
    {"status", admin_status, "[USER]",
	"one user's second factors, or this host's state"},
    {"list", admin_list,
	"[--method M] [--locked] [--older-than 90d] [--not-enrolled GROUP]",
	"everybody who is enrolled, a line each"},
    {"backup-code", admin_backup_code, "USER [--valid 24h]",
	"a helpdesk code that ends by itself, shown once"},
    {"unlock", admin_unlock, "USER [METHOD]",
	"clear failures, waits and stops"},
    {"disable", admin_disable, "USER METHOD",
	"switch a method off until it is unlocked"},
    {"app", admin_app, "USER --remove", "forget the authenticator app alone"},
    {"phone", admin_phone, "USER NUMBER|--remove", "the mobile number"},
    {"default", admin_default, "USER app|sms",
	"the method that is asked for first"},
    {"remove", admin_remove, "USER", "forget a user's second factors"},
    {"adopt", admin_adopt, "USER",
	"give a renamed or renumbered user the record again"},
    {"import", admin_import, "google|oath|record ...",
	"take users over from elsewhere"},
    {"export", admin_export, "USER",
	"one record, sealed, for a host with the same key"},
    {"restored", admin_restored, "",
	"after a backup of the state came back: retire codes"},
    {"rekey", admin_rekey, "[--prepare]",
	"seal every record with a new host key"},
    {"copy", admin_copy, "--from STORE --to STORE [--update]",
	"every record into the other store, verified"},
    {"check", admin_check, "[--user USER]",
	"is this host set up right? --explain shows why not"},
    {"sms-test", admin_sms_test, "NUMBER",
	"send one text, on the way of a login's"},
    {"config", admin_config, "", "the options in force"},
};

static void
print_help(void)
{
	char left[96];

	puts("usage: xsuite-admin [--config FILE] [--json] COMMAND ...");
	puts("\nCommands:");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		snprintf(left, sizeof left, "%s %s", commands[i].name,
		    commands[i].arguments);
		printf("  %-24s%s%s\n", left,
		    strlen(left) > 24 ? "\n                           " : " ",
		    commands[i].help);
	}
	puts("\nOptions, before the command:\n"
	     "  --config FILE            options file (" XS_CONFIG_PATH ")\n"
	     "  --json                   answer in JSON\n"
	     "  --help                   this text\n"
	     "  --version                the version");
}

static const struct admin_command *
find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/*
 * The options file, named or not. A relative name is made absolute: the
 * library takes no other.
 */
int
admin_load_config(struct admin *admin, struct xs_fault *fault)
{
	const char *path = admin->config_path;
	char *argument = NULL, *here = NULL;
	int err;

	if (path != NULL && *path != '/' && (here = getcwd(NULL, 0)) == NULL)
		return xs_fault_set(
		    fault, XS_E_CONFIG, "%s: %s", path, strerror(errno));
	if (path != NULL &&
	    asprintf(&argument, "config=%s%s%s", here ? here : "",
		here ? "/" : "", path) < 0) {
		free(here);
		return XS_E_NOMEM;
	}
	free(here);
	err = xs_config_load(&admin->config, XS_CONFIG_PATH, argument != NULL,
	    (const char *const *)&argument, fault);
	free(argument);
	return err;
}

static int
load_config(struct admin *admin)
{
	struct xs_fault fault = {""};
	int err = admin_load_config(admin, &fault);

	return err == 0 ? 0 : admin_fail(err, &fault);
}

static int
run_command(const struct admin_command *command, const char *config_path,
    bool json, int argc, char **argv)
{
	struct admin *admin = calloc(1, sizeof *admin);
	int code;

	if (admin == NULL) {
		admin_say("out of memory");
		return EX_OSERR;
	}
	admin->json = json;
	admin->config_path = config_path;
	code = EX_OK;
	if (command->run == admin_init && config_path == NULL)
		code = admin_write_options(XS_CONFIG_PATH);
	/* check tells of options that are wrong as of all else. */
	if (code == 0 && command->run != admin_check)
		code = load_config(admin);
	if (code == 0)
		code = command->run(admin, argc, argv);
	xs_store_close(&admin->store);
	xs_keyring_wipe(&admin->keys);
	explicit_bzero(admin, sizeof *admin);
	free(admin);
	return code;
}

static int
dispatch(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0},
	};
	const struct admin_command *command;
	const char *config_path = NULL;
	bool json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			config_path = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			print_help();
			return EX_OK;
		case 'v':
			puts("xsuite-admin " XS_VERSION);
			return EX_OK;
		case ':':
			return admin_usage(
			    "%s needs a value", argv[optind - 1]);
		default:
			return admin_usage(
			    "%s: no such option", argv[optind - 1]);
		}
	}
	if (optind == argc)
		return admin_usage("a command is missing");
	command = find_command(argv[optind]);
	if (command == NULL)
		return admin_usage("%s: no such command", argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0; /* glibc: start over with the command's own options */
	return run_command(command, config_path, json, argc, argv);
}

int
main(int argc, char **argv)
{
	int code = admin_program_begin();

	if (code != 0)
		return code;
	(void)setlocale(LC_CTYPE, "");
	return admin_program_end(dispatch(argc, argv));
}
