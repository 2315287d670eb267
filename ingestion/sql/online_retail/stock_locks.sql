-- The stock corrections of this chunk and the level they start from, in the temporary table
-- `correction`; the variants are locked in the order of their keys. The key of an entry is
-- made from what it says, so that a line read again finds its entry: a version-7 UUID with
-- the line's instant and bits of its MD5. Reads line, shelf, product_variants.
CREATE TEMP TABLE correction ON COMMIT DROP AS
WITH locked AS (
    SELECT id, inventory_quantity FROM product_variants
     WHERE id IN (SELECT variant_id FROM line JOIN shelf USING (stock_code)
                   WHERE becomes = 'stock')
     ORDER BY sku
       FOR NO KEY UPDATE
), keyed AS (
    SELECT line.*, shelf.variant_id, shelf.product_id, locked.inventory_quantity,
           md5(%(shop_id)s::text || ' ' || line.invoice || ' ' || line.item_ref) AS mark
      FROM line
      JOIN shelf USING (stock_code)
      JOIN locked ON locked.id = shelf.variant_id
     WHERE line.becomes = 'stock'
)
SELECT line, variant_id, product_id, quantity, invoiced_at, inventory_quantity,
       concat_ws(': ', invoice, nullif(description, '')) AS notes,
       (lpad(to_hex((extract(epoch FROM invoiced_at) * 1000)::bigint), 12, '0')
           || '7' || substr(mark, 1, 3) || '8' || substr(mark, 4, 15))::uuid AS id
  FROM keyed
