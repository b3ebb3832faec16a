"""Pictures of products: checked by decoding them, stripped of what a camera adds, kept in several widths."""

import io
import logging
import secrets
import threading
import warnings
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import ExifTags, Image

from farmersmarket.answers.problems import Invalid, Unavailable
from farmersmarket.catalog import edition
from farmersmarket.catalog.models import Product, ProductImage
from farmersmarket.telemetry import happened

log = logging.getLogger(__name__)
WIDTHS = (320, 640, 1280)
MOST_BYTES = 4 * 1024 * 1024
MOST_PIXELS = 40_000_000
MOST_IMAGES = 8
FORMATS = ("JPEG", "PNG", "WEBP")
# Forty million pixels take half a gigabyte while they are turned: a few farmers at once would take all there is.
_ONE_AT_A_TIME = threading.Lock()
_TURNS = dict(
    enumerate(
        (
            Image.Transpose.FLIP_LEFT_RIGHT,
            Image.Transpose.ROTATE_180,
            Image.Transpose.FLIP_TOP_BOTTOM,
            Image.Transpose.TRANSPOSE,
            Image.Transpose.ROTATE_270,
            Image.Transpose.TRANSVERSE,
            Image.Transpose.ROTATE_90,
        ),
        start=2,
    )
)


@dataclass(frozen=True)
class Stored:
    """A picture whose files are in the store: what they are called by, and how large it was."""

    key: str
    wide: int
    high: int


def check_room(product: Product) -> None:
    """Raises ``Invalid`` for a product that has all the pictures it may have."""
    if product.images.count() >= MOST_IMAGES:
        raise Invalid("image", f"a product has at most {MOST_IMAGES} images")


def keep(product: Product, picture: Image.Image, alt: str) -> ProductImage:
    """Keeps a picture. Raises ``Unavailable`` without a store."""
    return enter(product, stored(product, picture), alt)


def stored(product: Product, picture: Image.Image) -> Stored:
    """Stores a picture as WebP in three widths, and leaves it in the smallest. Raises ``Unavailable``."""
    key = f"p{product.id}-{secrets.token_hex(8)}"
    wide, high = picture.size
    for width in sorted(WIDTHS, reverse=True):
        picture.thumbnail(
            (width, width * 2)
        )  # in its place: a copy would be as large as the photograph
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=80, method=4)
        _store(name(key, width), out.getvalue())
    return Stored(key, wide, high)


def enter(product: Product, kept: Stored, alt: str) -> ProductImage:
    """Writes down a picture that is stored."""
    with transaction.atomic():
        image = ProductImage.objects.create(
            product=product, key=kept.key, alt=alt, width=kept.wide, height=kept.high
        )
        edition.turn()
    happened("feature", feature="picture")
    return image


def remove(image: ProductImage) -> None:
    """Deletes a picture with its files."""
    with transaction.atomic():
        image.delete()
        edition.turn()
    for width in WIDTHS:
        try:
            default_storage.delete(name(image.key, width))
        except OSError as error:
            # Nobody is shown the rest; a sweep of the store finds it by its key.
            log.error("external_failure", extra={"what": "media", "error": type(error).__name__})


def _store(place: str, content: bytes) -> None:
    try:
        default_storage.save(place, ContentFile(content))
    except OSError as error:
        log.error("external_failure", extra={"what": "media", "error": type(error).__name__})
        raise Unavailable(
            "Pictures cannot be kept at the moment. Please try again later."
        ) from error


def name(key: str, width: int) -> str:
    """The file of one width in the storage."""
    return f"products/{key}-{width}.webp"


def decoded(content: bytes) -> Image.Image:
    """The picture that ``content`` is, upright. Raises ``Invalid`` for what is none, or too large."""
    if not content or len(content) > MOST_BYTES:
        raise Invalid("image", f"send 1 byte to {MOST_BYTES // 1024 // 1024} MiB")
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise Invalid("image", f"at most {MOST_PIXELS // 1_000_000} million pixels")
                return _on_white(_upright(picture))
    except Invalid:
        raise
    except Exception as error:  # bytes of strangers: a decoder raises whatever they lead it to
        raise Invalid("image", "this is no JPEG, PNG or WebP picture") from error


def _upright(picture: Image.Image) -> Image.Image:
    # Not ``exif_transpose``: it writes the camera's facts anew, and fails on those that some cameras write.
    turn = _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation))
    return picture.transpose(turn) if turn else picture


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return white.convert("RGB")
