/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make demo: a login program that also plays the telephone. It reads what
 * enrol gave out, shows the QR code and the texts that come, and logs in
 * through libpam: on a terminal the person types, else logins are played and
 * judged.
 *
 * usage: demo_login DIRECTORY USER
 */
#include <langinfo.h>
#include <locale.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base32.h"
#include "inbox.h"
#include "qr.h"
#include "totp.h"

#define SERVICE "xsuite-demo"
#define TEXT_MAX 4096
#define CODE_TEXT_MAX 64

/* What a person has: a telephone, and a note with the backup code. */
struct person {
	const char *name;
	char services[TEXT_MAX]; /* directory of the PAM service file */
	char uri[TEXT_MAX];
	struct xs_totp phone;
	char typed[CODE_TEXT_MAX]; /* the app code used last */
	char note[CODE_TEXT_MAX];  /* the backup code */
	char used[CODE_TEXT_MAX];  /* the one before */
	struct inbox inbox;
};

enum answer {
	APP_CODE,
	SAME_APP_CODE,
	ENTER,
	CHOOSE_SMS,
	SMS_CODE,
	CHOOSE_BACKUP, /* where there is SMS, too, and so a menu */
	BACKUP_CODE,
	USED_BACKUP_CODE,
	NEW_BACKUP_CODE,
	END
};

/* One question that must come, and what is answered to it. */
struct step {
	const char *expected;
	enum answer answer;
};

struct session {
	struct person *person;
	const struct step *steps; /* NULL: a person types */
	size_t count;
	size_t at;
	bool surprised;
	char new_code[CODE_TEXT_MAX];
};

static bool
read_member(const char *json, const char *key, char *out, size_t size)
{
	const char *from = strstr(json, key), *end;

	if (from == NULL)
		return false;
	from += strlen(key);
	end = strchr(from, '"');
	if (end == NULL || (size_t)(end - from) >= size)
		return false;
	memcpy(out, from, (size_t)(end - from));
	out[end - from] = '\0';
	return true;
}

static bool
read_enrolment(struct person *person, const char *directory)
{
	struct xs_totp *phone = &person->phone;
	char path[TEXT_MAX], json[TEXT_MAX], secret[TEXT_MAX];
	size_t length;
	FILE *file;

	snprintf(path, sizeof path, "%s/enrol.json", directory);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	length = fread(json, 1, sizeof json - 1, file);
	json[length] = '\0';
	fclose(file);
	phone->algorithm = XS_SHA1; /* the options of demo.sh */
	phone->digits = 6;
	phone->period = 30;
	return read_member(
		   json, "\"uri\":\"", person->uri, sizeof person->uri) &&
	    read_member(json, "\"secret\":\"", secret, sizeof secret) &&
	    read_member(json, "\"backup_codes\":[\"", person->note,
		sizeof person->note) &&
	    xs_base32_decode(secret, phone->secret, sizeof phone->secret,
		&phone->secret_length) == 0;
}

static void
show_enrolment(const struct person *person)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	char brief[256], *drawing;

	/* In ASCII the full one is wider than a terminal. */
	if (!utf8 &&
	    xs_totp_uri_brief(&person->phone, "pam_xsuite demo", person->name,
		brief, sizeof brief) == 0)
		drawing = xs_qr_draw(brief, XS_QR_ASCII);
	else
		drawing = xs_qr_draw(person->uri, XS_QR_HALF_BLOCKS);
	printf("The QR code that %s's app scans (scan it with yours: it "
	       "works):\n\n%s\nOn paper: the backup code %s\n",
	    person->name, drawing != NULL ? drawing : "(it does not fit)",
	    person->note);
	free(drawing);
}

/* Looks at the telephone; returns the seconds for which the code stays. */
static int
look_at_phone(struct person *person)
{
	time_t now = time(NULL);

	if (xs_totp_code(&person->phone, xs_totp_step(&person->phone, now),
		person->typed) != 0)
		strcpy(person->typed, "?");
	return (int)(person->phone.period - now % person->phone.period);
}

