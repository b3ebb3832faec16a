"""A believable market from a seed. Pure: the same seed gives the same stalls and products."""

from dataclasses import dataclass
from random import Random

GOODS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "vegetables": (
        ("Carrots", "bunch", 220), ("Potatoes", "2 kg", 380), ("Spinach", "300 g", 290), ("Beetroot", "kg", 260),
        ("Leeks", "piece", 120), ("Kale", "bunch", 250), ("Cherry tomatoes", "500 g", 390), ("Courgettes", "kg", 310),
        ("Red onions", "kg", 210), ("Pumpkin", "piece", 420), ("Lettuce", "head", 160), ("Radishes", "bunch", 150),
    ),
    "fruit": (
        ("Apples", "kg", 320), ("Pears", "kg", 350), ("Strawberries", "500 g", 450), ("Plums", "kg", 390),
        ("Raspberries", "250 g", 420), ("Cherries", "500 g", 520), ("Apple juice", "1 l", 340), ("Blueberries", "250 g", 440),
    ),
    "dairy": (
        ("Raw milk", "1 l", 190), ("Butter", "250 g", 390), ("Goat cheese", "200 g", 560), ("Yoghurt", "500 g", 280),
        ("Mountain cheese", "300 g", 690), ("Eggs", "10", 420), ("Curd", "400 g", 310), ("Cream", "250 ml", 240),
    ),
    "bakery": (
        ("Sourdough bread", "750 g", 480), ("Rye bread", "1 kg", 520), ("Seed rolls", "4", 320), ("Butter croissants", "2", 340),
        ("Plum cake", "slice", 290), ("Walnut bread", "500 g", 450), ("Pretzels", "3", 300), ("Apple tart", "piece", 380),
    ),
    "pantry": (
        ("Blossom honey", "500 g", 750), ("Strawberry jam", "300 g", 490), ("Rapeseed oil", "500 ml", 690),
        ("Dried beans", "500 g", 360), ("Wheat flour", "1 kg", 240), ("Tomato passata", "500 ml", 390), ("Pickles", "jar", 430),
    ),
    "flowers": (
        ("Sunflowers", "bunch", 650), ("Dahlias", "bunch", 720), ("Herb pot", "pot", 350), ("Meadow bouquet", "bunch", 890),
        ("Lavender", "pot", 420), ("Tulips", "bunch", 580),
    ),
}  # fmt: skip
TOWNS = (
    "Ahrenfeld",
    "Birkenau",
    "Dornbach",
    "Eichhof",
    "Grünau",
    "Hollental",
    "Kirchweiler",
    "Lindenau",
    "Mühlbach",
    "Talheim",
)
FAMILIES = ("Amsel", "Brandt", "Dietz", "Ebert", "Fuchs", "Gruber", "Hahn", "Imhof", "Jansen", "Keller", "Lorenz", "Maurer",
            "Nagel", "Otto", "Pohl", "Reuter", "Sommer", "Thoma", "Ulrich", "Vogel", "Winter", "Zander")  # fmt: skip
KINDS = {
    "vegetables": "Garden",
    "fruit": "Orchard",
    "dairy": "Dairy",
    "bakery": "Bakery",
    "pantry": "Larder",
    "flowers": "Nursery",
}
STYLES = (
    "",
    "Early ",
    "Old ",
    "Wild ",
    "Sweet ",
    "Young ",
    "Heritage ",
    "Village ",
    "Sunday ",
    "Autumn ",
    "Spring ",
    "Winter ",
)
SIZES = {"small": (12, 5), "large": (200, 100)}


@dataclass(frozen=True)
class Offer:
    slug: str
    name: str
    category: str
    unit: str
    price_cents: int
    stock: int
    organic: bool
    description: str


@dataclass(frozen=True)
class StallPlan:
    slug: str
    name: str
    town: str
    farmer: str
    story: str
    offers: tuple[Offer, ...]


def stalls(size: str, seed: int) -> list[StallPlan]:
    """The stalls of a ``small`` (12 stalls, 60 products) or ``large`` (200 stalls, 20,000 products) market."""
    count, each = SIZES[size]
    random = Random(f"{seed}-{size}")
    return [_stall(number, each, random) for number in range(count)]


def _stall(number: int, each: int, random: Random) -> StallPlan:
    category = list(KINDS)[number % len(KINDS)]
    family, town = FAMILIES[number % len(FAMILIES)], random.choice(TOWNS)
    suffix = "" if number < len(FAMILIES) else f" {number // len(FAMILIES) + 1}"
    slug = f"{family.lower()}-{KINDS[category].lower()}-{number + 1}"
    story = f"The {family} family grows and makes {category} near {town}, {random.randint(4, 38)} km from the market."
    offers = tuple(_offer(slug, category, index, random) for index in range(each))
    return StallPlan(
        slug, f"{family} {KINDS[category]}{suffix}", town, f"{family}{suffix}", story, offers
    )


def _offer(stall: str, category: str, index: int, random: Random) -> Offer:
    goods = GOODS[category]
    start = sum(map(ord, stall)) % len(goods)
    name, unit, price = goods[(start + index) % len(goods)]
    name = STYLES[(index // len(goods)) % len(STYLES)] + name
    price = max(50, round(price * random.uniform(0.85, 1.25) / 10) * 10)
    stock = random.randint(1500, 4000)
    picked = random.choice(("this morning", "yesterday", "twice a week", "to order"))
    return Offer(
        f"{stall}-{index + 1}",
        name,
        category,
        unit,
        price,
        stock,
        random.random() < 0.4,
        f"Fresh from our own land, made ready {picked}.",
    )
