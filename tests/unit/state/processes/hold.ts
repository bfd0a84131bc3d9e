/** Takes the write lock in the middle of a run and keeps it: path, operation. */
import { openState } from "../../../../cli/state/state.ts";

const [path = "", operation = ""] = process.argv.slice(2);
const state = openState(path);
state.runs.begin({ id: "holding", machine: "dev", operation, thing: "init:dev" });
state.transaction(() => {
  state.machines.update("dev", { address: "10.0.0.1" });
  process.stdout.write("held\n");
  Bun.sleepSync(60_000);
});
