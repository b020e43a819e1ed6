# SPDX-License-Identifier: BSD-3-Clause
"""list and status of xsuite-admin where time passes or terminals are."""

import json
import os
import subprocess

import pytest

from host import ADMIN, BUILD, CROWD, ENVIRONMENT, KEY, STATE

BAR = r'\r\[#+ *\] \d+ of 12 records'


def admin_at(offset, *words):
    """xsuite-admin with a clock that is wrong by so much."""
    return subprocess.run(
        ['faketime', '-f', offset, ADMIN, *words], check=True, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, env=ENVIRONMENT,
        timeout=60)


def listed(host, *filters):
    done = host.admin('--json', 'list', *filters)
    return [json.loads(line)['user'] for line in done.stdout.splitlines()]


def test_older_than_goes_by_the_last_success_or_the_set_up(host):
    host.stack('test', password_line=False, account=False)
    admin_at('-100d', 'enrol', 'alice')
    admin_at('-80d', 'enrol', 'bob')
    host.admin('enrol', 'carol')
    assert listed(host, '--older-than', '90d') == ['alice']
    assert listed(host, '--older-than', '70d') == ['alice', 'bob']
    assert listed(host, '--older-than', '1h') == ['alice', 'bob']
    code = json.loads(admin_at('-95d', '--json', 'enrol', 'alice',
                               '--replace').stdout)['backup_codes'][0]
    host.secrets.append(code)
    assert host.drive('alice', code, '@new').let_in
    assert listed(host, '--older-than', '70d') == ['bob']
    assert listed(host, '--older-than', '70d', '--method', 'sms') == []


def test_locked_counts_a_wait(host):
    host.stack('test', password_line=False, account=False)
    alice = host.enrol('alice')
    host.enrol('bob')
    for _ in range(2):
        host.drive('alice', *[alice.wrong()] * 3)
    assert listed(host, '--locked') == ['alice']
    host.admin('unlock', 'alice')
    assert listed(host, '--locked') == []


def slowly(*words, to='/dev/null'):
    """Each record takes a while, as thousands of them do."""
    return ['sh', '-c', 'exec strace -o /dev/null -e trace=pread64 -e inject='
            f'pread64:delay_enter=150000 {ADMIN} {" ".join(words)} >{to}']


def crowd(host):
    for name in CROWD[:12]:
        host.enrol(name)


def test_bar_shows_on_a_terminal_how_far_it_is(host):
    crowd(host)
    for command in ('list', 'status'):
        t = host.terminal(slowly(command))
        t.sees(BAR)
        text, status = t.ended()
        assert status == 0
        assert text.endswith(' ' * 79)  # and is gone at the end


def test_bar_stays_away_from_rows_and_files(host, tmp_path):
    crowd(host)
    out = tmp_path / 'err'
    t = host.terminal(slowly('list', to='/dev/stdout'))
    text, status = t.ended()
    assert status == 0 and ' of 12' not in text and CROWD[11] in text
    t = host.terminal(slowly('status', to=f'/dev/null 2>{out}'))
    assert t.ended() == ('', 0)
    assert out.read_text() == ''


MEGABYTE = 1024  # ru_maxrss is in KiB


def memory_of(*words):
    """The most that the program held, in KiB."""
    done = subprocess.run(
        [BUILD / 'tests/e2e/peak_memory', ADMIN, *words], env=ENVIRONMENT,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        check=True, timeout=300)
    return int(done.stderr)


@pytest.mark.parametrize('words', [('list',), ('--json', 'list'),
                                   ('list', '--locked'), ('status',)])
def test_memory_does_not_grow_with_the_records(host, words):
    found = []
    # More than the 1,000 problems that status keeps in mind.
    for count in (1200, 5000):
        host.reset()
        subprocess.run([BUILD / 'tests/e2e/make_records', STATE, KEY,
                        str(count)], check=True, timeout=300)
        found.append(memory_of(*words))
    assert found[1] < found[0] + MEGABYTE and found[1] < 50 * MEGABYTE


def test_status_counts_what_it_does_not_tell_one_by_one(host):
    subprocess.run([BUILD / 'tests/e2e/make_records', STATE, KEY, '1003'],
                   check=True, timeout=300)
    answer = json.loads(host.admin('--json', 'status').stdout)
    assert answer['records'] == answer['problem_count'] == 1003
    assert len(answer['problems']) == 1000
    lines = host.admin('status').stdout.splitlines()
    assert 'Problems  1003' in lines and lines[-1] == '  and 3 more'


def test_change_raises_the_latest_time_seen(host):
    """And none lowers it: what a login saw has been seen."""
    host.config('sms_allow = +31\n')
    admin_at('-100d', 'enrol', 'alice', '--phone', '+31612345678')
    seen = [host.status('alice')['latest_time_seen']]
    for offset, *words in (
            ('-90d', 'phone', 'alice', '+31687654321'),
            ('-80d', 'default', 'alice', 'app'),
            ('-70d', 'disable', 'alice', 'app'),
            ('-60d', 'phone', 'alice', '--remove'),
            ('-50d', 'app', 'alice', '--remove')):
        admin_at(offset, *words)
        seen.append(host.status('alice')['latest_time_seen'])
    assert seen == sorted(set(seen))
    admin_at('-95d', 'disable', 'alice', 'backup')
    assert host.status('alice')['latest_time_seen'] == seen[-1]
