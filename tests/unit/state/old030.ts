import { Database } from "bun:sqlite";

/** Writes a state as agentworks 0.3.0 leaves it: schema version 26, WAL mode, a machine with a workspace. */
export function old030(path: string): void {
  const database = new Database(path);
  database.run("PRAGMA journal_mode = WAL");
  database.run(`
    CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')));
    CREATE TABLE vm_hosts (name TEXT PRIMARY KEY, ssh_host TEXT NOT NULL, platform TEXT NOT NULL DEFAULT 'lima', os TEXT, created_at TEXT, last_seen_at TEXT);
    CREATE TABLE vms (
      name TEXT PRIMARY KEY, platform TEXT NOT NULL, vm_host_name TEXT REFERENCES vm_hosts(name), extra_packages TEXT,
      init_status TEXT NOT NULL DEFAULT 'pending', ssh_public_key TEXT, tailscale_host TEXT, azure_resource_id TEXT, wsl_distro_name TEXT,
      created_at TEXT, last_seen_at TEXT, cpus INTEGER, memory_gib INTEGER, disk_gib INTEGER,
      admin_username TEXT NOT NULL DEFAULT 'agentworks', provisioning_status TEXT NOT NULL DEFAULT 'pending',
      swap_gib INTEGER, template TEXT, proxmox_vmid TEXT);
    CREATE TABLE vm_events (id INTEGER PRIMARY KEY AUTOINCREMENT, vm_name TEXT NOT NULL REFERENCES vms(name), event TEXT NOT NULL, detail TEXT, created_at TEXT);
    CREATE TABLE workspaces (
      name TEXT PRIMARY KEY, vm_name TEXT NOT NULL REFERENCES vms(name), template TEXT, workspace_path TEXT NOT NULL,
      linux_group TEXT NOT NULL, created_at TEXT, last_seen_at TEXT);
    CREATE TABLE agents (
      name TEXT PRIMARY KEY, vm_name TEXT NOT NULL REFERENCES vms(name) ON DELETE CASCADE, linux_user TEXT NOT NULL UNIQUE,
      template TEXT, grant_all INTEGER NOT NULL DEFAULT 0, created_at TEXT);
    CREATE TABLE agent_workspace_grants (
      agent_name TEXT NOT NULL REFERENCES agents(name) ON DELETE CASCADE,
      workspace_name TEXT NOT NULL REFERENCES workspaces(name) ON DELETE CASCADE, grant_type TEXT NOT NULL, session_name TEXT, created_at TEXT);
    CREATE TABLE sessions (
      name TEXT PRIMARY KEY, workspace_name TEXT NOT NULL REFERENCES workspaces(name), template TEXT NOT NULL,
      mode TEXT NOT NULL DEFAULT 'admin', created_at TEXT, updated_at TEXT, agent_name TEXT REFERENCES agents(name),
      created_workspace INTEGER NOT NULL DEFAULT 0, socket_path TEXT, pid INTEGER, boot_id TEXT,
      created_agent INTEGER NOT NULL DEFAULT 0, CHECK (mode != 'agent' OR socket_path IS NOT NULL));
    INSERT INTO vms (name, platform) VALUES ('dev', 'lima');
    INSERT INTO workspaces (name, vm_name, workspace_path, linux_group) VALUES ('site', 'dev', '/opt/agentworks/workspaces/site', 'ws-site');
  `);
  for (let version = 1; version <= 26; version++)
    database.run("INSERT INTO schema_version (version) VALUES (?)", [version]);
  database.close();
}
