# SPDX-License-Identifier: BSD-3-Clause
"""One enrolment does for all hosts, and what is changed on one is so on the
other: whatever the uids are there."""

import re

import pytest

from fleet import TABLE
from host import BUILD, ENVIRONMENT, password
from phone import BACK, Phone
from terminal import shown_code
from words import APP, PASSWORD

HELPDESK = BUILD / 'xsuite-helpdesk'
DUTCH = 'Authenticatie-app code (Enter voor een andere inlogmethode): '


@pytest.fixture
def hosts(fleet):
    assert fleet.hosts[0].uids['alice'] != fleet.hosts[1].uids['alice']
    return fleet.hosts


@pytest.fixture
def alice(hosts):
    return hosts[0].enrol('alice')


def one(fleet, host, *answers):
    (talk,) = fleet.drive(host.person('alice', answers))
    return talk


def test_one_enrolment_logs_in_on_each(hosts, alice):
    assert hosts[1].log_in('alice', alice.code())
    assert hosts[0].log_in('alice', alice.code(1))


def test_backup_code_is_used_up_on_all(fleet, hosts, alice):
    assert hosts[0].log_in('alice', '', alice.backup, '@new')
    assert one(fleet, hosts[1], alice.backup, '@new').result == 'PAM_CONV_ERR'
    talk = one(fleet, hosts[1], alice.backup, alice.backup, alice.backup)
    assert talk.result == 'PAM_AUTH_ERR', talk


def test_wrong_codes_count_on_all(fleet, hosts, alice):
    """Five on one, and the person waits on the other."""
    for _ in range(5):
        one(fleet, hosts[0], alice.wrong())
    talk = one(fleet, hosts[1], alice.code())
    assert talk.result == 'PAM_MAXTRIES', talk
    assert 'Too many wrong codes' in talk.prompts[0]


def test_no_connection_is_held_while_a_person_thinks(fleet, hosts, alice):
    """A person takes minutes, and there are thousands of persons."""
    count = ("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
             "'pam_xsuite'")
    host = hosts[0]
    host.stack('sshd', password_line=True)
    t = host.ssh(host.sshd(), 'alice', 'echo IN:$((40+2))')
    t.asked(PASSWORD)
    t.type(password('alice'))
    for answer in alice.wrong(), '', alice.backup, '@new':
        text, _ = t.sees(r': $')
        fleet.primary.wait_for(count, ['0'])
        t.type(shown_code(text) if answer == '@new' else answer)
    text, _ = t.ended()
    assert 'IN:42' in text


def settings(host, user, *words):
    t = host.terminal(*host.as_user(user, host.xsuite_program, *words))
    t.asked(PASSWORD)
    t.type(password(user))
    return t


def test_settings_of_one_host_hold_on_the_other(fleet, hosts, alice):
    for host in hosts:
        host.settings_stacks()
    t = settings(hosts[0], 'alice', 'language')
    t.asked(APP)
    t.type(alice.code())
    t.sees(r'Choose 0-\d: ')
    t.type('2')
    t.ended()
    assert one(fleet, hosts[1]).prompts == [DUTCH]


def test_new_phone_on_one_host_is_the_phone_on_the_other(fleet, hosts, alice):
    for host in hosts:
        host.settings_stacks()
    t = settings(hosts[1], 'alice', 'app')
    t.asked(APP)
    t.type(alice.code(-1))
    phone = Phone(hosts[1], t.sees(BACK)[0])
    t.type(phone.code())
    t.ended()
    assert not one(fleet, hosts[0], alice.code()).let_in
    assert one(fleet, hosts[0], phone.code(1)).let_in


def test_helpdesk_of_one_host_helps_on_the_other(fleet, hosts, alice):
    text = hosts[1].place.run(
        HELPDESK, 'backup-code', 'alice',
        env={**ENVIRONMENT, 'SUDO_UID': str(hosts[1].uids['bob'])})
    code = re.search(r'^Backup code for .*: ([\d ]+)$', text, re.M)[1]
    hosts[0].secrets.append(code)
    assert hosts[0].log_in('alice', '', code, '@new')


def test_status_and_removal_are_seen_on_all(fleet, hosts, alice):
    assert hosts[1].status('alice')['app'] == hosts[0].status('alice')['app']
    hosts[1].admin('remove', 'alice')
    assert hosts[0].admin('status', 'alice', check=False).returncode == 1


def test_no_record_is_proved_by_the_database(fleet, hosts):
    """Who is in nobody's database passes where that is the policy."""
    (talk,) = fleet.drive(hosts[1].person('bob', []))
    assert talk.let_in and not talk.said, talk


def test_other_key_is_refused(fleet, hosts, alice):
    """A host of another fleet, by mistake: nobody gets in, not even who has
    no record."""
    hosts[1].path('/etc/xsuite/host.key').write_text(f'7 {"a5" * 32}\n')
    for user in ('alice', 'bob'):
        (talk,) = fleet.drive(hosts[1].person(user, [alice.code()]))
        assert talk.result == 'PAM_AUTHINFO_UNAVAIL', talk


def test_row_of_another_is_refused(fleet, hosts, alice):
    """Who can write to the database, but has no key, is nobody else."""
    bob = hosts[0].enrol('bob')
    fleet.primary.sql(
        f"UPDATE {TABLE} SET (version, record) = (SELECT version, record "
        f"FROM {TABLE} WHERE name = 'bob') WHERE name = 'alice'")
    (talk,) = fleet.drive(hosts[1].person('alice', [bob.code()]))
    assert talk.result == 'PAM_AUTHINFO_UNAVAIL', talk
    assert len(hosts[1].log.module()) == 1


def test_rename_in_the_database_is_refused(fleet, hosts, alice):
    fleet.primary.sql(f"UPDATE {TABLE} SET name = 'carol'")
    for user in ('alice', 'carol'):
        (talk,) = fleet.drive(hosts[1].person(user, [alice.code()]))
        if user == 'carol':
            assert talk.result == 'PAM_AUTHINFO_UNAVAIL', talk
