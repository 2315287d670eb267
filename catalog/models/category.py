from __future__ import annotations

import pgtrigger
from django.db import models
from django.urls import reverse
from tree_queries.models import TreeNode
from tree_queries.query import TreeQuerySet

from shop import fields
from shop.entities import Entity, EntityType


class NoCycles(pgtrigger.Trigger):
    """A category that stood below itself would make every walk of the tree endless."""

    name = "no_cycles"
    level = pgtrigger.Row
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("parent_id")
    condition = pgtrigger.Condition("NEW.parent_id IS NOT NULL")
    func = """
        -- Two moves that are harmless alone can close a circle together.
        PERFORM pg_advisory_xact_lock(hashtext('categories'));
        IF EXISTS (
            WITH RECURSIVE above(id) AS (
                SELECT NEW.parent_id
                UNION
                SELECT category.parent_id FROM categories AS category
                  JOIN above ON above.id = category.id
                 WHERE category.parent_id IS NOT NULL
            ) SELECT FROM above WHERE id = NEW.id
        ) THEN
            RAISE EXCEPTION 'a category cannot stand below itself'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'chk_categories_cycle';
        END IF;
        RETURN NEW;
    """


class CategoryQuerySet(TreeQuerySet["Category"]):
    def visible(self) -> CategoryQuerySet:
        return self.filter(is_active=True)


class Category(TreeNode, Entity):  # type: ignore[django-manager-missing]
    """A department of the store; a tree of any depth."""

    entity_type = EntityType.CATEGORY

    name = fields.required_text()
    slug = models.SlugField(max_length=255, unique=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
    )
    description = fields.long_text()
    image = models.ImageField(upload_to="categories/", blank=True, **fields.both(""))
    is_active = models.BooleanField(**fields.both(True))
    sort_order = fields.count()

    objects = CategoryQuerySet.as_manager(  # type: ignore[django-manager-missing]
        with_tree_fields=False
    )

    class Meta(Entity.Meta):
        db_table = "categories"
        verbose_name_plural = "categories"
        ordering = ["sort_order", "name"]
        triggers = [*Entity.Meta.triggers, NoCycles()]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:category", args=[self.slug])
