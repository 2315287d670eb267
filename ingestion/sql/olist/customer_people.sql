-- The people of the chunk, as keyed hashes; the last line of each says the region.
-- Grain: a person. Reads incoming and the hashes. Makes the temporary table person.
CREATE TEMP TABLE person ON COMMIT DROP AS
SELECT DISTINCT ON (hashed.hash)
       incoming.line, hashed.hash, upper(incoming.customer_state) AS region
  FROM incoming
  JOIN customer_unique_id_hash AS hashed ON hashed.value = incoming.customer_unique_id
 ORDER BY hashed.hash, incoming.line DESC
