# SPDX-License-Identifier: BSD-3-Clause
"""The documents say what the programs do: no word, command, result or test
too few, and none too many. The options are compared in test_config_text."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
ADMIN = BUILD / 'xsuite-admin'
PAGES = ['README.md', 'man/pam_xsuite.8', 'man/xsuite.conf.5',
         'man/xsuite-admin.8', 'conf/xsuite.conf', 'doc/applications.md',
         'doc/admin.md', 'doc/messages.md']
LOG_SOURCES = ['pam_xsuite.c', 'pam/log.c', 'pam/account.c', 'lib/policy.c',
               'lib/enrol.c', 'lib/settings_talk.c', 'lib/settings_phone.c', 'lib/sms_request.c', 'lib/notice.c',
               *(str(path.relative_to(ROOT))
                 for path in sorted((ROOT / 'lib').glob('login*.c')))]
# What a login turns into another word, or what only commands meet.
NO_REASONS = {'ok', 'no-record'}
# What it can, as NEWS names it.
DONE = ['sha256', 'sha512', '6, 7 or 8 digits', '15 to 60', 'base32',
        '1 to 16', 'exempt_users', 'exempt_groups', 'exempt_networks',
        'required_groups', 'enforce = log', 'Dutch']


def read(path):
    return (ROOT / path).read_text(encoding='utf-8')


def section(page, title):
    """Of a manual page, up to the next section."""
    found = re.search(rf'^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)', read(page),
                      re.M | re.S)
    assert found, (page, title)
    return found.group(1)


def items(text, macro):
    """The names that a list of a manual page defines."""
    return {name for line in re.findall(rf'^\.It {macro} (.*)$', text, re.M)
            for name in line.split(' , ')}


def help_text():
    return subprocess.run([ADMIN, '--help'], capture_output=True, text=True,
                          check=True, timeout=60).stdout


def commands():
    """What --help lists: each command and the options behind it."""
    listed = help_text().split('Commands:\n')[1].split('\n\n')[0]
    found = {}
    for line in listed.splitlines():
        if line.startswith('   '):
            continue  # the words for the command in the line before
        usage = line.strip().split('  ')[0]
        found[usage.split()[0]] = set(re.findall(r'--[\w-]+', usage))
    return found


def test_commands_of_help_are_those_of_the_manual():
    entries = {}
    for line in re.findall(r'^\.It Cm (.*)$', section(
            'man/xsuite-admin.8', 'COMMANDS'), re.M):
        entries[line.split()[0]] = {
            '-' + word for word in re.findall(r'Fl (-[\w-]+)', line)}
    assert entries == commands()


def test_options_of_help_are_those_of_the_manual():
    listed = help_text().split('Options, before the command:\n')[1]
    options = set(re.findall(r'^  (--[\w-]+)', listed, re.M))
    entries = {'-' + line.split()[0] for line in re.findall(
        r'^\.It Fl (.*)$', section('man/xsuite-admin.8', 'DESCRIPTION'),
        re.M)}
    assert entries == options
    synopsis = section('man/xsuite-admin.8', 'SYNOPSIS')
    assert {'-' + word for word in re.findall(r'[l|] (-\w+)', synopsis)} == \
        options


def test_exit_codes_are_those_of_the_manual():
    names = dict(re.findall(r'^#define\s+(EX_\w+)\s+(\d+)', pathlib.Path(
        '/usr/include/sysexits.h').read_text(encoding='utf-8'), re.M))
    source = ''.join(path.read_text(encoding='utf-8')
                     for name in ('*admin*.[ch]', 'check*.[ch]')
                     for path in (ROOT / 'tools').glob(name))
    used = {names[name] for name in re.findall(r'\bEX_[A-Z]+\b', source)}
    listed = set(re.findall(r'\d+', ' '.join(re.findall(
        r'^\.It (.*)$', section('man/xsuite-admin.8', 'EXIT STATUS'), re.M))))
    # 1, and 2 of check, have no name in sysexits.h.
    assert listed == used | {'1', '2'}


def log_words():
    """First words and reasons that the code can write."""
    words, reasons = set(), set()
    for path in LOG_SOURCES:
        source = read(path)
        for call in re.findall(
                r'\b(?:report|tell)\(&?talk, ([^;]*?)\)\s*[;:]', source):
            texts = re.findall(r'"([^"]*)"', call)
            words.add(texts[0])
            reasons.update(texts[1:])
        for call in re.findall(
                r'_report\(\s*talk, ("[^;]*?)\);', source):
            texts = re.findall(r'"([^"]*)"|NULL', call)
            words.add(texts[0])
            reasons.update(filter(None, texts[2:]))
        words.update(re.findall(r'\.word = "([^"]*)"', source))
        words.update(re.findall(r'\bword = "([^"]*)";', source))
        reasons.update(re.findall(r'\.reason = "([^"]*)"', source))
        for pair in re.findall(r'\bword = .*\? "(.*)" : "(.*)";', source):
            words.update(pair)
    reasons.update(re.findall(r'return "(exempt[^"]*)"',
                              read('lib/policy.c')))
    reasons.update(re.findall(r'return "([^"]*)"', read('lib/fault.c')))
    return words, reasons - NO_REASONS


def test_words_of_the_log_are_those_of_the_manual():
    words, reasons = log_words()
    first, then = section('man/pam_xsuite.8', 'DIAGNOSTICS').split(
        '.Ql reason=\n')
    assert items(first, 'Li') == words
    assert items(then, 'Li') == reasons
    # The pattern that reads the source finds all kinds of call.
    assert {'accepted', 'would-ask', 'passed', 'unavailable'} <= words
    assert {'left', 'waiting', 'exempt-group', 'busy',
            'no-account'} <= reasons


METHODS = ('app', 'sms', 'backup')


def of_each_method(pattern):
    """A number stands behind the word, which is the same for all."""
    return {pattern.replace('%s', method).removesuffix('%u')
            for method in METHODS}


def event_words():
    """What any program can put among a record's events."""
    words = set()
    for path in sorted([*(ROOT / 'lib').glob('*.c'),
                        *(ROOT / 'pam').glob('*.c'),
                        *(ROOT / 'tools').glob('*.c'),
                        ROOT / 'pam_xsuite.c']):
        source = path.read_text(encoding='utf-8')
        for call in re.findall(
                r'^\t.*?\bxs_(?:account|notice)_event\(([^;]*)\);', source,
                re.M):
            found = set(re.findall(r'"([^"]+)"', call))
            if not found and re.search(r'\bword\b', call):
                made = re.findall(
                    r'snprintf\(\s*word, sizeof\(?\s?word\)?, "([^"]*)"',
                    source)
                if not made and path.name == 'notice_mark.c':
                    continue  # It is handed on.
                assert made, (path, call)
                found = set().union(*map(of_each_method, made))
            # Else a change's own, which its initialiser names.
            assert found or 'change->event' in call, (path, call)
            words |= found
        for change in re.findall(r'struct change change = \{(.*?)\};',
                                 source, re.S):
            found = set(re.findall(r'"([^"]+)"', change))
            assert found or path.parent.name == 'tools', (path, change)
            words |= found
    return words


