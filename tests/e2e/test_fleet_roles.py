# SPDX-License-Identifier: BSD-3-Clause
"""What a host's role may do in the database, what a connection must be, and
what is said when it is not."""

import os
import re
import subprocess

import pytest

from fleet import (AUTHORITY, LOGIN, NAMES, NEIGHBOUR, PASSFILE, PASSWORDS,
                   TABLE)
from host import CONFIG
from postgres import Authority

UNAVAIL = 'PAM_AUTHINFO_UNAVAIL'


@pytest.fixture
def alice(fleet):
    return fleet.hosts[0].enrol('alice')


FORBIDDEN = [
    f'SELECT name FROM {TABLE}',
    f'SELECT count(*) FROM {TABLE}',
    'SELECT * FROM xsuite.marker',
    f'COPY {TABLE} TO STDOUT',
    f'DELETE FROM {TABLE}',
    f"DELETE FROM {TABLE} WHERE name = 'alice'",
    f'TRUNCATE {TABLE}',
    f"UPDATE {TABLE} SET record = ''",
    f"INSERT INTO {TABLE} SELECT 'bob', version, record FROM "
    "xsuite.load('alice')",
    "SELECT * FROM xsuite.add('bob', '', 1)",
    f'DROP TABLE {TABLE}',
    f'BEGIN; LOCK TABLE {TABLE}',
    f'ALTER TABLE {TABLE} DISABLE TRIGGER ALL',
    f'CREATE INDEX ON {TABLE} (version)',
    'CREATE TABLE xsuite.mine (a int)',
    'CREATE TABLE public.mine (a int)',
    'CREATE TEMPORARY TABLE mine (a int)',
    'CREATE SCHEMA mine',
    'CREATE ROLE mine',
    'DROP FUNCTION xsuite.load(text)',
    f'GRANT xsuite_admin TO {LOGIN}',
    'SET ROLE xsuite_admin',
    'SET ROLE xsuite_enrol',
]

SESSIONS = f"(pid) FROM pg_stat_activity WHERE usename = '{NEIGHBOUR}'"
NOT_ITS_OWN = [
    f"ALTER ROLE {NEIGHBOUR} PASSWORD 'x'",
    f'ALTER ROLE {NEIGHBOUR} SET client_min_messages = error',
    f'SELECT pg_terminate_backend{SESSIONS}',
    f'SELECT pg_cancel_backend{SESSIONS}',
]


# With the host's own role and password, from the host, as its root can.


def psql(fleet, text, role=LOGIN):
    conninfo = fleet.conninfo(role, sslmode='verify-full')
    return subprocess.run(
        [*fleet.hosts[1].place.wrap, 'psql', '-XAtq', '-d', conninfo, '-c',
         text], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=60)


def test_a_host_has_the_record_of_a_name(fleet, alice):
    done = psql(fleet, "SELECT count(*) FROM xsuite.load('alice')")
    assert (done.returncode, done.stdout) == (0, '1\n'), done
    # Neither sealed nor in the name of the role is anything to be seen.
    done = psql(fleet, "SELECT record FROM xsuite.load('alice')")
    assert alice.secret.encode().hex() not in done.stdout


def test_a_host_can_do_no_more(fleet, alice):
    before = fleet.row('alice')
    for text in FORBIDDEN:
        done = psql(fleet, text)
        assert done.returncode == 1 and not done.stdout, done
        assert re.search('permission denied|must be owner|must have admin '
                         'option', done.stderr), done
    assert fleet.row('alice') == before


