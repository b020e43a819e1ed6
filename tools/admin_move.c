/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * export and import record: one record on its way to a host with the same
 * host key, sealed as on the disk, in letters that survive a terminal.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "admin_move.h"
#include "notice.h"

#define BEGIN "-----BEGIN XSUITE RECORD-----"
#define END "-----END XSUITE RECORD-----"
#define WIDTH 64
#define SEALED_MAX XS_SLOT_SIZE
#define LETTERS_MAX ((((size_t)(SEALED_MAX) + 2) / 3) * 4)
#define ARMOUR_MAX (2UL * LETTERS_MAX)

/* No record is kept under it: no name and no uid has a colon. */
#define RECORD_KEY "export:"

static int
seal_plain(struct admin *admin, const struct xs_plain *plain,
    uint8_t sealed[SEALED_MAX], size_t *size)
{
	uint8_t nonce[12];
	int err =
	    xs_env_system.nonce(xs_env_system.context, nonce, sizeof nonce);

	*size = XS_SEAL_HEADER_SIZE + plain->length + XS_SEAL_TAG_SIZE;
	if (err == 0)
		err = xs_seal(&admin->keys, RECORD_KEY, 1, nonce, plain->text,
		    plain->length, sealed, *size);
	return err;
}

static void
print_armour(const struct admin *admin, const char *user, const uint8_t *sealed,
    size_t size)
{
	char letters[LETTERS_MAX + 1];
	int length =
	    EVP_EncodeBlock((unsigned char *)letters, sealed, (int)size);
	json_object *answer;

	if (admin->json) {
		answer = json_object_new_object();
		admin_json_text(answer, "user", user);
		admin_json_text(answer, "record", letters);
		admin_json_print(answer);
		return;
	}
	puts(BEGIN);
	for (int at = 0; at < length; at += WIDTH)
		printf("%.*s\n", WIDTH, letters + at);
	puts(END);
}

int
admin_export(struct admin *admin, int argc, char **argv)
{
	struct xs_fault fault = {""};
	struct admin_user user;
	struct xs_account account;
	struct xs_plain plain;
	uint8_t sealed[SEALED_MAX];
	char by[XS_BY_MAX];
	size_t size = 0;
	int err, code = admin_operands(argc, argv, 1, 1);

	if (code == 0)
		code = admin_user_get(argv[optind], &user);
	if (code == 0)
		code = admin_open(admin);
	if (code != 0)
		return code;
	err = admin_load(admin, &(struct xs_identity){user.name, user.uid},
	    &account, &fault);
	if (err == 0)
		err = xs_account_write(&account, &plain);
	if (err == 0)
		err = seal_plain(admin, &plain, sealed, &size);
	xs_account_wipe(&account);
	xs_plain_wipe(&plain);
	if (err == XS_E_NORECORD) {
		admin_say("%s is not enrolled", user.name);
		return ADMIN_NO;
	}
	if (err != 0)
		return admin_fail(err, &fault);
	admin_actor(by);
	admin_log("exported", user.name, by, "%s", "");
	print_armour(admin, user.name, sealed, size);
	return EX_OK;
}

/* All of standard input, or why not. */
static const char *
read_input(char *text, size_t room, size_t *size)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, text + done, room - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerror(errno);
		done += (size_t)n;
	} while (n != 0 && done < room);
	*size = done;
	return done == room ? "too long to be a record" : NULL;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The letters between the two lines, or alone as --json has them. */
static const char *
strip_armour(char *text, size_t *letters)
{
	char *begin = strstr(text, BEGIN), *end, *out = text;

	end = begin != NULL ? strstr(begin, "\n" END) : text + strlen(text);
	if (end == NULL)
		return "its last line is missing";
	for (const char *at = begin != NULL ? begin + strlen(BEGIN) : text;
	     at < end; at++) {
		if (!is_blank(*at))
			*out++ = *at;
	}
	*out = '\0';
	*letters = (size_t)(out - text);
	return NULL;
}

static const char *
decode(const char *letters, size_t count, uint8_t sealed[SEALED_MAX + 3],
    size_t *size)
{
	size_t padding = 0;
	int length;

	if (count == 0 || count % 4 != 0 || count > LETTERS_MAX)
		return "not a record, or not all of it";
	while (padding < 2 && letters[count - 1 - padding] == '=')
		padding++;
	length =
	    EVP_DecodeBlock(sealed, (const unsigned char *)letters, (int)count);
	if (length < XS_SEAL_HEADER_SIZE + XS_SEAL_TAG_SIZE + 2)
		return "not a record, or not all of it";
	*size = (size_t)length - padding;
	return NULL;
}

static const char *
unseal(struct admin *admin, const uint8_t *sealed, size_t size,
    struct xs_plain *plain)
{
	struct xs_seal_header header;

	if (xs_seal_read_header(sealed, &header) == XS_SEAL_NEWER)
		return "written by another version of pam_xsuite";
	switch (xs_unseal(&admin->keys, RECORD_KEY, sealed, size, plain->text,
	    sizeof plain->text, &plain->length)) {
	case XS_UNSEAL_OK:
		return NULL;
	case XS_UNSEAL_UNKNOWN_KEY:
		return "sealed with a host key that this host lacks";
	case XS_UNSEAL_BAD_TAG:
		return "changed, or sealed with another key of the same id";
	case XS_UNSEAL_FAILED:
		return "could not be opened";
	default:
		return "not a record, or not all of it";
	}
}

