"""The directory of sites, and the backends that answer for them."""