def test_events_have_a_sentence_for_their_owner():
    table = re.search(r'^} events\[\] = \{\n(.*?)^\};',
                      read('lib/settings_events.c'), re.M | re.S).group(1)
    rows = re.findall(r'\{"([^"]*)", XS_MSG_\w+\}', table)
    assert len(rows) == len(set(rows)) == table.count('{')
    assert set(rows) == event_words()
    # The patterns that read the sources find all kinds of call.
    assert {'sms-failures-', 'backup-unconfirmed',
            'enrolled', 'adopted', 'invitation', 'backup-used', 'sms-disabled',
            'default-app', 'default-set', 'phone-removed'} <= set(rows)


# What a line of code hands back: "return X;", "result = X;", "? X : Y".
RESULT = r'(?:\breturn|[^=!]=|[?:])\s+(PAM_[A-Z_]+)\s*[:;]'


def test_results_are_those_of_the_manual():
    """Whichever entry point they are of."""
    source = ''.join(map(read, ['pam_xsuite.c', *(
        str(path.relative_to(ROOT)) for path in (ROOT / 'pam').glob('*.c'))]))
    source = re.sub(r'\bcase\s+\w+:', '', source)
    results = set(re.findall(RESULT, source))
    assert items(section('man/pam_xsuite.8', 'RESULTS'), 'Dv') == results
    # The pattern that reads the source finds all kinds of result.
    assert {'PAM_MAXTRIES', 'PAM_PERM_DENIED', 'PAM_SERVICE_ERR',
            'PAM_IGNORE', 'PAM_AUTH_ERR'} <= results


