# SPDX-License-Identifier: BSD-3-Clause
"""doc/standards.md answers every row that it has to. It and doc/threats.md
name tests that exist, and odds that follow from what the tests play."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROWS = [f'{letter}{n + 1}'
        for letter, count in (('G', 8), ('T', 12), ('B', 15), ('S', 14),
                              ('C', 5), ('L', 15), ('P', 18))
        for n in range(count)]
STATES = ('met', 'met with', 'met otherwise', 'in part', 'not met', 'outside')
PROOF = re.compile(r'`([a-z0-9]+/test_\w+\.(?:c|py))::(test_\w+)`')


def read(name):
    return (ROOT / 'doc' / name).read_text(encoding='utf-8')


def rows():
    """{id: text below its heading}, in the order of the document."""
    parts = re.split(r'^### (\w+) .*\n', read('standards.md'), flags=re.M)
    # What follows the last row of a table belongs to none.
    return {name: text.split('\n## ')[0]
            for name, text in zip(parts[1::2], parts[2::2])}


def state(text):
    return re.search(r' · \*\*([a-z ]+)\*\*', text).group(1)


def defined(path):
    """The tests that a file defines, and that a C program runs as well."""
    source = (ROOT / 'tests' / path).read_text(encoding='utf-8')
    if path.endswith('.py'):
        return set(re.findall(r'^def (test_\w+)\(', source, re.M))
    names = set(re.findall(r'^(test_\w+)\(', source, re.M))
    body = source[source.index('\nmain('):]
    return {name for name in names if re.search(rf'\b{name}\b', body)}


@pytest.mark.parametrize('page', ['standards.md', 'threats.md'])
def test_named_proofs_exist(page):
    proofs = PROOF.findall(read(page))
    assert len(proofs) > 20
    for path, name in proofs:
        assert (ROOT / 'tests' / path).exists(), path
        assert name in defined(path), (path, name)
    # Nothing that is meant as a proof is written in another way.
    text = PROOF.sub('', read(page))
    assert not re.findall(r'\btest_\w+', text)


def test_every_row_is_there_once_and_in_order():
    headings = re.findall(r'^### (\w+) ', read('standards.md'), re.M)
    assert headings == ROWS


@pytest.mark.parametrize('row', ROWS)
def test_row_says_how_it_stands_and_what_proves_it(row):
    text = rows()[row]
    assert state(text) in STATES
    assert text.count('\nProof: ') + text.count('\nNo test: ') == 1
    assert ('\nProof: ' in text) == bool(PROOF.search(text))
    # What is done in another way, or not at all, says why.
    reason = re.split(r'\n(?:Proof|No test):', text)[0].split('\n\n', 1)[-1]
    assert state(text) == 'met' or len(reason.split()) >= 10, text


def test_what_is_not_met_stands_at_the_top():
    begin = ' '.join(read('standards.md').split('\n## ')[0].split())
    for word in ('in part', 'not met', 'outside'):
        listed = re.search(rf'{word} (?:are|is) ((?:[A-Z]\d+(?:, | and )?)+)',
                           begin)
        assert re.findall(r'[A-Z]\d+', listed.group(1)) == [
            row for row in ROWS if state(rows()[row]) == word]


def test_odds_follow_from_the_guesses():
    """Right are three app codes of 10^6 or 10^8, one code by SMS, one backup
    code; the guesses of a year are those that test_odds.c demands."""
    played = (ROOT / 'tests/unit/test_odds.c').read_text(encoding='utf-8')
    table = re.findall(r'^\| [a-z ,\']+ \| (\d+) \| (.*) \|$',
                       read('threats.md'), re.M)
    assert len(table) == 4
    for guesses, odds in table:
        assert re.search(rf'_{guesses}_guesses', played), guesses
        for cell, chance in zip(odds.split(' | '), (3e-6, 1e-6, 3e-8, 1e-8),
                                strict=True):
            shown = cell.removesuffix(' %')
            places = len(shown.split('.')[1])
            exact = 100 * (1 - (1 - chance) ** int(guesses))
            assert f'{exact:.{places}f}' == shown, (guesses, cell, exact)
