/* SPDX-License-Identifier: BSD-3-Clause */
/* sms-test: one text to a number, on the way that a login's would go. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "sms.h"
#include "sms_limit.h"

void
admin_sms_is_weak(const struct xs_config *config)
{
	bool app = (config->methods & 1U << XS_APP) != 0;

	admin_say("SMS is the weakest method (\"restricted\" in NIST SP "
		  "800-63B): a text can be read or diverted on its way%s",
	    app ? "; the authenticator app stays offered beside it" : "");
}

/* As the library's texts: every character is one of GSM-7. */
static void
make_text(char out[XS_SMS_TEXT_MAX])
{
	char host[65] = "";

	(void)gethostname(host, sizeof host - 1);
	for (char *c = host; *c != '\0'; c++) {
		if ((*c < '0' || *c > '9') && (*c < 'A' || *c > 'Z') &&
		    (*c < 'a' || *c > 'z') && *c != '.')
			*c = '-';
	}
	snprintf(out, XS_SMS_TEXT_MAX,
	    "This is a test of the login codes of %s. There is nothing to do.",
	    *host != '\0' ? host : "this host");
}

/* Counted for the host before it is sent, whatever comes of it. */
static int
send_test(const struct xs_config *config, const char *number)
{
	const struct xs_sender sender = xs_sms_sender(config);
	char text[XS_SMS_TEXT_MAX], time[ADMIN_TIME_MAX];
	struct xs_fault fault = {""};
	int64_t until = 0;
	int err;

	err = xs_sms_host_take(
	    config, XS_SMS_CODE, &xs_env_system, &until, &fault);
	if (err > 0) {
		admin_time_human(until + 59 - (until + 59) % 60, time);
		admin_say("not sent: sms_host_per_hour is reached; no more SMS "
			  "from this host until %s",
		    time);
		return EX_TEMPFAIL;
	}
	make_text(text);
	if (err == 0)
		err = sender.send(sender.context, number, text, &fault);
	return err == 0 ? EX_OK : admin_fail(err, &fault);
}

static int
check_offered(const struct xs_config *config)
{
	if (!xs_sms_is_offered(config)) {
		admin_say("this host has no sms_command: there is nothing that "
			  "could send");
		return EX_UNAVAILABLE;
	}
	admin_sms_is_weak(config);
	if ((config->methods & 1U << XS_SMS) == 0)
		admin_say("sms is not among methods: no login here offers it");
	return 0;
}

static void
print_sent(const struct admin *admin, const char *number)
{
	json_object *answer;
	char shown[32];

	xs_phone_mask(number, shown);
	if (!admin->json) {
		printf("%s: taken for delivery\n", shown);
		return;
	}
	answer = json_object_new_object();
	admin_json_text(answer, "phone", shown);
	admin_json_text(answer, "result", "taken for delivery");
	admin_json_print(answer);
}

int
admin_sms_test(struct admin *admin, int argc, char **argv)
{
	char number[XS_PHONE_MAX], by[XS_BY_MAX];
	int code = admin_operands(argc, argv, 0, 1);

	if (code == 0 && optind == argc)
		return admin_usage("sms-test: NUMBER is missing");
	if (code == 0)
		code = check_offered(&admin->config);
	if (code == 0)
		code = admin_phone_read(&admin->config, argv[optind], number);
	if (code != 0)
		return code;
	code = send_test(&admin->config, number);
	admin_actor(by);
	admin_log("sms-test", "-", by, "sent=%s", code == 0 ? "yes" : "no");
	if (code == 0)
		print_sent(admin, number);
	return code;
}
