-- What was set of an extension last: each forward, and do not disturb. Derived from the log.
CREATE TABLE extension_setting (
    extension TEXT NOT NULL,
    setting   TEXT NOT NULL,                 -- forward-always, forward-busy …, do-not-disturb, message-waiting
    event_id  INTEGER NOT NULL,
    body      TEXT NOT NULL,                 -- the event as JSON
    PRIMARY KEY (extension, setting)
) STRICT, WITHOUT ROWID;
INSERT OR REPLACE INTO extension_setting
    SELECT body ->> '$.extension',
        CASE kind WHEN 'forward-changed' THEN 'forward-' || (body ->> '$.when') ELSE 'do-not-disturb' END,
        id, body
    FROM event
    WHERE call_id IS NULL AND kind IN ('forward-changed', 'do-not-disturb-changed')
    ORDER BY id;

-- The file of a recording goes before its row does. Derived.
ALTER TABLE recording ADD COLUMN removed_at_us INTEGER;
ALTER TABLE recording ADD COLUMN removed_because TEXT;
UPDATE recording SET removed_because = 'too-short', removed_at_us = (
        SELECT max(e.at_us, recording.began_at_us) FROM event AS e
        WHERE e.call_id = recording.call_id AND e.kind = 'recording-discarded'
            AND e.body ->> '$.path' = recording.path
        ORDER BY e.id LIMIT 1)
    WHERE EXISTS (SELECT 1 FROM event AS e
        WHERE e.call_id = recording.call_id AND e.kind = 'recording-discarded'
            AND e.body ->> '$.path' = recording.path);
CREATE INDEX recording_kept ON recording (began_at_us, call_id, event_id, bytes)
    WHERE removed_at_us IS NULL AND ended_at_us IS NOT NULL;

-- Calls and recordings that no rule removes until the hold is taken away. Set by people.
CREATE TABLE legal_hold (
    call_id INTEGER NOT NULL,
    part    INTEGER NOT NULL,                -- which of the call's recordings, from 1; 0 for all of it
    at_us   INTEGER NOT NULL,
    who     TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (call_id, part)
) STRICT, WITHOUT ROWID;

-- Where the log begins. What came before it is removed but for calls on hold; what was derived from
-- it stays as it was when the tables are made again.
CREATE TABLE log_begin (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    event_id INTEGER NOT NULL,               -- the first event that is kept for certain
    quarter  INTEGER NOT NULL                -- the first quarter hour whose figures can be made again
) STRICT;
