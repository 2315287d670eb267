-- Lines whose SKU the shop does not have.
-- Grain: one row an error. Reads incoming, product_variants. Repeatable.
SELECT line, 'sku', sku, 'is not an SKU of this shop; add the product first'
  FROM incoming
 WHERE NOT EXISTS (SELECT FROM product_variants AS variant
                    WHERE variant.shop_id = %(shop_id)s
                      AND variant.sku = incoming.sku)
