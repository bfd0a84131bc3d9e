import { type Operator, type OperatorOptions, operatorOf } from "../cli.ts";
import type { Guest } from "../harness/guest.ts";
import { on } from "../machine/lab.ts";

/** An operator whose admins use bash: the guests have it, and zsh would take seconds to install. */
export async function operatorWithBash(guest: Guest | undefined, options: OperatorOptions = {}): Promise<Operator> {
  return await operatorOf(guest, { ...options, config: `${options.config ?? ""}\n[admin.config]\nshell = "bash"\n` });
}

/** A row of `runs`, as far as tests look at it. */
export interface RunRow {
  readonly id: string;
  readonly operation: string;
  readonly state: string;
  readonly script_sha256: string;
}

/** The runs, oldest first. */
export function runsOf(operator: Operator): readonly RunRow[] {
  return operator.rows<RunRow>("SELECT id, operation, state, script_sha256 FROM runs ORDER BY rowid");
}

/** `provisioning` and `init` of the machine, in one word; undefined when there is no row. */
export function statusOf(operator: Operator): string | undefined {
  const [row] = operator.rows<{ provisioning: string; init: string }>("SELECT provisioning, init FROM machines");
  return row && `${row.provisioning} ${row.init}`;
}

/** The results of the last run's steps, counted: `25 unchanged`. */
export function lastResults(operator: Operator): Readonly<Record<string, number>> {
  const last = "SELECT id FROM runs ORDER BY rowid DESC LIMIT 1";
  const rows = operator.rows<{ result: string; count: number }>(
    `SELECT result, count(*) AS count FROM step_results WHERE run = (${last}) GROUP BY result`,
  );
  return Object.fromEntries(rows.map(({ result, count }) => [result, count]));
}

/**
 * What a machine is like, by looking at it and asking none of our programs: accounts, files, packages, units, mounts, processes of
 * the admin. Logs of runs and uids handed out count up, and are left out.
 */
export async function sweep(guest: Guest): Promise<readonly string[]> {
  const text = await on(
    guest,
    `getent passwd; getent group; cut -d: -f1,2 /etc/shadow; cat /etc/subuid /etc/subgid
     sshd -T || true; hostname; findmnt -rn -o TARGET,OPTIONS | grep -v '^/run/user/'
     dpkg-query -W -f '\${db:Status-Abbrev} \${Package} \${Version}\\n'
     find /etc -type f ! -name '*-' ! -name ld.so.cache -exec sha256sum {} +
     find /etc /home /opt /root /srv /var/lib/agentworks /run/agentworks /usr/local /var/spool/cron /var/lib/systemd/linger -xdev \\
       \\( -path /var/lib/agentworks/runs -o -path /run/agentworks/runs -o -path /run/agentworks/lock -o -name next-uid\\* \\) \\
       -prune -o -printf '%p %M %u:%g %l\\n' 2>/dev/null || true
     systemctl list-unit-files --no-legend --no-pager | grep -v 'session-.* transient'
     ls /run/systemd/transient | grep agentworks- || true
     ps -e -o user:32=,args= | awk '$1 ~ /^(agentworks|agt-|ws-)/ && !/systemd --user|sd-pam/'
     pgrep -fa '^(/usr)?(/bin/)?bash /run/agentworks' || true`,
  );
  return text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}
