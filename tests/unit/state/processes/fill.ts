/** Opens the state and inserts until something fails, then prints the error: path. */
import { UserError } from "../../../../cli/errors.ts";
import { openState } from "../../../../cli/state/state.ts";

const [path = "", uid = ""] = process.argv.slice(2);
if (uid !== "") process.setuid?.(Number(uid));
try {
  const state = openState(path);
  for (let i = 0; ; i++) {
    const hostKeys = ["x".repeat(4096)];
    state.machines.insert({ name: `m${i}`, platform: "ssh", template: "", adminUser: "", network: "direct", hostKeys });
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.log(JSON.stringify({ message: error.message, next: error.next, exitCode: error.exitCode }));
}
