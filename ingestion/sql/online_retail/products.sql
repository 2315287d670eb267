-- A product for each new stock code; its name and price are settled when the file ends.
-- Grain: one product a stock code of the shop. Reads line; writes products, outcome.
-- Repeatable: existing products (or variants with the code) are left alone.
WITH fresh AS (
    SELECT *
      FROM line
     WHERE NOT EXISTS (SELECT FROM products AS known
                        WHERE known.shop_id = %(shop_id)s
                          AND known.sku = line.stock_code)
       AND NOT EXISTS (SELECT FROM product_variants AS known
                        WHERE known.shop_id = %(shop_id)s
                          AND known.sku = line.stock_code)
), seen AS (
    SELECT stock_code, min(line) AS line, min(invoiced_at) AS first_at,
           (array_agg(description ORDER BY becomes = 'sale' AND price > 0 DESC,
                      invoiced_at DESC, line DESC)
               FILTER (WHERE description <> ''))[1] AS name,
           (array_agg(price ORDER BY invoiced_at DESC, line DESC)
               FILTER (WHERE becomes = 'sale' AND price > 0))[1] AS price
      FROM fresh
     GROUP BY stock_code
), made AS (
    INSERT INTO products (id, shop_id, sku, name, slug, price, currency,
                          track_inventory, status, event_time)
    SELECT uuidv7(first_at - clock_timestamp()), %(shop_id)s, stock_code,
           coalesce(name, stock_code),
           coalesce(nullif(left(trim(BOTH '-' FROM regexp_replace(
               lower(coalesce(name, stock_code)), '[^a-z0-9]+', '-', 'g')), 200), ''),
               'product')
           || '-' || left(md5(%(shop_id)s::text || ' ' || stock_code), 10),
           coalesce(price, 0), %(currency)s, false, 'active', first_at
      FROM seen
     ORDER BY stock_code
        ON CONFLICT (shop_id, sku) DO NOTHING
    RETURNING id, sku
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT seen.line, 'product', made.id, 'created'
  FROM made
  JOIN seen ON seen.stock_code = made.sku