static const char *
scripted_answer(struct session *session, const char *question)
{
	struct person *person = session->person;

	if (session->at < session->count && person->inbox.path[0] == '\0' &&
	    session->steps[session->at].answer == CHOOSE_BACKUP)
		session->at++;
	if (session->at == session->count ||
	    strstr(question, session->steps[session->at].expected) == NULL) {
		session->surprised = true;
		return "0";
	}
	switch (session->steps[session->at++].answer) {
	case APP_CODE:
		(void)look_at_phone(person);
		return person->typed;
	case SAME_APP_CODE:
		return person->typed;
	case ENTER:
		return "";
	case CHOOSE_SMS:
		return "1";
	case CHOOSE_BACKUP:
		return "2";
	case SMS_CODE:
		/* It comes first in the text. */
		snprintf(person->typed, sizeof person->typed, "%.*s",
		    (int)strspn(person->inbox.text, "0123456789"),
		    person->inbox.text);
		return person->typed;
	case BACKUP_CODE:
		return person->note;
	case USED_BACKUP_CODE:
		return person->used;
	case NEW_BACKUP_CODE:
		return session->new_code;
	case END:
		break;
	}
	return "0";
}

/* Returns a line of the terminal, to be freed, or NULL at its end. */
static char *
typed_answer(bool echo)
{
	struct termios before, quiet;
	bool changed = false;
	char *line = NULL;
	size_t size = 0;

	if (!echo && tcgetattr(STDIN_FILENO, &before) == 0) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		changed = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
	}
	if (getline(&line, &size, stdin) < 0) {
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\n")] = '\0';
	}
	if (changed) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		putchar('\n');
	}
	return line;
}

/* A successor stands on a line of its own below its heading. */
static void
note_new_code(struct session *session, const char *question)
{
	static const char heading[] = "Your new backup code:";
	const char *from = strstr(question, heading);

	if (from == NULL)
		return;
	from += sizeof heading - 1;
	from += strspn(from, " \n");
	snprintf(session->new_code, sizeof session->new_code, "%.*s",
	    (int)strcspn(from, "\n"), from);
}

static char *
answer(struct session *session, const struct pam_message *message)
{
	bool echo = message->msg_style == PAM_PROMPT_ECHO_ON;
	struct person *person = session->person;
	const char *text;
	int seconds;

	note_new_code(session, message->msg);
	if (session->steps == NULL) {
		seconds = look_at_phone(person);
		printf("    [the phone shows %s for %d s; the note says %s]\n",
		    person->typed, seconds, person->note);
	}
	if (inbox_look(&person->inbox))
		printf("    [an SMS comes: %s]\n", person->inbox.text);
	fputs(message->msg, stdout);
	fflush(stdout);
	if (session->steps == NULL)
		return typed_answer(echo);
	text = scripted_answer(session, message->msg);
	puts(echo ? text : "");
	return strdup(text);
}

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	struct pam_response *given;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	given = calloc((size_t)count, sizeof *given);
	if (given == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		if (messages[i]->msg_style == PAM_TEXT_INFO ||
		    messages[i]->msg_style == PAM_ERROR_MSG) {
			puts(messages[i]->msg);
			continue;
		}
		given[i].resp = answer(context, messages[i]);
		if (given[i].resp != NULL)
			continue;
		for (int j = 0; j < i; j++)
			free(given[j].resp);
		free(given);
		return PAM_CONV_ERR;
	}
	*responses = given;
	return PAM_SUCCESS;
}

/* One login, as sshd or login(1) would make it. */
static int
log_in(struct session *session)
{
	const struct pam_conv conversation = {converse, session};
	struct person *person = session->person;
	pam_handle_t *pam = NULL;
	const char *method = NULL;
	int result;

	result = pam_start_confdir(
	    SERVICE, person->name, &conversation, person->services, &pam);
	if (result != PAM_SUCCESS)
		return result;
	result = pam_authenticate(pam, 0);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(pam, 0);
	if (result == PAM_SUCCESS)
		method = pam_getenv(pam, "XSUITE_METHOD");
	if (result == PAM_SUCCESS)
		printf("    => %s is in (by %s)\n\n", person->name,
		    method != NULL ? method : "nothing of ours");
	else
		printf("    => refused: %s\n\n", pam_strerror(pam, result));
	if (result == PAM_SUCCESS && session->new_code[0] != '\0') {
		strcpy(person->used, person->note);
		strcpy(person->note, session->new_code);
	}
	pam_end(pam, result);
	return result;
}

