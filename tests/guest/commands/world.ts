import { chmodSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at, type Operator, operatorOf } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";

/** A guest that one operator has adopted as `dev`. */
export interface World extends AsyncDisposable {
  readonly guest: Guest;
  readonly operator: Operator;
}

/** Boots a guest and adopts it. `config` are further lines of config.toml. */
export async function bootWorld(config = ""): Promise<World> {
  const guest = await bootGuest();
  const operator = await operatorOf(guest, { config });
  await operator.ok(["vm", "create", "dev", "--platform", "ssh", ...at(guest), "--yes", "--non-interactive"]);
  return {
    guest,
    operator,
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      await guest.dispose();
    },
  };
}

/**
 * What there is of ours on a guest, by looking at it and asking none of our programs: users, groups, files, units, processes. Uids
 * count up for ever, so names stand for them; logs and locks of runs, and the directories of records, stay on purpose.
 */
export async function sweep(guest: Guest): Promise<readonly string[]> {
  const { code, stdout, stderr } = await guest.bash(`
    getent passwd | awk -F: '$1 ~ /^(agt|ws)-/ { print "user", $1, $6, $7 }'
    getent group | awk -F: '$1 ~ /^(agt|ws|agentworks)-?/ { print "group", $1, $4 }'
    find /etc/agentworks /etc/systemd/system /opt/agentworks /home /var/lib/agentworks /run/agentworks /tmp /var/tmp /dev/shm \\
      -xdev \\( -path /run/agentworks/runs -o -path /run/agentworks/lock -o -path /var/lib/agentworks/runs \\
      -o -path /var/lib/agentworks/adopted -o -path '*/.git' -o -path '/tmp/systemd-private-*' -o -path '/var/tmp/systemd-private-*' \\) \\
      -prune -o -printf '%y %m %u:%g %p %l\\n' | sed -E 's/user-2[0-9]{4}/user-UID/'
    for file in /etc/cron.deny /etc/at.deny; do [[ ! -e $file ]] || sed "s|^|$file: |" "$file"; done
    systemctl list-units --plain --no-legend --full 'agentworks-*' 'user-2*' | awk '{ print "unit", $1, $3 }' | sed -E 's/user-2[0-9]{4}/user-UID/'
    ps -e -o user:32=,args= | awk '$1 ~ /^(agt|ws)-/ { print "process", $0 }'
  `);
  if (code !== 0) throw new Error(`the sweep ended with ${code}: ${stderr}`);
  return stdout
    .split("\n")
    .filter(
      (line) => line !== "" && !line.includes("next-uid") && !/^d .* \/var\/lib\/agentworks\/[a-z.-]+ $/.test(line),
    )
    .sort();
}

/** Rows that say anything of workspaces, agents and sessions, without what differs from run to run. */
export function rowsOf(operator: Operator): readonly string[] {
  const tables = [
    "SELECT 'workspace' AS kind, name, lifecycle, path FROM workspaces",
    "SELECT 'agent' AS kind, name, lifecycle, grant_all FROM agents",
    "SELECT 'session' AS kind, name, lifecycle, command FROM sessions",
    "SELECT 'grant' AS kind, agent, workspace, session FROM grants",
    "SELECT 'open run' AS kind, operation, thing FROM runs WHERE state = 'open'",
  ];
  return tables.flatMap((sql) => operator.rows<object>(sql).map((row) => JSON.stringify(row))).sort();
}

/**
 * The same operator, whose ssh sends the program a signal once: when the machine's `event`th line arrives (0: before it connects).
 * `after`: what later connections come to.
 */
export function signalledAt(
  operator: Operator,
  event: number,
  signal: "INT" | "KILL",
  after: "connected" | "refused" = "connected",
): Operator {
  const directory = mkdtempSync(join(tmpdir(), "agentworks-ssh-"));
  const wrapper = `#!/bin/bash
program=$PPID
if [[ ${after} == refused && -d '${directory}/struck' ]]; then
  echo 'ssh: connect to host dev port 22: Connection refused' >&2
  exit 255
fi
strike() { mkdir '${directory}/struck' 2>/dev/null && kill -${signal} "$program"; }
[[ ${event} -ne 0 ]] || strike
/usr/bin/ssh "$@" | {
  count=0
  while IFS= read -r line; do
    printf '%s\\n' "$line"
    if [[ $line == @agw* ]]; then
      count=$((count + 1))
      [[ $count -ne ${event} ]] || strike
    fi
  done
}
exit "\${PIPESTATUS[0]}"
`;
  writeFileSync(join(directory, "ssh"), wrapper);
  chmodSync(join(directory, "ssh"), 0o755);
  const struck = operator.with({ PATH: `${directory}:${operator.env.PATH ?? ""}` });
  return { ...struck, home: operator.home, env: { ...struck.env, STRUCK: join(directory, "struck") } };
}

/** Whether the signal was sent: the run had as many events. */
export function wasStruck(operator: Operator): boolean {
  return existsSync(operator.env.STRUCK ?? "");
}
