# SPDX-License-Identifier: BSD-3-Clause
"""A change of the settings, and the first set-up, struck at any of its system
calls: what was there works, or what was to be."""

import pytest

from changes import CHANGES, Change, FirstSetUp, prepare
from sweep import Flow, is_log_cut
from tally import tally

FLOWS = (*CHANGES, 'first')


def flow_of(host, name):
    change = FirstSetUp(host) if name == 'first' else Change(
        host, prepare(host), name)
    return change, Flow(host, change.bench.run, change.judge,
                        alone=True)


@pytest.mark.parametrize('name', FLOWS)
def test_killed_change_is_made_or_not(host, name):
    _, flow = flow_of(host, name)
    tally('kill sweep', flow.kill(), f'settings, {name}')


def told_flow_of(host, name):
    change, flow = flow_of(host, name)

    def told(talk, what):
        """Who was not let in, or heard that nothing changed, finds why."""
        assert change.bench.finished(talk) or is_log_cut(what) or \
            host.log.module(), what
        change.judge(talk, what)

    flow.judge = told
    return flow


@pytest.mark.parametrize('name', FLOWS)
def test_failing_call_is_told_and_changes_all_or_nothing(host, name):
    flow = told_flow_of(host, name)
    tally('error sweep', flow.fail(), f'settings, {name}')


@pytest.mark.parametrize('name', FLOWS)
def test_failing_allocation_is_told_and_changes_all_or_nothing(host, name):
    flow = told_flow_of(host, name)
    tally('memory sweep', flow.starve(), f'settings, {name}')
