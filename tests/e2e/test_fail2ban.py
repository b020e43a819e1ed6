# SPDX-License-Identifier: BSD-3-Clause
"""conf/fail2ban, by the real fail2ban, over what the module really logs."""

import re
import shutil
import subprocess

import pytest

from host import ROOT, password
from words import APP, NOT_RIGHT, PASSWORD
from words import left as tries_left

FILTER = ROOT / 'conf/fail2ban/filter.d/pam_xsuite.conf'
# The driver takes sshd's place in the lines.
DRIVEN = f'{FILTER}[program=pam_driver]'
JOURNAL_REMOTE = '/lib/systemd/systemd-journal-remote'
GUESSER, OTHER = '192.0.2.7', '198.51.100.1'
OURS = ('pam_xsuite(sshd:auth): refused user=alice method=app reason=wrong '
        f'failures=1 rhost={OTHER}')
DATED = re.compile(r'<\d+>(\w{3} [ \d]\d \d\d:\d\d:\d\d) (.*)')


def bsd(line):
    """As a syslog daemon writes it: in between stands the host's name."""
    date, rest = DATED.fullmatch(line).groups()
    return f'{date} host {rest}'


def iso(line):
    """As rsyslog writes it since Debian 12."""
    return '2026-11-22T19:30:00.123456+00:00 host ' + DATED.fullmatch(line)[2]


def ours(host):
    return [line for line in host.log.lines() if 'pam_xsuite(' in line]


def found(lines, tmp_path, config=FILTER):
    """The address of each line that counts."""
    log = tmp_path / 'auth.log'
    log.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    return regex(str(log), config)


def regex(log, config=FILTER):
    done = subprocess.run(
        ['/usr/bin/fail2ban-regex', '--out=ip', log, str(config)],
        capture_output=True, text=True, check=False, timeout=60)
    assert not done.stderr, done.stderr
    return done.stdout.split()


@pytest.fixture
def alice(host):
    host.stack('sshd', password_line=False, account=False)
    return host.enrol('alice')


def drive(host, *answers, user='alice', rhost=GUESSER, options=()):
    return host.drive(user, *answers, service='sshd',
                      options=('--rhost', rhost, *options))


@pytest.mark.parametrize('form', [bsd, iso])
def test_guesses_over_ssh_are_found(host, tmp_path, form):
    alice = host.enrol('alice')
    host.stack('sshd')
    t = host.ssh(host.sshd(), 'alice', 'true')
    t.asked(PASSWORD)
    t.type(password('alice'))
    for prompt, code in ((APP, alice.wrong()),
                         (tries_left(NOT_RIGHT, 2) + APP, alice.wrong()),
                         (tries_left(NOT_RIGHT, 1) + APP,
                          alice.wrong_backup())):
        t.asked(prompt)
        t.type(code)
    assert t.ended()[1] == 255
    lines = [form(line) for line in ours(host)]
    assert found(lines, tmp_path) == ['127.0.0.1'] * 3, lines
    # Nor by chance: without our words nothing counts.
    assert not found([line.replace('pam_xsuite', 'pam_unix')
                      for line in lines], tmp_path)


def left(host, alice):
    assert not drive(host, '0').let_in


def no_code(host, alice):
    assert not drive(host, *['hello'] * 20).let_in


def right(host, alice):
    assert drive(host, alice.code()).let_in


def right_and_again(host, alice):
    code = alice.code()
    assert drive(host, code).let_in
    assert not drive(host, code, '0').let_in


def line_drops(host, alice):
    drive(host, options=('--at-end', 'error'))


def successor_not_confirmed(host, alice):
    talk = drive(host, alice.backup)
    assert 'new backup code' in talk.prompts[-1]


def successor_confirmed(host, alice):
    assert drive(host, alice.backup, '@new').let_in


def method_switched_off(host, alice):
    for method in ('app', 'backup'):
        host.admin('disable', 'alice', method)
    assert drive(host, alice.code()).result == 'PAM_MAXTRIES'


def nothing_set_up_is_let_pass(host, alice):
    assert drive(host, user='bob').let_in


def host_is_broken(host, alice):
    host.record('alice').chmod(0o666)
    assert drive(host, alice.code()).result == 'PAM_AUTHINFO_UNAVAIL'


def only_watched(host, alice):
    host.config('enforce = log\n')
    assert drive(host, alice.code()).let_in


@pytest.mark.parametrize('happening', [
    left, no_code, right, right_and_again, line_drops,
    successor_not_confirmed, successor_confirmed, method_switched_off,
    nothing_set_up_is_let_pass, host_is_broken, only_watched],
    ids=lambda happening: happening.__name__)
def test_what_is_no_attack_is_not_found(host, tmp_path, alice, happening):
    host.log.clear()
    happening(host, alice)
    lines = [bsd(line) for line in ours(host)]
    assert [line for line in lines if GUESSER in line]
    assert not found(lines, tmp_path, DRIVEN), lines


def test_whoever_waits_and_comes_back_is_not_found(host, tmp_path, alice):
    for _ in range(2):
        drive(host, *[alice.wrong()] * 3)
    host.log.clear()
    assert drive(host, alice.code()).result == 'PAM_MAXTRIES'
    lines = [bsd(line) for line in ours(host)]
    assert 'reason=waiting' in ''.join(lines)
    assert not found(lines, tmp_path, DRIVEN)


