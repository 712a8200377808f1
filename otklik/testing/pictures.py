"""Pictures for tests, made on the spot."""

import io
import zlib


def png(width: int = 40, height: int = 30) -> bytes:
    """Return a grey picture of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    packer, packed = zlib.compressobj(9), io.BytesIO()
    row = b"\0" + b"\x55" * ((width + 7) // 8)
    for _ in range(height):
        packed.write(packer.compress(row))
    packed.write(packer.flush())
    head = width.to_bytes(4) + height.to_bytes(4) + b"\x01\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed.getvalue()) + chunk(b"IEND", b"")