def test_a_host_does_not_reach_the_role_of_another(fleet):
    count = ("SELECT count(*) FROM pg_stat_activity WHERE usename = "
             f"'{NEIGHBOUR}' AND state = 'active'")
    with subprocess.Popen(
            [*fleet.hosts[0].place.wrap, 'psql', '-Xq', '-d',
             fleet.conninfo(NEIGHBOUR), '-c', 'SELECT pg_sleep(300)'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) as session:
        try:
            fleet.primary.wait_for(count, ['1'])
            for text in NOT_ITS_OWN:
                done = psql(fleet, text)
                assert done.returncode == 1 and re.search(
                    'permission denied|must be a member', done.stderr), done
            assert fleet.primary.sql(count) == ['1']
        finally:
            session.kill()


def test_a_host_replaces_only_what_it_has_read(fleet, alice):
    before = fleet.row('alice')
    for version, old in (('2', 'record'), ('version', "'\\x00'"),
                         ('0', 'record')):
        done = psql(fleet, f"SELECT x.* FROM xsuite.load('alice') AS r, "
                           f"xsuite.replace('alice', {version}, {old}, "
                           "'\\x01') AS x".replace('record', 'r.record')
                    .replace('version', 'r.version'))
        assert (done.returncode, done.stdout) == (0, ''), done
    assert fleet.row('alice') == before


def test_a_host_cannot_act_as_administrator(fleet, alice):
    host = fleet.hosts[1]
    for words in (['list'], ['remove', 'alice'], ['enrol', 'bob']):
        done = host.admin(*words, check=False, config=CONFIG)
        assert done.returncode not in (0, 1), done
        assert 'permission denied' in done.stderr, done
    assert host.status('alice')['user'] == 'alice'


def test_realms_on_one_server_are_apart(fleet, alice):
    """Its role is in the same group, and still comes to its own only."""
    sql = fleet.primary.sql
    sql('CREATE DATABASE other', 'postgres')
    sql('REVOKE CONNECT ON DATABASE other FROM PUBLIC', 'postgres')
    sql("CREATE ROLE guest LOGIN IN ROLE xsuite_host PASSWORD 'guest'",
        'postgres')
    sql('GRANT CONNECT ON DATABASE other TO guest', 'postgres')
    fleet.hosts[1].write(PASSFILE, '*:*:*:guest:guest\n', 0o600)
    done = psql(fleet, "SELECT * FROM xsuite.load('alice')", 'guest')
    assert done.returncode == 2 and 'permission denied for database' in \
        done.stderr, done


# A connection that is not as it should be.


def refused(fleet, *words, user='alice'):
    host = fleet.hosts[1]
    host.log.clear()
    (talk,) = fleet.drive(host.person(user, ['123456']))
    assert talk.result == UNAVAIL, (talk, host.log.module())
    lines = host.log.module()
    assert len(lines) == 1, lines
    for word in words:
        assert re.search(word, lines[0]), (word, lines)
    assert host.admin('status', 'alice', check=False,
                      config=CONFIG).returncode not in (0, 1)


def test_wrong_password_is_refused_and_said(fleet, alice):
    fleet.configure(fleet.hosts[1], passwords={LOGIN: 'no-such-word'})
    refused(fleet, 'password authentication failed', NAMES[0], LOGIN)


def test_unknown_role_is_refused_and_said(fleet, alice):
    fleet.configure(fleet.hosts[1], user='nobody')
    refused(fleet, NAMES[0], 'no password supplied')
    fleet.configure(fleet.hosts[1], user='nobody', passwords={'nobody': 'x'})
    refused(fleet, 'password authentication failed', NAMES[0], 'nobody')


def test_unknown_database_is_refused_and_said(fleet, alice):
    fleet.configure(fleet.hosts[1], dbname='elsewhere')
    refused(fleet, 'elsewhere')


def test_missing_schema_is_refused_and_said(fleet, alice):
    """The right server, another database: nobody is let by as not enrolled.
    """
    fleet.primary.sql(f'CREATE DATABASE empty OWNER {LOGIN}', 'postgres')
    fleet.configure(fleet.hosts[1], dbname='empty')
    refused(fleet, 'xsuite')
    refused(fleet, 'xsuite', user='carol')


def test_empty_table_without_marker_is_refused_and_said(fleet, alice):
    fleet.primary.sql(f'TRUNCATE {TABLE}, xsuite.marker')
    refused(fleet, 'marker')
    refused(fleet, 'marker', user='carol')


def test_other_authority_is_refused_and_said(fleet, alice, tmp_path):
    other = Authority(tmp_path / 'ca')
    fleet.hosts[1].path(AUTHORITY).write_text(
        other.certificate.read_text(encoding='ascii'), encoding='ascii')
    refused(fleet, 'certificate verify failed', NAMES[0])


def test_name_that_is_not_the_certificates_is_refused_and_said(fleet, alice):
    fleet.configure(fleet.hosts[1], host='localhost',
                    hostaddr=fleet.primary.address)
    refused(fleet, 'does not match host name', 'localhost')


def test_missing_authority_is_refused_and_said(fleet, alice):
    fleet.hosts[1].path(AUTHORITY).unlink()
    refused(fleet, AUTHORITY)


def test_no_tls_is_not_taken_without_being_asked_for(fleet, alice):
    """A server, or whoever stands in its place, that has none."""
    fleet.primary.sql('ALTER SYSTEM SET ssl = off')
    fleet.primary.sql('SELECT pg_reload_conf()')
    fleet.primary.wait_for('SHOW ssl', ['off'])
    refused(fleet, 'does not support SSL', NAMES[0])
    fleet.configure(fleet.hosts[1], sslmode='disable', sslrootcert=None)
    (talk,) = fleet.drive(fleet.hosts[1].person('alice', [alice.code()]))
    assert talk.let_in, (talk, fleet.hosts[1].log.module())


@pytest.mark.parametrize('mode', ['prefer', 'allow'])
def test_modes_that_fall_back_to_clear_are_refused(fleet, alice, mode):
    fleet.configure(fleet.hosts[1], sslmode=mode)
    (talk,) = fleet.drive(fleet.hosts[1].person('alice', [alice.code()]))
    assert not talk.let_in, talk
    assert 'sslmode' in fleet.hosts[1].log.module()[0]


def test_password_that_others_can_read_is_refused_and_said(fleet, alice):
    fleet.hosts[1].path(PASSFILE).chmod(0o644)
    refused(fleet, PASSFILE)


def test_password_is_not_taken_from_the_options(fleet, alice):
    fleet.configure(fleet.hosts[1], password=PASSWORDS[LOGIN])
    (talk,) = fleet.drive(fleet.hosts[1].person('alice', [alice.code()]))
    assert not talk.let_in, talk
    assert 'password' in fleet.hosts[1].log.module()[0]


def test_standby_is_not_taken_for_the_primary(fleet, alice):
    fleet.add_standby()
    fleet.primary.kill()
    refused(fleet, 'read-only', NAMES[1])


def test_files_are_not_fallen_back_to(fleet, alice):
    """A state directory from the time before, with a record in it, is
    nothing to a host whose store is the database."""
    host = fleet.hosts[1]
    host.write('/etc/xsuite/files.conf', 'store = file\n')
    host.admin('init', config='/etc/xsuite/files.conf')
    host.admin('enrol', 'alice', config='/etc/xsuite/files.conf')
    fleet.primary.kill()
    (talk,) = fleet.drive(host.person('alice', [alice.code()]))
    assert talk.result == UNAVAIL, talk
    fleet.primary.start()


def test_callers_environment_is_not_looked_at(fleet, alice):
    """sudo's caller has one: libpq would take the server from it."""
    os.environ['PGHOSTADDR'] = '127.0.0.1'
    os.environ['PGSSLMODE'] = 'disable'
    os.environ['PGOPTIONS'] = '-c role=none'
    os.environ['PGSERVICE'] = 'theirs'
    try:
        (talk,) = fleet.drive(fleet.hosts[1].person('alice', [alice.code()]))
    finally:
        for name in ('PGHOSTADDR', 'PGSSLMODE', 'PGOPTIONS', 'PGSERVICE'):
            del os.environ[name]
    assert talk.let_in, (talk, fleet.hosts[1].log.module())
