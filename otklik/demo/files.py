"""Files of the demo company, drawn and written on the spot: photos of displays, frost, plates and doors, small
papers."""

import io
import random
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE: Final = (640, 480)
_SEGMENTS: Final = {
    "0": "abcdef",
    "1": "bc",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgedc",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
    "-": "g",
    "E": "afged",
    "r": "eg",
    "P": "abfge",
    "F": "afge",
    "H": "fbgec",
    "A": "abcefg",
    "L": "fed",
    "d": "bcdeg",
    " ": "",
}
_BARS: Final = {
    "a": (0.15, 0.0, 0.85, 0.0),
    "b": (1.0, 0.06, 1.0, 0.44),
    "c": (1.0, 0.56, 1.0, 0.94),
    "d": (0.15, 1.0, 0.85, 1.0),
    "e": (0.0, 0.56, 0.0, 0.94),
    "f": (0.0, 0.06, 0.0, 0.44),
    "g": (0.15, 0.5, 0.85, 0.5),
}


def _jpeg(image: Image.Image, quality: int = 68) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _background(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    """A soft gradient with a little noise: what a phone makes of a wall in a shop."""
    return _wall(top, bottom).copy()


@cache
def _wall(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(SIZE)
    image = Image.composite(Image.new("RGB", SIZE, bottom), Image.new("RGB", SIZE, top), ramp)
    # a fixed pattern: Pillow's own noise differs from run to run
    rng = random.Random("wall")
    grain = Image.frombytes("L", (64, 48), rng.randbytes(64 * 48)).resize(SIZE, Image.Resampling.BILINEAR)
    return Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.06)


@cache
def display(text: str) -> bytes:
    """A photo of a controller that shows `text` in seven segments."""
    rng = random.Random(f"display/{text}")
    image = _background((196, 200, 204), (120, 124, 130))
    draw = ImageDraw.Draw(image)
    left, top = 110 + rng.randint(-20, 20), 130 + rng.randint(-20, 20)
    draw.rounded_rectangle((left, top, left + 420, top + 220), 22, fill=(26, 28, 31), outline=(70, 72, 76), width=5)
    draw.rounded_rectangle((left + 28, top + 40, left + 300, top + 180), 10, fill=(8, 10, 10))
    colour = rng.choice([(255, 62, 46), (255, 150, 30), (70, 225, 120)])
    shown = text.replace("+", " ").replace("−", "-").replace("°C", "").strip()[:3].rjust(3)
    for place, letter in enumerate(shown):
        _digit(draw, left + 48 + place * 86, top + 62, letter, colour)
    for place in range(4):
        draw.ellipse(
            (
                left + 330 + (place % 2) * 40,
                top + 70 + (place // 2) * 60,
                left + 356 + (place % 2) * 40,
                top + 96 + (place // 2) * 60,
            ),
            fill=(58, 61, 66),
        )
    return _jpeg(image)


def _digit(draw: ImageDraw.ImageDraw, x: int, y: int, letter: str, colour: tuple[int, int, int]) -> None:
    wide, high = 56, 96
    lit = _SEGMENTS.get(letter, _SEGMENTS.get(letter.upper(), ""))
    for name, (x1, y1, x2, y2) in _BARS.items():
        fill = colour if name in lit else (24, 26, 26)
        draw.line((x + x1 * wide, y + y1 * high, x + x2 * wide, y + y2 * high), fill=fill, width=11)


@cache
def frost(seed: int) -> bytes:
    """A photo of an evaporator under ice."""
    rng = random.Random(f"frost/{seed}")
    image = _background((214, 226, 234), (150, 170, 184))
    draw = ImageDraw.Draw(image)
    for x in range(20, SIZE[0], 13):
        shade = rng.randint(150, 186)
        draw.line((x, 40, x + rng.randint(-3, 3), SIZE[1] - 30), fill=(shade, shade + 12, shade + 18), width=5)
    for _ in range(150):
        x, y, size = rng.randint(0, SIZE[0]), int(SIZE[1] * (1 - rng.random() ** 2)), rng.randint(14, 58)
        shade = rng.randint(224, 252)
        draw.ellipse((x - size, y - size // 2, x + size, y + size // 2), fill=(shade - 8, shade - 3, shade))
    return _jpeg(image.filter(ImageFilter.BoxBlur(4)), 62)


@cache
def plate(model: str, serial: str) -> bytes:
    """A photo of a rating plate; the typeface at hand knows Latin letters only, as most plates do."""
    rng = random.Random(f"plate/{model}/{serial}")
    image = _background((92, 96, 102), (58, 60, 64))
    draw = ImageDraw.Draw(image)
    box = (90, 110, 560, 380)
    draw.rounded_rectangle(box, 14, fill=(206, 208, 206), outline=(120, 122, 120), width=4)
    for x, y in ((108, 128), (542, 128), (108, 362), (542, 362)):
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=(130, 132, 134))
    latin = model.encode("ascii", "ignore").decode().strip(" -,") or "REF"
    rows = [
        ("MODEL", latin),
        ("SERIAL No", serial),
        ("REFRIGERANT", rng.choice(("R404A 1.4 kg", "R290 0.12 kg", "R134a 0.6 kg"))),
        ("SUPPLY", rng.choice(("230 V 50 Hz", "400 V 3N 50 Hz"))),
        ("MADE", str(rng.randint(2015, 2024))),
    ]
    for place, (label, value) in enumerate(rows):
        draw.text((136, 140 + place * 44), label, font=_font(20), fill=(90, 92, 94))
        draw.text((320, 136 + place * 44), value, font=_font(26), fill=(30, 31, 33))
    return _jpeg(image)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@cache
def door(seed: int) -> bytes:
    """A photo of a cold room door that does not close."""
    rng = random.Random(f"door/{seed}")
    image = _background((176, 178, 176), (110, 112, 112))
    draw = ImageDraw.Draw(image)
    gap = rng.randint(6, 22)
    draw.rectangle((150, 30, 500, 470), fill=(52, 56, 60))
    draw.polygon(
        [(158, 38), (490, 38), (490, 452 + gap // 2), (158, 452 - gap)], fill=(226, 229, 230), outline=(150, 152, 154)
    )
    draw.rounded_rectangle((448, 220, 474, 300), 8, fill=(90, 94, 98))
    for y in (110, 380):
        draw.rectangle((146, y, 176, y + 34), fill=(120, 124, 128))
    draw.polygon([(158, 452 - gap), (490, 452 + gap // 2), (490, 470), (158, 470)], fill=(240, 246, 250))
    return _jpeg(image)


def pdf(title: str, lines: list[str]) -> bytes:
    """A page of one paper; Latin letters, because a page without an embedded typeface has no others."""
    stream = (
        "BT /F1 16 Tf 60 780 Td ("
        + _escape(title)
        + ") Tj /F1 11 Tf 0 -28 Td 16 TL "
        + "".join(f"({_escape(line)}) Tj T* " for line in lines)
        + "ET"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Font << /F1 5 0 R >> >>",
    ]
    out, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(
        f"{place:010d} 00000 n \n" for place in places
    )
    return f"{out}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode("latin-1")


def _escape(text: str) -> str:
    plain = text.encode("ascii", "ignore").decode()
    return plain.replace("\\", "").replace("(", "\\(").replace(")", "\\)")


def log(seed: str) -> bytes:
    """Hourly temperatures of two days as a table for a spreadsheet."""
    rng = random.Random(f"log/{seed}")
    value, rows = 3.4, ["hour;temperature;door"]
    for hour in range(48):
        value += rng.uniform(-0.5, 0.5) + (3.2 - value) * 0.3
        rows.append(f"{hour};{value:.1f};{rng.choice((0, 0, 0, 1, 2))}".replace(".", ","))
    return ("\n".join(rows) + "\n").encode()
