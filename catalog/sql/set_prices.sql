-- Sets what variants cost, with the history and the news of what changed.
-- Grain: variant. Arrays of one length: ids, prices, compare_prices (NULL: none).
-- Writes product_variants, global_events (as PriceChanged), and price_history where the price
--   itself changes. Returns the products of what changed. Repeatable: the same prices again
--   change nothing. The caller holds the products.
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(prices)s::numeric[], %(compare_prices)s::numeric[])
                  AS wanted(variant_id, price, compare_price)
), held AS MATERIALIZED (
    -- One lock order for every caller, checkouts included.
    SELECT id FROM product_variants
     WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE
), changed AS (
    UPDATE product_variants AS variant
       SET price = wanted.price, compare_price = wanted.compare_price,
           updated_at = %(now)s
      FROM wanted JOIN held ON held.id = wanted.variant_id
     WHERE variant.id = wanted.variant_id
       AND (variant.price, variant.compare_price)
           IS DISTINCT FROM (wanted.price, wanted.compare_price)
    RETURNING variant.id, variant.product_id, old.price AS old_price, new.price AS new_price
), history AS (
    INSERT INTO price_history
           (variant_id, product_id, old_price, new_price, changed_at, user_id)
    SELECT id, product_id, old_price, new_price, %(now)s, %(user_id)s
      FROM changed WHERE old_price <> new_price
), news AS (
    INSERT INTO global_events
           (event_id, event_time, event_type, stream, entity_id, entity_type, data)
    SELECT uuidv7(%(now)s - clock_timestamp()), %(now)s, %(type)s, %(stream)s,
           product_id, 'product',
           jsonb_build_object('variant_id', id, 'old_price', old_price::text,
                              'new_price', new_price::text)
      FROM changed ORDER BY product_id, id
)
SELECT DISTINCT product_id FROM changed
