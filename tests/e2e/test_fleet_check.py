# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin check on a host whose records are in the database."""

import json
import time

import pytest

from fleet import ADMIN_CONFIG, LOGIN, PASSFILE, TABLE
from host import CONFIG
from postgres import DATABASE


def findings(host, config=CONFIG):
    """Of the database and its records: (level, where, what)."""
    done = host.admin('--json', 'check', config=config, check=False)
    assert done.returncode in (0, 1, 2) and not done.stderr, done
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(one['mend'] for one in found)
    return [(one['level'], one['where'], one['what']) for one in found
            if one['where'].startswith(('postgresql', '/etc/xsuite', '/var'))]


def told(host, config=CONFIG):
    return [f'{level}: {what}' for level, _, what in findings(host, config)]


def addresses(fleet):
    return ','.join(server.address for server in fleet.servers)


@pytest.fixture
def there(fleet):
    """A host that logs in as doc/fleet.md says."""
    fleet.add_standby()
    host = fleet.hosts[1]
    fleet.configure(host, hostaddr=addresses(fleet))
    return host


def test_fleet_as_it_should_be_has_nothing_to_mend(fleet, there):
    fleet.hosts[0].enrol('alice')
    assert findings(there) == []
    assert findings(there, ADMIN_CONFIG) == []
    said = there.admin('check', config=CONFIG, check=False).stdout
    assert 'connections at once' in said
    assert 'Records were not looked at' in said


@pytest.mark.parametrize('mode, what', [
    ('verify-ca', 'any server that the authority has signed'),
    ('require', 'whoever answers is taken'),
    ('disable', 'not encrypted')])
def test_weaker_way_is_a_warning(fleet, there, mode, what):
    fleet.configure(there, hostaddr=addresses(fleet), sslmode=mode)
    (one,) = findings(there)
    assert one[0] == 'warning' and one[1].startswith(f'{CONFIG}:')
    assert one[2].startswith(f'sslmode = {mode}: ') and what in one[2]


def test_names_that_are_looked_up_are_a_warning(fleet, there):
    fleet.configure(there)
    hosts = there.path('/etc/hosts')
    assert findings(there) == []  # they stand in /etc/hosts
    before = hosts.read_text(encoding='utf-8')
    try:
        hosts.write_text(before.replace('db2.fleet.test', 'db3.fleet.test'),
                         encoding='utf-8')
        assert any(what.startswith('warning: db2.fleet.test is looked up')
                   for what in told(there))
    finally:
        hosts.write_text(before, encoding='utf-8')


@pytest.mark.parametrize('grant, what', [
    (f'GRANT SELECT ON {TABLE} TO {LOGIN}', 'can read all records'),
    (f'GRANT DELETE ON {TABLE} TO {LOGIN}', 'can delete records'),
    (f'GRANT TRUNCATE ON {TABLE} TO PUBLIC', 'can delete records'),
    (f'ALTER ROLE {LOGIN} SUPERUSER', 'is a superuser'),
    (f'GRANT fleet_owner TO {LOGIN}', 'owns the records')])
def test_role_of_the_logins_that_may_too_much(fleet, there, grant, what):
    fleet.primary.sql(grant)
    (one,) = findings(there)
    assert one[0] == 'warning' and what in one[2]


@pytest.mark.parametrize('where', ['', f'IN DATABASE {DATABASE} '])
def test_settings_stored_for_the_role_are_a_warning(fleet, there, where):
    fleet.primary.sql(f'ALTER ROLE {LOGIN} SET synchronous_commit = on')
    fleet.primary.sql(f'ALTER ROLE {LOGIN} IN DATABASE postgres '
                      'SET work_mem = 65')
    assert findings(there) == []
    fleet.primary.sql(f'ALTER ROLE {LOGIN} {where}SET work_mem = 65')
    (one,) = findings(there)
    assert one[0] == 'warning' and 'stored for this host' in one[2], one


def set_up(fleet, name, value):
    fleet.primary.sql(f'ALTER SYSTEM SET {name} = {value}', 'postgres')
    fleet.primary.sql('SELECT pg_reload_conf()', 'postgres')
    fleet.primary.wait_for(f'SHOW {name}', [value.strip("'")])


def test_without_a_standby_the_last_codes_may_come_back(fleet):
    host = fleet.hosts[1]
    (one,) = findings(host)
    assert one[0] == 'warning' and 'no standby is waited for' in one[2]
    assert one[1] == 'postgresql: db1.fleet.test'


