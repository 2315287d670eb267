-- What each line becomes, and the reference by which it is known again.
-- Grain: one row a good line of the chunk, in the temporary table `line`.
-- Unit: price per piece, in the shop's currency, rounded to the cent.
-- Reads staged (bad lines count too, so that a line keeps its number when they are mended),
--   incoming, and the lines that earlier chunks of this file made of the same invoices.
-- Runs once a chunk; repeatable.
CREATE TEMP TABLE line ON COMMIT DROP AS
WITH numbered AS (
    SELECT line,
           row_number() OVER (PARTITION BY invoice, stock_code ORDER BY line) AS nth
      FROM staged
     WHERE origin IS NULL
), known AS (
    SELECT placed.id, placed.order_ref AS invoice
      FROM orders AS placed
     WHERE placed.shop_id = %(shop_id)s
       AND placed.order_ref IN (SELECT invoice FROM incoming)
), before AS (
    SELECT invoice, stock_code, count(*) AS lines
      FROM (
           SELECT known.invoice, item.sku AS stock_code
             FROM known
             JOIN order_items AS item ON item.order_id = known.id
             JOIN ingestion_records AS record ON record.entity_id = item.id
            WHERE record.file_id = %(file_id)s
              AND record.line < (SELECT min(line) FROM staged)
            UNION ALL
           SELECT known.invoice, product.sku
             FROM known
             JOIN order_returns AS back ON back.order_id = known.id
             JOIN order_return_items AS item ON item.order_return_id = back.id
             JOIN products AS product ON product.id = item.product_id
             JOIN ingestion_records AS record ON record.entity_id = item.id
            WHERE record.file_id = %(file_id)s
              AND record.line < (SELECT min(line) FROM staged)
           ) AS earlier
     GROUP BY invoice, stock_code
), mark AS (
    SELECT substr(translate(uuidv7()::text, '-', ''), 13, 12) AS bits
)
SELECT incoming.line, incoming.invoice, incoming.stock_code,
       coalesce(incoming.description, '') AS description,
       incoming.quantity, round(incoming.unit_price, 2) AS price, incoming.invoiced_at,
       coalesce(incoming.country, '') AS country,
       incoming.customer IS NOT NULL AS is_known,
       coalesce(regexp_replace(incoming.customer, '\.0$', ''),
                'invoice:' || incoming.invoice) AS buyer,
       CASE WHEN incoming.quantity * incoming.unit_price < 0 THEN 'return'
            WHEN incoming.quantity > 0 THEN 'sale'
            ELSE 'stock' END AS becomes,
       incoming.stock_code || '#' || coalesce(
           incoming.origin, (numbered.nth + coalesce(before.lines, 0))::text
       ) AS item_ref,
       -- The key of what the line becomes: version 7 with the line's instant, random bits of
       -- the chunk and a counter. uuidv7() for each line costs ten times as much.
       (lpad(to_hex((extract(epoch FROM incoming.invoiced_at) * 1000)::bigint), 12, '0')
           || mark.bits || lpad(to_hex(incoming.line), 8, '0'))::uuid AS key
  FROM incoming
 CROSS JOIN mark
  LEFT JOIN numbered USING (line)
  LEFT JOIN before USING (invoice, stock_code)
