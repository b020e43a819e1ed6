# SPDX-License-Identifier: BSD-3-Clause
"""No comparison that stops at the first difference looks at a secret."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

EARLY = re.compile(r'\b(memcmp|bcmp|strn?cmp|strn?casecmp|memmem|strstr)\(')
SECRET = re.compile(r'(?<!en)code|hash|secret|salt|typed|digit|successor|mac\b|tag\b'
                    r'|password|answer|pass\b', re.I)

# Where one may: nobody who guesses chooses what is compared there.
ALLOWED = {
    'lib/account.c: strncmp(digits, two[i], 2)':
        'a country and the number of a phone',
    'lib/backup.c: strcmp(code, codes[i])':
        'two codes that were just drawn',
    'lib/backup.c: memcmp(record->salt, made->salt, sizeof(record->salt))':
        'the record and what an administrator adds to it',
    'lib/change.c: memcmp(a->totp.secret, b->totp.secret, '
    'sizeof(a->totp.secret))':
        'the record as it was and as it is',
    'lib/change.c: memcmp(a->salt, b->salt, sizeof(a->salt))':
        'the record as it was and as it is',
    'lib/change.c: memcmp(a->helpdesk.hash, b->helpdesk.hash, '
    'sizeof(a->helpdesk.hash))':
        'the record as it was and as it is',
    'lib/dialog.c: strcmp(answer->text, text)':
        'against the words of a menu',
    'lib/import_google.c: strcmp(line, google->codes[i])':
        'lines of one file',
    'lib/import_oath.c: strcmp(code, oath->last_code)':
        'lines of one file',
    'lib/import_oath.c: strcmp(fields[LAST_CODE], "-")':
        'lines of one file',
    'lib/sms_code.c: strcmp(code->number, number)':
        'the number that a code went to, and that of the record',
    'lib/store_postgresql_query.c: strcmp(PQcmdStatus(answer), "COMMIT")':
        'what a server did',
    'lib/verify_backup.c: memcmp(account->enrolment, successor->enrolment, '
    'sizeof(account->enrolment))':
        'the record as it was and as it is',
    'lib/verify_backup.c: memcmp(account->backup.salt, successor->old_salt, '
    'sizeof(account->backup.salt))':
        'the record as it was and as it is',
    'pam/proof.c: strcmp(item, kept->pass)':
        'a mark that the module left itself',
}


def _call(text, start):
    """From the name of a function to the parenthesis that closes it."""
    depth = 0
    for end in range(text.index('(', start), len(text)):
        depth += {'(': 1, ')': -1}.get(text[end], 0)
        if depth == 0:
            return ' '.join(text[start:end + 1].split())
    raise AssertionError(text[start:start + 80])


def _comparisons():
    for path in sorted([ROOT / 'pam_xsuite.c', *ROOT.glob('lib/*.c'),
                        *ROOT.glob('pam/*.c')]):
        text = re.sub(r'/\*.*?\*/', '', path.read_text(encoding='utf-8'),
                      flags=re.S)
        for match in EARLY.finditer(text):
            call = re.sub(r'\( ', '(', _call(text, match.start()))
            name = path.relative_to(ROOT).as_posix()
            yield f'{name}: {call}', SECRET.search(re.sub('".*?"', '', call))


def test_no_early_comparison_of_a_secret():
    found = {call for call, secret in _comparisons() if secret}
    assert found == set(ALLOWED)