@pytest.mark.parametrize('page', sorted(
    str(path.relative_to(ROOT)) for path in [*ROOT.glob('*.md'),
                                             *ROOT.glob('doc/*.md')]))
def test_links_lead_somewhere(page):
    for target in re.findall(r'\]\(([^)#]+)[^)]*\)', read(page)):
        if '://' not in target:
            assert ((ROOT / page).parent / target).exists(), target


def anchors(path):
    """What a heading is called in an address."""
    return {re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-')
            for title in re.findall(r'^#+ (.*)$', path.read_text(
                encoding='utf-8'), re.M)}


def test_anchors_of_links_are_headings():
    found = 0
    for page in [*ROOT.glob('*.md'), *ROOT.glob('doc/*.md')]:
        for target, anchor in re.findall(
                r'\]\(([^)#:]*)#([^)]+)\)', page.read_text(encoding='utf-8')):
            there = page.parent / target if target else page
            assert anchor in anchors(there), f'{page.name}: {target}#{anchor}'
            found += 1
    assert found


def defined_tests():
    """The names of all tests, each with the files that it is in."""
    found = {}
    for path in [*(ROOT / 'tests').rglob('*.c'),
                 *(ROOT / 'tests').rglob('*.py')]:
        for name in re.findall(r'^(?:    )?(?:def )?(test_\w+)\(',
                               path.read_text(encoding='utf-8'), re.M):
            found.setdefault(name, set()).add(path.stem)
    return found


def cited_tests():
    """What comments of the product name: (source, the test's file or '',
    name); a '*' at its end stands for the rest of several."""
    sources = [path for room in ('lib', 'pam', 'tools')
               for path in (ROOT / room).glob('*.[ch]')]
    for path in [*sources, ROOT / 'pam_xsuite.c']:
        for comment in re.findall(r'/\*.*?\*/',
                                  path.read_text(encoding='utf-8'), re.S):
            # A name that does not fit into its line begins the next.
            text = re.sub(r'\s*\n\s*\*\s*', ' ', comment)
            for file, name in re.findall(
                    r'(?:\b(test_\w+)(?:\.\w+)?: )?\b(test_\w+\b\*?)',
                    text):
                yield path.name, file, name


def test_tests_that_comments_name_exist():
    tests = defined_tests()
    files = {path.stem for path in (ROOT / 'tests').rglob('test_*')}
    cited = set(cited_tests())
    for source, file, name in cited:
        found = set().union(*(
            where for each, where in tests.items() if each == name or
            (name[-1] == '*' and each.startswith(name[:-1]))))
        assert (file in found if file else found or name in files), (
            source, file, name)
    # The pattern that reads comments finds all kinds of naming.
    assert {('proof.h', 'test_account_phase', 'test_other_name_proves_*'),
            ('account.c', '', 'test_phone_mask_hides_short_numbers'),
            ('admin_program.c', 'test_admin', 'test_closed_stdout_is_refused'),
            ('child.h', '', 'test_child')} <= cited