static const char *
read_record(struct admin *admin, struct xs_account *account)
{
	static char text[ARMOUR_MAX + 1];
	uint8_t sealed[SEALED_MAX + 3];
	struct xs_fault fault = {""};
	struct xs_plain plain = {.length = 0};
	size_t size = 0, letters = 0;
	const char *problem = read_input(text, ARMOUR_MAX, &size);

	if (problem == NULL && memchr(text, '\0', size) != NULL)
		problem = "not a record, or not all of it";
	if (problem == NULL)
		problem = strip_armour(text, &letters);
	if (problem == NULL)
		problem = decode(text, letters, sealed, &size);
	if (problem == NULL)
		problem = unseal(admin, sealed, size, &plain);
	if (problem == NULL && xs_account_read(account, &plain, &fault) != 0)
		problem = "opens, but is not one that is known here";
	xs_plain_wipe(&plain);
	return problem;
}

/* Codes that are too short for this host's profile; whether there were any. */
static bool
drop_short_codes(const struct xs_config *config, struct xs_backup *backup)
{
	bool own =
	    backup->count > 0 && !xs_config_code_fits(config, &backup->format);
	bool helpdesk = backup->helpdesk.set &&
	    !xs_config_code_fits(config, &backup->helpdesk.format);

	if (own) {
		explicit_bzero(backup->hashes, sizeof backup->hashes);
		memset(&backup->format, 0, sizeof backup->format);
		memset(&backup->made, 0, sizeof backup->made);
		backup->count = 0;
	}
	if (helpdesk)
		explicit_bzero(&backup->helpdesk, sizeof backup->helpdesk);
	if (backup->count == 0 && !backup->helpdesk.set)
		explicit_bzero(backup, sizeof *backup);
	return own || helpdesk;
}

/* What belongs to the host that it comes from stays there. */
static int
store_record(struct admin *admin, struct xs_account *account, uid_t uid,
    const char *by, struct xs_fault *fault)
{
	const struct xs_identity who = {account->name, uid};
	int64_t now = xs_env_system.now(xs_env_system.context);
	struct xs_plain plain;
	int err;

	account->uid = uid;
	account->place_count = 0;
	memset(account->places, 0, sizeof account->places);
	memset(&account->unconfirmed, 0, sizeof account->unconfirmed);
	if (now > account->latest)
		account->latest = now;
	memset(&account->untold, 0, sizeof account->untold);
	xs_notice_event(&admin->config, account, now, "imported", "", by);
	err = xs_account_write(account, &plain);
	if (err == 0)
		err = admin->store.ops->create(
		    &admin->store, &who, &plain, fault);
	xs_plain_wipe(&plain);
	return err;
}

/* note: what was left behind, or NULL. */
static void
print_taken(
    const struct admin *admin, const char *user, bool write, const char *note)
{
	json_object *answer, *notes;

	if (admin->json) {
		answer = json_object_new_object();
		admin_json_text(answer, "user", user);
		admin_json_text(
		    answer, "result", write ? "taken" : "would-take");
		if (note != NULL) {
			notes = json_object_new_array();
			json_object_array_add(
			    notes, json_object_new_string(note));
			json_object_object_add(answer, "notes", notes);
		}
		admin_json_print(answer);
		return;
	}
	printf("%s: %s\n", user, write ? "taken over" : "would be taken over");
	if (note != NULL)
		printf("  %s\n", note);
	if (!write)
		puts("Nothing was written. With --write it is.");
}

/* With the record's own account on this host. */
static int
take(struct admin *admin, struct xs_account *account, uid_t uid, bool write)
{
	const struct xs_identity who = {account->name, uid};
	struct xs_fault fault = {""};
	struct xs_account there;
	bool dropped = drop_short_codes(&admin->config, &account->backup);
	char by[XS_BY_MAX];
	int err = admin_load(admin, &who, &there, &fault);

	xs_account_wipe(&there);
	admin_actor(by);
	if (err == 0)
		err = XS_E_EXISTS;
	else if (err == XS_E_NORECORD)
		err = write ? store_record(admin, account, uid, by, &fault) : 0;
	if (err == XS_E_EXISTS) {
		admin_say("%s is enrolled already and left alone", who.name);
		return ADMIN_NO;
	}
	if (err != 0)
		return admin_fail(err, &fault);
	if (write)
		admin_log("imported", who.name, by, "from=record");
	print_taken(admin, who.name, write,
	    dropped ? "backup codes that are too short for profile = nist "
		      "are not taken over"
		    : NULL);
	if (write)
		(void)admin_tell(admin, &who);
	return EX_OK;
}

int
import_record(struct admin *admin, int argc, char **argv)
{
	static const struct option options[] = {
	    {"write", no_argument, NULL, 'w'},
	    {NULL, 0, NULL, 0},
	};
	struct xs_account account;
	struct admin_user user;
	bool write = false;
	const char *problem;
	int option, code;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'w')
			return admin_usage("import record: %s: no such option",
			    argv[optind - 1]);
		write = true;
	}
	if (optind != argc)
		return admin_usage("import record reads standard input");
	code = admin_open(admin);
	if (code != 0)
		return code;
	problem = read_record(admin, &account);
	if (problem != NULL) {
		admin_say("standard input: %s", problem);
		return EX_DATAERR;
	}
	code = admin_user_get(account.name, &user);
	if (code == 0)
		strcpy(account.name, user.name);
	if (code == 0)
		code = take(admin, &account, user.uid, write);
	xs_account_wipe(&account);
	return code;
}
