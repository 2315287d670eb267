-- What the lines of a chunk became, for people who ask and for an undo.
-- Grain: one row a line and thing. Reads outcome; writes ingestion_records.
-- Not repeatable: runs in the transaction that moves the file's cursor.
-- Keys: one uuidv7() for all, counted up in its last 32 bits (RFC 9562, 6.2); a call for each row
-- costs as much as writing it.
WITH first AS (
    SELECT left(uuidv7()::text, 28) AS bits
)
INSERT INTO ingestion_records (id, file_id, line, entity_type, entity_id, action, previous)
SELECT (first.bits || lpad(to_hex(row_number() OVER (ORDER BY line)), 8, '0'))::uuid,
       %(file_id)s, line, entity_type, entity_id, action, previous
  FROM outcome
 CROSS JOIN first
 ORDER BY line
