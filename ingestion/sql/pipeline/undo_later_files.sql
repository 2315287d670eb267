-- Later files whose rows met what this file created or changed.
-- Grain: one row a file: its name, the number of things. Reads ingestion_records,
-- ingestion_files, undo_created, undo_changed. Changes nothing.
SELECT file.filename, count(DISTINCT record.entity_id)
  FROM (SELECT entity_id, NULL::uuid AS first_record FROM undo_created
         UNION ALL
        SELECT entity_id, first_record FROM undo_changed) AS ours
  JOIN ingestion_records AS record USING (entity_id)
  JOIN ingestion_files AS file ON file.id = record.file_id
 WHERE record.file_id <> %(file_id)s
   AND file.status <> 'undone'
   AND (ours.first_record IS NULL OR record.id > ours.first_record)
 GROUP BY file.id, file.filename, file.created_at
 ORDER BY file.created_at
