-- Lines that would leave less stock than open checkouts were promised. The variants are locked,
-- in the order of their SKUs, so that the answer still holds when the stock is written.
-- Grain: one row an error. Unit: pieces. Reads incoming, product_variants. Repeatable.
WITH locked AS (
    SELECT sku, reserved_quantity, inventory_policy
      FROM product_variants
     WHERE shop_id = %(shop_id)s
       AND sku IN (SELECT sku FROM incoming)
     ORDER BY sku
       FOR NO KEY UPDATE
)
SELECT incoming.line, 'quantity', incoming.quantity::text,
       format('is less than the %%s that open checkouts were promised',
              locked.reserved_quantity)
  FROM incoming
  JOIN locked USING (sku)
 WHERE locked.inventory_policy <> 'continue'
   AND incoming.quantity < locked.reserved_quantity
