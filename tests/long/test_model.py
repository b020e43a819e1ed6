# SPDX-License-Identifier: BSD-3-Clause
"""The Spin models of doc/model: what README.md there says of them, row by
row. Each search is of all states; a mutant has to break what is named."""

import pathlib
import re
import shutil
import subprocess

import pytest

MODELS = pathlib.Path(__file__).resolve().parents[2] / 'doc/model'
DEPTH = 1000000
MEGABYTES = 3500
SECONDS = 900

# How pan words the end of a search, by what is broken.
BROKEN = {
    ('file', 'once'): 'granted[code]==0',
    ('file', 'opens'): 'at!=255',
    ('file', 'unused'): 'unknown[step[current]]',
    ('file', 'recent'): '>=floor',
    ('confirm', 'once'): 'granted[typed]==0',
    ('confirm', 'kept'): '((valid&paper)!=0)',
    ('confirm', 'charged'): 'evaluations<=charges',
    ('confirm', 'fair'): 'spent==owed',
    ('confirm', 'paid'): 'written|| !(verdict)',
    ('confirm', 'off'): 'shut_commits==0',
    ('confirm', 'valid'): '(valid&(1<<typed))==0',
    ('shared', 'once'): 'granted==0',
    ('shared', 'durable'): '>=told',
    ('shared', 'charged once'): '<=guesses',
    ('shared', 'served'): 'violated fault',
    ('shared', 'no end'): 'invalid end state',
    ('record', 'absent'): '!(watch)',
    ('record', 'one record'): '(made==0) (at',
    ('record', 'synced'): '(record[0]==made)',
    ('record', 'whole'): 'whole[record[place]]',
    ('record', 'mismatch'): 'violated fault',
    ('record', 'its own'): '(record[0]==file)',
}

pytestmark = pytest.mark.skipif(
    shutil.which('spin') is None, reason='not installed: spin')


def rows(heading):
    """The rows of the table below a heading: lists of their cells."""
    text = (MODELS / 'README.md').read_text().split(f'\n## {heading}\n')[1]
    lines = [line for line in text.split('\n## ')[0].splitlines()
             if line.startswith('|')]
    assert len(lines) > 3, heading
    return [[cell.strip() for cell in line[1:-1].split('|')]
            for line in lines[2:]]


def flags(cell):
    found = re.findall(r'`([A-Z_0-9]+(?:=[0-9]+)?)`', cell)
    assert cell.replace('`', '').split() == found
    return found


HOLDS = [(row[0], flags(row[1]), row[2]) for row in rows('What holds')]
BREAKS = [(row[0], flags(row[1]), row[2])
          for row in rows('What breaks without a rule')]


def name(case):
    return '-'.join([case[0], *case[1]])


def search(place, model, switches, optimise):
    """Translates, compiles and runs: what pan says."""
    def run(*command):
        done = subprocess.run(
            command, cwd=place, stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=SECONDS)
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout

    run('spin', '-a', *(f'-D{switch}' for switch in switches),
        str(MODELS / f'{model}.pml'))
    run('gcc', optimise, '-w', '-DSAFETY', '-DCOLLAPSE',
        f'-DMEMLIM={MEGABYTES}', '-o', 'pan', 'pan.c')
    told = run('./pan', f'-m{DEPTH}')
    # Nothing was cut short.
    assert 'max search depth too small' not in told
    assert 'out of memory' not in told and 'memory limit' not in told
    return told


@pytest.mark.parametrize('case', HOLDS, ids=name)
def test_model_holds_in_every_state(case, tmp_path):
    model, switches, figure = case
    told = search(tmp_path, model, switches, '-O2')
    assert re.search(r'errors: 0$', told, re.M), told
    states = int(re.search(r'(\d+) states, stored', told)[1])
    print(f'{name(case)}: {states} states')
    # The table's figure is that of this very search.
    assert f'{states:,}' == figure


@pytest.mark.parametrize('case', BREAKS, ids=name)
def test_without_a_rule_the_model_breaks(case, tmp_path):
    model, switches, broken = case
    told = search(tmp_path, model, switches, '-O1')
    wrong = re.search(r'^pan:1: (.*)', told, re.M)
    assert wrong, told
    assert BROKEN[model, broken] in wrong[1]


def test_every_switch_of_the_models_is_in_the_tables():
    tried = {(model, switch.partition('=')[0])
             for model, switches, _ in HOLDS + BREAKS for switch in switches}
    for path in sorted(MODELS.glob('*.pml')):
        text = path.read_text()
        own = set(re.findall(r'^#define (\w+)', text, re.M))
        for switch in re.findall(r'^#ifn?def (\w+)', text, re.M):
            if switch not in own:
                assert (path.stem, switch) in tried, switch
    promised = {(model, row[0]) for row in rows('What is promised')
                for model in (['file', 'confirm', 'shared']
                              if row[1] == 'all' else [row[1]])}
    assert {(model, broken) for model, _, broken in BREAKS} <= promised
