/** Opens the state and inserts machines: path, name prefix, count. */
import { openState } from "../../../../cli/state/state.ts";

const [path = "", prefix = "", count = "0"] = process.argv.slice(2);
const state = openState(path);
for (let i = 0; i < Number(count); i++) {
  state.machines.insert({
    name: `${prefix}-${i}`,
    platform: "ssh",
    template: "default",
    adminUser: "agentworks",
    network: "direct",
  });
}
console.log(state.installation.get().id);