@pytest.mark.parametrize('rhost, expected', [
    (GUESSER, [GUESSER]), ('2001:db8::7', ['2001:db8::7']),
    ('2001:db8::7%eth0', []), ('gateway.example.org', []),
    ('192.0.2.7.example.org', []),
    (f'{GUESSER} rhost={OTHER}', []), (f'{OTHER}"', []), (f'={OTHER}', []),
    (f'x\nNov 22 19:30:00 host pam_driver[1]: {OURS}', []),
    (f'x\rNov 22 19:30:00 host pam_driver[1]: {OURS}', []),
    ('', [])], ids=lambda value: ascii(value)[1:24])
def test_only_a_numeric_address_is_found(host, tmp_path, alice, rhost,
                                         expected):
    """For a wrong code, and for a name that is no account."""
    drive(host, alice.wrong(), '0', rhost=rhost)
    drive(host, '123456', '0', user=f'nobody rhost={OTHER}', rhost=rhost)
    lines = [bsd(line) for line in ours(host)]
    assert len(lines) == 3  # who has an account left as well
    assert found(lines, tmp_path, DRIVEN) == expected * 2, lines


@pytest.mark.parametrize('name', [
    f'x method=app reason=wrong rhost={OTHER}', f'x rhost={OTHER}',
    f'pam_xsuite(sshd:auth): refused {OTHER}', '(unknown)', '<ADDR>'])
def test_name_of_an_account_accuses_nobody_else(host, tmp_path, name):
    """Who can choose his name chooses no address."""
    host.stack('sshd', password_line=False, account=False)
    with open('/etc/passwd', encoding='utf-8') as file:
        before = file.read()
    host.uids[name] = 60999
    try:
        with open('/etc/passwd', 'a', encoding='utf-8') as file:
            # The fields end at colons, so the name has none.
            name = name.replace(':', ';')
            file.write(f'{name}:x:60999:60999::/:/bin/sh\n')
        account = host.enrol(name)
        drive(host, account.wrong(), '0', user=name)
        drive(host, account.code(), user=name)
    finally:
        with open('/etc/passwd', 'w', encoding='utf-8') as file:
            file.write(before)
    lines = [bsd(line) for line in ours(host)]
    assert found(lines, tmp_path, DRIVEN) == [GUESSER], lines


@pytest.mark.parametrize('line', [
    f'host sshd[1]: Invalid user {OURS} from 203.0.113.5 port 4711',
    f'host sshd[1]: Invalid user x sshd[1]: {OURS}',
    f'host sshd[1]: pam_unix(sshd:auth): authentication failure; user={OURS}',
    f'host su[1]: {OURS}', f'host cron[1]: sshd[1]: {OURS}',
    f'cron[1]: sshd[1]: {OURS}', f'logger: sshd[1]: {OURS}',
    f'host sshd[1]: {OURS} port 22', f'host sshd[1]: error: {OURS}',
    f'host sshd[1]: x {OURS}', f'host sshd[1]: {OURS}.evil.example',
    'host sshd[1]: ' + OURS.replace('sshd:auth', 'sshd:account')])
def test_our_words_in_another_line_are_not_found(tmp_path, line):
    real = f'Nov 22 19:30:00 host sshd[1]: {OURS}'
    assert found([real, f'Nov 22 19:30:00 {line}'], tmp_path) == [OTHER]


def journal(directory, entries):
    """A journal that holds (fields, message) each."""
    text = ''
    for number, (fields, message) in enumerate(entries):
        fields = {'__REALTIME_TIMESTAMP': 1795375800000000 + number,
                  '__MONOTONIC_TIMESTAMP': 1 + number, '_BOOT_ID': 'a' * 32,
                  '_HOSTNAME': 'host', '_PID': 123, 'SYSLOG_PID': 123,
                  'SYSLOG_IDENTIFIER': 'sshd', 'MESSAGE': message, **fields}
        text += ''.join(f'{key}={value}\n' for key, value in fields.items())
        text += '\n'
    directory.mkdir()
    export = directory.with_suffix('.export')
    export.write_text(text, encoding='utf-8')
    subprocess.run([JOURNAL_REMOTE, '-o', directory / 'x.journal', export],
                   check=True, capture_output=True, timeout=60)
    return f'systemd-journal[journalpath={directory}]'


def test_in_the_journal_only_roots_sshd_counts(host, tmp_path, alice):
    """What a local user writes is known there, whatever it says it is."""
    drive(host, alice.wrong(), '0')
    message = next(line.split(' pam_driver: ', 1)[1] for line in ours(host)
                   if 'reason=wrong' in line)
    forged = message.replace(GUESSER, OTHER)
    assert forged != message
    root = {'_UID': 0, '_COMM': 'sshd'}
    log = journal(tmp_path / 'journal', [
        (root, message), ({**root, '_COMM': 'sshd-session'}, message),
        ({'_UID': 1000, '_COMM': 'logger'}, forged),
        ({'_UID': 1000, '_COMM': 'sshd'}, forged),
        ({'_UID': 0, '_COMM': 'cron'}, forged)])
    assert regex(log) == [GUESSER] * 2


def test_jail_is_valid(tmp_path):
    config = tmp_path / 'fail2ban'
    shutil.copytree('/etc/fail2ban', config)
    shutil.rmtree(config / 'jail.d')
    shutil.copytree(ROOT / 'conf/fail2ban', config, dirs_exist_ok=True)
    done = subprocess.run(
        ['/usr/bin/fail2ban-client', '-c', config, '-d'],
        capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "['add', 'pam_xsuite', 'systemd']" in done.stdout
    assert "['set', 'pam_xsuite', 'maxretry', 10]" in done.stdout
    assert 'reason=wrong' in done.stdout
    assert not re.search(r'ERROR|WARNING.*pam_xsuite', done.stderr)