def test_diagnostics_of_options_come_true(tmp_path):
    told = re.findall(r'^\.It "/\S+:(\d+): ((\w+): \\\(dq(.*)\\\(dq .*)"$',
                      section('man/xsuite.conf.5', 'DIAGNOSTICS'), re.M)
    assert len(told) == 2
    path = tmp_path / 'xsuite.conf'
    for line, text, key, value in told:
        path.write_text('#\n' * (int(line) - 1) + f'{key} = {value}\n',
                        encoding='utf-8')
        done = subprocess.run([ADMIN, '--config', path, 'config'],
                              capture_output=True, text=True, check=False,
                              timeout=60)
        text = text.replace('\\(dq', '"')
        assert f'{path}:{line}: {text}\n' in done.stderr


@pytest.mark.parametrize('page', PAGES)
def test_named_commands_exist(page):
    text = read(page).split('Not there yet:')[0]
    named = set(re.findall(r'[`"]xsuite-admin(?: --\w+)* ([a-z-]+)|'
                           r'\.Ql xsuite-admin ([a-z-]+)|'
                           r'\b(?:sudo|#) xsuite-admin ([a-z-]+)', text))
    assert {''.join(name) for name in named} <= set(commands())


# What is there, and what is not yet.

def limits(page):
    found = re.search(r'(?:Not there yet|Not in this version):(.*?)(?:\n\n|\Z)',
                      read(page), re.S)
    return ' '.join(found.group(1).split())


def test_limits_are_the_same_wherever_they_stand():
    for thing in ('FIDO keys', 'approving a login on the phone',
                  'more than one app'):
        for page in ('README.md', 'NEWS'):
            assert thing in limits(page), page
    assert limits('README.md') == limits('NEWS')


def test_limits_name_no_command_that_exists():
    for page in ('README.md', 'NEWS'):
        named = re.findall(r'xsuite-admin ([a-z]+)|the (\w+) command',
                           limits(page))
        assert limits(page)
        assert not {''.join(name) for name in named} & set(commands())


@pytest.mark.parametrize('thing', DONE)
def test_news_tells_what_is_there(thing):
    news = ' '.join(read('NEWS').split())
    assert thing in news.split('Not in this version')[0]
    assert thing not in limits('NEWS')


# doc/applications.md: each row has its test, each test its row.

def proofs():
    """(file, test, row) for all that the document names."""
    test, found = None, set()
    for file, name, row in re.findall(
            r'`(?:(test_\w+\.py)::)?(test_\w+)?(?:\[([\w-]+)\])?`',
            read('doc/applications.md')):
        if not name and not row:
            continue
        test = (file or 'test_applications.py', name) if name else test
        found.add((*test, row))
    return found


def test_proofs_of_applications_exist():
    files = {file for file, _, _ in proofs()}
    done = subprocess.run(
        ['/usr/bin/python3', '-m', 'pytest', '--collect-only', '-q', '-p',
         'no:cacheprovider', *(f'tests/e2e/{file}' for file in files)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, 'PYTHONDONTWRITEBYTECODE': '1'})
    assert done.returncode == 0, done.stdout + done.stderr
    collected = set(re.findall(
        r'^tests/e2e/(\w+\.py)::(\w+)(?:\[(.*)\])?$', done.stdout, re.M))
    names = {(file, name) for file, name, _ in collected}
    named = proofs()
    for file, name, row in named:
        assert (file, name) in names, (file, name)
        assert not row or (file, name, row) in collected, row
    for table in ('test_right_code_of_that_account_lets_in',
                  'test_nobody_is_asked'):
        assert ({row for _, name, row in named if name == table and row} ==
                {row for _, name, row in collected if name == table})
