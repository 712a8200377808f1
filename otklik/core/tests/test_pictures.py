"""The size of a picture is read off its head, whatever else the bytes are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.core.pictures import LARGEST, points, too_large_to_draw

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xd0\xff\xc4\0\x05abc\xff\xc2\0\x11\x08"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (PNG + (20_000).to_bytes(4) * 2, 400_000_000),
        (b"GIF89a" + b"\xff\xff\x01\x00", 65_535),
        (JPEG + b"\0\x10\0\x20\x03", 512),
        (b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\x0f\0\0\x1f\0\0", 512),
        (b"RIFF\0\0\0\0WEBPVP8L\n\0\0\0\x2f" + (15 | 31 << 14).to_bytes(4, "little") + b"\0" * 5, 512),
        (b"RIFF\0\0\0\0WEBPVP8 \n\0\0\0\0\0\0\x9d\x01\x2a\x10\0\x20\0", 512),
        (PNG, None),
        (b"\xff\xd8\xff\xd9", None),
        (b"RIFF\0\0\0\0WEBPVP8X", None),
        (b"<svg width='99999' height='99999'/>", None),
        (b"", None),
    ],
)
def test_width_times_height(data: bytes, found: int | None) -> None:
    assert points(data) == found
    assert too_large_to_draw(data) is ((found or 0) > LARGEST)


@given(st.sampled_from([PNG, JPEG[:3], JPEG, b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF\0\0\0\0WEBPVP8L"]), st.binary())
def test_any_bytes_give_an_answer(head: bytes, rest: bytes) -> None:
    assert (points(head + rest) or 0) >= 0
