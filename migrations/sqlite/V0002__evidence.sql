-- What programs saw, every piece of it, in the order in which it was recorded; the newest of a kind counts.
CREATE TABLE evidence (
    id          INTEGER NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    holds       INTEGER NOT NULL CHECK (holds IN (0, 1)),
    detail      TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    host        TEXT,
    seen_at     TEXT    NOT NULL,
    valid_until TEXT,
    sha256      TEXT,
    recorded_at TEXT    NOT NULL
) STRICT;

-- What was seen stays, and so does the switch.
CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is a fact of the store'); END;

CREATE TRIGGER evidence_is_kept BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is a fact of the store'); END;

CREATE TRIGGER setting_cut_over_stays BEFORE UPDATE ON setting
WHEN old.name = 'cut_over' OR new.name = 'cut_over'
BEGIN SELECT RAISE(ABORT, 'the switch is a fact of the store'); END;

CREATE TRIGGER setting_cut_over_is_kept BEFORE DELETE ON setting
WHEN old.name = 'cut_over'
BEGIN SELECT RAISE(ABORT, 'the switch is a fact of the store'); END;
