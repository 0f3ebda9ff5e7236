"""One module for each journey, its forms beside it."""
