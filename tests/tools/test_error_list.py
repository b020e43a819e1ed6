# SPDX-License-Identifier: BSD-3-Clause
"""doc/messages.md explains every sentence that is no plain question or label,
every word and reason of the log, and what the programs say when they do not
do what was asked; and nothing that nobody says."""

import pathlib
import re

import pytest

import test_documents

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = 'doc/messages.md'
LITERAL = r'"(?:[^"\\]|\\.)*"'
CONVERSION = r'%(?:\.\*|\.?\d+)?[a-z]+'
# Questions, labels, titles, texts that show something, and what says that all
# went well: they need no explanation. A new sentence that fits none of these
# needs a row in the list.
PLAIN = re.compile(
    r'(?!(?!IS_|NOTICE_)\w*(_NOT_|NO_CHOICE|STALE))('
    r'\w+_(PROMPT|PROMPT_\w+|CONFIRM|CONFIRM_LATER|CHOOSE|ASK|ASK_OTHERS|'
    r'SENT|TITLE|NEW|KEEP|CODE|IS_SET|IS_SET_UP|IS_REMOVED|IS_REPLACED|'
    r'ARE_REPLACED|IS_CHANGED|NAMED|SECOND|WHAT)|'
    r'(MENU|SETTINGS|IS|BY|DEFAULT_IS|EVENT|SECONDS|MINUTES|HOURS|NOTICE|'
    r'SMS_TEXT|LANGUAGE)(_\w+)?|EVENTS_TITLE|'
    r'APP_SCAN|APP_REPLACES|APP_QR|APP_KEY|APP_PARAMETERS|BACKUPS?_RIGHT|'
    r'PRESS_ENTER|EXPLANATION|SMS_WEAK|ENROL_NOW|ENROL_UNTIL|ENROL_INVITED)$')
# Programs with a list of their own, in their manual page, or for building.
APART = ('sms_http', 'xsuite-sms-http', 'po_table')


def section(title):
    text = (ROOT / PAGE).read_text(encoding='utf-8')
    return re.search(rf'^## {title}\n(.*?)(?=^## |\Z)', text,
                     re.M | re.S).group(1)


def rows(title):
    """What stands between backquotes in the first column of the tables."""
    found = []
    for row in re.findall(r'^\| (`.*?) \| (.*) \|$', section(title), re.M):
        assert len(row[1]) > 10, f'{row[0]}: not explained'
        found += [text.replace(r'\|', '|')
                  for text in re.findall(r'`([^`]+)`', row[0])]
    return found


def texts(literals):
    """What the compiler makes of neighbouring literals."""
    return ''.join(word[1:-1] for word in re.findall(LITERAL, literals)
                   ).replace(r'\"', '"').replace(r'\n', ' ').strip()


def pattern(text):
    """What a format can become."""
    parts = re.split(f'({CONVERSION})', text.replace('%%', '%'))
    return ''.join(
        (r'\d+' if part[-1] in 'udl' else '.*') if number % 2
        else re.sub(r'(?:\\ )+', ' +', re.escape(part))
        for number, part in enumerate(parts))


def says_something(text):
    return re.search('[a-z]{2}', re.sub(CONVERSION, '', text))


def matches(formats, row):
    return any(re.fullmatch(pattern(text), row) for text in formats)


def sentences():
    source = (ROOT / 'lib/messages.h').read_text(encoding='utf-8')
    source = source.replace('\\\n', '\n')
    return {name: texts(literals) for name, literals in re.findall(
        rf'X\((\w+),\s*((?:{LITERAL}\s*)+)\)', source)}


def program_texts():
    """The formats of all that goes to standard error, usage errors apart."""
    found = {}
    for path in sorted((ROOT / 'tools').glob('*.c')):
        if path.name.startswith(APART):
            continue
        source = re.sub(r'" *PRI[a-z]\w+ *"', 'd',
                        path.read_text(encoding='utf-8'))
        for literals in re.findall(
                rf'\b(?:admin_say|warnx|warn|errx|err)\('
                rf'(?:EX_\w+,)?\s*((?:{LITERAL}\s*)+)', source):
            if says_something(texts(literals)):
                found[texts(literals)] = path.name
        if path.name == 'xsuite.c':
            found.update((texts(literals) + ': %s', path.name)
                         for literals in re.findall(
                             rf'\bwhat = ({LITERAL});', source))
    return found


def admin_words():
    """The first argument of admin_log, which may be one of two."""
    return {word.strip('"') for path in (ROOT / 'tools').glob('*.c')
            for call in re.findall(r'\badmin_log\(([^,]*),',
                                   path.read_text(encoding='utf-8'))
            for word in re.findall(LITERAL, call)}


def test_sentences_of_a_login_are_explained():
    listed = rows('At the login and in xsuite')
    wanted = {name: text for name, text in sentences().items()
              if not PLAIN.match(name)}
    missing = {name: text for name, text in wanted.items()
               if not any(re.fullmatch(pattern(text), row)
                          for row in listed)}
    assert not missing
    assert {'SETTINGS_STALE', 'MENU_NO_CHOICE', 'BACKUP_NOT_NEW',
            'SMS_NOT_SENT', 'UNAVAILABLE'} <= set(wanted)
    for row in listed:
        assert matches(wanted.values(), row), row


def test_words_of_the_log_are_explained():
    words, reasons = test_documents.log_words()
    assert set(rows('Words of the log')) == words | admin_words()
    assert set(rows('Reasons in the log')) == reasons
    assert {'invitation', 'helpdesk-code', 'helpdesk-refused',
            'restored'} <= admin_words()


def test_texts_of_the_programs_are_explained():
    formats = program_texts()
    listed = rows('From the programs')
    missing = {text: file for text, file in formats.items()
               if not any(re.fullmatch(pattern(text), row)
                          for row in listed)}
    assert not missing
    for row in listed:
        assert matches(formats, row) or '; try ' in row, row


@pytest.mark.parametrize('row', rows('Behind what='))
def test_causes_are_those_that_the_library_names(row):
    source = ''.join(path.read_text(encoding='utf-8')
                     for path in (ROOT / 'lib').glob('*.c'))
    source = re.sub(r'"\s*\n\s*"', '', source)
    assert row in source
