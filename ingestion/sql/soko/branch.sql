-- Every beginning of every path that a row names, in the temporary table `branch`, in small
-- letters, with the category it is once `categories.sql` has found or made it.
-- Grain: one row a path. Reads listed.
CREATE TEMP TABLE branch ON COMMIT DROP AS
SELECT lower(array_to_string(path[:depth], ' > ')) AS path,
       lower(array_to_string(path[:depth - 1], ' > ')) AS above,
       depth, (array_agg(path[depth] ORDER BY line))[1] AS name,
       min(line) AS line, NULL::uuid AS category_id
  FROM listed
 CROSS JOIN generate_series(1, cardinality(path)) AS depth
 GROUP BY 1, 2, 3
