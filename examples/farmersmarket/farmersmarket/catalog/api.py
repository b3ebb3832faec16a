"""The Products API: fifteen operations under ``/api/products``."""

from typing import Annotated, Literal
from zlib import crc32

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from farmersmarket.answers.limits import allow_write
from farmersmarket.answers.once import once
from farmersmarket.answers.problems import Forbidden, NotFound, VersionChanged, VersionNeeded
from farmersmarket.catalog import images, listing, operations
from farmersmarket.catalog.models import Category, Product, ProductImage, Stall
from farmersmarket.catalog.queries import on_sale
from farmersmarket.catalog.schemas import (
    NO_CONTROL,
    AdjustIn,
    CategoryOut,
    ImageOut,
    InventoryOut,
    ListIn,
    PageOut,
    PriceOut,
    ProblemOut,
    ProductIn,
    ProductNew,
    ProductOut,
    ProductPatch,
    ReviewIn,
    ReviewOut,
    ReviewsOut,
    SearchIn,
    SearchOut,
    image_out,
    product_out,
)
from farmersmarket.people.api import login
from farmersmarket.people.models import Person
from farmersmarket.people.roles import person_of

router = Router(tags=["products"])
_READ = {404: ProblemOut, 422: ProblemOut}
_WRITE = {
    400: ProblemOut,
    401: ProblemOut,
    403: ProblemOut,
    404: ProblemOut,
    409: ProblemOut,
    422: ProblemOut,
    429: ProblemOut,
}
_EDIT = _WRITE | {412: ProblemOut, 428: ProblemOut}
Slug = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,80}$")]


@router.get("", response={200: PageOut, **_READ}, operation_id="list_products")
def list_products(request: HttpRequest, wanted: Query[ListIn]) -> dict[str, object]:
    """Products on sale, filtered and sorted, behind a cursor."""
    chosen = listing.Filter(
        wanted.category,
        wanted.stall,
        wanted.price_min,
        wanted.price_max,
        wanted.in_stock,
        wanted.organic,
    )
    rows, cursor = listing.page(chosen, sort=wanted.sort, cursor=wanted.cursor, limit=wanted.limit)
    return {"products": [product_out(row) for row in rows], "next": cursor}


@router.post("", response={201: ProductOut, **_WRITE}, auth=login, operation_id="create_product")
def create_product(request: HttpRequest, body: ProductNew) -> HttpResponse:
    """A new product of a stall; repeats of an ``Idempotency-Key`` give the first answer."""
    allow_write(request)
    person = person_of(request)
    stall = Stall.objects.filter(slug=body.stall).first()
    if stall is None:
        raise NotFound("There is no such stall.")
    _may_write(person, stall)

    def act() -> HttpResponse:
        product = operations.create(
            stall=stall, facts=body.facts(), stock=body.stock, now=timezone.now()
        )
        return _answer(product, 201)

    return once(request, person.id, act)


@router.get("/search", response={200: SearchOut, **_READ}, operation_id="search_products")
def search_products(request: HttpRequest, asked: Query[SearchIn]) -> dict[str, object]:
    """Products in which every word occurs; a word that occurs nowhere is taken for the nearest that does."""
    rows, searched = listing.search(asked.q, limit=asked.limit)
    return {"searched": searched, "products": [product_out(row) for row in rows]}


@router.get("/categories", response=list[CategoryOut], operation_id="list_categories")
def list_categories(request: HttpRequest) -> list[dict[str, str]]:
    """What kinds of products there are."""
    return [{"key": key, "name": label} for key, label in Category.choices]


@router.get("/{slug}", response={200: ProductOut, **_READ}, operation_id="read_product")
def read_product(request: HttpRequest, slug: Slug) -> HttpResponse:
    """One product; its ETag is what a change has to name in ``If-Match``."""
    product = _product(slug)
    if request.headers.get("If-None-Match") == _etag(product):
        return HttpResponse(status=304, headers={"ETag": _etag(product)})
    return _answer(product, 200)


@router.put(
    "/{slug}", response={200: ProductOut, **_EDIT}, auth=login, operation_id="replace_product"
)
def replace_product(request: HttpRequest, slug: Slug, body: ProductIn) -> HttpResponse:
    """Writes all facts of a product."""
    product, version = _to_change(request, slug)
    return _answer(
        operations.change(product=product, facts=body.facts(), version=version, now=timezone.now()),
        200,
    )


@router.patch(
    "/{slug}", response={200: ProductOut, **_EDIT}, auth=login, operation_id="patch_product"
)
def patch_product(request: HttpRequest, slug: Slug, body: ProductPatch) -> HttpResponse:
    """Writes some facts of a product."""
    product, version = _to_change(request, slug)
    return _answer(
        operations.change(
            product=product, facts=body.facts(product), version=version, now=timezone.now()
        ),
        200,
    )


@router.delete("/{slug}", response={204: None, **_EDIT}, auth=login, operation_id="archive_product")
def archive_product(request: HttpRequest, slug: Slug) -> HttpResponse:
    """Takes a product off the tables; orders keep it."""
    product, version = _to_change(request, slug)
    operations.archive(product=product, version=version)
    return HttpResponse(status=204)


