"""Reads over the rollups and the rows they are made of."""
