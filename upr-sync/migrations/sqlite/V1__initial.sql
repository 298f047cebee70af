-- The whole schema of upr on SQLite. Keys, subjects and scopes are text of 1 to 191 bytes and compare by bytes
-- (SQLite's BINARY); times are UTC, `2026-11-20T10:30:00.000000Z`, and so sort by bytes too; truth values are 0
-- and 1. What is absent in a key of a table is '', never NULL, since NULL admits doubles under UNIQUE.
-- Old SQLite libraries open this file too, so there are neither STRICT tables nor generated columns.

-- Which migrations were applied, and what they said.
CREATE TABLE upr_schema_history (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at TEXT NOT NULL CHECK (length(applied_at) = 27),
    applied_by TEXT NOT NULL
);

-- Facts about the store, one a line:
--   revision        the one revision row: the number of the last change set; writers lock it first
--   epoch           random, new at each restore
--   store_id        random, for ever
--   environment     written by the first migrate
--   protected       true or false
--   schema_version  the newest migration that was applied
--   oldest_reader   the oldest schema version a program must know to read and write this store
--   users_source    where the subjects come from; '' until users are synchronised
--   newest_time     the newest time that was written; clocks set back do not go behind it
--   fingerprint:APP, version:APP   the catalog that was applied last
--   synced:APP      stands while the rows are as the last sync left them; the triggers below take it away
CREATE TABLE upr_meta (
    name  TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Modules belong to an application; two may use the same word, since what is unique is the permission.
CREATE TABLE upr_module (
    key         TEXT NOT NULL CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 191),
    application TEXT NOT NULL CHECK (application <> ''),
    label       TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (key, application)
) WITHOUT ROWID;

CREATE TABLE upr_permission (
    key                 TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(key AS BLOB)) BETWEEN 3 AND 191),
    application         TEXT NOT NULL CHECK (application <> ''),
    module              TEXT NOT NULL,
    label               TEXT NOT NULL,
    description         TEXT NOT NULL,
    kind                TEXT NOT NULL CHECK (kind IN ('crud', 'action')),
    critical            INTEGER NOT NULL CHECK (critical IN (0, 1)),
    -- active and deprecated are declared; orphan: a sync found it undeclared; retired: gone for ever.
    state               TEXT NOT NULL CHECK (state IN ('active', 'deprecated', 'orphan', 'retired')),
    -- What the code last said about its end; an orphan keeps it, and so shows whether its end was announced.
    deprecated          INTEGER NOT NULL DEFAULT 0 CHECK (deprecated IN (0, 1)),
    deprecation_message TEXT NOT NULL DEFAULT '',
    deprecated_since    TEXT NOT NULL DEFAULT '',
    removal_version     TEXT NOT NULL DEFAULT '',
    replaced_by         TEXT NOT NULL DEFAULT '',
    -- The version that retired it, and the key that answers for it from then on ('' when none does).
    retired_in          TEXT NOT NULL DEFAULT '',
    alias_of            TEXT NOT NULL DEFAULT '',
    -- The change sets that made the row, and that last changed its state.
    created             INTEGER NOT NULL,
    changed             INTEGER NOT NULL,
    CHECK (alias_of = '' OR state = 'retired'),
    CHECK (state <> 'deprecated' OR deprecated = 1)
) WITHOUT ROWID;
CREATE INDEX upr_permission_by_application ON upr_permission (application, module);

CREATE TABLE upr_role (
    key         TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 191),
    -- '' when the role was made in the store.
    application TEXT NOT NULL,
    label       TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    mode        TEXT NOT NULL CHECK (mode IN ('store', 'seeded', 'managed')),
    state       TEXT NOT NULL CHECK (state IN ('active', 'orphan')),
    created     INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    CHECK ((application = '') = (mode = 'store'))
) WITHOUT ROWID;

-- What a role holds: one permission, a whole module, or (member '') everything.
CREATE TABLE upr_role_permission (
    role   TEXT NOT NULL REFERENCES upr_role (key) ON DELETE CASCADE,
    kind   TEXT NOT NULL CHECK (kind IN ('permission', 'module', 'all')),
    member TEXT NOT NULL CHECK ((member = '') = (kind = 'all')),
    PRIMARY KEY (role, kind, member)
) WITHOUT ROWID;
CREATE INDEX upr_role_permission_by_member ON upr_role_permission (member, kind);

-- What was once offered to a seeded role is remembered for ever, also when the role is gone.
CREATE TABLE upr_role_offer (
    role   TEXT NOT NULL,
    kind   TEXT NOT NULL CHECK (kind IN ('permission', 'module', 'all')),
    member TEXT NOT NULL CHECK ((member = '') = (kind = 'all')),
    PRIMARY KEY (role, kind, member)
) WITHOUT ROWID;

