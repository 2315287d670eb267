-- Sellers become shops.
-- Grain: a line of the file. Reads incoming.
-- Repeatable: the slug carries the seller's id; of repeated sellers the last line counts.
WITH wanted AS (
    SELECT DISTINCT ON (seller_id)
           line, 'olist-' || seller_id AS slug,
           initcap(seller_city) || ' ' || upper(seller_state) || ' · '
               || left(seller_id, 6) AS name,
           jsonb_build_object('city', initcap(seller_city),
                              'state', upper(seller_state),
                              'zip', lpad(seller_zip_code_prefix, 5, '0')) AS address
      FROM incoming
     ORDER BY seller_id, line DESC
), saved AS (
    INSERT INTO shops (owner_id, name, slug, address, currency, country, status)
    SELECT %(owner_id)s, name, slug, address, 'BRL', 'BR', 'active'
      FROM wanted
     ORDER BY slug
    ON CONFLICT (slug) DO UPDATE
       SET name = EXCLUDED.name,
           address = shops.address || EXCLUDED.address,
           updated_at = now()
     WHERE shops.name <> EXCLUDED.name
        OR NOT shops.address @> EXCLUDED.address
    RETURNING id, slug, old.id IS NULL AS created,
              jsonb_build_object('name', old.name, 'address', old.address) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT incoming.line, 'shop', coalesce(saved.id, shops.id),
       CASE WHEN saved.id IS NULL OR wanted.line IS NULL THEN 'unchanged'
            WHEN saved.created THEN 'created' ELSE 'updated' END,
       CASE WHEN wanted.line IS NOT NULL AND NOT saved.created THEN saved.previous END
  FROM incoming
  LEFT JOIN wanted ON wanted.line = incoming.line
  LEFT JOIN saved ON saved.slug = 'olist-' || incoming.seller_id
  LEFT JOIN shops ON shops.slug = 'olist-' || incoming.seller_id
