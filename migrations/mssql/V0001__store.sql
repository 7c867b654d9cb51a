-- The deployment store, version 1, for SQL Server 2016 and later. Tables and columns follow the store for SQLite.

CREATE TABLE [setting] (
    [name] nvarchar(200) NOT NULL PRIMARY KEY,
    [value] nvarchar(max) NOT NULL
);

CREATE TABLE [connector] (
    [id] nvarchar(36) NOT NULL PRIMARY KEY,
    [position] bigint NOT NULL UNIQUE,
    [name] nvarchar(200) NOT NULL,
    [kind] nvarchar(200) NOT NULL CHECK ([kind] IN (N'active-directory', N'entra-id'))
);

CREATE TABLE [partition] (
    [connector_id] nvarchar(36) NOT NULL REFERENCES [connector] ([id]),
    [dn] nvarchar(400) NOT NULL,
    [selected] bigint NOT NULL,
    PRIMARY KEY ([connector_id], [dn])
);

CREATE TABLE [sync_rule] (
    [position] bigint NOT NULL PRIMARY KEY,
    [id] nvarchar(100) NOT NULL UNIQUE,
    [name] nvarchar(200) NOT NULL,
    [direction] nvarchar(200) NOT NULL,
    [connector_id] nvarchar(36) NOT NULL,
    [precedence] bigint,
    [disabled] bigint NOT NULL,
    [source] nvarchar(200) NOT NULL,
    [content] nvarchar(max) NOT NULL
);

CREATE TABLE [run] (
    [id] bigint NOT NULL PRIMARY KEY,
    [connector_id] nvarchar(36) NOT NULL REFERENCES [connector] ([id]),
    [profile] nvarchar(200) NOT NULL,
    [started_at] nvarchar(200) NOT NULL,
    [ended_at] nvarchar(200),
    [result] nvarchar(200)
);

CREATE TABLE [run_step] (
    [run_id] bigint NOT NULL REFERENCES [run] ([id]),
    [position] bigint NOT NULL,
    [name] nvarchar(200) NOT NULL,
    [counted] bigint NOT NULL,
    [errors] bigint NOT NULL,
    [detail] nvarchar(max) NOT NULL,
    PRIMARY KEY ([run_id], [position])
);

CREATE TABLE [connector_space_object] (
    [run_id] bigint NOT NULL REFERENCES [run] ([id]),
    [ordinal] bigint NOT NULL,
    [dn] nvarchar(4000) NOT NULL,
    [object_id] nvarchar(36),
    [object_type] nvarchar(200) NOT NULL,
    [content] nvarchar(max) NOT NULL,
    PRIMARY KEY ([run_id], [ordinal])
);

CREATE TABLE [metaverse_object] (
    [run_id] bigint NOT NULL REFERENCES [run] ([id]),
    [ordinal] bigint NOT NULL,
    [object_type] nvarchar(200) NOT NULL,
    [anchor] nvarchar(200),
    [content] nvarchar(max) NOT NULL,
    PRIMARY KEY ([run_id], [ordinal])
);

CREATE TABLE [pending_export] (
    [run_id] bigint NOT NULL REFERENCES [run] ([id]),
    [ordinal] bigint NOT NULL,
    [operation] nvarchar(200) NOT NULL,
    [object_type] nvarchar(200) NOT NULL,
    [dn] nvarchar(4000) NOT NULL,
    [anchor] nvarchar(200),
    [display_name] nvarchar(4000),
    [content] nvarchar(max) NOT NULL,
    PRIMARY KEY ([run_id], [ordinal])
);

CREATE TABLE [journal_step] (
    [position] bigint NOT NULL PRIMARY KEY,
    [name] nvarchar(200) NOT NULL UNIQUE,
    [undo] nvarchar(200),
    [state] nvarchar(200) NOT NULL CHECK ([state] IN (N'planned', N'begun', N'done', N'failed', N'undone')),
    [changed_at] nvarchar(200) NOT NULL,
    [attempts] bigint NOT NULL,
    [detail] nvarchar(max) NOT NULL
);

CREATE TABLE [checklist_item] (
    [id] nvarchar(100) NOT NULL PRIMARY KEY,
    [state] nvarchar(200) NOT NULL CHECK ([state] IN (N'open', N'done')),
    [evidence] nvarchar(max) NOT NULL,
    [source] nvarchar(200) NOT NULL,
    [author] nvarchar(200) NOT NULL,
    [recorded_at] nvarchar(200) NOT NULL,
    [valid_until] nvarchar(200),
    [sha256] nvarchar(200)
);

CREATE TABLE [accepted_change] (
    [id] bigint NOT NULL PRIMARY KEY,
    [connector] nvarchar(100) NOT NULL,
    [operation] nvarchar(100) NOT NULL,
    [anchor_or_dn] nvarchar(400) NOT NULL,
    [attribute] nvarchar(100) NOT NULL,
    [reason] nvarchar(400) NOT NULL,
    [author] nvarchar(200) NOT NULL,
    [accepted_at] nvarchar(200) NOT NULL,
    [expires_at] nvarchar(200),
    UNIQUE ([connector], [operation], [anchor_or_dn], [attribute])
);
CREATE INDEX [run_of_connector] ON [run] ([connector_id], [profile], [id]);

CREATE INDEX [pending_export_by_kind] ON [pending_export] ([run_id], [operation], [object_type]);
