"""What the storefront reads."""
