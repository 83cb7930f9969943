-- SPDX-License-Identifier: Apache-2.0
-- craton_matches for PostgreSQL, see containment.py.

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
        RETURN NOT EXISTS (
            SELECT FROM jsonb_array_elements(wanted) AS w
            WHERE NOT EXISTS (
                SELECT FROM jsonb_array_elements(whole) AS v
                WHERE craton_contains(v.value, w.value)
            )
        );
    END IF;
    RETURN whole = wanted;
END $$;

CREATE OR REPLACE FUNCTION craton_matches(whole text, path text, wanted text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
    parts jsonb := jsonb_build_array(whole::jsonb);
    several boolean := false;
    step jsonb;
BEGIN
    -- A step that leads nowhere leaves NULL, of which nothing is left but NULL.
    FOR step IN SELECT s.value FROM jsonb_array_elements(path::jsonb) AS s LOOP
        IF jsonb_typeof(step) = 'string' THEN
            parts := (
                SELECT jsonb_agg(p.value -> (step #>> '{}'))
                FROM jsonb_array_elements(parts) AS p
                WHERE p.value -> (step #>> '{}') IS NOT NULL
            );
        ELSIF jsonb_typeof(step) = 'number' THEN
            parts := (
                SELECT jsonb_agg(p.value -> step::int)
                FROM jsonb_array_elements(parts) AS p
                WHERE p.value -> step::int IS NOT NULL
                    AND jsonb_typeof(p.value) = 'array'
            );
        ELSIF step = '{}' THEN
            several := true;
            parts := (
                SELECT jsonb_agg(m.value)
                FROM jsonb_array_elements(parts) AS p,
                    jsonb_each(CASE jsonb_typeof(p.value) WHEN 'object' THEN p.value END) AS m
            );
        ELSE
            several := true;
            parts := (
                SELECT jsonb_agg(e.value)
                FROM jsonb_array_elements(parts) AS p,
                    jsonb_array_elements(
                        CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value END
                    ) AS e
            );
        END IF;
    END LOOP;
    IF parts IS NULL THEN
        RETURN 0;
    END IF;
    RETURN craton_contains(
        CASE WHEN several THEN parts ELSE parts -> 0 END, wanted::jsonb
    )::integer;
END $$;
