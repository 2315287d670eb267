-- Lines whose SKU stands on an earlier line of the same file.
-- Grain: one row an error. Reads incoming, product_variants, ingestion_records. Repeatable.
WITH before AS (
    SELECT sku, line, lag(line) OVER (PARTITION BY sku ORDER BY line) AS earlier
      FROM incoming
), taken AS (
    SELECT incoming.line, incoming.sku, min(record.line) AS earlier
      FROM incoming
      JOIN product_variants AS variant
        ON variant.shop_id = %(shop_id)s AND variant.sku = incoming.sku
      JOIN ingestion_records AS record
        ON record.entity_id = variant.id AND record.file_id = %(file_id)s
     GROUP BY incoming.line, incoming.sku
)
SELECT line, 'sku', sku, format('stands on line %%s of this file already', earlier)
  FROM before
 WHERE earlier IS NOT NULL
 UNION
SELECT line, 'sku', sku, format('stands on line %%s of this file already', earlier)
  FROM taken
