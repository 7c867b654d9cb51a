-- Two rules of a server may have one id: its order counts, and nothing else refers to a rule.
EXEC sp_rename N'sync_rule', N'sync_rule_old';
CREATE TABLE [sync_rule] (
    [position] bigint NOT NULL PRIMARY KEY,
    [id] nvarchar(100) NOT NULL,
    [name] nvarchar(200) NOT NULL,
    [direction] nvarchar(200) NOT NULL,
    [connector_id] nvarchar(36) NOT NULL,
    [precedence] bigint,
    [disabled] bigint NOT NULL,
    [source] nvarchar(200) NOT NULL,
    [content] nvarchar(max) NOT NULL
);
INSERT INTO [sync_rule] ([position], [id], [name], [direction], [connector_id], [precedence], [disabled], [source], [content])
SELECT [position], [id], [name], [direction], [connector_id], [precedence], [disabled], [source], [content] FROM [sync_rule_old];
DROP TABLE [sync_rule_old];
