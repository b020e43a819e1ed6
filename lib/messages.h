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

#define XS_MESSAGES(X)                                                         \
	X(APP_PROMPT, "Authenticator app code: ")                              \
	X(APP_PROMPT_OTHERS,                                                   \
	    "Authenticator app code (Enter for another method): ")             \
	X(BACKUP_PROMPT, "Backup code: ")                                      \
	X(BACKUP_PROMPT_OTHERS, "Backup code (Enter for another method): ")    \
	X(MENU_TITLE, "Other ways to log in:\n")                               \
	X(MENU_NUMBER, "  %u  ")                                               \
	X(MENU_APP, "Authenticator app code\n")                                \
	X(MENU_SMS, "SMS code to %s\n")                                        \
	X(MENU_BACKUP, "Backup code\n")                                        \
	X(MENU_BACK, "Back to the login page\n")                               \
	X(MENU_CHOOSE, "Choose 0-%u: ")                                        \
	X(MENU_NO_CHOICE, "That is not one of the choices.\n")                 \
	X(WRONG, "That code is not right.\n")                                  \
	X(WRONG_LEFT, "That code is not right. %u tries left.\n")              \
	X(WRONG_LEFT_ONE, "That code is not right. 1 try left.\n")             \
	X(USED, "That code has been used already. Wait for the next one.\n")   \
	X(USED_LEFT,                                                           \
	    "That code has been used already. "                                \
	    "Wait for the next one. %u tries left.\n")                         \
	X(USED_LEFT_ONE,                                                       \
	    "That code has been used already. "                                \
	    "Wait for the next one. 1 try left.\n")                            \
	X(NO_CODE_APP,                                                         \
	    "That is not a code: type the %u digits that the app shows.\n")    \
	X(NO_CODE_BACKUP_DIGITS,                                               \
	    "That is not a code: type the %u digits of your backup code.\n")   \
	X(NO_CODE_BACKUP_CHARACTERS,                                           \
	    "That is not a code: type the %u "                                 \
	    "characters of your backup code.\n")                               \
	X(WAIT, "Too many wrong codes. Try again in %s (%s).\n")               \
	X(SECONDS, "%u seconds")                                               \
	X(SECONDS_ONE, "1 second")                                             \
	X(MINUTES, "%u minutes")                                               \
	X(MINUTES_ONE, "1 minute")                                             \
	X(HOURS, "%u hours")                                                   \
	X(HOURS_ONE, "1 hour")                                                 \
	X(DISABLED_APP,                                                        \
	    "The app code is switched off after too many wrong "               \
	    "codes. Ask your administrator.\n")                                \
	X(DISABLED_SMS,                                                        \
	    "The SMS code is switched off after too many wrong "               \
	    "codes. Ask your administrator.\n")                                \
	X(DISABLED_BACKUP,                                                     \
	    "The backup code is switched off after too many "                  \
	    "wrong codes. Ask your administrator.\n")                          \
	X(EXPIRED, "That backup code has expired.\n")                          \
	X(SMS_NOT_SENT, "The SMS could not be sent.\n")                        \
	X(FAILURES, "%u failed attempts since %s, last from %s.\n")            \
	X(FAILURES_ONE, "1 failed attempt since %s, last from %s.\n")          \
	X(FAILURES_NOWHERE, "%u failed attempts since %s.\n")                  \
	X(FAILURES_NOWHERE_ONE, "1 failed attempt since %s.\n")                \
	X(BACKUP_RIGHT,                                                        \
	    "That backup code is right. Keep it until its "                    \
	    "successor is confirmed; then it is used up.\n"                    \
	    "If you lost your phone, run \"xsuite app\" after "                \
	    "logging in.\n\n")                                                 \
	X(BACKUP_NEW, "Your new backup code:\n\n    %s\n\n")                   \
	X(BACKUP_KEEP,                                                         \
	    "It works once, when you cannot use your phone. "                  \
	    "Write it down and keep it safe.\n")                               \
	X(BACKUP_CONFIRM,                                                      \
	    "Type the new code to confirm that you have saved it: ")           \
	X(BACKUPS_RIGHT,                                                       \
	    "That backup code is right. Keep it until its "                    \
	    "successors are confirmed; then it is used up.\n"                  \
	    "If you lost your phone, run \"xsuite app\" after "                \
	    "logging in.\n\n")                                                 \
	X(BACKUPS_NEW, "Your new backup codes:\n\n")                           \
	X(BACKUPS_CODE, "    %s\n")                                            \
	X(BACKUPS_KEEP,                                                        \
	    "\nEach works once, when you cannot use your phone. "              \
	    "Write them down and keep them safe.\n")                           \
	X(BACKUPS_CONFIRM,                                                     \
	    "Type one of the new codes to confirm that you "                   \
	    "have saved them: ")                                               \
	X(BACKUPS_NOT_NEW, "That is none of the new codes.\n")                 \
	X(BACKUP_NOT_NEW, "That is not the new code.\n")                       \
	X(SUPERSEDED,                                                          \
	    "That code has been used. The new code shown here is "             \
	    "not valid; keep the one that you confirmed "                      \
	    "elsewhere.\n")                                                    \
	X(NOT_RECORDED,                                                        \
	    "This could not be recorded. Keep both codes: either "             \
	    "may be the valid one.\n")                                         \
	X(PRESS_ENTER, "Press Enter to end: ")                                 \
	X(SMS_PROMPT, "SMS code (r = send again): ")                           \
	X(SMS_PROMPT_OTHERS,                                                   \
	    "SMS code (r = send again, Enter for another method): ")           \
	X(SMS_ASK, "Press Enter for an SMS code to %s: ")                      \
	X(SMS_ASK_OTHERS,                                                      \
	    "Press Enter for an SMS code to %s (m for another method): ")      \
	X(SMS_SENT, "SMS code sent to %s, valid for %s.\n")                    \
	X(SMS_LIMIT, "No more SMS codes until %s.\n")                          \
	X(SMS_EXPIRED, "That SMS code has expired.\n")                         \
	X(NO_CODE_SMS, "That is not a code: type the %u digits of the SMS.\n") \
	X(SMS_WEAK,                                                            \
	    "SMS codes are the weakest method: texts can be read or diverted " \
	    "on their\nway. The authenticator app stays offered beside "       \
	    "them.\n")                                                         \
	X(PHONE_PROMPT, "Mobile number, as +31612345678 (0 = back): ")         \
	X(PHONE_PROMPT_REMOVE,                                                 \
	    "New mobile number, as +31612345678 (- = remove the old one, 0 = " \
	    "back): ")                                                         \
	X(PHONE_MALFORMED,                                                     \
	    "That is not a telephone number: type + and digits, as "           \
	    "+31612345678.\n")                                                 \
	X(PHONE_NO_COUNTRY,                                                    \
	    "Begin the number with + and the code of the country.\n")          \
	X(PHONE_SHORT, "That number is too short.\n")                          \
	X(PHONE_LONG, "That number is too long.\n")                            \
	X(PHONE_NOT_ALLOWED, "Texts to that number are not allowed here.\n")   \
	X(PHONE_CHANGES, "The number cannot be changed again before %s.\n")    \
	X(PHONE_CONFIRM, "Code of the SMS (r = send again, 0 = back): ")       \
	X(PHONE_IS_SET, "The mobile number is linked.\n")                      \
	X(PHONE_IS_REMOVED, "The mobile number is removed.\n")                 \
	X(ADDRESS_WHAT,                                                        \
	    "Security notices tell you what was changed or tried on your "     \
	    "account. They\nnever hold a code for logging in.\n")              \
	X(ADDRESS_CHOOSE, "Notices go to:\n")                                  \
	X(ADDRESS_SECOND, "a second address as well\n")                        \
	X(ADDRESS_PROMPT,                                                      \
	    "Address for notices, as name@example.org (0 = back): ")           \
	X(ADDRESS_PROMPT_REMOVE,                                               \
	    "New address, as name@example.org (- = remove the old one, 0 = "   \
	    "back): ")                                                         \
	X(ADDRESS_MALFORMED,                                                   \
	    "That is not a mail address: type one, as name@example.org.\n")    \
	X(ADDRESS_THERE, "Notices go to that address already.\n")              \
	X(ADDRESS_SENT, "A code is on its way to %s.\nIt is valid for %s.\n")  \
	X(ADDRESS_LIMIT, "No more codes until %s.\n")                          \
	X(ADDRESS_NOT_SENT, "The message could not be sent.\n")                \
	X(ADDRESS_CONFIRM, "Code of the message (r = send again, 0 = back): ") \
	X(ADDRESS_EXPIRED, "That code has expired.\n")                         \
	X(NO_CODE_ADDRESS,                                                     \
	    "That is not a code: type the %u digits of the message.\n")        \
	X(ADDRESS_IS_SET, "Notices go to that address from now on.\n")         \
	X(ADDRESS_IS_REMOVED, "No more notices go to that address.\n")         \
	X(NOTHING_CHANGED, "Nothing has changed.\n")                           \
	X(SETTINGS_TITLE, "Security settings of %s\n")                         \
	X(SETTINGS_APP, "Authenticator app   %s\n")                            \
	X(SETTINGS_PHONE, "Mobile number       %s\n")                          \
	X(SETTINGS_ADDRESS, "Notices             %s\n")                        \
	X(SETTINGS_DEFAULT, "Default method      %s\n")                        \
	X(SETTINGS_BACKUP, "Backup code         %s\n")                         \
	X(SETTINGS_LANGUAGE, "Language            %s\n")                       \
	X(SETTINGS_HELPDESK, "Helpdesk code       from %s, valid until %s\n")  \
	X(SETTINGS_EXPLAIN, "Explanation\n")                                   \
	X(SETTINGS_DONE, "Done\n")                                             \
	X(SETTINGS_BACK, "Back\n")                                             \
	X(IS_SET_UP, "set up %s")                                              \
	X(IS_SET_UP_BY, "set up %s by %s")                                     \
	X(IS_MADE_BY, "made %s by %s")                                         \
	X(BY_YOURSELF, "yourself")                                             \
	X(IS_NOT_SET_UP, "not set up")                                         \
	X(IS_NONE, "none")                                                     \
	X(IS_NOT_OFFERED, "not offered")                                       \
	X(IS_MAILBOX, "your mailbox on this host")                             \
	X(IS_SWITCHED_OFF, ", switched off")                                   \
	X(IS_LEFT, ", %u left")                                                \
	X(DEFAULT_IS_APP, "app")                                               \
	X(DEFAULT_IS_SMS, "SMS")                                               \
	X(DEFAULT_IS_BACKUP, "backup code")                                    \
	X(LANGUAGE_ITSELF, "English")                                          \
	X(APP_SCAN,                                                            \
	    "Scan this QR code now with the authenticator app, on every "      \
	    "device that\nshall show your codes.\n")                           \
	X(APP_REPLACES,                                                        \
	    "It takes the place of the old entry: delete that one in the app " \
	    "afterwards.\n")                                                   \
	X(APP_QR, "\n%s\n")                                                    \
	X(APP_QR_TOO_LARGE,                                                    \
	    "The QR code does not fit here: type the key into the app.\n")     \
	X(APP_KEY, "Key: %s\n")                                                \
	X(APP_PARAMETERS,                                                      \
	    "     (%u digits, a new code every %u seconds, %s)\n")             \
	X(APP_CONFIRM,                                                         \
	    "Code that the app shows (a = draw in ASCII, k = key only, 0 = "   \
	    "back): ")                                                         \
	X(APP_CONFIRM_LATER,                                                   \
	    "Code that the app shows (a = draw in ASCII, k = key only, Enter " \
	    "= later): ")                                                      \
	X(CLOCK_AHEAD,                                                         \
	    "It is right for another time: the clock of your phone is "        \
	    "%s\nahead of this host's. Set the wrong one right, then type "    \
	    "the next code.\n")                                                \
	X(CLOCK_BEHIND,                                                        \
	    "It is right for another time: the clock of your phone is "        \
	    "%s\nbehind this host's. Set the wrong one right, then type the "  \
	    "next code.\n")                                                    \
	X(APP_IS_SET_UP, "The authenticator app is set up.\n")                 \
	X(APP_IS_REPLACED,                                                     \
	    "The authenticator app is replaced: codes of the old entry are "   \
	    "refused now.\n")                                                  \
	X(BACKUP_IS_REPLACED,                                                  \
	    "The new backup code is valid now, and no older one any more.\n")  \
	X(BACKUPS_ARE_REPLACED,                                                \
	    "The new backup codes are valid now, and no older ones any "       \
	    "more.\n")                                                         \
	X(DEFAULT_CHOOSE, "What a login asks for first:\n")                    \
	X(DEFAULT_IS_CHANGED, "The default method is changed.\n")              \
	X(LANGUAGE_CHOOSE, "Language:\n")                                      \
	X(LANGUAGE_NAMED, "%s\n")                                              \
	X(LANGUAGE_IS_CHANGED, "The language is English now.\n")               \
	X(APP_FIRST, "Set up the authenticator app first.\n")                  \
	X(APP_NOT_OFFERED, "The authenticator app is not offered here.\n")     \
	X(SMS_NOT_OFFERED, "SMS codes are not offered here.\n")                \
	X(NOTICES_NOT_OFFERED, "Security notices are not sent here.\n")        \
	X(BACKUP_NOT_OFFERED, "Backup codes are not offered here.\n")          \
	X(SETTINGS_STALE,                                                      \
	    "These settings were changed elsewhere in the meantime. Nothing "  \
	    "was changed\nhere.\n")                                            \
	X(APP_NOT_RECORDED,                                                    \
	    "This could not be recorded. Keep both entries in the app: "       \
	    "either may be the\nvalid one.\n")                                 \
	X(SETTING_NOT_RECORDED,                                                \
	    "This could not be recorded. Nothing has changed.\n")              \
	X(NOT_ENROLLED, "Two-step login is not set up: run \"xsuite app\".\n") \
	X(EXPLANATION,                                                         \
	    "Two-step login\n\nAfter your password or SSH key a login asks "   \
	    "for a second step. So a password\nthat somebody else got hold "   \
	    "of is not enough.\n\nThe authenticator app shows a new code "     \
	    "every half minute; the phone needs no\nnetwork for it. Where a "  \
	    "mobile number is offered, a code can come by SMS: the\nweakest "  \
	    "of the three, since texts can be read and diverted on their "     \
	    "way. The\nbackup code works once, when you cannot use your "      \
	    "phone; the login then shows\na new one.\n\nIf you lost your "     \
	    "phone: log in with the backup code, run \"xsuite app\" "          \
	    "and\nscan the new QR code with the new phone. The old phone's "   \
	    "entry stops working\nat that moment. Without a backup code ask "  \
	    "your administrator or helpdesk.\n\nNone of these codes resists "  \
	    "phishing. Whoever gets you to type one on a page\nof his own "    \
	    "can use it at once in your place. Type codes only into a "        \
	    "login\nthat you began yourself, and tell them to nobody, not to " \
	    "the helpdesk either.\n\n")                                        \
	X(EVENTS_TITLE, "Last events:\n")                                      \
	X(EVENT_LINE, "  %s  %s\n")                                            \
	X(EVENT_FROM, "from %s")                                               \
	X(EVENT_BY, "by %s")                                                   \
	X(EVENT_ENROLLED, "two-step login set up")                             \
	X(EVENT_IMPORTED, "two-step login taken over from elsewhere")          \
	X(EVENT_ADOPTED, "two-step login assigned to this account")            \
	X(EVENT_RESTORED, "restored from a copy; backup codes void")           \
	X(EVENT_REMOVED, "two-step login removed")                             \
	X(EVENT_UNLOCKED, "unlocked")                                          \
	X(EVENT_APP_SET, "authenticator app set up")                           \
	X(EVENT_APP_REMOVED, "authenticator app removed")                      \
	X(EVENT_APP_DISABLED, "authenticator app switched off")                \
	X(EVENT_PHONE_SET, "mobile number set")                                \
	X(EVENT_PHONE_REMOVED, "mobile number removed")                        \
	X(EVENT_ADDRESS_SET, "address for notices set")                        \
	X(EVENT_ADDRESS_REMOVED, "address for notices removed")                \
	X(EVENT_SMS_DISABLED, "SMS codes switched off")                        \
	X(EVENT_DEFAULT_SET, "default method changed")                         \
	X(EVENT_LANGUAGE_SET, "language changed")                              \
	X(EVENT_BACKUP_SET, "new backup code made")                            \
	X(EVENT_BACKUP_USED, "backup code used")                               \
	X(EVENT_BACKUP_UNCONFIRMED, "backup code right, login not finished")   \
	X(EVENT_BACKUP_DISABLED, "backup code switched off")                   \
	X(EVENT_HELPDESK_CODE, "helpdesk code issued")                         \
	X(EVENT_HELPDESK_CODE_USED, "helpdesk code used")                      \
	X(EVENT_INVITATION, "invitation issued")                               \
	X(ENROL_NOW,                                                           \
	    "Two-step login is to be set up for you now: from then on a "      \
	    "login asks for a\ncode that your authenticator app shows.\n")     \
	X(ENROL_UNTIL,                                                         \
	    "Two-step login is to be set up for you by %s (UTC); until then "  \
	    "Enter\nputs it off. After that a login asks for a code that "     \
	    "your authenticator app\nshows.\n")                                \
	X(ENROL_INVITED,                                                       \
	    "Set up the authenticator app now, or later with \"xsuite "        \
	    "app\".\n")                                                        \
	X(ENROL_UNFINISHED,                                                    \
	    "Two-step login was not set up, so this login ends here.\n")       \
	X(ENROL_ELSEWHERE,                                                     \
	    "Two-step login was set up elsewhere in the meantime. What was "   \
	    "shown here is\nnot valid. Log in again.\n")                       \
	X(ENROL_OVERDUE,                                                       \
	    "Two-step login has to be set up before you can log in this way. " \
	    "Log in with\nyour password to set it up, or ask your "            \
	    "administrator.\n")                                                \
	X(NO_METHOD,                                                           \
	    "No second step can be used here. "                                \
	    "Ask your administrator.\n")                                       \
	X(BUSY, "The host is busy. Try again.\n")                              \
	X(UNAVAILABLE,                                                         \
	    "The second step cannot be checked now. "                          \
	    "Ask your administrator.\n")                                       \
	X(SMS_TEXT_LOGIN,                                                      \
	    "%s is your login code for %s. Valid for %s. Never share it.")     \
	X(SMS_TEXT_CONFIRM,                                                    \
	    "%s confirms this number for logging in to %s. Valid for %s. "     \
	    "Never share it.")                                                 \
	X(SMS_TEXT_REPLACED,                                                   \
	    "Codes for logging in to %s now go to another number. Not by "     \
	    "you? Tell your administrator.")                                   \
	X(NOTICE_SUBJECT, "Security notice, %s on %s: %s")                     \
	X(NOTICE_ACCOUNT, "Account: %s on %s")                                 \
	X(NOTICE_TIME, "Time: %s")                                             \
	X(NOTICE_FROM, "From: %s")                                             \
	X(NOTICE_BY, "By: %s")                                                 \
	X(NOTICE_ENROLLED, "Two-step login was set up")                        \
	X(NOTICE_IMPORTED, "Two-step login was brought over from elsewhere")   \
	X(NOTICE_REMOVED, "Two-step login was removed")                        \
	X(NOTICE_INVITATION,                                                   \
	    "A backup code was issued for setting up two-step login")          \
	X(NOTICE_HELPDESK_CODE, "A backup code was issued for you")            \
	X(NOTICE_HELPDESK_CODE_USED,                                           \
	    "The backup code that was issued for you was used to log in")      \
	X(NOTICE_BACKUP_USED, "A backup code was used to log in")              \
	X(NOTICE_BACKUP_UNCONFIRMED,                                           \
	    "A right backup code was typed, but the login not finished")       \
	X(NOTICE_BACKUP_SET, "The backup code was replaced")                   \
	X(NOTICE_APP_SET, "The authenticator app was set up anew")             \
	X(NOTICE_APP_REMOVED, "The authenticator app was removed")             \
	X(NOTICE_PHONE_SET, "The mobile number was changed")                   \
	X(NOTICE_PHONE_REMOVED, "The mobile number was removed")               \
	X(NOTICE_DEFAULT, "The default method was changed")                    \
	X(NOTICE_ADDRESS, "The address for security notices was changed")      \
	X(NOTICE_ADDRESS_CHANGING,                                             \
	    "The address for security notices is being changed")               \
	X(NOTICE_ADDRESS_CONFIRM, "Confirm this address")                      \
	X(NOTICE_UNLOCKED,                                                     \
	    "The waits and stops after wrong codes were lifted")               \
	X(NOTICE_OFF_APP, "The authenticator app was switched off")            \
	X(NOTICE_OFF_SMS, "SMS codes were switched off")                       \
	X(NOTICE_OFF_BACKUP, "Backup codes were switched off")                 \
	X(NOTICE_FAILURES_APP,                                                 \
	    "%u wrong codes of the authenticator app in a row")                \
	X(NOTICE_FAILURES_SMS, "%u wrong SMS codes in a row")                  \
	X(NOTICE_FAILURES_BACKUP,                                              \
	    "%u attempts with a backup code in a row did not let in")          \
	X(NOTICE_NOT_YOU,                                                      \
	    "If that was not you, somebody else may be able to log in as "     \
	    "you: change your\npassword at once, run \"xsuite app\" and "      \
	    "\"xsuite backup\", and tell your\nadministrator.")                \
	X(NOTICE_NOT_YOU_TRIED,                                                \
	    "If that was not you, somebody may know your password: change "    \
	    "it, and tell your\nadministrator. A code that was wrong has let " \
	    "nobody in.")                                                      \
	X(NOTICE_NOT_YOU_OFF,                                                  \
	    "If the wrong codes were not yours, somebody may know your "       \
	    "password: change it.\nLog in with another method, or ask your "   \
	    "administrator to switch it on again.")                            \
	X(NOTICE_NOT_YOU_UNCONFIRMED,                                          \
	    "Nothing was used up. If that was not you, somebody knows that "   \
	    "code: change your\npassword at once, run \"xsuite backup\", and " \
	    "tell your administrator.")                                        \
	X(NOTICE_NOT_YOU_BY,                                                   \
	    "If you do not know why, ask your administrator at once.")         \
	X(NOTICE_NOT_YOU_ISSUED,                                               \
	    "If you did not ask for it, tell your administrator at once: who " \
	    "has that code\nand your password can log in as you.")             \
	X(NOTICE_CONFIRM_CODE,                                                 \
	    "Type this code where you were asked for it: %s")                  \
	X(NOTICE_NOT_YOU_CONFIRM,                                              \
	    "If you did not ask for this, do nothing: then nothing changes. "  \
	    "Tell the code to\nnobody.")

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

/* The same of a promise: in minutes only where there are so many. */
void xs_message_validity(
    const char *language, unsigned seconds, char *out, size_t size);

/*
 * "14:32 UTC", or with the date when it is not the day of now. until: the
 * same of the first whole minute in which a wait is over.
 */
void xs_message_until(int64_t time, int64_t now, char *out, size_t size);
void xs_message_time(int64_t time, int64_t now, char *out, size_t size);

/* "2026-11-20". */
void xs_message_day(int64_t time, char *out, size_t size);

/* "2026-11-20 14:32 UTC". */
void xs_message_date(int64_t time, char *out, size_t size);

#endif
