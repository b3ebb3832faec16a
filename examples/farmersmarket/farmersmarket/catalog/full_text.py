"""What the catalogue is searched by."""

from farmersmarket.full_text import FullText

PRODUCTS = FullText("product_text", "catalog_product", ("name", "description"))
STALLS = FullText("stall_text", "catalog_stall", ("name", "town"))
