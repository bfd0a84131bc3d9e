import { COMMANDS } from "../../../cli/commands.ts";
import { run } from "../../../cli/main.ts";
import { explained } from "../../../cli/operations/providers.ts";
import { open } from "../../../cli/services.ts";
import { processTerminal } from "../../../cli/ui/streams.ts";
import { testPlatform } from "./platform.ts";

/** The program, with a platform of the tests in the place of QEMU. */
const { TEST_PLATFORM = "", TEST_OWNER = "", TEST_PAPER } = process.env;
const platform = testPlatform({ directory: TEST_PLATFORM, owner: TEST_OWNER, paper: TEST_PAPER === "1" });
const code = await run(process.argv.slice(2), {
  env: { ...process.env },
  cwd: process.cwd(),
  terminal: processTerminal(),
  signals: process,
  now: () => new Date(),
  commands: COMMANDS,
  open: async (place) => ({ ...open(place), provider: async () => explained(platform) }),
});
process.exit(code);
