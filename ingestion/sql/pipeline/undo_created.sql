-- What a file created, in the temporary table `undo_created`.
-- Grain: one row a thing. Reads ingestion_records.
CREATE TEMP TABLE undo_created ON COMMIT DROP AS
SELECT DISTINCT entity_type, entity_id
  FROM ingestion_records
 WHERE file_id = %(file_id)s
   AND action = 'created'
