# SPDX-License-Identifier: BSD-3-Clause
"""Every command of xsuite-admin and xsuite-helpdesk where the records are in
the database: what one host does, holds on the other."""

import json
import re
import subprocess

import pytest

from fleet import ADMIN_CONFIG, ENVIRONMENT, TABLE
from host import ADMIN, BUILD, CONFIG

ROWS = 100_000
# Kilobytes: a page of rows is there once, however many there are.
MORE_MEMORY = 8 * 1024
HEX = '3132333435363738393031323334353637383930'


def login(fleet, host, user, *answers):
    (talk,) = fleet.drive(host.person(user, answers))
    return talk.let_in


def said(host, *words, code=0, config=ADMIN_CONFIG):
    done = host.admin(*words, check=False, config=config)
    assert done.returncode == code, done
    return done.stdout + done.stderr


def feed(host, text, *words):
    return subprocess.run(
        [*host.place.wrap, ADMIN, '--config', ADMIN_CONFIG, *words],
        input=text, capture_output=True, text=True, check=True,
        env=ENVIRONMENT, timeout=60)


def issue(host, user):
    done = host.admin('--json', 'backup-code', user)
    code = json.loads(done.stdout)['backup_codes'][0]
    host.secrets.append(code)
    return code


def test_enrol_here_replaced_there(fleet):
    here, there = fleet.hosts
    first = here.enrol('alice')
    assert 'alice is enrolled already' in said(there, 'enrol', 'alice', code=1)
    second = there.enrol('alice', '--replace')
    assert not login(fleet, here, 'alice', *[first.code()] * 3)
    assert login(fleet, here, 'alice', second.code())


def test_status_and_list_are_the_same_on_both(fleet):
    here, there = fleet.hosts
    for user in ('carol', 'alice', 'bob'):
        here.enrol(user)
    one, other = here.status('alice'), there.status('alice')
    assert {key for key in one if one[key] != other[key]} <= {'uid'}
    listed = [[json.loads(line)['user'] for line in
               said(host, '--json', 'list').splitlines()]
              for host in fleet.hosts]
    assert listed == [['alice', 'bob', 'carol']] * 2
    summed = json.loads(said(there, '--json', 'status'))
    assert (summed['store'], summed['records'], summed['problems']) == (
        'postgresql', 3, [])


def test_help_of_one_host_helps_on_the_other(fleet):
    here, there = fleet.hosts
    alice = here.enrol('alice')
    code = issue(here, 'alice')
    said(here, 'disable', 'alice', 'app')
    assert not login(fleet, there, 'alice', *[alice.code()] * 3)
    said(there, 'unlock', 'alice')
    assert login(fleet, here, 'alice', alice.code())
    assert login(fleet, there, 'alice', code, '@new')


def test_invitation_is_good_on_every_host(fleet):
    here, there = fleet.hosts
    code = issue(here, 'bob')
    assert login(fleet, there, 'bob', code, '@new')
    assert not login(fleet, here, 'bob', code, code, code)


def test_what_is_set_here_is_shown_there(fleet):
    here, there = fleet.hosts
    for host in fleet.hosts:
        fleet.configure(host, 'country_code = 31\nsms_command = /bin/true\n')
    here.enrol('alice', '--phone', '0612345678')
    assert there.status('alice')['phone'] == '+31 ******78'
    said(there, 'default', 'alice', 'sms')
    assert here.status('alice')['default'] == 'sms'
    said(here, 'phone', 'alice', '--remove')
    assert there.status('alice')['phone'] is None
    said(there, 'app', 'alice', '--remove')
    assert here.status('alice')['app'] is None


def test_removed_here_is_gone_there(fleet):
    here, there = fleet.hosts
    alice = here.enrol('alice')
    said(here, 'remove', 'alice')
    assert 'alice is not enrolled' in said(there, 'status', 'alice', code=1)
    assert fleet.row('alice') == []
    fleet.configure(there, 'not_enrolled = refuse\n')
    assert not login(fleet, there, 'alice', *[alice.code()] * 3)
    assert 'not enrolled' in said(here, 'remove', 'alice', code=1)


def test_adopt_has_nothing_to_do(fleet):
    """alice has another uid on the second host, and needs no help there."""
    here, there = fleet.hosts
    alice = here.enrol('alice')
    row = fleet.row('alice')
    text = said(there, 'adopt', 'alice', code=69)
    assert text.count('\n') == 1 and 'by name' in text
    assert fleet.row('alice') == row
    assert login(fleet, there, 'alice', alice.code())


