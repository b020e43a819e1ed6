# SPDX-License-Identifier: BSD-3-Clause
"""What a newcomer sees first stays short, and its pictures fit a page."""

import pathlib
import re
import struct
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURES = ROOT / 'doc/pictures'
LINES, BYTES, WIDE = 200, 100_000, 800


def shown():
    """The pictures that pages show, each by its path."""
    return {((ROOT / page).parent / target).resolve()
            for page in ('README.md', 'doc/user.md', 'doc/gebruiker.md')
            for target in re.findall(r'!\[[^]]+\]\(([^)]+)\)',
                                     (ROOT / page).read_text(encoding='utf-8'))}


def test_readme_is_short():
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    assert len(text.splitlines()) <= LINES


def test_pictures_are_those_that_pages_show():
    assert shown() == set(PICTURES.iterdir())


def width_of(path):
    head = path.read_bytes()[:24]
    if path.suffix == '.svg':
        return int(xml.etree.ElementTree.parse(path).getroot().get('width'))
    assert head[:8] == b'\x89PNG\r\n\x1a\n', path
    return struct.unpack('>I', head[16:20])[0]


def test_pictures_fit_a_page():
    for path in PICTURES.iterdir():
        assert width_of(path) <= WIDE, path
        assert path.stat().st_size <= BYTES, path


def test_dutch_page_says_what_the_english_one_does():
    """Heading by heading, picture by picture."""
    pages = [(ROOT / 'doc' / name).read_text(encoding='utf-8')
             for name in ('user.md', 'gebruiker.md')]
    for kind in (r'^(#+) ', r'^(!)\[', r'^(\d)\. ', r'^(\*\*).*\*\*'):
        english, dutch = (re.findall(kind, page, re.M) for page in pages)
        assert english == dutch != []
