-- Promises units of variants to a checkout.
-- Grain: variant. Arrays of one length: ids, units.
-- Writes product_variants and stock_reservations.
-- Not repeatable: a checkout is promised a variant once. The caller has locked the variants.
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(units)s::int[]) AS wanted(variant_id, units)
), promised AS (
    UPDATE product_variants AS variant
       SET reserved_quantity = variant.reserved_quantity + wanted.units
      FROM wanted
     WHERE variant.id = wanted.variant_id
)
INSERT INTO stock_reservations (variant_id, checkout_id, quantity, expires_at)
SELECT variant_id, %(checkout_id)s, units, %(expires_at)s FROM wanted
