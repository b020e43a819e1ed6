# SPDX-License-Identifier: BSD-3-Clause
"""What the Debian package says of itself, without building it."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN = ROOT / 'debian'


def test_version_is_that_of_news():
    changelog = (DEBIAN / 'changelog').read_text(encoding='utf-8')
    news = (ROOT / 'NEWS').read_text(encoding='utf-8')
    assert re.match(r'pam-xsuite \(([\d.]+)\) ', changelog).group(1) == \
        re.match(r'pam_xsuite ([\d.]+)\n', news).group(1)


def test_licence_is_the_licence():
    words = (ROOT / 'LICENSE').read_text(encoding='utf-8').split()
    told = (DEBIAN / 'copyright').read_text(encoding='utf-8')
    told = re.sub(r'^ \.$', '', told, flags=re.M).split()
    start = words.index('Redistribution')
    assert told[-len(words[start:]):] == words[start:]


def test_what_building_needs_is_what_the_package_needs_to_be_built():
    """tests/deps has it for a build by hand; libc and tools are given."""
    listed = re.search(r"^packages='(.*?)'", (
        ROOT / 'tests/deps').read_text(encoding='utf-8'), re.M | re.S)
    control = (DEBIAN / 'control').read_text(encoding='utf-8')
    wanted = re.search(r'^Build-Depends: (.*?)^\S', control, re.M | re.S)
    assert {name for name in listed.group(1).split()
            if name.endswith('-dev')} - {'libc6-dev'} == {
        name for name in re.findall(r'[\w.+-]+-dev\b(?! <)', wanted.group(1))}


def test_libpq_comes_with_a_package_of_its_own():
    """Which is of the very version, and has the plug-in alone."""
    control = (DEBIAN / 'control').read_text(encoding='utf-8')
    packages = {text.split()[0]: text for text in
                control.split('\nPackage: ')[1:]}
    assert set(packages) == {'libpam-xsuite', 'libpam-xsuite-postgresql'}
    depends = re.search(r'^Depends: (.*?)^\S', packages[
        'libpam-xsuite-postgresql'], re.M | re.S).group(1)
    assert 'libpam-xsuite (= ${binary:Version})' in depends
    rules = (DEBIAN / 'rules').read_text(encoding='utf-8')
    assert re.findall(r'(\S+) \$\(P\)-postgresql', rules) == [
        '-p', '$(P)$(PLUGINS)/store_postgresql.so']