@router.post(
    "/{slug}/images",
    response={201: ImageOut, **_WRITE, 503: ProblemOut},
    auth=login,
    operation_id="add_image",
)
def add_image(
    request: HttpRequest,
    slug: Slug,
    image: File[UploadedFile],
    alt: Form[Annotated[str, Field(max_length=150, pattern=NO_CONTROL)]] = "",
) -> HttpResponse:
    """A picture: JPEG, PNG or WebP of at most 4 MiB; repeats of an ``Idempotency-Key`` give the first answer."""
    allow_write(request)
    product = _own(request, slug)
    content = image.read(images.MOST_BYTES + 1)
    kept: list[images.Stored] = []

    def prepare() -> None:
        images.check_room(product)
        kept.append(images.stored(product, images.decoded(content)))

    def act() -> HttpResponse:
        made = images.enter(product, kept[0], alt)
        return _json(ImageOut.model_validate(image_out(made)), 201)

    whole = content + alt.encode()
    return once(request, person_of(request).id, act, prepare=prepare, content=whole)


@router.delete(
    "/{slug}/images/{image_id}",
    response={204: None, **_WRITE},
    auth=login,
    operation_id="remove_image",
)
def remove_image(
    request: HttpRequest, slug: Slug, image_id: Annotated[int, Field(ge=1, lt=2**63)]
) -> HttpResponse:
    """Deletes a picture."""
    allow_write(request)
    image = ProductImage.objects.filter(product=_own(request, slug), id=image_id).first()
    if image is None:
        raise NotFound("This product has no such image.")
    images.remove(image)
    return HttpResponse(status=204)


@router.get(
    "/{slug}/inventory", response={200: InventoryOut, **_READ}, operation_id="read_inventory"
)
def read_inventory(request: HttpRequest, slug: Slug) -> dict[str, object]:
    """How much there is."""
    product = _product(slug)
    return {"stock": product.stock, "unit": product.unit}


@router.post(
    "/{slug}/inventory",
    response={200: InventoryOut, **_WRITE},
    auth=login,
    operation_id="adjust_inventory",
)
def adjust_inventory(request: HttpRequest, slug: Slug, body: AdjustIn) -> HttpResponse:
    """Adds to the stock or takes from it, never below zero; repeats of an ``Idempotency-Key`` act once."""
    allow_write(request)
    product = _own(request, slug)

    def act() -> HttpResponse:
        stock = operations.adjust(
            product=product, by=body.by, reason=body.reason, now=timezone.now()
        )
        return _json(InventoryOut(stock=stock, unit=product.unit), 200)

    return once(request, person_of(request).id, act)


@router.get("/{slug}/prices", response={200: list[PriceOut], **_READ}, operation_id="price_history")
def price_history(request: HttpRequest, slug: Slug) -> list[dict[str, object]]:
    """What it has cost, newest first."""
    return list(_product(slug).prices.values("price_cents", "at")[:100])


@router.get("/{slug}/reviews", response={200: ReviewsOut, **_READ}, operation_id="list_reviews")
def list_reviews(request: HttpRequest, slug: Slug) -> dict[str, object]:
    """What customers think, newest first, the last hundred."""
    rows = list(_product(slug).reviews.select_related("author")[:100])
    shown = [
        ReviewOut(stars=row.stars, text=row.text, author=row.author.name, at=row.at) for row in rows
    ]
    return {
        "reviews": shown,
        "average": round(sum(row.stars for row in rows) / len(rows), 2) if rows else None,
    }


@router.post(
    "/{slug}/reviews", response={201: ReviewOut, **_WRITE}, auth=login, operation_id="create_review"
)
def create_review(request: HttpRequest, slug: Slug, body: ReviewIn) -> HttpResponse:
    """An opinion of somebody who has collected the product, once for each product and person."""
    allow_write(request)
    person, product = person_of(request), _product(slug)

    def act() -> HttpResponse:
        row = operations.review(
            product=product, author=person, stars=body.stars, text=body.text, now=timezone.now()
        )
        return _json(ReviewOut(stars=row.stars, text=row.text, author=person.name, at=row.at), 201)

    return once(request, person.id, act)


def _product(slug: str) -> Product:
    product = on_sale().prefetch_related("images").filter(slug=slug).first()
    if product is None:
        raise NotFound("There is no such product.")
    return product


def _may_write(person: Person, stall: Stall) -> None:
    if person.role != Person.Role.ADMIN and stall.farmer_id != person.id:
        raise Forbidden("This is not your stall.")


def _own(request: HttpRequest, slug: str) -> Product:
    product = _product(slug)
    _may_write(person_of(request), product.stall)
    return product


def _to_change(request: HttpRequest, slug: str) -> tuple[Product, int]:
    allow_write(request)
    product = _own(request, slug)
    named = request.headers.get("If-Match", "")
    if not named:
        raise VersionNeeded("Send If-Match with the ETag that you read.")
    # By what the farmer wrote only: a piece that was sold meanwhile keeps nobody from writing a new price.
    if named.partition(".")[0] != f'"{product.version}':
        raise VersionChanged("Somebody else changed this product. Read it again.")
    return product, product.version


def _etag(product: Product) -> str:
    shown = (product.stock, [image.id for image in product.images.all()])
    return f'"{product.version}.{crc32(repr(shown).encode()):08x}"'


def _answer(product: Product, status: Literal[200, 201]) -> HttpResponse:
    response = _json(product_out(product), status)
    response.headers["ETag"] = _etag(product)
    return response


def _json(schema: Schema, status: int) -> HttpResponse:
    return HttpResponse(schema.model_dump_json(), status=status, content_type="application/json")