CREATE TABLE upr_subject (
    id             TEXT NOT NULL PRIMARY KEY CHECK (length(CAST(id AS BLOB)) BETWEEN 1 AND 191),
    username       TEXT NOT NULL DEFAULT '',
    email          TEXT NOT NULL DEFAULT '',
    active         INTEGER NOT NULL CHECK (active IN (0, 1)),
    -- Who made it: a person, bootstrap, or the application's own table of users.
    origin         TEXT NOT NULL CHECK (origin IN ('hand', 'bootstrap', 'source')),
    -- Who made it inactive: a person, its absence from the source, or another person under its id.
    deactivated_by TEXT NOT NULL DEFAULT '' CHECK (deactivated_by IN ('', 'hand', 'source', 'conflict')),
    -- Whether it vanished from the source and was kept as the last holder of a critical permission.
    kept           INTEGER NOT NULL DEFAULT 0 CHECK (kept IN (0, 1)),
    created        INTEGER NOT NULL,
    changed        INTEGER NOT NULL,
    CHECK (active = 0 OR deactivated_by = '')
) WITHOUT ROWID;
CREATE INDEX upr_subject_by_username ON upr_subject (username);
CREATE INDEX upr_subject_by_email ON upr_subject (email);

-- The identity of a grant is its first five columns; the rest are attributes.
CREATE TABLE upr_grant (
    subject    TEXT NOT NULL REFERENCES upr_subject (id),
    role       TEXT NOT NULL,
    permission TEXT NOT NULL,
    scope      TEXT NOT NULL CHECK (length(CAST(scope AS BLOB)) <= 191),
    effect     TEXT NOT NULL CHECK (effect IN ('allow', 'deny')),
    expires_at TEXT CHECK (expires_at IS NULL OR length(expires_at) = 27),
    reason     TEXT NOT NULL DEFAULT '',
    actor      TEXT NOT NULL,
    at         TEXT NOT NULL CHECK (length(at) = 27),
    -- The change set that last wrote it.
    revision   INTEGER NOT NULL,
    CHECK ((role = '') <> (permission = '')),
    PRIMARY KEY (subject, role, permission, scope, effect)
) WITHOUT ROWID;
CREATE INDEX upr_grant_by_role ON upr_grant (role);
CREATE INDEX upr_grant_by_permission ON upr_grant (permission);

-- One change set a row; its number is the revision it made. `before` and `after` are canonical JSON for people,
-- `subject` and `role` are '' where there is not exactly one. The hash covers every other column.
CREATE TABLE upr_change (
    number        INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    at            TEXT NOT NULL CHECK (length(at) = 27),
    by            TEXT NOT NULL,
    reason        TEXT NOT NULL,
    action        TEXT NOT NULL,
    application   TEXT NOT NULL,
    subject       TEXT NOT NULL,
    role          TEXT NOT NULL,
    before        TEXT NOT NULL,
    after         TEXT NOT NULL,
    items         INTEGER NOT NULL,
    items_hash    TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
);
CREATE INDEX upr_change_by_subject ON upr_change (subject, number);

-- What a change set did to access, fact by fact: followers and undo read these.
CREATE TABLE upr_change_item (
    number     INTEGER NOT NULL REFERENCES upr_change (number),
    item       INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('permission', 'role', 'member', 'subject', 'grant')),
    subject    TEXT NOT NULL,
    role       TEXT NOT NULL,
    permission TEXT NOT NULL,
    -- Canonical JSON; '' for what was not there, or is there no longer.
    before     TEXT NOT NULL,
    after      TEXT NOT NULL,
    PRIMARY KEY (number, item)
) WITHOUT ROWID;
CREATE INDEX upr_change_item_by_subject ON upr_change_item (subject, number);
CREATE INDEX upr_change_item_by_role ON upr_change_item (role, number);

-- Every sync that did something.
CREATE TABLE upr_sync_run (
    run_id           TEXT NOT NULL PRIMARY KEY,
    number           INTEGER NOT NULL,
    at               TEXT NOT NULL CHECK (length(at) = 27),
    by               TEXT NOT NULL,
    application      TEXT NOT NULL,
    version          TEXT NOT NULL,
    fingerprint      TEXT NOT NULL,
    from_version     TEXT NOT NULL,
    from_fingerprint TEXT NOT NULL,
    program          TEXT NOT NULL,
    changes          INTEGER NOT NULL,
    plan             TEXT NOT NULL
);
CREATE INDEX upr_sync_run_by_fingerprint ON upr_sync_run (application, fingerprint);
CREATE INDEX upr_sync_run_by_number ON upr_sync_run (application, number);

