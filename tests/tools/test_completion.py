# SPDX-License-Identifier: BSD-3-Clause
"""What bash offers at the Tab key, and that it is what the programs take."""

import os
import pathlib
import pwd
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
PROGRAMS = ['xsuite', 'xsuite-admin', 'xsuite-helpdesk']
# Forms of usage that a program may come to have.
USAGE = '''usage: program [--config FILE] [--json] COMMAND ...

Commands:
  enrol USER [--phone NUMBER] [--replace] with one blank before the prose
  phone USER NUMBER|--remove  set or forget
  default USER app|sms     what is asked first
  import google|oath ...   take over
  copy --from STORE --to STORE  all of them
  code USER [--valid 24h]  for a day
  app USER --remove        forget it
  unlock USER [METHOD]     go on
  list [--in GROUP] [--by M]
                           everybody

Options, before the command:
  --config FILE            options file
  --json                   answer in JSON
'''
SCRIPT = '''source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
before=$(shopt; set -o; echo "$IFS")
_xsuite "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
[[ $before == "$(shopt; set -o; echo "$IFS")" ]] || echo CHANGED
[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
'''


def complete(*words, cwd=ROOT):
    done = subprocess.run(
        ['bash', '--norc', '-c', SCRIPT, 'bash',
         ROOT / 'completions/xsuite', *words], cwd=cwd, text=True,
        capture_output=True, check=True, timeout=60)
    assert done.stderr == ''
    return set(done.stdout.splitlines())


@pytest.fixture
def program(tmp_path):
    path = tmp_path / 'program'
    path.write_text(f"#!/bin/sh\ncat <<'E'\n{USAGE}E\n")
    path.chmod(0o755)
    return path


def users():
    return {entry.pw_name for entry in pwd.getpwall()}


@pytest.mark.parametrize('name', PROGRAMS)
def test_first_words_are_those_of_help(name):
    path = BUILD / name
    if not path.exists():
        pytest.skip(f'{name} is not built')
    done = subprocess.run([path, '--help'], capture_output=True, text=True,
                          check=False)
    listed = set(re.findall(r'^  (--[\w-]+|[a-z][\w-]*)', done.stdout, re.M))
    if not listed:  # It takes no options: --help is answered by the usage.
        listed = set(re.search(rf'usage: {name} (\S+) USER',
                               done.stderr).group(1).split('|'))
    assert len(listed) > 1
    assert complete(path, '') == listed


def test_options_of_a_command_are_those_of_help():
    path = BUILD / 'xsuite-admin'
    text = subprocess.run([path, '--help'], capture_output=True, text=True,
                          check=True).stdout
    for line in text.split('Commands:\n')[1].split('\n\n')[0].splitlines():
        word = line.split()[0]
        if line.startswith('   '):  # prose
            continue
        # Some stand in the place of an operand.
        offered = complete(path, word, '--') | complete(path, word, 'x', '--')
        assert offered == set(
            re.findall(r'--[\w-]+', line.split('  ')[1])), word


def test_a_word_begun_is_completed(program):
    assert complete(program, 'en') == {'enrol'}
    assert complete(program, '--j') == {'--json'}
    assert complete(program, 'enrol', 'ro') >= {'root'}
    assert complete(program, 'enrol', 'root', '--r') == {'--replace'}


def test_options_before_the_command_are_no_command(program):
    assert complete(program, '--json', 'en') == {'enrol'}
    assert complete(program, '--config', 'somewhere', 'en') == {'enrol'}


def test_a_file_is_offered_where_one_is_wanted(program):
    assert complete(program, '--config', 'pro', cwd=program.parent) == \
        {'program'}


def test_accounts_are_offered_where_one_is_wanted(program):
    assert complete(program, 'unlock', '') == users()
    assert complete(program, 'enrol', '--replace', '') == \
        users() | {'--phone'}


@pytest.mark.parametrize('words, offered', [
    (['unlock', 'root', ''], {'app', 'sms', 'backup'}),
    (['default', 'root', ''], {'app', 'sms'}),
    (['import', ''], {'google', 'oath'}),
    (['phone', 'root', ''], {'--remove'}),
    (['app', 'root', '-'], {'--remove'}),
    (['copy', '--'], {'--from', '--to'}),
    (['copy', '--from', ''], {'file', 'postgresql'}),
    (['copy', '--from', 'file', '--to', 'p'], {'postgresql'}),
    (['code', 'root', '--valid', ''], {'24h'}),
    (['enrol', 'root', ''], {'--phone', '--replace'}),
    (['enrol', 'root', '--replace', ''], {'--phone'}),
    (['enrol', 'root', '--phone', ''], set()),
    (['unlock', 'root', 'app', ''], set()),
    (['list', '--in', 'ro'], {'root'}),
    (['nonsense', ''], set())])
def test_what_can_follow_is_offered(program, words, offered):
    assert complete(program, *words) == offered


def test_a_program_that_is_not_there_offers_nothing(tmp_path):
    assert complete(tmp_path / 'none', '') == set()


def test_bash_finds_it_under_each_name():
    text = (ROOT / 'completions/xsuite').read_text()
    assert text.splitlines()[-1] == 'complete -F _xsuite ' + ' '.join(PROGRAMS)
