"""The operators' doors to the ground floor, and what every app's admin is built from."""

from shop.admin import events, finding, jobs, queues, records, registry, shops
from shop.admin.site import log_in_once, relax_policy

__all__ = ["events", "finding", "jobs", "queues", "records", "registry", "shops"]

log_in_once()
relax_policy()
