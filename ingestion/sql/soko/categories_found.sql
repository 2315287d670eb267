-- Enters the categories of one depth that there are, by name below the same parent.
-- Grain: one path of that depth. Reads categories; writes branch. Repeatable.
UPDATE branch
   SET category_id = known.id
  FROM (SELECT branch.path, (array_agg(category.id ORDER BY category.id))[1] AS id
          FROM branch
          LEFT JOIN branch AS parent ON parent.path = branch.above
          JOIN categories AS category
            ON lower(category.name) = lower(branch.name)
           AND category.parent_id IS NOT DISTINCT FROM parent.category_id
         WHERE branch.depth = %(depth)s
         GROUP BY branch.path) AS known
 WHERE branch.path = known.path