-- Subjects that a trigger on the application's own table noted; the next writer seals them into a change set.
CREATE TABLE upr_pending (
    id       INTEGER PRIMARY KEY,
    subject  TEXT NOT NULL,
    event    TEXT NOT NULL CHECK (event IN ('created', 'changed', 'deleted')),
    username TEXT NOT NULL DEFAULT '',
    email    TEXT NOT NULL DEFAULT '',
    active   INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    at       TEXT NOT NULL
);
CREATE INDEX upr_pending_by_subject ON upr_pending (subject);

-- Which permissions each role holds now, modules and `all` written out. `all` and whole modules mean the keys of
-- the role's own application; only a role made in the store means those of every application.
CREATE VIEW upr_role_permission_list (role, permission) AS
    SELECT m.role, p.key
      FROM upr_role_permission m
      JOIN upr_permission p ON p.key = m.member
     WHERE m.kind = 'permission' AND p.state <> 'retired'
    UNION
    SELECT m.role, p.key
      FROM upr_role_permission m
      JOIN upr_role r ON r.key = m.role
      JOIN upr_permission p ON p.module = m.member
     WHERE m.kind = 'module' AND p.state <> 'retired' AND (r.application = '' OR r.application = p.application)
    UNION
    SELECT m.role, p.key
      FROM upr_role_permission m
      JOIN upr_role r ON r.key = m.role
      JOIN upr_permission p ON r.application = '' OR r.application = p.application
     WHERE m.kind = 'all' AND p.state <> 'retired';

-- Which permissions are given to or taken from active subjects now. A check is allowed when a line for its scope
-- or for '' says allow, and none says deny. Retired keys with a replacement are answered by it, so they stand here.
CREATE VIEW upr_subject_permission (subject, permission, scope, effect, expires_at) AS
    WITH held (subject, permission, scope, effect, expires_at) AS (
        SELECT g.subject, l.permission, g.scope, g.effect, g.expires_at
          FROM upr_grant g
          JOIN upr_role_permission_list l ON l.role = g.role
         WHERE g.role <> ''
        UNION
        SELECT g.subject, p.key, g.scope, g.effect, g.expires_at
          FROM upr_grant g
          JOIN upr_permission p ON p.key = g.permission
         WHERE g.permission <> '' AND p.state <> 'retired'
    ),
    answered (subject, permission, scope, effect, expires_at) AS (
        SELECT subject, permission, scope, effect, expires_at FROM held
        UNION
        SELECT h.subject, p.key, h.scope, h.effect, h.expires_at
          FROM held h
          JOIN upr_permission p ON p.alias_of = h.permission
         WHERE p.state = 'retired'
    )
    SELECT a.subject, a.permission, a.scope, a.effect, a.expires_at
      FROM answered a
      JOIN upr_subject s ON s.id = a.subject
     WHERE s.active = 1
       AND (a.expires_at IS NULL
            OR (a.expires_at > strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'
                AND a.expires_at > COALESCE((SELECT value FROM upr_meta WHERE name = 'newest_time'), '')));

-- Whoever changes or removes rows by hand takes the mark away, and the next sync looks at everything again.
CREATE TRIGGER upr_permission_updated AFTER UPDATE ON upr_permission BEGIN
    DELETE FROM upr_meta WHERE name IN ('synced:' || OLD.application, 'synced:' || NEW.application);
END;
CREATE TRIGGER upr_permission_deleted AFTER DELETE ON upr_permission BEGIN
    DELETE FROM upr_meta WHERE name = 'synced:' || OLD.application;
END;
CREATE TRIGGER upr_module_updated AFTER UPDATE ON upr_module BEGIN
    DELETE FROM upr_meta WHERE name IN ('synced:' || OLD.application, 'synced:' || NEW.application);
END;
CREATE TRIGGER upr_module_deleted AFTER DELETE ON upr_module BEGIN
    DELETE FROM upr_meta WHERE name = 'synced:' || OLD.application;
END;
CREATE TRIGGER upr_role_updated AFTER UPDATE ON upr_role BEGIN
    DELETE FROM upr_meta WHERE name IN ('synced:' || OLD.application, 'synced:' || NEW.application);
END;
CREATE TRIGGER upr_role_deleted AFTER DELETE ON upr_role BEGIN
    DELETE FROM upr_meta WHERE name = 'synced:' || OLD.application;
END;
CREATE TRIGGER upr_role_permission_updated AFTER UPDATE ON upr_role_permission BEGIN
    DELETE FROM upr_meta
     WHERE name IN (SELECT 'synced:' || application FROM upr_role WHERE key IN (OLD.role, NEW.role));
END;
CREATE TRIGGER upr_role_permission_deleted AFTER DELETE ON upr_role_permission BEGIN
    DELETE FROM upr_meta WHERE name IN (SELECT 'synced:' || application FROM upr_role WHERE key = OLD.role);
END;
