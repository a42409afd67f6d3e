-- Every change of a call, a queue visit or an agent, once, in order. Nothing is ever changed here.
CREATE TABLE event (
    id      INTEGER PRIMARY KEY,
    at_us   INTEGER NOT NULL,                -- microseconds since 1970, UTC
    call_id INTEGER,                         -- null where it is about no call
    kind    TEXT GENERATED ALWAYS AS (body ->> '$.event') VIRTUAL,
    body    TEXT NOT NULL                    -- the event as JSON
) STRICT;
CREATE INDEX event_call ON event (call_id) WHERE call_id IS NOT NULL;

-- The tables from here to `recording` are derived from `event` and can be made again from it.
CREATE TABLE call (
    id             INTEGER PRIMARY KEY,
    began_at_us    INTEGER NOT NULL,
    answered_at_us INTEGER,
    ended_at_us    INTEGER,
    source         TEXT NOT NULL,
    called         TEXT,
    caller         TEXT,
    caller_name    TEXT NOT NULL,
    inbound        INTEGER NOT NULL,
    cause          TEXT,
    ended_by       TEXT,
    disposition    TEXT
) STRICT;
CREATE INDEX call_began ON call (began_at_us, id);
CREATE INDEX call_caller ON call (caller) WHERE caller IS NOT NULL;
CREATE INDEX call_called ON call (called) WHERE inbound = 0 AND called IS NOT NULL;
CREATE INDEX call_open ON call (id) WHERE ended_at_us IS NULL;

CREATE TABLE segment (
    call_id     INTEGER NOT NULL,
    segment     INTEGER NOT NULL,            -- from 1 within the call
    kind        TEXT NOT NULL,
    handler     TEXT NOT NULL,
    agent_id    INTEGER,
    began_at_us INTEGER NOT NULL,
    ended_at_us INTEGER,
    PRIMARY KEY (call_id, segment)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_open ON segment (call_id) WHERE ended_at_us IS NULL;
CREATE INDEX segment_talk ON segment (handler, call_id) WHERE agent_id IS NOT NULL AND kind = 'talk';

CREATE TABLE queue_visit (
    call_id        INTEGER NOT NULL,
    event_id       INTEGER NOT NULL,         -- the event that began it
    queue_id       INTEGER NOT NULL,
    queue_name     TEXT NOT NULL,
    entered_at_us  INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    left_at_us     INTEGER,
    outcome        TEXT,
    wait_ms        INTEGER,
    last_position  INTEGER,
    agent_id       INTEGER,
    PRIMARY KEY (call_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_visit_entered ON queue_visit (entered_at_us);
CREATE INDEX queue_visit_open ON queue_visit (call_id) WHERE left_at_us IS NULL;

CREATE TABLE offer (
    call_id     INTEGER NOT NULL,
    event_id    INTEGER NOT NULL,
    queue_id    INTEGER NOT NULL,
    agent_id    INTEGER NOT NULL,
    extension   TEXT NOT NULL,
    began_at_us INTEGER NOT NULL,
    ended_at_us INTEGER,
    outcome     TEXT,
    rang_ms     INTEGER,
    PRIMARY KEY (call_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX offer_open ON offer (call_id) WHERE ended_at_us IS NULL;

CREATE TABLE agent_state (
    agent_id    INTEGER NOT NULL,
    event_id    INTEGER NOT NULL,
    work_number TEXT NOT NULL,
    state       TEXT NOT NULL,
    extension   TEXT,
    reason      TEXT NOT NULL,
    call_id     INTEGER,
    began_at_us INTEGER NOT NULL,
    ended_at_us INTEGER,
    PRIMARY KEY (agent_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_state_open ON agent_state (agent_id) WHERE ended_at_us IS NULL;

CREATE TABLE recording (
    call_id     INTEGER NOT NULL,
    event_id    INTEGER NOT NULL,
    path        TEXT NOT NULL,               -- relative to the recordings folder
    began_at_us INTEGER NOT NULL,
    ended_at_us INTEGER,
    duration_ms INTEGER,
    bytes       INTEGER,
    PRIMARY KEY (call_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_open ON recording (call_id) WHERE ended_at_us IS NULL;

-- What follows is not derived: it is what people decided.
CREATE TABLE configuration (
    version INTEGER PRIMARY KEY,
    at_us   INTEGER NOT NULL,
    who     TEXT NOT NULL,
    toml    TEXT NOT NULL
) STRICT;

CREATE TABLE user (
    name            TEXT PRIMARY KEY,
    role            TEXT NOT NULL,
    password_hash   TEXT NOT NULL,           -- argon2id, PHC string
    must_change     INTEGER NOT NULL,
    changed_at_us   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
