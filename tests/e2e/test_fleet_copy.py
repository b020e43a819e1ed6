# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin copy: people keep phone and paper when the store changes, and
no code that was used comes back."""

import json
import signal
import subprocess
import time

import pytest

from fleet import ADMIN_CONFIG, TABLE
from host import ADMIN, CONFIG, CROWD, ENVIRONMENT, KEY, Enrolment

FILES = '/etc/xsuite/files.conf'
THERE = '/etc/xsuite/there.conf'
OVER = ('--from', 'file', '--to', 'postgresql')
BACK = ('--from', 'postgresql', '--to', 'file')


@pytest.fixture
def here(fleet):
    """The first host, with the file store that it had before."""
    host = fleet.hosts[0]
    host.write(FILES, 'store = file\nargon2_memory = 12M\n'
                      'country_code = 31\n')
    host.admin('init', config=FILES)
    return host


def enrol(host, user, config=FILES):
    done = host.admin('--json', 'enrol', user, config=config)
    enrolment = Enrolment(json.loads(done.stdout))
    host.secrets += [enrolment.secret, enrolment.uri, *enrolment.backup_codes]
    return enrolment


def status(host, user, config=FILES):
    return json.loads(
        host.admin('--json', 'status', user, config=config).stdout)


def copy(host, *words):
    """Exit code, {who: results}, what was said."""
    done = host.admin('--json', 'copy', *words, check=False)
    found = {}
    for line in done.stdout.splitlines():
        one = json.loads(line)
        who = one.get('user', one.get('uid'))
        found.setdefault(who, []).append(one['result'])
    return done.returncode, found, done.stderr


def login(fleet, host, user, *answers):
    (talk,) = fleet.drive(host.person(user, answers))
    return talk.let_in


def by_files(host):
    host.write(CONFIG, 'store = file\nargon2_memory = 12M\nfail_delay = 0\n')


def test_copied_people_log_in_on_every_host(fleet, here):
    alice, bob = enrol(here, 'alice'), enrol(here, 'bob')
    here.admin('phone', 'bob', '+31612345678', config=FILES)
    before = {user: status(here, user) for user in ('alice', 'bob')}
    done = here.admin('copy', *OVER)
    assert 'copied from file to postgresql: 2;' in done.stdout
    assert done.stderr == ''
    for user, one in before.items():
        assert status(here, user, ADMIN_CONFIG) == one
    there = fleet.hosts[1]
    assert login(fleet, there, 'alice', alice.code())
    assert login(fleet, here, 'bob', '', bob.backup, '@new')
    assert any('copied user=- by=' in line and 'records=2' in line
               for line in here.log.lines())


def test_host_with_a_key_of_its_own_joins(fleet, here):
    """As doc/fleet.md has it: both keys are of id 1 to begin with."""
    there = fleet.hosts[1]
    enrol(here, 'alice', ADMIN_CONFIG)
    key = there.path(KEY)
    fleets = key.read_text(encoding='ascii')
    key.unlink()
    there.write(FILES, 'store = file\nargon2_memory = 12M\n')
    there.admin('init', config=FILES)
    bob = enrol(there, 'bob')
    there.admin('rekey', config=FILES)
    own = key.read_text(encoding='ascii')
    key.unlink()
    there.write(KEY, fleets + own, 0o400)
    assert copy(there, *OVER) == (
        0, {'bob': ['copied'], 'alice': ['only-there']}, '')
    key.unlink()
    there.write(KEY, fleets, 0o400)
    for host in fleet.hosts:
        assert status(host, 'bob', ADMIN_CONFIG)['user'] == 'bob'
    assert login(fleet, here, 'bob', bob.code())


def test_copied_back_they_log_in_with_files(fleet, here):
    alice = enrol(here, 'alice', ADMIN_CONFIG)
    code = alice.code()
    assert login(fleet, fleet.hosts[1], 'alice', code)
    assert copy(here, *BACK) == (0, {'alice': ['copied']}, '')
    by_files(here)
    assert not login(fleet, here, 'alice', code, code, code)
    assert login(fleet, here, 'alice', '', alice.backup, '@new')
    assert status(here, 'alice')['uid'] == here.uids['alice']


def test_copy_again_changes_nothing(fleet, here):
    enrol(here, 'alice')
    assert copy(here, *OVER) == (0, {'alice': ['copied']}, '')
    row = fleet.row('alice')
    assert copy(here, *OVER) == (0, {'alice': ['equal']}, '')
    assert copy(here, *OVER, '--update') == (0, {'alice': ['equal']}, '')
    assert fleet.row('alice') == row


def test_another_record_of_that_name_is_left(fleet, here):
    enrol(here, 'alice')
    enrol(here, 'bob')
    enrol(here, 'alice', ADMIN_CONFIG)
    row = fleet.row('alice')
    code, found, said = copy(here, *OVER)
    assert (code, found) == (1, {'alice': ['differs'], 'bob': ['copied']})
    assert said.startswith('xsuite-admin: alice: has another record')
    # The fleet's is the later one: what it has forgotten stays forgotten.
    code, found, said = copy(here, *OVER, '--update')
    assert (code, found) == (1, {'alice': ['differs'], 'bob': ['equal']})
    assert 'is ahead' in said
    assert fleet.row('alice') == row


def test_update_takes_what_changed_since(fleet, here):
    alice = enrol(here, 'alice')
    by_files(here)
    assert copy(here, *OVER)[0] == 0
    code = alice.code()
    assert login(fleet, here, 'alice', code)
    assert copy(here, *OVER)[:2] == (1, {'alice': ['differs']})
    assert copy(here, *OVER, '--update') == (0, {'alice': ['updated']}, '')
    there = fleet.hosts[1]
    assert not login(fleet, there, 'alice', code, code, code)
    assert login(fleet, there, 'alice', '', alice.backup, '@new')


@pytest.mark.parametrize('how', ['app', 'backup'])
def test_update_brings_no_used_code_back(fleet, here, how):
    """Used where the records were copied to, before an update."""
    alice = enrol(here, 'alice')
    assert copy(here, *OVER)[0] == 0
    there = fleet.hosts[1]
    answers = [alice.code()] if how == 'app' else [alice.backup, '@new']
    assert login(fleet, there, 'alice', *answers)
    code, found, said = copy(here, *OVER, '--update')
    assert (code, found) == (1, {'alice': ['differs']}) and 'ahead' in said
    assert not login(fleet, there, 'alice', *answers[:1] * 3)


CHANGES = [('disable', 'alice', 'app'), ('app', 'alice', '--remove'),
           ('phone', 'alice', '--remove'), ('phone', 'alice', '+31687654321'),
           ('default', 'alice', 'sms'), ('backup-code', 'alice'),
           ('restored',)]


@pytest.mark.parametrize('words', CHANGES, ids=' '.join)
def test_update_undoes_nothing_done_there(fleet, here, words):
    """Though alice has logged in by the files since, and set her record."""
    alice = enrol(here, 'alice')
    here.admin('phone', 'alice', '+31612345678', config=FILES)
    assert copy(here, *OVER)[0] == 0
    over = here.path(ADMIN_CONFIG).read_text(encoding='utf-8')
    here.write(THERE, over + 'country_code = 31\n', 0o600)
    here.admin(*words, config=THERE)
    row = fleet.row('alice')
    by_files(here)
    assert login(fleet, here, 'alice', alice.code())
    here.admin('default', 'alice', 'app', config=FILES)
    code, found, said = copy(here, *OVER, '--update')
    assert (code, found) == (1, {'alice': ['differs']}) and 'ahead' in said
    assert fleet.row('alice') == row
    # As the message has it.
    here.admin('remove', 'alice')
    assert copy(here, *OVER) == (0, {'alice': ['copied']}, '')


def test_update_takes_back_no_guess_there(fleet, here):
    alice = enrol(here, 'alice')
    assert copy(here, *OVER)[0] == 0
    there = fleet.hosts[1]
    assert not login(fleet, there, 'alice', *['000000'] * 3)
    before = status(here, 'alice', ADMIN_CONFIG)
    assert before['failed_attempts']['count'] == 3
    by_files(here)
    assert login(fleet, here, 'alice', alice.code())
    code, found, _ = copy(here, *OVER, '--update')
    assert (code, found) == (1, {'alice': ['differs']})
    assert status(here, 'alice', ADMIN_CONFIG) == before


@pytest.mark.parametrize('words', CHANGES, ids=' '.join)
def test_update_brings_what_was_done_here(fleet, here, words):
    """After guesses that were there when it was copied."""
    enrol(here, 'alice')
    here.admin('phone', 'alice', '+31612345678', config=FILES)
    by_files(here)
    assert not login(fleet, here, 'alice', *['000000'] * 3)
    assert copy(here, *OVER)[0] == 0
    here.admin(*words, config=FILES)
    assert copy(here, *OVER, '--update') == (0, {'alice': ['updated']}, '')
    assert status(here, 'alice', ADMIN_CONFIG) == status(here, 'alice')


def test_update_brings_an_unlocking(fleet, here):
    enrol(here, 'alice')
    here.admin('disable', 'alice', 'app', config=FILES)
    assert copy(here, *OVER)[0] == 0
    here.admin('unlock', 'alice', config=FILES)
    assert copy(here, *OVER, '--update') == (0, {'alice': ['updated']}, '')


def test_who_is_there_alone_is_named(fleet, here):
    """A fleet has more people than a host; or she has left meanwhile."""
    for user in ('alice', 'bob'):
        enrol(here, user)
    done = here.admin('copy', *OVER)
    assert 'Every record of file is in postgresql, the same.' in done.stdout
    assert 'In postgresql alone' not in done.stdout
    here.admin('remove', 'alice', config=FILES)
    enrol(here, 'carol', ADMIN_CONFIG)
    row = fleet.row('alice')
    assert copy(here, *OVER, '--update') == (
        0, {'alice': ['only-there'], 'bob': ['equal'],
            'carol': ['only-there']}, '')
    done = here.admin('copy', *OVER, '--update')
    assert done.stderr == '' and done.stdout.startswith(
        'alice has a record in postgresql alone\n'
        'carol has a record in postgresql alone\n'
        'Records copied from file to postgresql: 0; updated: 0; there '
        'already: 1; not copied: 0.\n'
        'In postgresql alone: 2. Remove there whoever was removed from '
        'file.\n'
        'Every record of file is in postgresql, the same.')
    assert fleet.row('alice') == row
    here.admin('remove', 'alice')
    here.admin('remove', 'carol')
    assert copy(here, *OVER, '--update') == (0, {'bob': ['equal']}, '')


def test_who_is_in_the_files_alone_is_named(fleet, here):
    """Also by the uid, where the record does not open; and what the source
    has is there, though it does not open."""
    for user in ('alice', 'bob', 'carol'):
        enrol(here, user)
    enrol(here, 'bob', ADMIN_CONFIG)
    fleet.primary.sql(f"UPDATE {TABLE} SET record = "
                      "set_byte(record, 200, get_byte(record, 200) # 1)")
    path = here.path(f'/var/lib/xsuite/users/{here.uids["carol"]}')
    path.write_bytes(bytes(byte ^ 1 if at % 4096 == 200 else byte
                           for at, byte in enumerate(path.read_bytes())))
    code, found, _ = copy(here, *BACK)
    assert code == 74
    assert found == {'bob': ['failed'], 'alice': ['only-there'],
                     here.uids['carol']: ['only-there']}


def rewrite(host, name, line):
    """One line of an account file, or none."""
    path = host.path(f'/etc/{name}')
    lines = path.read_text(encoding='utf-8').splitlines()
    path.write_text(''.join(
        text + '\n' for text in (line(one) for one in lines) if text),
        encoding='utf-8')


@pytest.fixture
def accounts(fleet):
    host = fleet.hosts[0]
    path = host.path('/etc/passwd')
    before = path.read_bytes()
    yield host
    path.write_bytes(before)


def test_record_of_no_account_is_left(fleet, here, accounts):
    """It refuses whoever has that name or uid now, and is not to let in
    whoever has that name elsewhere."""
    for user in ('alice', 'bob', 'carol'):
        enrol(here, user)
    uids = here.uids
    rewrite(here, 'passwd', lambda one: None if one.startswith('alice:') else
            one.replace(f'bob:x:{uids["bob"]}:', 'bob:x:64999:'))
    code, found, said = copy(here, *OVER)
    assert code == 1
    assert found == {'alice': ['no-account'], 'bob': ['no-account'],
                     'carol': ['copied']}
    assert 'alice: is no account' in said and 'adopt' in said
    assert fleet.primary.sql(f'SELECT name FROM {TABLE}') == ['carol']


def test_back_only_to_accounts_of_the_host(fleet, here, accounts):
    for user in ('alice', 'bob'):
        enrol(here, user, ADMIN_CONFIG)
    rewrite(here, 'passwd',
            lambda one: None if one.startswith('alice:') else one)
    code, found, _ = copy(here, *BACK)
    assert (code, found) == (1, {'alice': ['no-account'], 'bob': ['copied']})
    users = here.path('/var/lib/xsuite/users')
    assert {path.name for path in users.iterdir()} == {
        '.store', str(here.uids['bob'])}


def test_name_without_a_record_is_told(here):
    """It is refused here; where its record is not, it may pass unasked."""
    enrol(here, 'alice')
    enrol(here, 'bob')
    here.path(f'/var/lib/xsuite/users/{here.uids["alice"]}').unlink()
    code, found, said = copy(here, *OVER)
    assert (code, found) == (74, {'alice': ['failed'], 'bob': ['copied']})
    assert 'alice: a name without its record' in said


def test_record_that_does_not_open_is_told(fleet, here):
    enrol(here, 'alice')
    enrol(here, 'bob')
    path = here.path(f'/var/lib/xsuite/users/{here.uids["alice"]}')
    path.write_bytes(bytes(byte ^ 1 if at % 4096 == 200 else byte
                           for at, byte in enumerate(path.read_bytes())))
    code, found, _ = copy(here, *OVER)
    assert code == 74
    assert found == {here.uids['alice']: ['failed'], 'bob': ['copied']}
    assert fleet.row('alice') == []


@pytest.mark.parametrize('words', [OVER, BACK])
def test_without_a_marker_nothing_is_copied(fleet, here, words):
    """Neither into a place that init did not make, nor out of one."""
    enrol(here, 'alice')
    enrol(here, 'bob', ADMIN_CONFIG)
    here.path('/var/lib/xsuite/users/.store').unlink()
    users = here.path('/var/lib/xsuite/users')
    before = [path.name for path in users.iterdir()]
    assert copy(here, *words)[:2] == (74, {})
    assert [path.name for path in users.iterdir()] == before
    here.admin('init', config=FILES)
    fleet.primary.sql('DELETE FROM xsuite.marker')
    assert copy(here, *words)[:2] == (74, {})
    assert fleet.row('alice') == []


def test_change_while_it_copies_is_told(fleet, here):
    """The database holds the copy up at bob's record; alice is done, and
    logs in by the files meanwhile."""
    alice, _ = enrol(here, 'alice'), enrol(here, 'bob')
    by_files(here)
    fleet.primary.sql(f"""
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON {TABLE} FOR EACH ROW
WHEN (NEW.name = 'bob') EXECUTE FUNCTION slow()""")
    holder = subprocess.Popen(
        ['psql', '-h', fleet.primary.directory, '-U', 'postgres', '-d',
         'xsuite', '-XAtq'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True)
    holder.stdin.write('SELECT pg_advisory_lock(7); SELECT 1;\n')
    holder.stdin.flush()
    assert holder.stdout.readline() == '\n'
    copying = subprocess.Popen(
        [*here.place.wrap, ADMIN, '--config', ADMIN_CONFIG, '--json', 'copy',
         *OVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=ENVIRONMENT)
    fleet.primary.wait_for("SELECT count(*) FROM pg_stat_activity WHERE "
                           "wait_event = 'advisory'", ['1'])
    code = alice.code()
    assert login(fleet, here, 'alice', code)
    holder.communicate('SELECT 1;\n')
    out, said = copying.communicate(timeout=60)
    results = [(one['user'], one['result'])
               for one in map(json.loads, out.splitlines())]
    assert copying.returncode == 75
    assert results == [('alice', 'copied'), ('bob', 'copied'),
                       ('alice', 'changed')]
    assert 'alice: changed while' in said
    assert copy(here, *OVER, '--update')[0] == 0
    assert not login(fleet, fleet.hosts[1], 'alice', code, code, code)


@pytest.mark.parametrize('words', [OVER, BACK])
def test_killed_anywhere_it_goes_on(fleet, here, words):
    source, target = (FILES, ADMIN_CONFIG)[::1 if words == OVER else -1]
    people = {user: enrol(here, user, source) for user in CROWD[:12]}
    argv = [*here.place.wrap, ADMIN, '--config', ADMIN_CONFIG, 'copy', *words]
    kills = 0
    for step in range(40):
        copying = subprocess.Popen(argv, stdout=subprocess.DEVNULL,
                                   env=ENVIRONMENT)
        time.sleep(0.004 * step)
        copying.send_signal(signal.SIGKILL)
        kills += copying.wait() == -signal.SIGKILL
    code, found, said = copy(here, *words)
    assert (code, said) == (0, '') and set(found) == set(people)
    assert kills > 5
    for user in people:
        one, other = (status(here, user, each) for each in (source, target))
        assert one == other


@pytest.mark.parametrize('words', [
    (), ('--from', 'file'), ('--from', 'file', '--to', 'file'),
    ('--from', 'file', '--to', 'memory'), (*OVER, 'alice'), ('--from',),
    (*OVER, '--force')])
def test_words_that_name_no_two_stores_are_wrong(here, words):
    code, found, said = copy(here, *words)
    assert (code, found) == (64, {}) and said.startswith('xsuite-admin: copy:')


def test_options_without_a_database_are_not_enough(here):
    done = here.admin('copy', *OVER, config=FILES, check=False)
    assert done.returncode == 78
    assert 'store = postgresql' in done.stderr


def test_name_that_a_kill_left_behind_is_no_hindrance(fleet, here, accounts):
    """But a record of that name under another uid is."""
    enrol(here, 'alice', ADMIN_CONFIG)
    enrol(here, 'bob', ADMIN_CONFIG)
    enrol(here, 'bob')
    here.write('/var/lib/xsuite/names/alice', '', 0o600)
    rewrite(here, 'passwd', lambda one: one.replace(
        f'bob:x:{here.uids["bob"]}:', 'bob:x:64998:'))
    code, found, said = copy(here, *BACK)
    assert (code, found) == (74, {'alice': ['copied'], 'bob': ['failed']})
    assert f'under uid {here.uids["bob"]} in the other store' in said
