"""A picture of the running desk, drawn cell by cell from what it wrote to a pseudo-terminal.

`python -m bench.picture OUT.png COLUMNSxROWS [KEYS,…] -- griddesk --store S --as OFFICER desk`; needs Pillow and
the fonts DejaVu Sans Mono and WenQuanYi Zen Hei.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.support.pty import Terminal

WIDTH, HEIGHT = 10, 21
INK, GROUND = "#d0d0d0", "#16181c"
COLOURS = {
    "black": "#000000", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b", "yellow": "#e5c07b",
    "blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#d0d0d0",
    "brightblack": "#7f848e", "brightred": "#ff7b86", "brightgreen": "#b5e890", "brightyellow": "#ffd98a",
    "brightblue": "#7fc1ff", "brightcyan": "#7fd8e4", "brightwhite": "#ffffff",
}  # fmt: skip
LATIN = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
BOLD = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"
HAN = "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"


def colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return COLOURS.get(name, f"#{name}" if len(name) == 6 else default)


def draw(screen: Any, out: Path) -> None:
    """Every cell in its place, whatever a font thinks of widths."""
    from PIL import Image, ImageDraw, ImageFont

    faces = {
        (False, False): ImageFont.truetype(LATIN, 16),
        (False, True): ImageFont.truetype(BOLD, 16),
        (True, False): ImageFont.truetype(HAN, 18),
        (True, True): ImageFont.truetype(HAN, 18),
    }
    image = Image.new("RGB", (screen.columns * WIDTH + 24, screen.lines * HEIGHT + 24), GROUND)
    pen = ImageDraw.Draw(image)
    words = []
    for y in range(screen.lines):
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            ink, ground = colour(cell.fg, INK), colour(cell.bg, GROUND)
            if cell.reverse:
                ink, ground = ground, ink
            left, top = x * WIDTH + 12, y * HEIGHT + 12
            if ground != GROUND:
                pen.rectangle((left, top, left + WIDTH - 1, top + HEIGHT - 1), fill=ground)
            if cell.data.strip():
                words.append((left, top, cell, ink))
    for left, top, cell, ink in words:
        wide = ord(cell.data[0]) > 0x2E80
        pen.text((left, top), cell.data, font=faces[wide, bool(cell.bold)], fill=ink)
    image.save(out, optimize=True)


def main(words: list[str]) -> None:
    cut = words.index("--")
    out, size, *keys = words[:cut]
    columns, rows = (int(part) for part in size.split("x"))
    with Terminal(words[cut + 1 :], size=(columns, rows)) as terminal:
        terminal.wait_until(lambda shown: bool(shown.strip()), "the first screen")
        terminal.settle(quiet=2.5, deadline=20.0)
        for key in ",".join(keys).split(",") if keys else []:
            terminal.press(key)
            terminal.settle(quiet=0.8)
        draw(terminal._screen, Path(out))


if __name__ == "__main__":
    main(sys.argv[1:])
