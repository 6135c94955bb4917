"""The bar of filters."""
