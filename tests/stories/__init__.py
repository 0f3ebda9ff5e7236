"""One file for each promise of the product, driven through HTTP."""
