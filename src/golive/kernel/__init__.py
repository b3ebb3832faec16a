"""Ground floor: what every capability stands on. It knows no noun of the product."""
