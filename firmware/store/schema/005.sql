-- What a user may see and do beyond the role: a supervisor's queues, the phone listened at.
ALTER TABLE user ADD COLUMN queues TEXT NOT NULL DEFAULT '[]';  -- queue ids as a JSON array
ALTER TABLE user ADD COLUMN extension TEXT;
ALTER TABLE user ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

-- Keys by which other software asks. Only a hash is kept: the key itself is shown once.
CREATE TABLE token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    queues     TEXT NOT NULL,                -- queue ids as a JSON array
    hash       BLOB NOT NULL UNIQUE,         -- SHA-256 of the key
    made_at_us INTEGER NOT NULL,
    made_by    TEXT NOT NULL,
    used_at_us INTEGER                       -- to within some minutes
) STRICT;

-- Who changed what, with before and after; nothing here is ever changed or taken away.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_us   INTEGER NOT NULL,
    who     TEXT NOT NULL,
    address TEXT NOT NULL,                   -- where from; empty for the box's own command line
    action  TEXT NOT NULL,                   -- user-changed, configuration-changed, …
    target  TEXT NOT NULL,                   -- which user, queue, call …
    before  TEXT,                            -- JSON with its secrets masked; null where there was none
    after   TEXT
) STRICT;
CREATE INDEX audit_who ON audit (who, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_at ON audit (at_us);
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
