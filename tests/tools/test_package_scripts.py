# SPDX-License-Identifier: BSD-3-Clause
"""What happens to key and state when the package is configured and purged:
the scripts themselves, with programs that only note that they were called."""

import pathlib
import re
import subprocess

import pytest

DEBIAN = pathlib.Path(__file__).resolve().parents[2] / 'debian'
CONFMODULE = '/usr/share/debconf/confmodule'
# What debconf's shell functions do, as far as they are used. The real one, too,
# begins by starting the script anew, with the words where it is read.
DEBCONF = '''
if [ -z "$STARTED" ]; then
	STARTED=1
	export STARTED
	exec sh "$0" "$@"
fi
db_stop() { echo db_stop >>"$NOTES"; }
db_input() { echo "db_input $*" >>"$NOTES"; return 30; }
db_go() { :; }
db_get() { RET=$ANSWER; [ -n "$ANSWER" ]; }
'''


class Scripts:
    def __init__(self, path):
        self.root = path / 'root'
        self.notes = path / 'notes'
        self.path = path
        (path / 'confmodule').write_text(DEBCONF)
        (path / 'bin').mkdir()
        self.key = self.root / 'etc/xsuite/host.key'
        self.record = self.root / 'var/lib/xsuite/users/1000'
        for file in (self.key, self.record):
            file.parent.mkdir(parents=True)
            file.write_text('secret')

    def program(self, name, code=0):
        file = self.path / 'bin' / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>"$NOTES"\n'
                        f'exit {code}\n')
        file.chmod(0o755)

    def run(self, name, *words, answer='', confmodule=True):
        text = (DEBIAN / f'libpam-xsuite.{name}').read_text()
        text = text.replace(CONFMODULE, str(
            self.path / ('confmodule' if confmodule else 'none')))
        assert text.count('#DEBHELPER#') <= 1
        script = self.path / name
        script.write_text(text)
        return subprocess.run(
            ['sh', script, *words], capture_output=True, text=True,
            check=False, timeout=60, env={
                'PATH': f'{self.path}/bin:/usr/bin:/bin',
                'NOTES': str(self.notes), 'ANSWER': answer,
                'DPKG_ROOT': str(self.root)})

    def noted(self):
        return (self.notes.read_text().splitlines()
                if self.notes.exists() else [])


@pytest.fixture
def scripts(tmp_path):
    return Scripts(tmp_path)


def test_first_installation_makes_key_and_state(scripts):
    scripts.program('xsuite-admin')
    assert scripts.run('postinst', 'configure', '').returncode == 0
    assert 'xsuite-admin init' in scripts.noted()


def test_installation_without_key_or_state_fails(scripts):
    scripts.program('xsuite-admin', code=74)
    assert scripts.run('postinst', 'configure', '').returncode != 0


def test_upgrade_makes_no_state(scripts):
    """A marker where the state is not mounted would say that nobody has a
    second step."""
    scripts.program('xsuite-admin')
    done = scripts.run('postinst', 'configure', '0.0.9')
    assert (done.returncode, done.stderr) == (0, '')
    assert 'xsuite-admin status' in scripts.noted()
    assert not [line for line in scripts.noted() if 'init' in line]


def test_upgrade_tells_what_is_missing_and_goes_on(scripts):
    scripts.program('xsuite-admin', code=74)
    done = scripts.run('postinst', 'configure', '0.0.9')
    assert done.returncode == 0
    assert 'nothing was changed' in done.stderr
    assert not [line for line in scripts.noted() if 'init' in line]


@pytest.mark.parametrize('why', ['abort-upgrade', 'abort-remove',
                                 'abort-deconfigure'])
def test_what_is_given_up_changes_nothing(scripts, why):
    assert scripts.run('postinst', why, '0.0.9').returncode == 0
    assert scripts.noted() == ['db_stop']


@pytest.mark.parametrize('answer', ['', 'false', 'yes', 'True'])
def test_purge_keeps_key_and_state_unless_told(scripts, answer):
    assert scripts.run('postrm', 'purge', answer=answer).returncode == 0
    assert 'db_input high libpam-xsuite/purge-state' in scripts.noted()
    assert scripts.key.exists() and scripts.record.exists()


def test_purge_without_debconf_keeps_key_and_state(scripts):
    done = scripts.run('postrm', 'purge', answer='true', confmodule=False)
    assert done.returncode == 0
    assert scripts.key.exists() and scripts.record.exists()


def test_purge_deletes_key_and_state_when_told(scripts):
    assert scripts.run('postrm', 'purge', answer='true').returncode == 0
    assert not (scripts.root / 'var/lib/xsuite').exists()
    assert not (scripts.root / 'etc/xsuite').exists()


def test_purge_leaves_what_else_is_in_the_directory(scripts):
    other = scripts.key.parent / 'sms-token'
    other.write_text('mine')
    assert scripts.run('postrm', 'purge', answer='true').returncode == 0
    assert other.read_text() == 'mine'
    assert not scripts.key.exists()


@pytest.mark.parametrize('why', ['remove', 'upgrade', 'failed-upgrade',
                                 'abort-install', 'abort-upgrade',
                                 'disappear'])
def test_only_purge_asks_and_deletes(scripts, why):
    assert scripts.run('postrm', why, answer='true').returncode == 0
    assert scripts.noted() == []
    assert scripts.key.exists() and scripts.record.exists()


@pytest.mark.parametrize('why, times', [
    ('remove', 1), ('upgrade', 0), ('deconfigure', 0), ('failed-upgrade', 0)])
def test_stacks_are_left_before_the_module_goes(scripts, why, times):
    """An upgrade is no removal: stacks go on naming the module."""
    text = (DEBIAN / 'libpam-xsuite.prerm').read_text()
    called = re.findall(r'/usr/share/libpam-xsuite/leave-stacks', text)
    assert len(called) == 1
    scripts.program('leave-stacks')
    subprocess.run(['sh', '-c', text.replace(
        called[0], str(scripts.path / 'bin/leave-stacks')), 'prerm', why],
        check=True, env={'PATH': '/usr/bin:/bin',
                         'NOTES': str(scripts.notes)})
    assert len(scripts.noted()) == times


def test_question_of_purge_is_no_unless_told():
    text = (DEBIAN / 'libpam-xsuite.templates').read_text()
    assert 'Type: boolean\nDefault: false\n' in text


@pytest.mark.parametrize('name', ['config', 'postinst', 'prerm', 'postrm'])
def test_scripts_stop_at_the_first_failure(name):
    text = (DEBIAN / f'libpam-xsuite.{name}').read_text()
    assert text.startswith('#!/bin/sh\n') and '\nset -e\n' in text
    subprocess.run(['sh', '-n', DEBIAN / f'libpam-xsuite.{name}'], check=True)
