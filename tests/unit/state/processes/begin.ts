/** Begins a run and prints whether it got the lease: path, run id; with `stay`, lives on. */
import { LeaseHeld } from "../../../../cli/state/runs.ts";
import { openState } from "../../../../cli/state/state.ts";

const [path = "", id = "", stay = ""] = process.argv.slice(2);
const state = openState(path);
try {
  state.runs.begin({ id, machine: "dev", operation: "vm reinit dev", thing: "init:dev" });
  console.log("begun");
} catch (error) {
  if (!(error instanceof LeaseHeld)) throw error;
  console.log(`held by ${error.run.id}`);
}
if (stay !== "") Bun.sleepSync(60_000);
