"""Pages on which a farmer writes about products: new, change, pictures, stock, off the tables."""

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from farmersmarket.answers.limits import allow_write
from farmersmarket.answers.problems import Conflict, Problem, VersionChanged
from farmersmarket.catalog import images, operations
from farmersmarket.catalog.models import Product, ProductImage
from farmersmarket.farm.forms import ProductForm
from farmersmarket.people.roles import only, person_of

PRICES = 10


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@only("farmer")
def add_product(request: HttpRequest) -> HttpResponse:
    """A new product of one of the farmer's stalls."""
    farmer = person_of(request)
    if not farmer.stalls.exists():
        raise Http404
    form = ProductForm(request.POST or None, request.FILES or None, farmer=farmer)
    if request.method == "POST" and form.is_valid():
        try:
            allow_write(request)
            product = operations.create(
                stall=form.cleaned_data["stall"],
                facts=form.facts(),
                stock=form.cleaned_data["stock"],
                now=timezone.now(),
            )
        except IntegrityError:
            form.add_error("name", "There is a product of this name at your stall already.")
        except Problem as problem:
            form.add_error(None, str(problem))
        else:
            where = "on the table" if product.stall.verified else "kept until your stall opens"
            messages.success(request, f"{product.name} is {where}.")
            _keep_picture(request, form, product)
            return redirect(_back())
    return _shown(request, form, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@only("farmer")
def edit_product(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes what is written about a product; what somebody else wrote since is not lost unseen."""
    product = _own(request, slug)
    form = ProductForm(
        request.POST or None, request.FILES or None, farmer=person_of(request), product=product
    )
    if request.method == "POST" and form.is_valid():
        try:
            allow_write(request)
            operations.revise(
                product=product,
                facts=form.facts(),
                version=form.cleaned_data["version"] or 0,
                by=form.pieces_more(),
                now=timezone.now(),
            )
        except VersionChanged:
            form.show_as_it_is(product)
            form.add_error(
                None,
                "This product was changed elsewhere in the meantime. Look through what stands"
                " here, and save again to keep it.",
            )
        except Conflict:
            form.show_as_it_is(product)
            form.add_error("stock", f"Orders have taken some: there are {product.stock} left.")
        except Problem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"{form.cleaned_data['name']} is saved.")
            _keep_picture(request, form, product)
            return redirect(_back())
    return _shown(request, form, product)


@require_POST
@only("farmer")
def archive_product(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a product off the tables; orders keep it."""
    product = _own(request, slug)
    try:
        allow_write(request)
        operations.archive(product=product, version=product.version)
        messages.success(request, f"{product.name} is off the table.")
    except Problem as problem:
        messages.error(request, str(problem))
    return redirect(_back())


@require_POST
@only("farmer")
def remove_picture(request: HttpRequest, image_id: int) -> HttpResponse:
    image = (
        ProductImage.objects.filter(
            id=image_id, product__stall__farmer=request.user, product__archived=False
        )
        .select_related("product")
        .first()
    )
    if image is None:
        raise Http404
    images.remove(image)
    messages.success(request, "The picture is gone.")
    return redirect(f"{reverse('edit_product', args=[image.product.slug])}#pictures")


@require_POST
@only("farmer")
def adjust_stock(request: HttpRequest, slug: str) -> HttpResponse:
    product = _own(request, slug)
    raw = request.POST.get("by", "")
    try:
        by = int(raw) if len(raw) < 8 else 0
    except ValueError:
        by = 0
    try:
        stock = operations.adjust(product=product, by=by, reason="counted", now=timezone.now())
        messages.success(request, f"{product.name}: {stock} in stock.")
    except Problem as problem:
        messages.error(request, str(problem))
    return redirect("farm")


def _own(request: HttpRequest, slug: str) -> Product:
    product = (
        Product.objects.filter(slug=slug, stall__farmer=request.user, archived=False)
        .select_related("stall")
        .first()
    )
    if product is None:
        raise Http404
    return product


def _keep_picture(request: HttpRequest, form: ProductForm, product: Product) -> None:
    picture = form.cleaned_data["picture"]
    if picture is None:
        return
    try:
        images.keep(product, picture, form.cleaned_data["alt"])
    except Problem as problem:
        # What was written is kept all the same.
        messages.error(request, f"Only the picture was not kept. {problem}")


def _shown(request: HttpRequest, form: ProductForm, product: Product | None) -> HttpResponse:
    facts = {
        "form": form,
        "product": product,
        "pictures": product.images.all() if product else (),
        "prices": product.prices.all()[:PRICES] if product else (),
    }
    status = 422 if form.errors else 200
    return render(request, "market/edit_product.html", facts, status=status)


def _back() -> str:
    return f"{reverse('farm')}#products"
