/**
 * The schema, one step a version; a step is never changed once released. `user_version` of the file is the
 * number of steps it has seen.
 *
 * Keys of params, metrics and tags are numbers into `names`, runs are numbers: rows stay small. `metrics` is
 * clustered by run and key, so that a history is one contiguous read; `latest_metrics` keeps what tables and
 * filters need, so that they never touch it. NaN has no value in SQLite: `is_nan` is 1 and the value 0.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE experiments (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    lifecycle TEXT NOT NULL DEFAULT 'active',
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    lifecycle TEXT NOT NULL DEFAULT 'active',
    start_time INTEGER NOT NULL,
    end_time INTEGER,
    heartbeat_at INTEGER,
    exit_code INTEGER
  ) STRICT;
  CREATE INDEX runs_by_start ON runs (lifecycle, start_time);
  CREATE INDEX runs_by_experiment ON runs (experiment, lifecycle, start_time);
  CREATE INDEX runs_by_name ON runs (name);
  CREATE INDEX runs_open ON runs (status) WHERE status = 'RUNNING';
  CREATE TABLE params (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key INTEGER NOT NULL REFERENCES names (id),
    value TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    PRIMARY KEY (run, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tags (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key INTEGER NOT NULL REFERENCES names (id),
    value TEXT NOT NULL,
    PRIMARY KEY (run, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE metrics (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key INTEGER NOT NULL REFERENCES names (id),
    step INTEGER NOT NULL,
    time INTEGER NOT NULL,
    value REAL NOT NULL,
    is_nan INTEGER NOT NULL,
    PRIMARY KEY (run, key, step, time, value, is_nan)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE latest_metrics (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key INTEGER NOT NULL REFERENCES names (id),
    step INTEGER NOT NULL,
    time INTEGER NOT NULL,
    value REAL NOT NULL,
    is_nan INTEGER NOT NULL,
    min REAL,
    max REAL,
    count INTEGER NOT NULL,
    PRIMARY KEY (run, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX latest_metrics_by_value ON latest_metrics (key, is_nan, value);
  CREATE TABLE run_files (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    content BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (run, role, path)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX run_files_by_content ON run_files (content, role);

  CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE model_versions (
    model INTEGER NOT NULL REFERENCES models (id),
    version INTEGER NOT NULL,
    content BLOB NOT NULL,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    path TEXT NOT NULL,
    run_id TEXT,
    git_commit TEXT,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (model, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE model_aliases (
    model INTEGER NOT NULL,
    alias TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES model_versions (model, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE registry_events (
    id INTEGER PRIMARY KEY,
    model INTEGER NOT NULL,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    alias TEXT,
    previous_version INTEGER,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    reason TEXT NOT NULL,
    details TEXT NOT NULL,
    FOREIGN KEY (model, version) REFERENCES model_versions (model, version)
  ) STRICT;
  CREATE INDEX registry_events_by_model ON registry_events (model);
  CREATE TRIGGER registry_events_are_kept BEFORE UPDATE ON registry_events
    BEGIN SELECT RAISE(ABORT, 'registry events are never changed'); END;
  CREATE TRIGGER registry_events_stay BEFORE DELETE ON registry_events
    BEGIN SELECT RAISE(ABORT, 'registry events are never deleted'); END;
  CREATE TABLE packages (
    digest BLOB PRIMARY KEY,
    tree BLOB NOT NULL,
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (model, version) REFERENCES model_versions (model, version)
  ) STRICT;
  CREATE INDEX packages_by_version ON packages (model, version);
  `,
];
