import { at, operatorOf } from "../guest/cli.ts";
import { bootGuest } from "../guest/harness/guest.ts";
import { startProxy } from "../guest/harness/proxy.ts";
import { median } from "./median.ts";

/** What one command costs. */
export interface Cost {
  readonly what: string;
  /** The median wall time in milliseconds. */
  readonly ms: number;
  /** What sshd on the machine called "Accepted publickey", for one run of the command. */
  readonly logins: number;
}

const ROUNDS = 3;

/** Measures the commands that ask or change a machine, on a guest of its own. Every byte is late by `delayMs`, each way. */
export async function operations(delayMs: number): Promise<readonly Cost[]> {
  await using guest = await bootGuest();
  // The shell that guests have: how long a mirror takes is not ours.
  await using operator = await operatorOf(guest, { config: '[admin.config]\nshell = "bash"\n' });
  const proxy = await startProxy({ target: guest, delayMs });
  const cost = async (what: string, rounds: number, words: (round: number) => readonly string[]): Promise<Cost> => {
    const before = await guest.mark();
    const times: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const { code, stderr, ms } = await operator.run(words(round));
      if (code !== 0) throw new Error(`${what} ended with ${code}:\n${stderr}`);
      times.push(ms);
    }
    return { what, ms: median(times), logins: (await guest.acceptedLogins(before)) / rounds };
  };
  try {
    const host = at({ ...guest, host: "127.0.0.1", port: proxy.port });
    const place = ["--workspace", "site1", "--agent", "claude1"];
    return [
      await cost("vm create, packages there", 1, () => ["vm", "create", "dev", ...host, "--yes"]),
      await cost("vm reinit, nothing to do", ROUNDS, () => ["vm", "reinit", "dev"]),
      await cost("vm plan", ROUNDS, () => ["vm", "plan", "dev"]),
      await cost("vm list --live", ROUNDS, () => ["vm", "list", "--live"]),
      await cost("agent create", ROUNDS, (round) => ["agent", "create", `claude${round}`]),
      await cost("workspace create", ROUNDS, (round) => ["workspace", "create", `site${round}`]),
      await cost("session create", ROUNDS, (round) => ["session", "create", `fix${round}`, ...place]),
      await cost("session list", ROUNDS, () => ["session", "list"]),
      await cost("session stop", ROUNDS, (round) => ["session", "stop", `fix${round}`]),
      await cost("session delete", ROUNDS, (round) => ["session", "delete", `fix${round}`, "--yes"]),
    ];
  } finally {
    await proxy.stop();
  }
}
