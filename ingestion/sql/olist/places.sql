-- Where shops are: a point for the prefix of their postal code; the first that came stays.
-- Grain: a prefix. Unit: degrees (WGS 84). Reads incoming, shops.
-- Repeatable: a shop that is on the map is left there.
WITH place AS (
    SELECT DISTINCT ON (zip) line, zip, lat, lon
      FROM (SELECT line, lpad(geolocation_zip_code_prefix, 5, '0') AS zip,
                   geolocation_lat AS lat, geolocation_lng AS lon
              FROM incoming) AS point
     ORDER BY zip, line
), placed AS (
    UPDATE shops
       SET address = shops.address || jsonb_build_object(
               'location', jsonb_build_object('lat', place.lat, 'lon', place.lon)),
           updated_at = now()
      FROM place
     WHERE shops.slug LIKE 'olist-%%'
       AND shops.address ->> 'zip' = place.zip
       AND NOT shops.address ? 'location'
    RETURNING shops.id, place.line, jsonb_build_object('address', old.address) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'shop', id, 'updated', previous FROM placed
