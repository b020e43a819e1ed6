# SPDX-License-Identifier: BSD-3-Clause
"""A picture of a terminal: what a program wrote, as an emulator keeps it and
a font draws it, for whoever looks at it with a camera."""

import subprocess

import pyte
from PIL import Image, ImageDraw, ImageFont

FONT = '/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf'
LIGHT, DARK = 220, 16
MARGIN = 12


def rows(text, columns=80, lines=60):
    """The rows of an emulated terminal that got this."""
    screen = pyte.Screen(columns, lines)
    pyte.Stream(screen).feed(text)
    return [row.rstrip() for row in screen.display]


def picture(shown, points=16):
    """Light letters on a dark ground, each in a cell of its own."""
    font = ImageFont.truetype(FONT, points)
    wide = font.getlength('M')
    high = sum(font.getmetrics())
    image = Image.new('L', (int(wide * max(map(len, shown))) + 2 * MARGIN,
                            high * len(shown) + 2 * MARGIN), DARK)
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(shown):
        for x, letter in enumerate(row):
            if letter != ' ':
                draw.text((MARGIN + round(x * wide), MARGIN + y * high),
                          letter, font=font, fill=LIGHT)
    return image


def from_afar(image, times):
    """As a camera sees it that is too far away to tell the letters."""
    return image.resize((int(image.width / times), int(image.height / times)),
                        Image.BICUBIC)


def scan(image, path):
    """What zbarimg reads in it, '' for nothing."""
    image.save(path, 'PNG')
    done = subprocess.run(['zbarimg', '-q', '--raw', path], check=False,
                          capture_output=True, text=True, timeout=60)
    return done.stdout.strip()
