-- Two rules of a server may have one id: its order counts, and nothing else refers to a rule.
ALTER TABLE sync_rule RENAME TO sync_rule_old;
CREATE TABLE sync_rule (
    position     INTEGER NOT NULL PRIMARY KEY,
    id           TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    direction    TEXT    NOT NULL,
    connector_id TEXT    NOT NULL,
    precedence   INTEGER,
    disabled     INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    content      TEXT    NOT NULL
) STRICT;
INSERT INTO sync_rule (position, id, name, direction, connector_id, precedence, disabled, source, content)
SELECT position, id, name, direction, connector_id, precedence, disabled, source, content FROM sync_rule_old;
DROP TABLE sync_rule_old;

-- A row that is inserted in place of another one makes no trigger of a delete fire, so facts are guarded here too.
CREATE TRIGGER setting_fact_is_not_replaced BEFORE INSERT ON setting
WHEN new.name IN ('staging', 'cut_over') AND EXISTS (SELECT 1 FROM setting WHERE name = new.name)
BEGIN SELECT RAISE(ABORT, 'it is a fact of the store'); END;

CREATE TRIGGER setting_staging_is_not_overwritten BEFORE UPDATE ON setting
WHEN new.name = 'staging'
BEGIN SELECT RAISE(ABORT, 'staging is a fact of the store'); END;

CREATE TRIGGER evidence_is_not_replaced BEFORE INSERT ON evidence
WHEN EXISTS (SELECT 1 FROM evidence WHERE id = new.id)
BEGIN SELECT RAISE(ABORT, 'evidence is a fact of the store'); END;
