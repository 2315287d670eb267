-- What a file changed without having created it, in the temporary table `undo_changed`, with
-- the values before its first change of each column.
-- Grain: one row a thing. Reads ingestion_records, undo_created.
CREATE TEMP TABLE undo_changed ON COMMIT DROP AS
WITH before AS (
    SELECT DISTINCT ON (record.entity_type, record.entity_id, previous.key)
           record.entity_type, record.entity_id, record.id, previous.key, previous.value
      FROM ingestion_records AS record
     CROSS JOIN LATERAL jsonb_each(record.previous) AS previous
     WHERE record.file_id = %(file_id)s
       AND record.action = 'updated'
       AND NOT EXISTS (SELECT FROM undo_created AS made
                        WHERE made.entity_id = record.entity_id)
     ORDER BY record.entity_type, record.entity_id, previous.key, record.id
)
SELECT entity_type, entity_id, min(id::text)::uuid AS first_record,
       jsonb_object_agg(key, value) AS previous
  FROM before
 GROUP BY entity_type, entity_id
