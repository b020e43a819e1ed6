# SPDX-License-Identifier: BSD-3-Clause
"""What doc/fleet.md tells an administrator to do: it works as it stands."""

import contextlib
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest

import fleet as fleets
from fleet import PASSFILE, PASSWORDS, TABLE
from host import BUILD, CONFIG, CROWD, ENVIRONMENT, KEY, ROOT
from postgres import DATABASE

DOCUMENT = ROOT / 'doc/fleet.md'


def one(fleet, host, user, *answers):
    (talk,) = fleet.drive(host.person(user, answers))
    return talk


def blocks():
    """What stands indented in the document, one text each."""
    text = DOCUMENT.read_text(encoding='utf-8')
    return [re.sub('(?m)^    ', '', block) for block in
            re.findall(r'(?:^    .*\n|^\n(?=    ))+', text, re.M)]


def block(word):
    (found,) = [text for text in blocks() if word in text]
    return found


def test_roles_are_what_the_document_makes_them(fleet):
    """The statements that the other tests were run with."""
    for role, text in (('xsuite_host', fleets.SET_UP),
                       (fleets.LOGIN, fleets.set_up_host(fleets.LOGIN))):
        written = re.sub(r"PASSWORD\s+'.*'", "PASSWORD '...'", text)
        assert written.split() == block(f'CREATE ROLE {role}').split()


def test_host_that_was_taken_over_is_shut_out_and_cleaned(fleet):
    """What it stored for its role refuses its own people and no others'; and
    nothing of it is left when the role is given back."""
    here, there = fleet.hosts
    alice = here.enrol('alice')
    role = fleets.LOGIN
    for text in (f'IN DATABASE {DATABASE} SET client_min_messages = error',
                 'SET default_transaction_read_only = on'):
        there.place.run('psql', '-XAtq', '-d', fleet.conninfo(role), '-c',
                        f'ALTER ROLE {role} {text}; SELECT lo_create(0)')
    assert not one(fleet, there, 'alice', alice.code()).let_in
    assert one(fleet, here, 'alice', alice.code()).let_in
    fleet.primary.sql(block(f'ALTER ROLE {role} NOLOGIN'))
    assert not one(fleet, there, 'alice', alice.code(1)).let_in
    assert fleet.primary.sql('SELECT count(*) FROM pg_largeobject_metadata '
                             'UNION ALL SELECT count(*) FROM '
                             'pg_db_role_setting') == ['0', '0']
    fleet.primary.sql(f'ALTER ROLE {role} LOGIN')
    assert one(fleet, there, 'alice', alice.code(1)).let_in


@contextlib.contextmanager
def no_names(fleet, host):
    """Its name server is lost, and it has no file of names."""
    files = [host.path('/etc/hosts'), host.path('/etc/resolv.conf')]
    before = [path.read_bytes() for path in files]
    files[0].write_text('', encoding='ascii')
    files[1].write_text('nameserver 10.99.255.1\n', encoding='ascii')
    fleet.network.cut('10.99.255.1')
    try:
        yield
    finally:
        for path, text in zip(files, before):
            path.write_bytes(text)


def test_options_are_what_the_document_says(fleet):
    """With our names and addresses in place of its: and with addresses no
    name is looked up, where nobody would answer."""
    host = fleet.hosts[1]
    alice = fleet.hosts[0].enrol('alice')
    text = block('store = postgresql')
    text = text.replace('db1.example.org,db2.example.org',
                        ','.join(fleets.NAMES))
    text = text.replace('10.0.0.11,10.0.0.12', ','.join(fleet.addresses))
    assert 'example' not in text and '10.0' not in text
    host.write(CONFIG, text)
    host.write(PASSFILE, block(f'*:*:xsuite:{fleets.LOGIN}:').replace(
        '...', PASSWORDS[fleets.LOGIN]), 0o600)
    with no_names(fleet, host):
        begun = time.monotonic()
        assert one(fleet, host, 'alice', alice.code()).let_in, \
            host.log.module()
        assert time.monotonic() - begun < 5


def test_init_by_the_hosts_own_role_is_enough(fleet):
    host = fleet.hosts[1]
    shutil.rmtree(host.path('/var/lib/xsuite'))
    host.admin('init', config=CONFIG)
    assert host.path('/var/lib/xsuite/host').is_dir()
    alice = fleet.hosts[0].enrol('alice')
    assert one(fleet, host, 'alice', alice.backup, '@new').let_in


