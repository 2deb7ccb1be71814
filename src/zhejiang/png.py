"""Turn a figure's SVG into a PNG at print resolution."""

from __future__ import annotations

import hashlib
import struct
import zlib

import resvg_py

DPI = 300
PIXELS_PER_METRE = round(DPI / 0.0254)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The header chunk of a PNG is 25 bytes and has to come first.
HEADER = len(SIGNATURE) + 25


def fingerprint(svg: str) -> str:
    """Return what a PNG of `render` was made from and by: it says whether there is anything to do."""
    return hashlib.sha256(f"{resvg_py.__version__} {DPI} {svg}".encode()).hexdigest()


def render(svg: str) -> bytes:
    """Return a PNG on white ground at the SVG's size in inches times `DPI`; it carries its resolution and its fingerprint."""
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, dpi=DPI, background="#ffffff", skip_system_fonts=True))
    resolution = _chunk(b"pHYs", struct.pack(">IIB", PIXELS_PER_METRE, PIXELS_PER_METRE, 1))
    return png[:HEADER] + resolution + _chunk(b"tEXt", b"Source\0SHA-256 " + fingerprint(svg).encode()) + png[HEADER:]


def is_of(png: bytes, svg: str) -> bool:
    """Is this the PNG that `render` would make?"""
    return fingerprint(svg).encode() in png[:500]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
