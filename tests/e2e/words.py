# SPDX-License-Identifier: BSD-3-Clause
"""The sentences of a login. They are part of the interface."""

PASSWORD = 'Password: '
APP = 'Authenticator app code (Enter for another method): '
APP_ALONE = 'Authenticator app code: '
BACKUP = 'Backup code (Enter for another method): '
NOT_RIGHT = 'That code is not right.'
USED = 'That code has been used already. Wait for the next one.'
NOT_DIGITS = 'That is not a code: type the 6 digits that the app shows.'
NOT_NEW = 'That is not the new code.'
USED_ELSEWHERE = (
    'That code has been used. The new code shown here is not valid; '
    'keep the one that you confirmed elsewhere.\nPress Enter to end: ')
CONFIRM = 'Type the new code to confirm that you have saved it: '
SUCCESSOR = (
    'That backup code is right. Keep it until its successor is confirmed; '
    'then it is used up.\n'
    'If you lost your phone, run "xsuite app" after logging in.\n'
    '\n'
    'Your new backup code:\n'
    '\n'
    '    @CODE@\n'
    '\n'
    'It works once, when you cannot use your phone. Write it down and keep '
    'it safe.\n' + CONFIRM)

LIMIT_TOO_LOW = ('xsuite: a limit is too low, and cannot be raised: '
                 'see ulimit -Ha\n')


def left(sentence, tries):
    return f'{sentence} {tries} {"try" if tries == 1 else "tries"} left.\n'
