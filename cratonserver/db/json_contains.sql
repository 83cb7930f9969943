-- SPDX-License-Identifier: Apache-2.0
-- The functions for craton_matches in PostgreSQL, see json_contains.py.

CREATE OR REPLACE FUNCTION craton_contains(whole jsonb, wanted jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
BEGIN
    IF jsonb_typeof(whole) = 'object' THEN
        RETURN jsonb_typeof(wanted) = 'object' AND NOT EXISTS (
            SELECT FROM jsonb_each(CASE jsonb_typeof(wanted) WHEN 'object' THEN wanted END) AS w
            WHERE craton_contains(whole -> w.key, w.value) IS NOT TRUE
        );
    ELSIF jsonb_typeof(whole) = 'array' THEN
        IF jsonb_typeof(wanted) <> 'array' THEN
            wanted := jsonb_build_array(wanted);
        END IF;
        RETURN craton_contains_scalars(whole, wanted) AND NOT EXISTS (
            SELECT FROM (
                SELECT DISTINCT w.value,
                    (SELECT m.key FROM jsonb_each(
                        CASE jsonb_typeof(w.value) WHEN 'object' THEN w.value END
                    ) AS m WHERE jsonb_typeof(m.value) NOT IN ('object', 'array') LIMIT 1) AS key
                FROM jsonb_array_elements(wanted) AS w
                WHERE jsonb_typeof(w.value) IN ('object', 'array')
            ) AS w
            WHERE NOT EXISTS (
                SELECT FROM jsonb_array_elements(whole) AS v
                WHERE CASE jsonb_typeof(v.value)
                    -- Comparing one scalar first excludes most objects, without a call.
                    WHEN 'object' THEN w.key IS NULL OR v.value -> w.key = w.value -> w.key
                        OR jsonb_typeof(v.value -> w.key) = 'array'
                    ELSE jsonb_typeof(v.value) = 'array'
                END AND craton_contains(v.value, w.value)
            )
        );
    END IF;
    RETURN whole = wanted;
END $$;

-- Return true if a list contains all scalars of another list. Each list is read once.
CREATE OR REPLACE FUNCTION craton_contains_scalars(whole jsonb, wanted jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
    scalars jsonb[] := ARRAY(
        SELECT DISTINCT w.value FROM jsonb_array_elements(wanted) AS w
        WHERE jsonb_typeof(w.value) NOT IN ('object', 'array')
    );
BEGIN
    RETURN cardinality(scalars) = 0 OR cardinality(scalars) = (
        WITH RECURSIVE parts(value) AS (
            SELECT e.value FROM jsonb_array_elements(whole) AS e
            UNION ALL
            SELECT e.value FROM parts, jsonb_array_elements(
                CASE jsonb_typeof(parts.value) WHEN 'array' THEN parts.value END
            ) AS e
        )
        SELECT count(*) FROM (
            SELECT DISTINCT parts.value FROM parts
            WHERE parts.value IN (SELECT unnest(scalars))
        ) AS found
    );
END $$;

CREATE OR REPLACE FUNCTION craton_matches(whole text, path text, wanted text, longest integer)
RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
    steps jsonb := path::jsonb;
    part jsonb := whole::jsonb;  -- after the first [*] or .*, a list of parts
    several boolean := false;
    step jsonb;
    kind text;
BEGIN
    IF length(whole) > longest THEN
        RAISE EXCEPTION 'The value is too long for the condition.' USING
            ERRCODE = 'CR400', DETAIL = jsonb_build_array(path, wanted, length(whole));
    END IF;
    FOR n IN 1 .. jsonb_array_length(steps) - 1 LOOP
        step := steps -> n;
        kind := jsonb_typeof(step);
        IF NOT several AND kind IN ('object', 'array') THEN
            part := jsonb_build_array(part);
            several := true;
        END IF;
        IF several THEN
            part := craton_descend(part, step, kind);
        ELSIF kind = 'string' THEN
            part := part -> (step #>> '{}');
        ELSIF jsonb_typeof(part) = 'array' THEN
            part := part -> step::int;
        ELSE
            RETURN 0;
        END IF;
        IF part IS NULL THEN  -- the path does not exist
            RETURN 0;
        END IF;
    END LOOP;
    IF jsonb_typeof(part) IN ('object', 'array') THEN
        -- The operator finds most of what is there, and is faster for small values.
        IF pg_column_size(part) < 8192 AND part @> wanted::jsonb THEN
            RETURN 1;
        END IF;
        RETURN craton_contains(part, wanted::jsonb)::integer;
    END IF;
    RETURN (part = wanted::jsonb)::integer;
END $$;

CREATE OR REPLACE FUNCTION craton_descend(parts jsonb, step jsonb, kind text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE kind
        WHEN 'string' THEN (
            SELECT jsonb_agg(p.value -> (step #>> '{}'))
            FROM jsonb_array_elements(parts) AS p
            WHERE p.value -> (step #>> '{}') IS NOT NULL
        )
        WHEN 'number' THEN (
            SELECT jsonb_agg(p.value -> step::int)
            FROM jsonb_array_elements(parts) AS p
            WHERE p.value -> step::int IS NOT NULL AND jsonb_typeof(p.value) = 'array'
        )
        WHEN 'object' THEN (
            SELECT jsonb_agg(m.value)
            FROM jsonb_array_elements(parts) AS p,
                jsonb_each(CASE jsonb_typeof(p.value) WHEN 'object' THEN p.value END) AS m
        )
        ELSE (
            SELECT jsonb_agg(e.value)
            FROM jsonb_array_elements(parts) AS p,
                jsonb_array_elements(
                    CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value END
                ) AS e
        )
    END;
END $$;
