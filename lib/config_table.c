/* SPDX-License-Identifier: BSD-3-Clause */
/* Every option: where it is kept, what it may be, what it is for. */
#include "config_option.h"

#include <string.h>

#include "place.h"

#define FIELD(name) .offset = offsetof(struct xs_config, name)
#define RANGE(least, most) .min = (least), .max = (most)
#define DEFAULT(text) .fallback = (text)
#define HELP(text) .help = (text)
#define HEADING(text) .heading = (text)

const struct xs_option xs_options[] = {
    {"config", &xs_kind_path, FIELD(path), DEFAULT(XS_CONFIG_PATH),
	.place = XS_PLACE_ARGUMENT, HELP("The file to read.")},
    {"settings", &xs_kind_bool, FIELD(settings), .words = "yes no",
	DEFAULT("no"), .place = XS_PLACE_WORD,
	HELP("On a password line: run the security settings.")},

    {"state_dir", &xs_kind_path, FIELD(state_dir), DEFAULT("/var/lib/xsuite"),
	HEADING("Where things are kept"),
	HELP("The directory of the users' records. What belongs to this host "
	     "alone stands in its host/.")},
    {"key_file", &xs_kind_path, FIELD(key_file),
	DEFAULT("/etc/xsuite/host.key"),
	HELP("The host key. It stands outside state_dir and outside its "
	     "backups: records without it give nothing away.")},
    {"store", &xs_kind_choice, FIELD(store), .words = "file postgresql",
	DEFAULT("file"),
	HELP("Where the records are kept: in files of this host, or in a "
	     "database that hosts share.")},
    {"postgresql", &xs_kind_conninfo, FIELD(postgresql), DEFAULT(""),
	HELP("With store = postgresql: the connection, as libpq takes it; "
	     "host, dbname and user at least. TLS is verified (sslmode = "
	     "verify-full) unless it says otherwise. The password stands in a "
	     "passfile that only root can read, never here.")},

    {"methods", &xs_kind_methods, FIELD(methods), DEFAULT("app,sms,backup"),
	HEADING("Who is asked, and for what"),
	HELP("The methods that this host or service offers. A user sees those "
	     "of them that he has.")},
    {"not_enrolled", &xs_kind_choice, FIELD(not_enrolled),
	.words = "pass enrol refuse", DEFAULT("pass"),
	HELP("An account without a record: pass asks for no second step, "
	     "enrol does the same and then sets one up, refuse does not let "
	     "it in.")},
    {"enrol_by", &xs_kind_date, FIELD(enrol_by), DEFAULT(""),
	HELP("With not_enrolled = enrol: until the end of that day (UTC) "
	     "setting up can be put off. Nothing: it cannot.")},
    {"enrol_services", &xs_kind_services, FIELD(enrol_services),
	DEFAULT("sshd,login"),
	HELP("The PAM services where an account without a record is led "
	     "through setting up.")},
    {"required_groups", &xs_kind_names, FIELD(required_groups), DEFAULT(""),
	HELP("not_enrolled holds for members of these groups only; for all "
	     "others it is pass. Who is required is never exempt.")},
    {"exempt_users", &xs_kind_names, FIELD(exempt_users), DEFAULT(""),
	HELP("Users who are not asked for a second step.")},
    {"exempt_groups", &xs_kind_names, FIELD(exempt_groups), DEFAULT(""),
	HELP("Groups whose members are not asked. A group that does not "
	     "resolve refuses everyone.")},
    {"exempt_networks", &xs_kind_networks, FIELD(exempt_networks), DEFAULT(""),
	HELP("Networks from which nobody is asked. A network that contains "
	     "loopback addresses is an error.")},
    {"enforce", &xs_kind_choice, FIELD(enforce), .words = "yes log",
	DEFAULT("yes"),
	HELP("log asks nothing and logs what would have happened.")},
    {"remember", &xs_kind_seconds, FIELD(remember), RANGE(0, XS_REMEMBER_MAX),
	DEFAULT("0"),
	HELP("For this long after a right code of app or SMS none is asked "
	     "for from the same numeric, non-loopback address: whoever shares "
	     "it and has the password comes in. Any change to the record ends "
	     "it.")},
    {"profile", &xs_kind_choice, FIELD(profile), .words = "default nist",
	DEFAULT("default"),
	HELP("nist insists on NIST SP 800-63B-4: backup codes of 64 bits "
	     "(digits:20, which is its default, or base32), no remember, and "
	     "a notify_command. An option that says otherwise is an error.")},

    {"language", &xs_kind_word, FIELD(language), .words = "en nl",
	DEFAULT("en"), HEADING("The conversation"),
	HELP("What people read at a login: English or Dutch. A user's own "
	     "choice wins.")},
    {"tries", &xs_kind_number, FIELD(tries), RANGE(1, 5), DEFAULT("3"),
	HELP("Wrong codes in one conversation before it ends.")},
    {"fail_delay", &xs_kind_seconds, FIELD(fail_delay), RANGE(0, 10),
	DEFAULT("2s"),
	HELP("How long the application is asked to wait after a refusal "
	     "(pam_fail_delay(3); the module itself never sleeps).")},

    {"issuer", &xs_kind_issuer, FIELD(issuer), DEFAULT(""),
	HEADING("The authenticator app"),
	HELP("The name that the app shows. Nothing: the host name.")},
    {"app_digits", &xs_kind_number, FIELD(app_digits), RANGE(6, 8),
	DEFAULT("6"),
	HELP("Digits of a code. This and the next two are for new enrolments; "
	     "a record keeps what it was made with.")},
    {"app_period", &xs_kind_seconds, FIELD(app_period), RANGE(15, 60),
	DEFAULT("30"), HELP("How long the app shows a code.")},
    {"app_algorithm", &xs_kind_choice, FIELD(app_algorithm),
	.words = "sha1 sha256 sha512", DEFAULT("sha1"),
	HELP("Most apps know sha1 alone, and some ignore what they are "
	     "told.")},
    {"app_window", &xs_kind_number, FIELD(app_window),
	RANGE(0, XS_TOTP_WINDOW_MAX), DEFAULT("1"),
	HELP("Codes before and after the current one that are right too, for "
	     "clocks that differ.")},

    {"backup_format", &xs_kind_code_format, FIELD(backup_format),
	DEFAULT("digits:8"), HEADING("Backup codes"),
	HELP("The form of new backup codes; they are shown in groups of "
	     "four. base32 has no I, L, O and U, and case does not matter.")},
    {"backup_codes", &xs_kind_number, FIELD(backup_codes),
	RANGE(1, XS_CODES_MAX), DEFAULT("1"),
	HELP("How many a user gets at once. Each works once, and the last "
	     "one used brings a new set.")},

    {"sms_command", &xs_kind_command, FIELD(sms_command), DEFAULT(""),
	HEADING("SMS"),
	HELP("The program that sends a text: it gets the number as its "
	     "argument and the text on standard input. It needs country_code "
	     "or sms_allow. Nothing: SMS is not offered.")},
    {"sms_user", &xs_kind_name, FIELD(sms_user), DEFAULT("xsuite-sms"),
	HELP("The user that sms_command and notify_command run as; never one "
	     "of uid 0.")},
    {"sms_digits", &xs_kind_number, FIELD(sms_digits), RANGE(6, 8),
	DEFAULT("6"), HELP("Digits of a code.")},
    {"sms_valid", &xs_kind_seconds, FIELD(sms_valid), RANGE(1, 600),
	DEFAULT("5m"),
	HELP("How long a code is valid; longer than sms_timeout.")},
    {"sms_timeout", &xs_kind_seconds, FIELD(sms_timeout), RANGE(1, 30),
	DEFAULT("8s"),
	HELP("How long sms_command may take; then it is killed.")},
    {"sms_cooldown", &xs_kind_seconds, FIELD(sms_cooldown), RANGE(1, 3600),
	DEFAULT("60s"), HELP("The least time between two texts to a user.")},
    {"sms_per_hour", &xs_kind_number, FIELD(sms_per_hour),
	RANGE(1, XS_SENDS_MAX), DEFAULT("5"),
	HELP("Texts to a user in an hour. Notices by SMS have limits of their "
	     "own, of the same size.")},
    {"sms_per_day", &xs_kind_number, FIELD(sms_per_day), RANGE(1, XS_SENDS_MAX),
	DEFAULT("10"),
	HELP("Texts to a user in a day; not less than sms_per_hour.")},
    {"sms_host_per_hour", &xs_kind_number, FIELD(sms_host_per_hour),
	RANGE(1, 100000), DEFAULT("200"),
	HELP("Texts of this host in an hour.")},
    {"country_code", &xs_kind_country, FIELD(country_code), DEFAULT(""),
	HELP("With 31, 0612345678 stands for +31612345678.")},
    {"sms_allow", &xs_kind_prefixes, FIELD(sms_allow), DEFAULT(""),
	HELP("The prefixes of numbers that may be texted; + and country_code "
	     "is among them. Nothing: that alone.")},

    {"notify_command", &xs_kind_command, FIELD(notify_command), DEFAULT(""),
	HEADING("Notices and the helpdesk"),
	HELP("The program that passes security notices on, run as "
	     "sms_user. Nothing: none are sent.")},
    {"helpdesk_not_for", &xs_kind_names, FIELD(helpdesk_not_for), DEFAULT(""),
	HELP("Groups whose members xsuite-helpdesk cannot act on: those who "
	     "administer this host, and the helpdesk itself. A group that "
	     "does not resolve refuses all.")},

    {"throttle_free", &xs_kind_number, FIELD(throttle.free), RANGE(1, 10),
	DEFAULT("5"), HEADING("Wrong codes"),
	HELP("Failures in a row, per method, without a wait. Less than "
	     "throttle_stop.")},
    {"throttle_wait", &xs_kind_seconds, FIELD(throttle.wait), RANGE(1, 3600),
	DEFAULT("30s"),
	HELP("The wait after the last free failure; it is doubled after each "
	     "further one.")},
    {"throttle_wait_max", &xs_kind_seconds, FIELD(throttle.wait_max),
	RANGE(60, 3600), DEFAULT("1h"),
	HELP("The longest wait; not less than throttle_wait.")},
    {"throttle_stop", &xs_kind_number, FIELD(throttle.stop), RANGE(10, 100),
	DEFAULT("100"),
	HELP("At so many failures in a row the method is disabled until an "
	     "administrator unlocks it.")},
    {"throttle_budget", &xs_kind_budget, FIELD(throttle.budget[XS_OTHER]),
	RANGE(20, 200), DEFAULT("50/30d"),
	HELP("Attempts of an account over all methods that did not end in a "
	     "success: a bucket that starts full and gets one back every "
	     "30d/50. When it is empty, every method waits.")},
    {"throttle_budget_own", &xs_kind_budget, FIELD(throttle.budget[XS_OWN]),
	RANGE(10, 200), DEFAULT("20/30d"),
	HELP("The same for attempts from the address of the last success, or "
	     "made on this host by root or the user himself. Neither draws "
	     "on the other, so a stranger cannot keep the owner out.")},

    {"argon2_memory", &xs_kind_size, FIELD(argon2.memory),
	RANGE(12 * 1024, 1024 * 1024), DEFAULT("64M"),
	HEADING("The cost of a guess at a stolen backup code (Argon2id)"),
	HELP("Memory. These three together are not below OWASP's table: 46M "
	     "for one pass, 19M for two, 12M for three and more.")},
    {"argon2_time", &xs_kind_number, FIELD(argon2.time), RANGE(1, 16),
	DEFAULT("3"), HELP("Passes.")},
    {"argon2_lanes", &xs_kind_number, FIELD(argon2.lanes), RANGE(1, 16),
	DEFAULT("1"), HELP("Lanes; all are computed in one thread.")},

    {"debug", &xs_kind_bool, FIELD(debug), .words = "yes no", DEFAULT("no"),
	HEADING("The log"),
	HELP("Log more. Codes and secrets are never logged.")},
};

const size_t xs_options_count = sizeof(xs_options) / sizeof(xs_options[0]);

_Static_assert(sizeof(xs_options) / sizeof(xs_options[0]) <= XS_CONFIG_KEYS_MAX,
    "set_at has a place for every option");

const struct xs_option *
xs_option_find(const char *key)
{
	for (size_t i = 0; i < xs_options_count; i++) {
		if (strcmp(xs_options[i].key, key) == 0)
			return &xs_options[i];
	}
	return NULL;
}

void
xs_option_value(const struct xs_option *option, const struct xs_config *config,
    char out[XS_OPTION_MAX])
{
	const char *base = (const char *)config;

	option->kind->format(option, base + option->offset, out);
}
