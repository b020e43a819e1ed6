# SPDX-License-Identifier: BSD-3-Clause
"""The package goes only when no stack needs the module: debian/leave-stacks
in trees of its own, with the real pam-auth-update."""

import pytest

import pam_tree

UNIX = 'auth\t[success=1 default=ignore]\tpam_unix.so nullok\n'

pytestmark = pytest.mark.skipif(bool(pam_tree.missing()),
                                reason=str(pam_tree.missing()))


@pytest.fixture
def tree(tmp_path):
    return pam_tree.PamTree(tmp_path)


@pytest.fixture
def enabled(tree):
    tree.enable()
    return tree


def refused(tree, *where):
    """One line that names all of these, and nothing has changed."""
    before = tree.all()
    done = tree.leave()
    assert done.returncode != 0
    # pam-auth-update may have said something before.
    assert done.stderr.count('libpam-xsuite: not removed: ') == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith('libpam-xsuite: not removed: ')
    for name in where:
        assert f'{tree.pam}/{name}' in last
    assert tree.all() == before


def gone(tree):
    done = tree.leave()
    assert done.returncode == 0, done
    assert not any(tree.lines(path.name, 'pam_xsuite')
                   for path in tree.pam.iterdir())
    return done


def test_nothing_enabled_leaves_in_silence(tree):
    before = tree.lines('common-auth')
    assert gone(tree).stderr == ''
    assert tree.lines('common-auth') == before


def test_enabled_profile_is_taken_out(tree):
    before = tree.lines('common-auth'), tree.lines('common-account')
    tree.enable()
    assert gone(tree).stderr == ''
    assert (tree.lines('common-auth'), tree.lines('common-account')) == before
    assert '--package --remove xsuite' in tree.calls()


def test_options_at_our_line_are_no_local_change(enabled):
    enabled.edit('common-auth', 'pam_xsuite.so ', 'pam_xsuite.so debug')
    assert gone(enabled).stderr == ''


def test_other_local_changes_stay_as_they_are(enabled):
    """Where pam-auth-update does nothing, and says that all is well."""
    enabled.edit('common-auth', UNIX, 'auth\tsufficient\tpam_unix.so\n')
    before = enabled.lines('common-auth')
    done = gone(enabled)
    assert 'Local modifications' in done.stderr
    assert f'took its lines out of {enabled.pam}/common-auth' in done.stderr
    ours = [line for line in before if 'xsuite' in line]
    assert len(ours) == 1
    assert enabled.lines('common-auth') == [line for line in before
                                            if line not in ours]


def test_mode_and_owner_stay_when_lines_are_taken_out(enabled):
    enabled.edit('common-auth', UNIX, 'auth\tsufficient\tpam_unix.so\n')
    (enabled.pam / 'common-auth').chmod(0o640)
    gone(enabled)
    assert (enabled.pam / 'common-auth').stat().st_mode & 0o777 == 0o640
    assert not list(enabled.pam.glob('*xsuite-new'))


def test_link_stays_a_link(enabled, tmp_path):
    enabled.edit('common-auth', UNIX, 'auth\tsufficient\tpam_unix.so\n')
    (enabled.pam / 'common-auth').rename(tmp_path / 'managed')
    (enabled.pam / 'common-auth').symlink_to(tmp_path / 'managed')
    gone(enabled)
    assert (enabled.pam / 'common-auth').is_symlink()


def test_jump_to_our_line_may_stay(enabled):
    """It ends where the line after ours begins."""
    enabled.edit('common-auth', UNIX,
                 'auth\t[success=2 default=ignore]\tpam_unix.so\n')
    gone(enabled)


@pytest.mark.parametrize('jump', ['[success=3 maxtries=die default=ignore]',
                                  '[success=1 maxtries=4 default=ignore]',
                                  '[default=9]'])
def test_jump_over_our_line_refuses(enabled, jump):
    enabled.edit('common-auth', UNIX,
                 f'auth\t{jump}\tpam_unix.so\n')
    refused(enabled, 'common-auth:')


def test_jump_over_an_included_file_refuses(enabled):
    enabled.edit('common-auth', UNIX, UNIX.replace('1', '2') +
                 '@include somewhere\n')
    enabled.write('somewhere', 'auth required pam_env.so\n')
    refused(enabled, 'common-auth:')


@pytest.mark.parametrize('line', [
    'auth required pam_xsuite.so',
    '-auth optional pam_xsuite.so',
    'account required pam_xsuite.so',
    'auth [success=done default=die] pam_xsuite.so debug',
    'auth required /usr/lib/x86_64-linux-gnu/security/pam_xsuite.so',
    'auth required \\\n pam_xsuite.so # second step'])
def test_line_of_another_hand_refuses(enabled, line):
    enabled.write('sshd', f'# mine\n@include common-auth\n{line}\n')
    refused(enabled, f'sshd:{4 if chr(10) in line else 3}')


def test_all_lines_of_other_hands_are_named(tree):
    tree.write('sshd', 'auth required pam_xsuite.so\n')
    tree.write('su', '\nauth required pam_xsuite.so\n')
    refused(tree, 'sshd:1', 'su:2')


def test_pam_conf_refuses(tree):
    (tree.root / 'etc/pam.conf').write_text(
        'sshd auth required pam_xsuite.so\n')
    done = tree.leave()
    assert done.returncode != 0
    assert f'{tree.root}/etc/pam.conf:1' in done.stderr


def test_line_in_common_auth_but_not_managed_refuses(enabled):
    with open(enabled.pam / 'common-auth', 'a', encoding='ascii') as file:
        file.write('auth required pam_xsuite.so\n')
    refused(enabled, 'common-auth:')


def test_comment_is_no_line(tree):
    tree.write('sshd', '#auth required pam_xsuite.so\n'
               'auth required pam_unix.so # not pam_xsuite.so\n')
    assert gone(tree).stderr == ''


def test_our_own_services_and_copies_are_no_reason(tree):
    text = 'auth required pam_xsuite.so\n'
    for name in ('xsuite', 'xsuite-nopassword', 'sshd~', 'sshd.dpkg-old',
                 'common-auth.pam-old', 'sudo.bak'):
        tree.write(name, text)
    assert tree.leave().returncode == 0
    assert (tree.pam / 'xsuite').read_text() == text


@pytest.mark.parametrize('how', ['@include xsuite', 'auth include xsuite',
                                 'auth substack /etc/pam.d/xsuite'])
def test_our_own_service_in_another_file_refuses(tree, how):
    tree.write('xsuite', 'auth required pam_xsuite.so\n')
    tree.write('sshd', f'{how}\n')
    refused(tree, 'xsuite:1')


def test_no_stack_is_left_that_asks_nothing(enabled):
    """Our line is all that common-auth asks for."""
    enabled.edit('common-auth', UNIX, '')
    refused(enabled, 'common-auth')


def test_refusal_comes_before_any_change(enabled):
    enabled.write('sshd', 'auth required pam_xsuite.so\n')
    calls = enabled.calls()
    refused(enabled, 'sshd:1')
    assert enabled.calls() == calls


def test_no_pam_directory_is_no_reason(tree):
    for path in tree.pam.iterdir():
        path.unlink()
    tree.pam.rmdir()
    done = tree.run('sh', '-c', 'mkdir "$DPKG_ROOT/bin"; cd "$DPKG_ROOT/bin"; '
                    'ln -s /bin/true pam-auth-update; PATH=$PWD:$PATH exec '
                    f'{pam_tree.DEBIAN}/leave-stacks')
    assert done.returncode == 0, done
