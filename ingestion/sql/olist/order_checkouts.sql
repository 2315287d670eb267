-- A checkout for each order.
-- Grain: an order of the file. Reads purchase. Repeatable: its reference is the order's id.
WITH saved AS (
    INSERT INTO checkouts (id, source, checkout_ref, currency, status)
    SELECT uuidv7(placed_at - clock_timestamp()), %(source)s, ref, 'BRL', checkout_status
      FROM purchase
     ORDER BY ref
    ON CONFLICT (source, checkout_ref) DO UPDATE SET status = EXCLUDED.status
     WHERE checkouts.status <> EXCLUDED.status
    RETURNING id, checkout_ref, old.id IS NULL AS created,
              jsonb_build_object('status', old.status) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT purchase.line, 'checkout', saved.id,
       CASE WHEN saved.created THEN 'created' ELSE 'updated' END,
       CASE WHEN NOT saved.created THEN saved.previous END
  FROM saved
  JOIN purchase ON purchase.ref = saved.checkout_ref
