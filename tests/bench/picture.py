# SPDX-License-Identifier: BSD-3-Clause
"""Bars as an SVG that is read on white and on black alike."""

from xml.sax.saxutils import escape

from figures import microseconds

WIDTH, LEFT, RIGHT = 800, 250, 90
LINE, BAR, GAP = 26, 16, 22
STYLE = '''
text { font: 13px system-ui, sans-serif; fill: #24292f }
.head { font-weight: 600; font-size: 14px }
.bar { fill: #9aa4af }
.ours { fill: #1a7f5a }
.rule { stroke: #c6ccd2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .bar { fill: #6e7781 }
  .ours { fill: #3fb68b }
  .rule { stroke: #444c56 }
}
'''


def length(value, most):
    """Of a bar, never so short that it is not seen."""
    return max(2, round((WIDTH - LEFT - RIGHT) * value / most))


def group_of(title, bars, top):
    most = max(value for _, value, _ in bars)
    out = [f'<text class="head" x="10" y="{top + 16}">{escape(title)}</text>']
    for number, (name, value, ours) in enumerate(bars):
        y = top + LINE * (number + 1)
        wide = length(value, most)
        out.append(
            f'<text x="{LEFT - 10}" y="{y + 13}" text-anchor="end">'
            f'{escape(name)}</text>'
            f'<rect class="{"ours" if ours else "bar"}" x="{LEFT}" y="{y}" '
            f'width="{wide}" height="{BAR}" rx="2"/>'
            f'<text x="{LEFT + wide + 6}" y="{y + 13}">'
            f'{microseconds(value).replace("us", "µs")}</text>')
    return out, top + LINE * (len(bars) + 1) + GAP


def draw(groups):
    """groups: title -> [(name, nanoseconds, is it ours)]."""
    body, top = [], 10
    for title, bars in groups.items():
        lines, top = group_of(title, bars, top)
        body += lines
    body.insert(0, f'<line class="rule" x1="{LEFT}" y1="10" x2="{LEFT}" '
                f'y2="{top - GAP}"/>')
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{top}" viewBox="0 0 {WIDTH} {top}" role="img">',
        '<title>How long a login takes, beside its peers</title>',
        f'<style>{STYLE}</style>', *body, '</svg>', ''])
