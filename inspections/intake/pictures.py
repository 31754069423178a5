"""Pictures as people's cameras write them: checked by decoding them whole, and a copy to show that tells no more than
what is to be seen."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from ..saying import Refusal, Said, say

MEDIA_TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
MOST_BYTES: Final = 12 * 1024 * 1024
MOST_PIXELS: Final = 60_000_000
"""What is decoded at most: a small file can unfold to gigabytes."""
LONGEST_SIDE: Final = 2048
SHOWN_QUALITY: Final = 85


class PictureRefused(Refusal):
    """What was sent is no picture that is taken; says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that could be decoded. `shown` is a JPEG of it, upright, without what the camera wrote beside it."""

    media_type: str
    width: int
    height: int
    shown: bytes


def read_picture(content: bytes) -> Picture:
    """Decode a picture whole. Raises PictureRefused."""
    if not content:
        raise PictureRefused(say("The picture is empty: nothing arrived. Take it again."))
    if len(content) > MOST_BYTES:
        raise PictureRefused(
            say("The picture has more than %(most)s MB: send a smaller one.", most=MOST_BYTES // 1024 // 1024)
        )
    try:
        with warnings.catch_warnings():
            # What Pillow itself only warns of is refused below, by a bound of our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _read(content)
    except UnidentifiedImageError as unknown:
        raise PictureRefused(say("This is no picture that is taken here: send a JPEG, PNG or WebP.")) from unknown
    except Image.DecompressionBombError as bomb:
        raise PictureRefused(_too_many()) from bomb
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError) as broken:
        # What the decoders raise for bytes that begin as a picture and do not go on as one.
        raise PictureRefused(say("The picture is damaged: it cannot be read to its end. Take it again.")) from broken


def _too_many() -> Said:
    most = MOST_PIXELS // 1_000_000
    return say("The picture has more than %(most)s million pixels: send a smaller one.", most=most)


def _read(content: bytes) -> Picture:
    with Image.open(BytesIO(content), formats=list(MEDIA_TYPES)) as found:
        media_type = MEDIA_TYPES[found.format or ""]
        width, height = found.size
        if width * height > MOST_PIXELS:
            raise PictureRefused(_too_many())
        if getattr(found, "n_frames", 1) > 1:
            raise PictureRefused(say("This picture moves: send a still one."))
        found.load()
        return Picture(media_type, width, height, _shown(found))


def _shown(found: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(found)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer.getchannel("A"))
    # A new image of the pixels alone: nothing that stood beside them is written out again.
    plain = Image.new("RGB", upright.size)
    plain.paste(upright.convert("RGB"))
    written = BytesIO()
    plain.save(written, "JPEG", quality=SHOWN_QUALITY)
    return written.getvalue()