@pytest.mark.parametrize('config', [CONFIG, ADMIN_CONFIG])
def test_standby_that_is_gone_refuses_every_login(fleet, there, config):
    fleet.standby.kill()
    fleet.primary.wait_for('SELECT count(*) FROM pg_stat_replication', ['0'])
    begun = time.monotonic()
    found = told(there, config)
    assert time.monotonic() - begun < 15
    assert any(what.startswith('error: synchronous_standby_names = ')
               and 'every login is refused' in what for what in found), found
    assert any('no answer within the time' in what for what in found)


def test_standby_of_another_name_is_none(fleet, there):
    fleet.primary.sql(f'GRANT pg_monitor TO {LOGIN}', 'postgres')
    set_up(fleet, 'synchronous_standby_names', "'ANY 1 (db9)'")
    assert any('none of them is connected' in what for what in told(there))


@pytest.mark.parametrize('name, value, level', [
    ('fsync', 'off', 'error'), ('full_page_writes', 'off', 'warning'),
    ('synchronous_commit', 'off', 'warning'),
    ('synchronous_commit', 'local', 'warning')])
def test_server_that_may_forget_is_told(fleet, there, name, value, level):
    set_up(fleet, name, value)
    (one,) = findings(there)
    assert one[0] == level and name in one[2]


def test_commit_that_cannot_be_made_to_wait_is_an_error(fleet, there):
    """A server that does not do what it is told: set_config is another's."""
    fleet.primary.sql(f"""
ALTER FUNCTION pg_catalog.set_config(text, text, boolean) RENAME TO real;
CREATE FUNCTION pg_catalog.set_config(text, text, boolean) RETURNS text
LANGUAGE sql AS $$ SELECT $2 $$;
ALTER ROLE {LOGIN} SET synchronous_commit = local""".replace(
        'ALTER FUNCTION', 'SET allow_system_table_mods = on; ALTER FUNCTION'))
    assert any(what.startswith('error: synchronous_commit is local even')
               for what in told(there))


@pytest.mark.parametrize('spoil, where, what', [
    (lambda host: host.path(PASSFILE).chmod(0o640), PASSFILE, ''),
    (lambda host: host.path(PASSFILE).unlink(), PASSFILE, ''),
    (lambda host: host.path(PASSFILE).write_text('*:*:*:*:wrong\n'), CONFIG,
     'password authentication failed')])
def test_password_that_is_no_use_is_an_error(there, spoil, where, what):
    spoil(there)
    (one,) = findings(there)
    assert one[0] == 'error' and one[1].startswith(str(where)), one
    assert what in one[2]


def test_database_that_is_away_is_an_error(fleet, there):
    fleet.primary.kill()
    fleet.standby.kill()
    (one,) = findings(there)
    assert one[0] == 'error' and 'db1.fleet.test' in one[2]


def test_database_that_init_did_not_make_is_an_error(fleet, there):
    fleet.primary.sql('DELETE FROM xsuite.marker')
    (one,) = findings(there)
    assert one[0] == 'error' and 'marker is missing' in one[2]
    fleet.primary.sql('DROP SCHEMA xsuite CASCADE')
    (one,) = findings(there)
    assert one[0] == 'error' and DATABASE in one[2]


def test_records_are_looked_at_by_who_may(fleet, there):
    """What is wrong with a record; who is known on other hosts is not."""
    here = fleet.hosts[0]
    for user in ('alice', 'bob', 'carol'):
        here.enrol(user)
    fleet.primary.sql(
        f"UPDATE {TABLE} SET record = overlay(record PLACING 'x' FROM 200) "
        "WHERE name = 'alice'")
    for method in ('app', 'backup'):
        here.admin('disable', 'bob', method)
    there.write('/etc/passwd', '\n'.join(
        line for line in there.path('/etc/passwd').read_text(
            encoding='utf-8').splitlines() if not line.startswith('carol:'))
        + '\n')
    found = findings(there, ADMIN_CONFIG)
    assert [one[:2] for one in found] == [
        ('error', 'postgresql: record of alice'),
        ('warning', 'postgresql: record of bob')]
    assert found[0][2].startswith('does not open: ')
    assert 'no method that can be used' in found[1][2]
    said = there.admin('check', config=ADMIN_CONFIG, check=False).stdout
    assert '1 records are of names that this host does not list' in said
