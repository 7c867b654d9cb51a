-- What programs saw, every piece of it, in the order in which it was recorded; the newest of a kind counts.

CREATE TABLE [evidence] (
    [id] bigint NOT NULL PRIMARY KEY,
    [kind] nvarchar(100) NOT NULL,
    [holds] bigint NOT NULL CHECK ([holds] IN (0, 1)),
    [detail] nvarchar(max) NOT NULL,
    [source] nvarchar(400) NOT NULL,
    [host] nvarchar(400),
    [seen_at] nvarchar(200) NOT NULL,
    [valid_until] nvarchar(200),
    [sha256] nvarchar(200),
    [recorded_at] nvarchar(200) NOT NULL
);
