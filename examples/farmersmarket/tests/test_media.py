"""Pictures in an object store, and the market without it."""

import io
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from farmersmarket import media
from farmersmarket.answers.problems import Unavailable
from farmersmarket.catalog import images
from farmersmarket.catalog.models import Product, ProductImage
from PIL import Image
from s3_server import KEY, S3


@pytest.fixture
def s3(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    running = S3()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT", running.url)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    media._store.cache_clear()
    where = {"address": "s3://market/pictures", "insecure": True}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "farmersmarket.media.StoredMedia", "OPTIONS": where},
    }
    yield running
    running.stop()


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (800, 600)).save(out, "PNG")
    return out.getvalue()


def test_a_picture_lives_in_the_store(s3: S3, product: Product, client: Client) -> None:
    image = images.keep(product, images.decoded(_picture()), "A carrot")
    assert len(s3.objects) == len(images.WIDTHS)
    assert all(path.startswith("/market/pictures/products/p") for path in s3.objects)
    name = images.name(image.key, 320)
    served = client.get(default_storage.url(name))
    assert (served.status_code, served.headers["Content-Type"]) == (200, "image/webp")
    assert default_storage.exists(name)
    images.remove(image)
    assert not s3.objects
    assert not default_storage.exists(name)
    assert client.get(default_storage.url(name)).status_code == 404
    default_storage.delete(name)


def test_a_photograph_with_strange_facts_of_its_camera_is_turned_upright(product: Product) -> None:
    photograph, out = Image.new("RGB", (40, 20), "tomato"), io.BytesIO()
    facts = photograph.getexif()
    facts[0x0112], facts[0x011A] = 6, 72.0  # to be turned; the resolution
    strange = facts.tobytes().replace(b"\x01\x1a\x00\x05", b"\x01\x1a\x00\x07")
    photograph.save(out, "JPEG", exif=strange)
    assert images.decoded(out.getvalue()).size == (20, 40)


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(out, "PNG")
    assert images.decoded(out.getvalue()).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("status", [403, 500])
def test_the_market_goes_on_without_its_store(
    s3: S3, product: Product, client: Client, status: int
) -> None:
    image = images.keep(product, images.decoded(_picture()), "A carrot")
    s3.broken = status
    assert client.get(f"/products/{product.slug}").status_code == 200
    assert client.get(f"/api/products/{product.slug}").json()["images"]
    answer = client.get(default_storage.url(images.name(image.key, 320)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    with pytest.raises(Unavailable):
        images.keep(product, images.decoded(_picture()), "")
    assert ProductImage.objects.count() == 1
    images.remove(image)
    assert not ProductImage.objects.exists()


def test_a_store_that_is_gone_says_so(s3: S3) -> None:
    s3.stop()
    with pytest.raises(media.MediaDownError):
        default_storage.save("products/x.webp", ContentFile(b"x"))
