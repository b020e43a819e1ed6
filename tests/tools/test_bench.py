# SPDX-License-Identifier: BSD-3-Clause
"""What make bench reckons with what it measured."""

import json
import pathlib
import sys
import xml.etree.ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / 'tests/bench'
sys.path.append(str(BENCH))

import figures  # noqa: E402
import picture  # noqa: E402
import report as reports  # noqa: E402


def test_ratio_is_that_of_the_rounds_not_of_the_medians():
    # Three quiet rounds, and two in which the whole machine was slow.
    assert figures.ratio([10, 10, 10, 100, 200],
                         [20, 20, 20, 200, 400]) == 0.5
    # The medians alone would say 1.
    assert figures.ratio([1, 2, 30], [2, 4, 2]) == 0.5


def test_rounds_that_do_not_pair_are_an_error():
    for over, under in (([1, 2], [1]), ([], [])):
        with pytest.raises(ValueError):
            figures.ratio(over, under)
    with pytest.raises(ValueError):
        figures.add([1, 2], [1])


def test_parts_are_added_round_by_round():
    assert figures.add([1, 2], [10, 20], [100, 200]) == [111, 222]


def test_spread_is_the_quartiles():
    assert figures.spread([1, 2, 3, 4, 5]) == (2, 4)
    assert figures.spread([7]) == (7, 7)


@pytest.mark.parametrize('over, met', [([4, 5, 5], True), ([5, 6, 6], False)])
def test_target_is_met_at_the_bound_and_missed_above(over, met):
    row = figures.ratio_row('1', 'a / b', over, [10, 10, 10], 0.5)
    assert row.met is met
    assert row.verdict == ('met' if met else 'NOT MET')
    assert row.bound == 'at most 0.5 x'


def test_figure_without_a_bound_is_neither_met_nor_missed():
    report = reports.Report()
    report.note('2', 'how long', '3 us')
    assert report.rows[0].verdict == ''
    assert reports.end(report) == 0


def test_missed_targets_are_counted(capsys):
    report = reports.Report()
    report.add(figures.count_row('7', 'calls', 31, 30))
    report.add(figures.count_row('7', 'calls', 30, 30))
    assert reports.end(report) == 1
    assert capsys.readouterr().out.endswith('1 of 2 targets met\n')


@pytest.mark.parametrize('syncs', [[], [1_000_001], [1, 2_000_000, 3_000_000]])
def test_noisy_machine_is_refused(syncs):
    with pytest.raises(figures.TooNoisy):
        figures.refuse_noise(syncs)


def test_single_slow_sync_is_no_noise():
    assert figures.refuse_noise([100_000, 120_000, 90_000_000]) == 120_000
    assert figures.refuse_noise([1_000_000]) == 1_000_000


def test_noise_is_told_with_its_size():
    with pytest.raises(figures.TooNoisy, match='1,500 us'):
        figures.refuse_noise([1_500_000])


def test_document_gets_another_table_and_keeps_the_rest():
    text = f'# Speed\n\n{reports.BEGIN}\nold\n{reports.END}\n\nThe floor.\n'
    report = reports.Report()
    report.note('1', 'login', '2 x')
    new = reports.put_between(text, reports.markdown(report, 'A machine'))
    assert new.startswith('# Speed\n')
    assert new.endswith('\n\nThe floor.\n')
    assert 'old' not in new
    assert '| 1 | login | 2 x |  |  |' in new
    again = reports.put_between(new, reports.markdown(report, 'A machine'))
    assert again == new


@pytest.mark.parametrize('text', ['', reports.BEGIN, reports.END])
def test_document_without_its_marks_is_not_written(text):
    with pytest.raises(ValueError):
        reports.put_between(text, 'x')


def test_performance_document_has_its_marks():
    reports.put_between(reports.DOCUMENT.read_text(encoding='utf-8'), 'x')


def test_bars_are_as_long_as_what_they_stand_for():
    drawn = picture.draw({'A <b>': [('one', 1000, True), ('four', 4000, False),
                                    ('nothing', 1, False)]})
    root = xml.etree.ElementTree.fromstring(drawn)
    space = '{http://www.w3.org/2000/svg}'
    wide = [int(bar.get('width')) for bar in root.iter(f'{space}rect')]
    assert wide[1] == wide[0] * 4
    assert wide[2] == 2
    assert int(root.get('width')) == 800
    texts = [each.text for each in root.iter(f'{space}text')]
    assert 'A <b>' in texts and '1 µs' in texts
    assert [bar.get('class') for bar in root.iter(f'{space}rect')] == [
        'ours', 'bar', 'bar']


def test_picture_fits_into_its_width():
    longest = max(800 - picture.RIGHT - picture.LEFT, 0)
    assert picture.LEFT + longest + picture.RIGHT == picture.WIDTH
    assert picture.length(5, 5) == longest


def test_without_a_namespace_it_says_why_and_measures_nothing(
        monkeypatch, capsys):
    import bench
    monkeypatch.setattr(sys, 'argv', ['bench.py'])
    monkeypatch.setattr(bench.namespace, 'available', lambda: 'not root')
    assert bench.main() == 77
    assert capsys.readouterr() == ('', 'make bench: not root\n')


class NoPlace:
    """In the place of users, stacks and stores."""
    disk = '/'

    def close(self):
        pass


@pytest.mark.parametrize('sync, status', [(2_000_000, 75), (200_000, 1)])
def test_nothing_is_told_of_a_noisy_machine(monkeypatch, capsys, sync,
                                            status):
    import bench

    def measure(_place, _names, report):
        report.syncs += [sync] * 3
        report.add(figures.count_row('7', 'calls', 31, 30))
    monkeypatch.setattr(sys, 'argv', ['bench.py'])
    monkeypatch.delenv('XS_WRITE', raising=False)
    monkeypatch.setattr(bench.namespace, 'available', lambda: None)
    monkeypatch.setattr(bench, 'others', lambda: [])
    monkeypatch.setattr(bench, 'Place', NoPlace)
    monkeypatch.setattr(bench, 'measure', measure)
    assert bench.main() == status
    assert ('calls' in capsys.readouterr().out) is (status == 1)


def test_other_scripts_hand_their_rows_over(tmp_path):
    import bench
    script = tmp_path / 'fleet_rows'
    line = {'target': '6', 'what': 'a fleet', 'figure': '3 x',
            'bound': 'at least 2 x', 'met': True}
    script.write_text(f'#!/bin/sh\ncat <<E\n{json.dumps(line)}\nE\n')
    script.chmod(0o755)
    report = reports.Report()
    bench.run_other(script, report)
    assert report.rows == [figures.Row(**line)]
