"""A market to look at: shops, people, a year of trade. See SOURCE.md for where it comes from."""

from ingestion.demo.filling import Step, fill, is_filled

__all__ = ["Step", "fill", "is_filled"]
