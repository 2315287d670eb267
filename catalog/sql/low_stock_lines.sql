-- Writes down which variants a notice tells of: low, on sale, and not told since their refill.
-- Grain: a variant. Parameters: shop_id, few (the shop's own threshold), notice_id.
-- Reads product_variants, products; writes low_stock_lines. Repeatable: what is told is left out.
INSERT INTO low_stock_lines (notice_id, variant_id, "left", threshold)
SELECT %(notice_id)s, variant.id, variant.inventory_quantity - variant.reserved_quantity,
       coalesce(variant.low_stock_threshold, %(few)s)
  FROM product_variants AS variant
  JOIN products AS product ON product.id = variant.product_id
 WHERE variant.shop_id = %(shop_id)s
   AND variant.is_active AND product.status = 'active'
   AND variant.inventory_tracking AND variant.inventory_policy <> 'continue'
   AND variant.inventory_quantity - variant.reserved_quantity
       <= coalesce(variant.low_stock_threshold, %(few)s)
   AND NOT EXISTS (SELECT FROM low_stock_lines AS told
                    WHERE told.variant_id = variant.id AND told.refilled_at IS NULL)
 ORDER BY variant.id
