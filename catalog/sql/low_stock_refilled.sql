-- Forgets what a shop was told of variants that were refilled since, so that they may be told
-- again.
-- Grain: an open line. Parameters: shop_id, few (the shop's own threshold), now.
-- Refilled: not low any more, or above the threshold at some time since the notice.
-- Reads product_variants, low_stock_notices, inventory_logs; writes low_stock_lines. Repeatable.
UPDATE low_stock_lines AS line
   SET refilled_at = %(now)s
  FROM product_variants AS variant, low_stock_notices AS notice
 WHERE variant.shop_id = %(shop_id)s
   AND line.variant_id = variant.id
   AND line.notice_id = notice.id
   AND line.refilled_at IS NULL
   AND (NOT variant.inventory_tracking
        OR variant.inventory_policy = 'continue'
        OR variant.inventory_quantity - variant.reserved_quantity
           > coalesce(variant.low_stock_threshold, %(few)s)
        OR EXISTS (SELECT FROM inventory_logs AS log
                    WHERE log.variant_id = variant.id
                      AND log.created_at > notice.created_at
                      AND log.adjustment > 0
                      AND log.new_quantity > coalesce(variant.low_stock_threshold, %(few)s)))
