-- Which tables have doubled since their statistics were taken; those of the others still serve,
-- because plans reckon with the size a table has now.
-- Grain: one table, with its partitions. Unit: bytes. Reads the catalogue. Changes nothing.
SELECT wanted.oid::regclass::text
  FROM pg_class AS wanted
  LEFT JOIN pg_inherits AS child ON child.inhparent = wanted.oid
  JOIN pg_class AS part ON part.oid = coalesce(child.inhrelid, wanted.oid)
 WHERE wanted.oid = ANY (%(tables)s::text[]::regclass[])
 GROUP BY wanted.oid
HAVING sum(pg_relation_size(part.oid))
       > 2 * sum(greatest(part.relpages, 0)::bigint
                 * current_setting('block_size')::bigint)
 ORDER BY 1