static bool
play(struct person *person, const char *title, const struct step *steps,
    size_t count, int expected)
{
	struct session session = {
	    .person = person, .steps = steps, .count = count};
	bool right;

	printf("-- %s\n", title);
	right = log_in(&session) == expected && !session.surprised &&
	    session.at == count;
	if (!right)
		printf("    THIS IS NOT WHAT SHOULD HAVE HAPPENED\n\n");
	return right;
}

#define PLAY(person, title, steps, expected) \
	play(person, title, steps, sizeof(steps) / sizeof *(steps), expected)

static int
play_all(struct person *person)
{
	static const char app[] = "Authenticator app code";
	static const char backup[] = "Backup code";
	static const struct step by_app[] = {{app, APP_CODE}};
	static const struct step app_again[] = {
	    {app, SAME_APP_CODE}, {"That code has been used already", END}};
	static const char menu[] = "Other ways to log in";
	static const struct step by_sms[] = {
	    {app, ENTER}, {menu, CHOOSE_SMS}, {"SMS code sent to", SMS_CODE}};
	static const struct step by_backup[] = {{app, ENTER},
	    {menu, CHOOSE_BACKUP}, {backup, BACKUP_CODE},
	    {"Your new backup code", NEW_BACKUP_CODE}};
	static const struct step backup_again[] = {{app, ENTER},
	    {menu, CHOOSE_BACKUP}, {backup, USED_BACKUP_CODE},
	    {"That code is not right", END}};
	bool sms = person->inbox.path[0] != '\0', right;

	right =
	    PLAY(person, "Login with the code of the app", by_app, PAM_SUCCESS);
	right &= PLAY(
	    person, "The same code a second time", app_again, PAM_AUTH_ERR);
	if (sms)
		right &= PLAY(person, "The app is not at hand: login by SMS",
		    by_sms, PAM_SUCCESS);
	right &= PLAY(person, "The phone is lost: login with the backup code",
	    by_backup, PAM_SUCCESS);
	right &= PLAY(person, "The used backup code a second time",
	    backup_again, PAM_AUTH_ERR);
	if (right)
		printf("%s logins were let in; both used codes were refused.\n",
		    sms ? "All three" : "Both");
	else
		puts("The demonstration FAILED.");
	return right ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
let_person_type(struct person *person)
{
	struct session session;
	char *line;
	bool again;
	int result;

	printf("\nNow log in. Type the code that the phone shows; or press "
	       "Enter and use %sthe\nbackup code, and see its successor; or "
	       "type a wrong one.\n\n",
	    person->inbox.path[0] != '\0' ? "an SMS or " : "");
	do {
		memset(&session, 0, sizeof session);
		session.person = person;
		result = log_in(&session);
		if (result != PAM_SUCCESS && result != PAM_AUTH_ERR &&
		    result != PAM_MAXTRIES && result != PAM_CONV_ERR)
			return EXIT_FAILURE;
		fputs("Once more? (Enter = yes, q = no) ", stdout);
		fflush(stdout);
		line = typed_answer(true);
		again = line != NULL && *line == '\0';
		free(line);
	} while (again);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct person person = {.name = NULL};

	setlocale(LC_CTYPE, "");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3) {
		fputs("usage: demo_login DIRECTORY USER\n", stderr);
		return EXIT_FAILURE;
	}
	person.name = argv[2];
	snprintf(
	    person.services, sizeof person.services, "%s/services", argv[1]);
	if (!read_enrolment(&person, argv[1])) {
		fprintf(stderr, "demo_login: no enrolment in %s\n", argv[1]);
		return EXIT_FAILURE;
	}
	inbox_open(&person.inbox, argv[1]);
	show_enrolment(&person);
	if (isatty(STDIN_FILENO))
		return let_person_type(&person);
	putchar('\n');
	return play_all(&person);
}
