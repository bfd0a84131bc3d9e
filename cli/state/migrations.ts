/**
 * The schema, one text per version: append, never edit. Each runs inside the migration's one transaction, with foreign
 * keys checked at its end.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;
  INSERT INTO installation VALUES (1, lower(hex(randomblob(16))), strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));

  CREATE TABLE machines (
    name TEXT PRIMARY KEY NOT NULL,
    platform TEXT NOT NULL,
    platform_id TEXT,
    template TEXT NOT NULL,
    admin_user TEXT NOT NULL,
    host TEXT,
    port INTEGER CHECK (port BETWEEN 1 AND 65535),
    login_user TEXT,
    network TEXT NOT NULL CHECK (network IN ('direct', 'tailscale')),
    address TEXT,
    host_keys TEXT NOT NULL CHECK (json_type(host_keys) = 'array'),
    cpus INTEGER CHECK (cpus > 0),
    memory INTEGER CHECK (memory > 0),
    disk INTEGER CHECK (disk > 0),
    swap INTEGER CHECK (swap >= 0),
    adopted INTEGER NOT NULL CHECK (adopted IN (0, 1)),
    provisioning TEXT NOT NULL CHECK (provisioning IN ('pending', 'in_progress', 'complete', 'failed')),
    init TEXT NOT NULL CHECK (init IN ('pending', 'in_progress', 'complete', 'partial', 'failed')),
    config_digest TEXT,
    stopped_by_operator INTEGER NOT NULL CHECK (stopped_by_operator IN (0, 1)),
    boot_id TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (platform, platform_id)
  ) STRICT;

  CREATE TABLE machine_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    machine TEXT NOT NULL REFERENCES machines ON DELETE CASCADE,
    event TEXT NOT NULL,
    detail TEXT,
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX machine_events_machine ON machine_events (machine);

  CREATE TABLE runs (
    id TEXT PRIMARY KEY NOT NULL,
    machine TEXT NOT NULL REFERENCES machines ON DELETE CASCADE,
    operation TEXT NOT NULL,
    thing TEXT NOT NULL,
    pid INTEGER NOT NULL,
    pid_start INTEGER NOT NULL,
    boot_id TEXT,
    script_sha256 TEXT CHECK (length(script_sha256) = 64),
    state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'partial', 'failed', 'interrupted', 'lost')),
    log_path TEXT,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    CHECK ((state = 'open') = (ended_at IS NULL))
  ) STRICT;
  CREATE INDEX runs_machine ON runs (machine);
  CREATE UNIQUE INDEX runs_lease ON runs (machine, thing) WHERE state = 'open';

  CREATE TABLE step_results (
    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    step TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('unchanged', 'changed', 'failed', 'skipped')),
    ms INTEGER NOT NULL CHECK (ms >= 0),
    PRIMARY KEY (run, position)
  ) STRICT;

  CREATE TABLE workspaces (
    name TEXT PRIMARY KEY NOT NULL,
    machine TEXT NOT NULL REFERENCES machines ON DELETE RESTRICT,
    linux_user TEXT NOT NULL,
    path TEXT NOT NULL,
    template TEXT NOT NULL,
    repo TEXT,
    branch TEXT,
    lifecycle TEXT NOT NULL CHECK (lifecycle IN ('creating', 'ready', 'deleting')),
    created_at TEXT NOT NULL,
    UNIQUE (name, machine),
    UNIQUE (machine, linux_user),
    UNIQUE (machine, path)
  ) STRICT;

  CREATE TABLE agents (
    name TEXT PRIMARY KEY NOT NULL,
    machine TEXT NOT NULL REFERENCES machines ON DELETE RESTRICT,
    linux_user TEXT NOT NULL,
    uid INTEGER,
    template TEXT NOT NULL,
    grant_all INTEGER NOT NULL CHECK (grant_all IN (0, 1)),
    lifecycle TEXT NOT NULL CHECK (lifecycle IN ('creating', 'ready', 'deleting')),
    created_at TEXT NOT NULL,
    UNIQUE (name, machine),
    UNIQUE (machine, linux_user),
    UNIQUE (machine, uid)
  ) STRICT;

  -- machine is part of both references: an agent and a workspace of different machines never meet in one row.
  CREATE TABLE sessions (
    name TEXT PRIMARY KEY NOT NULL,
    machine TEXT NOT NULL,
    workspace TEXT NOT NULL,
    agent TEXT,
    template TEXT NOT NULL,
    command TEXT NOT NULL,
    linux_user TEXT NOT NULL,
    lifecycle TEXT NOT NULL CHECK (lifecycle IN ('creating', 'ready', 'deleting')),
    created_workspace INTEGER NOT NULL CHECK (created_workspace IN (0, 1)),
    created_agent INTEGER NOT NULL CHECK (created_agent IN (0, 1)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (name, machine),
    FOREIGN KEY (workspace, machine) REFERENCES workspaces (name, machine) ON DELETE RESTRICT,
    FOREIGN KEY (agent, machine) REFERENCES agents (name, machine) ON DELETE RESTRICT
  ) STRICT;
  CREATE INDEX sessions_machine ON sessions (machine);
  CREATE INDEX sessions_workspace ON sessions (workspace, machine);
  CREATE INDEX sessions_agent ON sessions (agent, machine);

  CREATE TABLE grants (
    agent TEXT NOT NULL,
    workspace TEXT NOT NULL,
    machine TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('explicit', 'implicit')),
    session TEXT,
    created_at TEXT NOT NULL,
    CHECK ((kind = 'implicit') = (session IS NOT NULL)),
    FOREIGN KEY (agent, machine) REFERENCES agents (name, machine) ON DELETE CASCADE,
    FOREIGN KEY (workspace, machine) REFERENCES workspaces (name, machine) ON DELETE CASCADE,
    FOREIGN KEY (session, machine) REFERENCES sessions (name, machine) ON DELETE CASCADE
  ) STRICT;
  CREATE UNIQUE INDEX grants_fact ON grants (agent, workspace, ifnull(session, ''));
  CREATE INDEX grants_workspace ON grants (workspace, machine);
  CREATE INDEX grants_session ON grants (session, machine);
  `,
  `
  -- What quickstart made, or has begun to make (mark IS NULL); 'run' is the process that is at it.
  CREATE TABLE quickstart (
    part TEXT PRIMARY KEY NOT NULL CHECK (part IN ('programs', 'key', 'config', 'machine', 'workspace', 'agent', 'session', 'run')),
    mark TEXT
  ) STRICT;
  `,
];
