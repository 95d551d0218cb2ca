"""One declaration of every setting; loading, checking, saving, migrating them."""
