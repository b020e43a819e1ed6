/* SPDX-License-Identifier: BSD-3-Clause */
/* xsuite-sms-http: the sender for services that speak HTTP. */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "sms_http.h"

#define TEXT_MAX 700 /* bytes: more is no SMS in any case */

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	va_list list;

	fputs("xsuite-sms-http: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
}

static void
print_help(void)
{
	puts("usage: xsuite-sms-http [--config FILE] NUMBER <TEXT\n"
	     "       xsuite-sms-http [--config FILE] --check\n\n"
	     "  --config FILE  options file (" SMS_HTTP_PATH ")\n"
	     "  --check        read the options, send nothing\n"
	     "  --help         this text\n"
	     "  --version      the version");
}

/*
 * libcurl and OpenSSL look for proxies, key logs and options of their own in
 * the environment: test_the_environment_changes_nothing.
 */
static bool
guard(void)
{
	const struct rlimit none = {0, 0};

	if (clearenv() != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return false;
	/* Sockets must not get the number of a closed standard error. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return false;
	}
	(void)setrlimit(RLIMIT_CORE, &none);
	/* Fills what libcurl and json-c give back. */
	(void)mallopt(M_PERTURB, 0xa5);
	return true;
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int
exit_code(int err)
{
	switch (err) {
	case XS_E_NOMEM:
		return EX_OSERR;
	case XS_E_STATE:
		return EX_NOPERM;
	default:
		return EX_CONFIG;
	}
}

static int
check(const char *path)
{
	struct sms_http_config *config = calloc(1, sizeof(*config));
	struct xs_fault fault = {""};
	int err = XS_E_NOMEM;

	if (config != NULL)
		err = sms_http_config_load(config, path, &fault);
	for (size_t i = 0; err == 0 && i < config->count; i++) {
		const struct sms_http_gateway *gateway = &config->gateways[i];

		if (gateway->ca_file != NULL &&
		    access(gateway->ca_file, R_OK) != 0)
			err = xs_fault_set(&fault, XS_E_CONFIG,
			    "%s:%d: gateway %s: ca_file: %s", path,
			    gateway->line, gateway->name, strerror(errno));
	}
	if (err != 0)
		say("%s",
		    fault.text[0] != '\0' ? fault.text : xs_err_word(err));
	for (size_t i = 0; err == 0 && i < config->count; i++)
		printf("gateway %s: at most %u ms\n", config->gateways[i].name,
		    config->gateways[i].timeout_ms);
	if (config != NULL)
		sms_http_config_wipe(config);
	free(config);
	if (err == 0 && fflush(stdout) != 0)
		return EX_IOERR;
	return err == 0 ? EX_OK : exit_code(err);
}

static enum sms_http_outcome
try_gateway(const struct sms_http_gateway *gateway,
    const struct sms_http_message *message, uint64_t end)
{
	struct sms_http_request *request = calloc(1, sizeof(*request));
	enum sms_http_outcome outcome = SMS_HTTP_REFUSED;
	struct xs_fault why = {"out of memory"};
	uint64_t now = now_ms();
	unsigned limit = gateway->timeout_ms;
	int err = XS_E_NOMEM;

	if (request != NULL)
		err = sms_http_request_build(request, gateway, message);
	if (err == XS_E_INVALID)
		(void)xs_fault_set(&why, 0,
		    "nothing was sent: a line feed cannot stand in a header");
	if (now + limit > end)
		limit = now < end ? (unsigned)(end - now) : 0;
	if (err == 0 && limit == 0)
		(void)xs_fault_set(&why, 0, "nothing was sent: no time left");
	if (err == 0 && limit > 0)
		outcome = sms_http_send(gateway, request, limit, &why);
	if (outcome != SMS_HTTP_TAKEN)
		say("gateway %s: %s", gateway->name, why.text);
	if (request != NULL)
		sms_http_request_wipe(request);
	free(request);
	return outcome;
}

/*
 * In their order. What may have been taken is not sent again, unless that is
 * wanted: it would come, and cost, twice.
 */
static int
try_all(const struct sms_http_config *config,
    const struct sms_http_message *message, uint64_t end)
{
	for (size_t i = 0; i < config->count; i++) {
		switch (try_gateway(&config->gateways[i], message, end)) {
		case SMS_HTTP_TAKEN:
			return EX_OK;
		case SMS_HTTP_UNKNOWN:
			if (!config->next_when_unknown)
				return EX_TEMPFAIL;
			break;
		default:
			break;
		}
	}
	return EX_UNAVAILABLE;
}

/* Returns 0 or an exit code, said. */
static int
read_text(char text[TEXT_MAX + 2])
{
	const char *problem;
	size_t length = 0;

	while (length <= TEXT_MAX) {
		ssize_t n =
		    read(STDIN_FILENO, text + length, TEXT_MAX + 1 - length);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR) {
			say("the text could not be read: %s", strerror(errno));
			return EX_IOERR;
		}
		if (n > 0)
			length += (size_t)n;
	}
	if (length > 0 && length <= TEXT_MAX && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	problem = length > TEXT_MAX ? "the text is longer than one SMS"
				    : sms_http_text_problem(text, length);
	if (problem != NULL)
		say("%s", problem);
	return problem == NULL ? 0 : EX_DATAERR;
}

static int
send_message(const char *path, const char *number, uint64_t start)
{
	struct sms_http_config *config = calloc(1, sizeof(*config));
	char text[TEXT_MAX + 2];
	struct sms_http_message message = {number, text};
	struct xs_fault fault = {""};
	int code, err = XS_E_NOMEM;

	code = read_text(text);
	if (code != 0)
		goto out;
	if (config != NULL)
		err = sms_http_config_load(config, path, &fault);
	if (err != 0) {
		say("%s",
		    fault.text[0] != '\0' ? fault.text : xs_err_word(err));
		code = exit_code(err);
		goto out;
	}
	code = try_all(config, &message, start + 1000ULL * config->deadline);
out:
	explicit_bzero(text, sizeof(text));
	if (config != NULL)
		sms_http_config_wipe(config);
	free(config);
	return code;
}

static int
run(const char *path, bool only_check, int argc, char **argv, uint64_t start)
{
	const char *problem;

	if (only_check && argc == 0)
		return check(path);
	if (only_check || argc != 1) {
		say("one argument is wanted: the number");
		return EX_USAGE;
	}
	problem = sms_http_number_problem(argv[0]);
	if (problem != NULL) {
		say("that is no number: %s", problem);
		return EX_USAGE;
	}
	return send_message(path, argv[0], start);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'k'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
	const char *path = SMS_HTTP_PATH;
	uint64_t start = now_ms();
	bool only_check = false;
	int option, code;

	if (!guard()) {
		say("the process cannot be set up");
		return EX_OSERR;
	}
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			only_check = true;
			break;
		case 'h':
			print_help();
			return EX_OK;
		case 'v':
			puts("xsuite-sms-http " XS_VERSION);
			return EX_OK;
		default:
			say("no such option; try --help");
			return EX_USAGE;
		}
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		say("libcurl cannot be set up");
		return EX_OSERR;
	}
	code = run(path, only_check, argc - optind, argv + optind, start);
	curl_global_cleanup();
	return code;
}
