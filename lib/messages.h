/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every sentence a person reads at a login. The sentences are part of the
 * interface: Ansible, expect and people rely on them. A count of one has a
 * sentence of its own (..._ONE). The other languages are compiled in from
 * po/, because at run time gettext knows no locale in sshd, and the locale of
 * sudo's caller in sudo (tests/e2e/test_language.py).
 */
#ifndef XS_MESSAGES_H
#define XS_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

#define XS_MESSAGES(X)                                                       \
	X(APP_PROMPT, "Authenticator app code: ")                            \
	X(APP_PROMPT_OTHERS,                                                 \
	    "Authenticator app code (Enter for another method): ")           \
	X(BACKUP_PROMPT, "Backup code: ")                                    \
	X(BACKUP_PROMPT_OTHERS, "Backup code (Enter for another method): ")  \
	X(MENU_TITLE, "Other ways to log in:\n")                             \
	X(MENU_NUMBER, "  %u  ")                                             \
	X(MENU_APP, "Authenticator app code\n")                              \
	X(MENU_SMS, "SMS code to %s\n")                                      \
	X(MENU_BACKUP, "Backup code\n")                                      \
	X(MENU_BACK, "Back to the login page\n")                             \
	X(MENU_CHOOSE, "Choose 0-%u: ")                                      \
	X(MENU_NO_CHOICE, "That is not one of the choices.\n")               \
	X(WRONG, "That code is not right.\n")                                \
	X(WRONG_LEFT, "That code is not right. %u tries left.\n")            \
	X(WRONG_LEFT_ONE, "That code is not right. 1 try left.\n")           \
	X(USED, "That code has been used already. Wait for the next one.\n") \
	X(USED_LEFT,                                                         \
	    "That code has been used already. "                              \
	    "Wait for the next one. %u tries left.\n")                       \
	X(USED_LEFT_ONE,                                                     \
	    "That code has been used already. "                              \
	    "Wait for the next one. 1 try left.\n")                          \
	X(NO_CODE_APP,                                                       \
	    "That is not a code: type the %u digits that the app shows.\n")  \
	X(NO_CODE_BACKUP_DIGITS,                                             \
	    "That is not a code: type the %u digits of your backup code.\n") \
	X(NO_CODE_BACKUP_CHARACTERS,                                         \
	    "That is not a code: type the %u "                               \
	    "characters of your backup code.\n")                             \
	X(WAIT, "Too many wrong codes. Try again in %s (%s).\n")             \
	X(SECONDS, "%u seconds")                                             \
	X(SECONDS_ONE, "1 second")                                           \
	X(MINUTES, "%u minutes")                                             \
	X(MINUTES_ONE, "1 minute")                                           \
	X(HOURS, "%u hours")                                                 \
	X(HOURS_ONE, "1 hour")                                               \
	X(DISABLED_APP,                                                      \
	    "The app code is switched off after too many wrong "             \
	    "codes. Ask your administrator.\n")                              \
	X(DISABLED_SMS,                                                      \
	    "The SMS code is switched off after too many wrong "             \
	    "codes. Ask your administrator.\n")                              \
	X(DISABLED_BACKUP,                                                   \
	    "The backup code is switched off after too many "                \
	    "wrong codes. Ask your administrator.\n")                        \
	X(EXPIRED, "That backup code has expired.\n")                        \
	X(SMS_NOT_SENT, "The SMS could not be sent.\n")                      \
	X(FAILURES, "%u failed attempts since %s, last from %s.\n")          \
	X(FAILURES_ONE, "1 failed attempt since %s, last from %s.\n")        \
	X(FAILURES_NOWHERE, "%u failed attempts since %s.\n")                \
	X(FAILURES_NOWHERE_ONE, "1 failed attempt since %s.\n")              \
	X(BACKUP_RIGHT,                                                      \
	    "That backup code is right. Keep it until its "                  \
	    "successor is confirmed; then it is used up.\n"                  \
	    "If you lost your phone, run \"xsuite app\" after "              \
	    "logging in.\n\n")                                               \
	X(BACKUP_NEW, "Your new backup code:\n\n    %s\n\n")                 \
	X(BACKUP_KEEP,                                                       \
	    "It works once, when you cannot use your phone. "                \
	    "Write it down and keep it safe.\n")                             \
	X(BACKUP_CONFIRM,                                                    \
	    "Type the new code to confirm that you have saved it: ")         \
	X(BACKUPS_RIGHT,                                                     \
	    "That backup code is right. Keep it until its "                  \
	    "successors are confirmed; then it is used up.\n"                \
	    "If you lost your phone, run \"xsuite app\" after "              \
	    "logging in.\n\n")                                               \
	X(BACKUPS_NEW, "Your new backup codes:\n\n")                         \
	X(BACKUPS_CODE, "    %s\n")                                          \
	X(BACKUPS_KEEP,                                                      \
	    "\nEach works once, when you cannot use your phone. "            \
	    "Write them down and keep them safe.\n")                         \
	X(BACKUPS_CONFIRM,                                                   \
	    "Type one of the new codes to confirm that you "                 \
	    "have saved them: ")                                             \
	X(BACKUPS_NOT_NEW, "That is none of the new codes.\n")               \
	X(BACKUP_NOT_NEW, "That is not the new code.\n")                     \
	X(SUPERSEDED,                                                        \
	    "That code has been used. The new code shown here is "           \
	    "not valid; keep the one that you confirmed "                    \
	    "elsewhere.\n")                                                  \
	X(NOT_RECORDED,                                                      \
	    "This could not be recorded. Keep both codes: either "           \
	    "may be the valid one.\n")                                       \
	X(PRESS_ENTER, "Press Enter to end: ")                               \
	X(NO_METHOD,                                                         \
	    "No second step can be used here. "                              \
	    "Ask your administrator.\n")                                     \
	X(BUSY, "The host is busy. Try again.\n")                            \
	X(UNAVAILABLE,                                                       \
	    "The second step cannot be checked now. "                        \
	    "Ask your administrator.\n")

enum xs_message {
#define XS_MESSAGE_ID(id, text) XS_MSG_##id,
	XS_MESSAGES(XS_MESSAGE_ID)
#undef XS_MESSAGE_ID
	    XS_MSG_COUNT
};

/*
 * The sentence, a printf format, in that language ("en", "nl"); English for
 * any other. Never NULL.
 */
const char *xs_message(const char *language, enum xs_message id);

/*
 * "4 minutes": seconds as a person counts them, rounded up; hours beyond two
 * hours' worth of minutes.
 */
void xs_message_duration(
    const char *language, int64_t seconds, char *out, size_t size);

/* "14:32 UTC", or with the date when it is not the day of now. */
void xs_message_time(int64_t time, int64_t now, char *out, size_t size);

/* "2026-11-20 14:32 UTC". */
void xs_message_date(int64_t time, char *out, size_t size);

#endif
