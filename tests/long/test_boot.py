# SPDX-License-Identifier: BSD-3-Clause
"""The package on machines that are booted: the console's own getty and login,
the sshd that systemd started, sudo, and a reboot in between."""

import re

import machine
import pytest
from installed import COMMAND, SECRET, USER
from machine import REBOOT, Machine
from tally import tally
from words import APP, BACKUP, NOT_RIGHT, USED

ACCEPTED = re.compile(rf'accepted user={USER} method=(\w+)')


@pytest.fixture
def booted(host, suite):
    """The package switched on, the person enrolled, and the machine up."""
    reason = machine.unavailable()
    if reason:
        pytest.skip(reason)
    host.tree.apt('install', *machine.PACKAGES)
    host.install()
    host.switch_on()
    host.enrol()
    host.run('usermod', '-aG', 'systemd-journal', USER)
    # It has a /proc, a /dev and a /run of its own.
    host.tree.umount()
    made = Machine(host, f'xs-{suite}')
    made.boot()
    yield made
    made.destroy()


def accepted(made):
    """The methods that the journal says let in, oldest first."""
    text, _ = made.run('journalctl -q -b -o cat --no-pager | '
                       "grep 'accepted user='")
    return ACCEPTED.findall(text)


def at_the_getty(made):
    """A wrong code, then the app's."""
    made.login()
    made.answer(made.host.wrong())
    made.console.sees(re.escape(NOT_RIGHT))
    made.asked(APP)
    made.answer(made.code())
    made.in_shell()


def by_ssh(made):
    """The code that opened the console is dead here; the next one is not."""
    made.ssh()
    made.answer(made.used_code())
    made.console.sees(f'{re.escape(USED)}|{re.escape(NOT_RIGHT)}')
    made.asked(APP)
    made.answer(made.code())
    made.let_in()


def by_sudo(made):
    made.sudo(COMMAND)
    made.answer(made.host.wrong())
    made.console.sees(re.escape(NOT_RIGHT))
    made.asked(APP)
    made.by_backup()
    made.let_in('root')


def reboots(made):
    made.sudo('systemctl reboot')
    made.answer(made.code())
    assert made.ends() == REBOOT
    made.boot()


def used_code_stays_dead(made, used):
    """Of the two that were used before the reboot neither lets in."""
    made.login()
    made.answer(made.used_code())
    made.console.sees(f'{re.escape(USED)}|{re.escape(NOT_RIGHT)}')
    made.asked(APP)
    made.answer('')
    made.asked(BACKUP)
    made.answer(used)
    made.console.sees(re.escape(NOT_RIGHT))
    made.asked(BACKUP)


def test_booted_machine_asks_at_console_ssh_and_sudo_and_after_reboot(
        booted, suite):
    first = booted.host.backup
    at_the_getty(booted)
    by_ssh(booted)
    by_sudo(booted)
    assert booted.host.backup != first
    assert accepted(booted) == ['app', 'app', 'backup']
    reboots(booted)
    used_code_stays_dead(booted, first)
    # The successor that was confirmed before the reboot.
    confirmed = booted.host.backup
    booted.answer(confirmed)
    booted.host.backup = machine.shown_code(
        booted.asked('Type the new code to confirm that you have saved it: '))
    booted.answer(booted.host.backup)
    booted.in_shell()
    assert booted.host.backup not in (first, confirmed)
    by_ssh(booted)
    assert accepted(booted) == ['backup', 'app']
    booted.sudo('systemctl poweroff')
    booted.by_backup()
    assert booted.ends() == 0
    tally('logins on booted machines, with a reboot', 7, suite)


def test_booted_machine_lets_nobody_in_by_the_password_alone(booted, suite):
    """At the getty, by ssh and by sudo: whatever is typed for the code."""
    booted.login()
    for _ in range(3):
        booted.answer(SECRET)
        booted.asked(APP)
    booted.answer('0')
    booted.console.sees('Login incorrect')
    tally('logins refused on booted machines', 1, suite)
