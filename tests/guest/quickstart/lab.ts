import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Operator, operatorOf } from "../cli.ts";
import type { Guest } from "../harness/guest.ts";

/** An operator who has never used the program: a key in ~/.ssh, no configuration, no state. */
export async function newcomer(guest: Guest): Promise<Operator> {
  const operator = await operatorOf(guest);
  rmSync(operator.home, { recursive: true });
  const directory = join(dirname(operator.home), ".ssh");
  mkdirSync(directory, { mode: 0o700 });
  for (const [from, to] of [
    [guest.privateKeyPath, "id_ed25519"],
    [guest.publicKeyPath, "id_ed25519.pub"],
  ] as const) {
    copyFileSync(from, join(directory, to));
    chmodSync(join(directory, to), 0o600);
  }
  return operator;
}

/** What a home holds besides the state and logs. */
export function filesOf({ home }: Operator): readonly string[] {
  if (!existsSync(home)) return [];
  const all = [...new Bun.Glob("**/*").scanSync({ cwd: home, dot: true })];
  return all.filter((name) => !/^agentworks\.db|^logs\//.test(name)).sort();
}

/** A moment of a quickstart: the how-manyeth connection to the machine, and its event; 0 is before it connects. */
export interface Moment {
  readonly connection: number;
  readonly event: number;
}

/** An operator whose ssh counts connections and events, and sends the program a signal at one moment. */
export interface Struck {
  readonly operator: Operator;
  wasStruck(): boolean;
  /** The events of each connection, in their order. */
  events(): readonly number[];
}

/** The same operator, struck once; without a moment the events are counted. */
export function struckAt(operator: Operator, moment?: Moment, signal: "INT" | "KILL" = "INT"): Struck {
  const directory = mkdtempSync(join(tmpdir(), "agentworks-struck-"));
  const { connection, event } = moment ?? { connection: 0, event: 0 };
  const wrapper = `#!/bin/bash
program=$PPID
echo >>'${directory}/connections'
connection=$(wc -l <'${directory}/connections')
count=0
reach() { [[ $connection:$1 != ${connection}:${event} ]] || { : >'${directory}/struck'; kill -${signal} "$program"; }; }
reach 0
/usr/bin/ssh "$@" | {
  while IFS= read -r line; do
    printf '%s\\n' "$line"
    [[ $line == @agw* ]] || continue
    count=$((count + 1))
    echo "$count" >'${directory}/events.'"$connection"
    reach "$count"
  done
}
exit "\${PIPESTATUS[0]}"
`;
  writeFileSync(join(directory, "ssh"), wrapper, { mode: 0o755 });
  const count = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
  return {
    operator: operator.with({ PATH: `${directory}:${operator.env.PATH ?? ""}` }),
    wasStruck: () => existsSync(join(directory, "struck")),
    events: () => {
      const connections = count(join(directory, "connections")).length;
      return Array.from({ length: connections }, (_, index) => Number(count(join(directory, `events.${index + 1}`))));
    },
  };
}
