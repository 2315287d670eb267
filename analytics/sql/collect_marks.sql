-- Turns the dirty marks into pending runs of the hours and days that they touch.
-- Grain: (rollup, bucket). Parameters: the rollups' names, grains and what they tell of
--   (user, shop, product, sales or conversion), as arrays of one order.
-- Reads rollup_marks, and what a mark names: an order's own, its payments', refunds' and
--   returns' hours; the later buckets of a product whose stock or price changed in the past,
--   and of its shop.
-- Repeatable: a mark is deleted in the statement that makes its runs pending, so both are
--   there or none; a pending run made pending again stays one row.
WITH taken AS (
    DELETE FROM rollup_marks RETURNING source, hour, subject_id, product_id
), rollup AS (
    SELECT * FROM unnest(%(names)s::text[], %(grains)s::text[], %(subjects)s::text[])
             AS rollup(name, grain, subject)
), reach AS (
    -- What a change of each kind can be seen in.
    SELECT * FROM (VALUES
        ('sale', ARRAY['user', 'shop', 'product', 'sales', 'conversion']),
        ('refund', ARRAY['user', 'shop', 'product']),
        ('payment', ARRAY['user', 'shop']),
        ('review', ARRAY['user', 'shop', 'product']),
        ('goods', ARRAY['shop', 'product'])) AS reach(kind, subjects)
), touched AS (
    SELECT CASE WHEN source = 'orders' THEN 'sale'
                WHEN source IN ('refunds', 'order_returns') THEN 'refund'
                WHEN source = 'payments' THEN 'payment'
                WHEN source = 'product_reviews' THEN 'review'
                ELSE 'goods' END AS kind, hour
      FROM taken
     WHERE hour IS NOT NULL AND product_id IS NULL
    UNION
    SELECT 'sale', placed.event_time
      FROM taken JOIN orders AS placed ON placed.id = taken.subject_id
     WHERE taken.source IN ('order_items', 'order_coupons')
    UNION
    -- Whose an order is decides whose its payments, refunds and returns are.
    SELECT 'payment', payment.event_time
      FROM taken JOIN payments AS payment ON payment.order_id = taken.subject_id
     WHERE taken.source = 'order_parties'
    UNION
    SELECT 'refund', refund.processed_at
      FROM taken
      JOIN payments AS payment ON payment.order_id = taken.subject_id
      JOIN refunds AS refund ON refund.payment_id = payment.id
     WHERE taken.source = 'order_parties' AND refund.processed_at IS NOT NULL
    UNION
    SELECT 'refund', back.event_time
      FROM taken JOIN order_returns AS back ON back.order_id = taken.subject_id
     WHERE taken.source = 'order_parties'
    UNION
    SELECT 'refund', back.event_time
      FROM taken JOIN order_returns AS back ON back.id = taken.subject_id
     WHERE taken.source IN ('order_return_items', 'return_refunds')
    UNION
    -- A ledger may be older than its product.
    SELECT 'goods', log.created_at
      FROM taken JOIN inventory_logs AS log ON log.product_id = taken.product_id
     WHERE taken.source = 'products'
    UNION
    SELECT 'goods', change.changed_at
      FROM taken JOIN price_history AS change ON change.product_id = taken.product_id
     WHERE taken.source = 'products'
-- Since when a product's stock or prices may differ. What is before a variant's first recorded
-- price takes the old price of that change, or the present one where no change was recorded:
-- either reaches back without end. A variant recorded from its beginning has no such past.
), doubted AS (
    SELECT taken.product_id, CASE
               WHEN taken.source = 'stock_since' THEN taken.hour
               WHEN taken.source = 'products' THEN '-infinity'
               WHEN taken.source IN ('new_variants', 'product_variants') THEN
                   CASE WHEN first.changed_at IS NULL
                        THEN '-infinity'::timestamptz END
               WHEN first.changed_at < taken.hour THEN taken.hour
               WHEN first.changed_at IS NOT NULL AND first.old_price IS NULL
                    AND EXISTS (SELECT FROM taken AS born
                                 WHERE born.source = 'new_variants'
                                   AND born.subject_id = taken.subject_id) THEN taken.hour
               ELSE '-infinity' END AS at
      FROM taken
      LEFT JOIN LATERAL (
               SELECT changed_at, old_price FROM price_history AS change
                WHERE change.variant_id = taken.subject_id
                ORDER BY changed_at, id LIMIT 1) AS first ON true
     WHERE taken.product_id IS NOT NULL
), since AS (
    SELECT product_id, min(at) AS at FROM doubted GROUP BY product_id HAVING min(at) IS NOT NULL
), product_rows AS (
    SELECT 'hour' AS grain, stored.product_id, stored.shop_id, stored.event_time AS bucket
      FROM since
      JOIN product_metrics_hourly AS stored ON stored.product_id = since.product_id
     WHERE stored.event_time >= (SELECT min(at) FROM since)
    UNION ALL
    SELECT 'day', stored.product_id, stored.shop_id, stored.event_time
      FROM since
      JOIN product_metrics_daily AS stored ON stored.product_id = since.product_id
     WHERE stored.event_time >= (SELECT min(at) - interval '1 day' FROM since)
), shelf AS (
    -- A shop's stock differs since then too, but not from before the product had any.
    SELECT coalesce(product.shop_id, stored.shop_id) AS shop_id,
           min(greatest(since.at, least(ledger.first, stored.first))) AS at
      FROM since
      LEFT JOIN products AS product ON product.id = since.product_id
      LEFT JOIN LATERAL (SELECT min(created_at) AS first FROM inventory_logs AS log
                          WHERE log.product_id = since.product_id) AS ledger ON true
      LEFT JOIN (SELECT product_id, (array_agg(shop_id))[1] AS shop_id, min(bucket) AS first
                   FROM product_rows GROUP BY product_id) AS stored
             ON stored.product_id = since.product_id
     WHERE ledger.first IS NOT NULL OR stored.first IS NOT NULL
     GROUP BY 1
), dirty AS (
    SELECT rollup.name, date_trunc(rollup.grain, touched.hour, 'UTC') AS bucket
      FROM touched
      JOIN reach USING (kind)
      JOIN rollup ON rollup.subject = ANY (reach.subjects)
    UNION
    SELECT rollup.name, stored.bucket
      FROM product_rows AS stored
      JOIN since ON since.product_id = stored.product_id
                AND stored.bucket >= date_trunc(stored.grain, since.at, 'UTC')
      JOIN rollup ON rollup.subject = 'product' AND rollup.grain = stored.grain
    UNION
    SELECT rollup.name, stored.event_time
      FROM shelf
      JOIN shop_metrics_hourly AS stored ON stored.shop_id = shelf.shop_id
                AND stored.event_time >= date_trunc('hour', shelf.at, 'UTC')
      JOIN rollup ON rollup.subject = 'shop' AND rollup.grain = 'hour'
     WHERE stored.event_time >= (SELECT date_trunc('hour', min(at), 'UTC') FROM shelf)
    UNION
    SELECT rollup.name, stored.event_time
      FROM shelf
      JOIN shop_metrics_daily AS stored ON stored.shop_id = shelf.shop_id
                AND stored.event_time >= date_trunc('day', shelf.at, 'UTC')
      JOIN rollup ON rollup.subject = 'shop' AND rollup.grain = 'day'
     WHERE stored.event_time >= (SELECT date_trunc('day', min(at), 'UTC') FROM shelf)
)
INSERT INTO rollup_runs (rollup, period_start, period_end, status)
SELECT name, bucket,
       bucket + (SELECT ('1 ' || grain)::interval FROM rollup WHERE rollup.name = dirty.name),
       'pending'
  FROM dirty
    ON CONFLICT (rollup, period_start) DO UPDATE
       SET status = 'pending', started_at = NULL, finished_at = NULL, error = ''
