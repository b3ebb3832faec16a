"""Traffic of a market day: shoppers with cookie jars who browse, search, fill carts, order and follow their orders."""
