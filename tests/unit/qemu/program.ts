import { join } from "node:path";
import { COMMANDS } from "../../../cli/commands.ts";
import { run } from "../../../cli/main.ts";
import { explained } from "../../../cli/operations/providers.ts";
import { open } from "../../../cli/services.ts";
import { processTerminal } from "../../../cli/ui/streams.ts";
import { qemuProvider } from "../../../providers/qemu/provider.ts";

/** The program on a small computer (8 GiB of memory, 20 GiB of free space) of little patience. */
const GIB = 2 ** 30;
const { AGENTWORKS_HOME: home = "" } = process.env;
const provider = qemuProvider({
  home: { machines: join(home, "machines"), images: join(home, "images") },
  env: { ...process.env },
  kvm: "/no/kvm",
  limits: { slowBootMs: 2000, powerdownMs: 500, connectMs: 1000, memory: () => 8 * GIB, free: () => 20 * GIB },
});
const code = await run(process.argv.slice(2), {
  env: { ...process.env },
  cwd: process.cwd(),
  terminal: processTerminal(),
  signals: process,
  now: () => new Date(),
  commands: COMMANDS,
  open: async (place) => ({ ...open(place), provider: async () => explained(provider) }),
});
process.exit(code);
