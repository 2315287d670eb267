-- Takes promises back. Returns the variants and the units that are free again.
-- Grain: variant. Parameters: ids, the locked variants; checkout_id, or NULL for whatever
--   checkout whose time was over at `until`.
-- Deletes from stock_reservations, writes product_variants.
-- Repeatable: what is released is gone.
WITH gone AS (
    DELETE FROM stock_reservations
     WHERE variant_id = ANY(%(ids)s::uuid[])
       AND (checkout_id = %(checkout_id)s::uuid OR expires_at <= %(until)s::timestamptz)
    RETURNING variant_id, quantity
), freed AS (
    SELECT variant_id, sum(quantity) AS units FROM gone GROUP BY variant_id
)
UPDATE product_variants AS variant
   SET reserved_quantity = variant.reserved_quantity - freed.units
  FROM freed
 WHERE variant.id = freed.variant_id
RETURNING variant.id, freed.units
