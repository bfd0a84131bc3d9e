import { COMMANDS } from "../../cli/commands.ts";
import { filled, type Row, thingOf } from "./row.ts";
import { VM_MADE } from "./rows/vm.ts";
import { ROWS } from "./rows.ts";

/** The rows of the commands that change something. */
export async function changing(): Promise<readonly Row[]> {
  const definitions = await Promise.all(COMMANDS.map((entry) => entry.load()));
  return ROWS.filter((row) => definitions.some(({ name, kind }) => name === row.command && kind === "change"));
}

/** A command line whose dry run is looked at. */
type DryRunRow = Pick<Row, "command" | "flags" | "says"> & { readonly exit?: number };

/** Every command that changes something, and those that do something else to a machine that we make. */
export async function dryRuns(): Promise<readonly DryRunRow[]> {
  return [...(await changing()), ...VM_MADE];
}

/** The command line of a row's dry run in the seeded state, where nobody is reached. */
export function dryRunOf(row: DryRunRow): string[] {
  const name = row.command.endsWith(" create") ? "novel" : thingOf(row.command, "flags");
  const values = { NAME: name, HOST: "root@192.0.2.7:2222", HOST_KEY: `SHA256:${"A".repeat(43)}` };
  return [...row.command.split(" "), ...row.flags.map((word) => filled(word, values)), "--dry-run"];
}