def test_what_is_imported_here_logs_in_there(fleet):
    here, there = fleet.hosts
    here.write('/etc/xsuite/users.oath', f'HOTP/T30 alice - {HEX}\n', 0o600)
    said(here, 'import', 'oath', '/etc/xsuite/users.oath', '--write')
    assert there.status('alice')['app']['digits'] == 6
    here.write('/etc/xsuite/google', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n'
               '" TOTP_AUTH\n52551398\n', 0o600)
    said(here, 'import', 'google', '/etc/xsuite/google', '--user', 'bob',
         '--write')
    assert login(fleet, there, 'bob', '52551398', '@new')


def test_exported_it_comes_back_by_import(fleet):
    here, there = fleet.hosts
    alice = here.enrol('alice')
    text = said(here, 'export', 'alice')
    here.admin('remove', 'alice')
    feed(there, text, 'import', 'record', '--write')
    assert login(fleet, here, 'alice', '', alice.backup, '@new')


def test_restored_names_who_has_nothing_left(fleet):
    here, there = fleet.hosts
    alice = here.enrol('alice')
    issue(here, 'bob')
    answer = json.loads(said(there, '--json', 'restored'))
    assert answer == {'records': 2, 'failed': 0, 'without_method': ['bob']}
    assert not login(fleet, here, 'alice', '', *[alice.backup] * 3)


def test_rekey_leaves_everybody_in(fleet):
    here, there = fleet.hosts
    alice = here.enrol('alice')
    answer = json.loads(said(here, '--json', 'rekey'))
    assert (answer['resealed'], answer['problems']) == (1, [])
    assert login(fleet, here, 'alice', alice.code())
    # The other one has not been given the new key: refused, and said.
    assert 'key' in said(there, 'status', 'alice', code=74)


def test_config_shows_the_way_and_no_password(fleet):
    text = said(fleet.hosts[0], 'config')
    assert 'store = postgresql' in text and 'passfile=' in text
    assert 'secret' not in text


def test_role_of_the_logins_administers_nobody(fleet):
    """It changes a record that is there, as a login does, and no more."""
    here = fleet.hosts[0]
    here.enrol('alice')
    row = fleet.row('alice')
    for words in (['enrol', 'bob'], ['list'], ['remove', 'alice'],
                  ['restored'], ['status']):
        assert 'permission denied' in said(here, *words, code=74,
                                           config=CONFIG)
    assert fleet.row('alice') == row and fleet.row('bob') == []


def helpdesk(host, *words):
    """bob's, as sudo calls it, with the options of the logins."""
    return subprocess.run(
        [*host.place.wrap, BUILD / 'xsuite-helpdesk', *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        env={**ENVIRONMENT, 'SUDO_UID': str(host.uids['bob'])}, timeout=60)


def test_helpdesk_helps_with_the_role_of_the_logins(fleet):
    here, there = fleet.hosts
    alice = here.enrol('alice')
    done = helpdesk(there, 'backup-code', 'alice')
    assert done.returncode == 0, done
    code = re.search(r'\b\d{4} \d{4}\b', done.stdout).group()
    here.secrets.append(code)
    here.admin('disable', 'alice', 'app')
    done = helpdesk(there, 'unlock', 'alice')
    assert done.returncode == 0 and 'switched off' in done.stderr
    assert helpdesk(there, 'status', 'alice').returncode == 0
    assert login(fleet, here, 'alice', code, '@new')
    assert not login(fleet, there, 'alice', *[alice.code()] * 3)


def peak(host, *words):
    """What was said, and kilobytes."""
    done = subprocess.run(
        [*host.place.wrap, BUILD / 'tests/e2e/peak_memory', '/bin/sh', '-c',
         '"$@"; :', 'sh', ADMIN, '--config', ADMIN_CONFIG, *words], stdin=subprocess.DEVNULL, text=True,
        capture_output=True, check=False, env=ENVIRONMENT, timeout=300)
    *errors, kilobytes = done.stderr.splitlines()
    return done.stdout, errors, int(kilobytes)


@pytest.mark.parametrize('command', ['list', 'status'])
def test_many_rows_take_no_more_memory(fleet, command):
    """Rows that do not open, between some that do: each is told by name."""
    here = fleet.hosts[0]
    for user in ('alice', 'u00'):
        here.enrol(user)
    _, _, before = peak(here, command)
    fleet.primary.sql(
        f"INSERT INTO {TABLE} SELECT 'm' || lpad(n::text, 6, '0'), version, "
        f"record FROM {TABLE}, generate_series(1, {ROWS}) n "
        "WHERE name = 'alice'")
    out, errors, after = peak(here, '--json', command)
    answers = [json.loads(line) for line in out.splitlines()]
    if command == 'list':
        assert [one['user'] for one in answers] == ['alice', 'u00']
        assert len(errors) == ROWS
        assert errors[-1].startswith(f'xsuite-admin: m{ROWS:06}: ')
    else:
        assert answers[0]['records'] == ROWS + 2
        assert answers[0]['problem_count'] == ROWS
    assert after - before < MORE_MEMORY