def invite(host):
    return subprocess.run(
        [*host.place.wrap, BUILD / 'xsuite-helpdesk', 'backup-code', 'bob'],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        env={**ENVIRONMENT, 'SUDO_UID': str(host.uids['carol'])})


def test_invitation_needs_the_role_that_enrols(fleet):
    host = fleet.hosts[1]
    done = invite(host)
    assert done.returncode not in (0, 1), done
    assert 'permission denied' in done.stderr and not done.stdout, done
    fleet.primary.sql(f'GRANT xsuite_enrol TO {fleets.LOGIN}')
    done = invite(host)
    assert done.returncode == 0, done
    code = re.search(r'^Backup code for .*: ([\d ]+)$', done.stdout, re.M)[1]
    host.secrets.append(code)
    assert one(fleet, fleet.hosts[0], 'bob', code, '@new').let_in


def rewrite(host, order):
    """The lines of the key file, in another order."""
    path = host.path(KEY)
    lines = path.read_text(encoding='ascii').splitlines(keepends=True)
    path.chmod(0o600)
    path.write_text(''.join(order(lines)), encoding='ascii')
    path.chmod(0o400)


def give(source, target):
    path = target.path(KEY)
    path.unlink()
    shutil.copy2(source.path(KEY), path)


class Visitor(threading.Thread):
    """Logs in on a host, person by person, as long as something is done."""

    def __init__(self, fleet, host, people):
        super().__init__()
        self.fleet, self.host, self.people = fleet, host, people
        self.results = []
        self.over = threading.Event()

    def run(self):
        for each in self.people:
            if self.over.is_set():
                return
            self.results.append(one(self.fleet, self.host, each.user,
                                    each.code()).result)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def test_new_key_in_four_steps(fleet):
    """As the document has them, while people log in on the other host."""
    here, there = fleet.hosts
    people = [here.enrol(user) for user in CROWD]
    old = here.path(KEY).read_text(encoding='ascii').split()[0]
    with Visitor(fleet, there, people) as visitor:
        here.admin('rekey', '--prepare')
        give(here, there)
        rewrite(here, reversed)
        give(here, there)
        here.admin('rekey')
        give(here, there)
    assert visitor.results
    assert set(visitor.results) == {'PAM_SUCCESS'}, visitor.results
    assert old not in here.path(KEY).read_text(encoding='ascii').split()
    for host in fleet.hosts:
        for each in people:
            assert host.status(each.user)['user'] == each.user
    assert one(fleet, there, people[0].user, people[0].code(1)).let_in
    assert one(fleet, here, people[1].user, people[1].code(1)).let_in


def test_key_is_not_put_back_by_a_host_that_lags(fleet):
    """A host that has the new key, but not yet as its first, leaves what
    was sealed anew openable for who has dropped the old one."""
    here, there = fleet.hosts
    alice = here.enrol('alice')
    here.admin('rekey', '--prepare')
    give(here, there)
    here.admin('rekey')
    assert one(fleet, there, 'alice', alice.code()).let_in
    assert one(fleet, here, 'alice', alice.code(1)).let_in, here.log.module()


def test_restored_backup_lets_no_used_code_in(fleet):
    here, there = fleet.hosts
    alice = here.enrol('alice')
    sql = fleet.primary.sql
    sql(f'CREATE TABLE backup AS SELECT * FROM {TABLE}')
    code = alice.code()
    assert one(fleet, there, 'alice', code).let_in
    sql(f'TRUNCATE {TABLE}; INSERT INTO {TABLE} SELECT * FROM backup')
    here.admin('restored')
    talk = one(fleet, there, 'alice', code)
    assert not talk.let_in, talk


@pytest.mark.parametrize('policy', ['pass', 'refuse'])
def test_record_that_was_taken_away(fleet, policy):
    """By who administers the database: the policy decides, as written."""
    host = fleet.hosts[1]
    fleet.hosts[0].enrol('alice')
    fleet.primary.sql(f"DELETE FROM {TABLE} WHERE name = 'alice'")
    fleet.configure(host, f'not_enrolled = {policy}\n')
    assert one(fleet, host, 'alice', '123456').let_in == (policy == 'pass')


def test_document_names_the_database(fleet):
    assert f'CREATE DATABASE {DATABASE} ' in block('CREATE ROLE xsuite_host')
    assert pathlib.Path(CONFIG).name in DOCUMENT.read_text(encoding='utf-8')
