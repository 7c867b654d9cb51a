-- The deployment store, version 1. Times are RFC 3339 in UTC; identifiers are GUIDs in lower case.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A store is a rehearsal from the first day to the last.
CREATE TRIGGER setting_staging_stays BEFORE UPDATE ON setting
WHEN old.name = 'staging'
BEGIN SELECT RAISE(ABORT, 'staging is a fact of the store'); END;

CREATE TRIGGER setting_staging_is_kept BEFORE DELETE ON setting
WHEN old.name = 'staging'
BEGIN SELECT RAISE(ABORT, 'staging is a fact of the store'); END;

CREATE TABLE connector (
    id       TEXT    NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL UNIQUE,
    name     TEXT    NOT NULL,
    kind     TEXT    NOT NULL CHECK (kind IN ('active-directory', 'entra-id'))
) STRICT, WITHOUT ROWID;

CREATE TABLE partition (
    connector_id TEXT    NOT NULL REFERENCES connector (id),
    dn           TEXT    NOT NULL,
    selected     INTEGER NOT NULL,
    PRIMARY KEY (connector_id, dn)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_rule (
    position     INTEGER NOT NULL PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    direction    TEXT    NOT NULL,
    connector_id TEXT    NOT NULL,
    precedence   INTEGER,
    disabled     INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    content      TEXT    NOT NULL
) STRICT;

-- A run without an end was interrupted; nothing of it counts.
CREATE TABLE run (
    id           INTEGER NOT NULL PRIMARY KEY,
    connector_id TEXT    NOT NULL REFERENCES connector (id),
    profile      TEXT    NOT NULL,
    started_at   TEXT    NOT NULL,
    ended_at     TEXT,
    result       TEXT
) STRICT;
CREATE INDEX run_of_connector ON run (connector_id, profile, id);

CREATE TABLE run_step (
    run_id   INTEGER NOT NULL REFERENCES run (id),
    position INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    counted  INTEGER NOT NULL,
    errors   INTEGER NOT NULL,
    detail   TEXT    NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE connector_space_object (
    run_id      INTEGER NOT NULL REFERENCES run (id),
    ordinal     INTEGER NOT NULL,
    dn          TEXT    NOT NULL,
    object_id   TEXT,
    object_type TEXT    NOT NULL,
    content     TEXT    NOT NULL,
    PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE metaverse_object (
    run_id      INTEGER NOT NULL REFERENCES run (id),
    ordinal     INTEGER NOT NULL,
    object_type TEXT    NOT NULL,
    anchor      TEXT,
    content     TEXT    NOT NULL,
    PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE pending_export (
    run_id       INTEGER NOT NULL REFERENCES run (id),
    ordinal      INTEGER NOT NULL,
    operation    TEXT    NOT NULL,
    object_type  TEXT    NOT NULL,
    dn           TEXT    NOT NULL,
    anchor       TEXT,
    display_name TEXT,
    content      TEXT    NOT NULL,
    PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_export_by_kind ON pending_export (run_id, operation, object_type);

CREATE TABLE journal_step (
    position   INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    undo       TEXT,
    state      TEXT    NOT NULL CHECK (state IN ('planned', 'begun', 'done', 'failed', 'undone')),
    changed_at TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    detail     TEXT    NOT NULL
) STRICT;

CREATE TABLE checklist_item (
    id          TEXT NOT NULL PRIMARY KEY,
    state       TEXT NOT NULL CHECK (state IN ('open', 'done')),
    evidence    TEXT NOT NULL,
    source      TEXT NOT NULL,
    author      TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    valid_until TEXT,
    sha256      TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE accepted_change (
    id          INTEGER NOT NULL PRIMARY KEY,
    connector   TEXT    NOT NULL,
    operation   TEXT    NOT NULL,
    anchor_or_dn TEXT   NOT NULL,
    attribute   TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    author      TEXT    NOT NULL,
    accepted_at TEXT    NOT NULL,
    expires_at  TEXT,
    UNIQUE (connector, operation, anchor_or_dn, attribute)
) STRICT;
