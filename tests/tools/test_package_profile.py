# SPDX-License-Identifier: BSD-3-Clause
"""The profile for pam-auth-update: what the real one makes of it, read by the
real libpam. Other modules stand in for ours and for the password."""

import re
import shutil

import pytest

import pam_tree
from test_conf import SUCCESS, Stacks

PROFILE = pam_tree.DEBIAN / 'pam-configs/xsuite'

pytestmark = pytest.mark.skipif(bool(pam_tree.missing()),
                                reason=str(pam_tree.missing()))


@pytest.fixture
def tree(tmp_path):
    return pam_tree.PamTree(tmp_path)


@pytest.fixture
def stacks(tree, tmp_path):
    """A service "other" that includes what the profile made."""
    tree.enable()
    (tmp_path / 'step').write_text('second step\n')
    (tmp_path / 'pam.d').mkdir()
    made = Stacks(tmp_path / 'pam.d')
    for kind in ('auth', 'account'):
        shutil.copy(tree.pam / f'common-{kind}', made.path)
    (made.path / 'other').write_text(
        f'@include {made.path}/common-auth\n'
        f'@include {made.path}/common-account\n')
    return made


@pytest.fixture
def asked(stacks, tmp_path):
    stacks.replace('pam_xsuite.so', f'pam_echo.so file={tmp_path}/step')
    return stacks


def test_nothing_is_enabled_by_default(tree):
    tree.update()
    assert not tree.lines('common-auth', 'xsuite')
    assert not tree.lines('common-account', 'xsuite')


def test_enabled_it_stays_enabled_when_others_come(tree):
    tree.enable()
    tree.update()
    assert tree.lines('common-auth', 'pam_xsuite.so')
    assert tree.lines('common-account', 'pam_xsuite.so')


def test_line_has_no_arguments():
    """They would win over xsuite.conf for good, not_enrolled=pass too."""
    lines = re.findall(r'^\t\w+\tpam_xsuite\.so(.*)$', PROFILE.read_text(),
                       re.M)
    assert lines == ['', '']


def test_right_password_leads_to_the_second_step(asked):
    asked.replace('pam_unix.so', 'pam_permit.so')
    assert asked.run('other') == (SUCCESS, True)


def test_wrong_password_never_reaches_the_second_step(asked):
    asked.replace('pam_unix.so', 'pam_debug.so auth=auth_err')
    result, reached = asked.run('other')
    assert result != SUCCESS and not reached


@pytest.mark.parametrize('answer', ['auth_err', 'maxtries', 'service_err',
                                    'authinfo_unavail', 'conv_err'])
def test_refused_second_step_refuses_the_login(stacks, answer):
    stacks.replace('pam_unix.so', 'pam_permit.so')
    stacks.replace('pam_xsuite.so', f'pam_debug.so auth={answer}')
    assert stacks.run('other')[0] != SUCCESS


def test_missing_module_refuses_the_login(stacks):
    stacks.replace('pam_unix.so', 'pam_permit.so')
    stacks.replace('pam_xsuite.so', 'pam_is_not_installed.so')
    assert stacks.run('other')[0] != SUCCESS


def test_who_is_not_enrolled_gets_in_with_the_password(stacks):
    stacks.replace('pam_unix.so', 'pam_permit.so')
    stacks.replace('pam_xsuite.so', 'pam_debug.so auth=ignore')
    assert stacks.run('other')[0] == SUCCESS


def test_account_without_anything_to_say_passes(stacks):
    stacks.replace('pam_unix.so', 'pam_permit.so')
    stacks.replace('pam_xsuite.so', 'pam_debug.so acct=success')
    assert stacks.run('other', 'pam_acct_mgmt')[0] == SUCCESS
