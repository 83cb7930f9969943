-- SPDX-License-Identifier: Apache-2.0
-- The function of the log of changes in PostgreSQL, see postgresql.py.

-- Return the id of the change of this transaction. The first call begins it.
CREATE OR REPLACE FUNCTION craton_change() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    current text := current_setting('craton.change', true);
    origin json;
    of_project text;
    number bigint;
    new_id bigint;
BEGIN
    IF current <> '' THEN
        RETURN split_part(current, ' ', 1)::bigint;
    END IF;
    IF coalesce(current_setting('craton.origin', true), '') = '' THEN
        RAISE EXCEPTION 'The fleet is changed without an entry in its log.'
            USING HINT = 'Use craton-server or the API.';
    END IF;
    origin := current_setting('craton.origin');
    of_project := origin ->> 'project_id';
    INSERT INTO project_revisions AS known (project_id, last) VALUES (of_project, 1)
        ON CONFLICT (project_id) DO UPDATE SET last = known.last + 1
        RETURNING known.last INTO number;
    INSERT INTO changes (project_id, revision, created_at, user_id, username, key_name, role,
            address, request_id, reason, undoes)
        SELECT of_project, number, given.created_at, given.user_id, given.username,
            given.key_name, given.role, given.address, given.request_id, given.reason,
            given.undoes
        FROM json_populate_record(NULL::changes, origin) AS given
        RETURNING id INTO new_id;
    PERFORM set_config('craton.change', new_id || ' ' || number, true);
    RETURN new_id;
END $$;
