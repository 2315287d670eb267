"""RANGE partitions by hour, day and month: declared on the model, made by migrations."""

from shop.partitions.children import stray_counts
from shop.partitions.declaration import Every, Partitioning
from shop.partitions.locks import PartitionsBusy
from shop.partitions.lookups import by_key, near_key
from shop.partitions.ranges import ensure_range

__all__ = [
    "Every",
    "Partitioning",
    "PartitionsBusy",
    "by_key",
    "ensure_range",
    "near_key",
    "stray_counts",
]
