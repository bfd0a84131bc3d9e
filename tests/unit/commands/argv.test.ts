import { describe, expect, test } from "bun:test";
import { runWith } from "../cli/world.ts";
import { commands } from "./world.ts";

/** What a command receives from a command line: its input after zod. */
const TABLE: readonly (readonly [line: string, input: object])[] = [
  ["workspace create site", { name: "site" }],
  [
    "workspace create 007 --vm dev --template 1.10 --repo https://x/y.git --branch 2.0",
    { name: "007", vm: "dev", template: "1.10", repo: "https://x/y.git", branch: "2.0" },
  ],
  ["workspace list", {}],
  ["workspace list --vm a,b --vm c --names-only", { vm: ["a,b", "c"], namesOnly: true }],
  ["workspace describe site", { name: "site" }],
  ["workspace delete site --force --yes", { name: "site", force: true }],
  ["agent create claude", { name: "claude" }],
  [
    "agent create claude --vm=dev --template coder --grant-all-workspaces",
    { name: "claude", vm: "dev", template: "coder", grantAllWorkspaces: true },
  ],
  ["agent list --vm dev", { vm: ["dev"] }],
  ["agent describe claude", { name: "claude" }],
  ["agent delete claude", { name: "claude" }],
  [
    "session create fix --workspace site --agent claude --command 007",
    { name: "fix", workspace: "site", agent: "claude", command: "007" },
  ],
  ["session create fix --admin --template t --command=", { name: "fix", admin: true, template: "t", command: "" }],
  [
    "session list --vm dev --workspace site --agent claude --status running,exited",
    { vm: ["dev"], workspace: ["site"], agent: ["claude"], status: ["running,exited"] },
  ],
  ["session list --no-status", { noStatus: true }],
  ["session list --names-only", { namesOnly: true }],
  ["session describe fix", { name: "fix" }],
  ["session attach fix", { name: "fix" }],
  ["session stop fix", { name: "fix" }],
  ["session delete fix -y", { name: "fix" }],
  ["vm exec dev ls -la --json -- x", { name: "dev", command: ["ls", "-la", "--json", "--", "x"] }],
  ["vm exec dev -- --json", { name: "dev", command: ["--json"] }],
];

describe("a command receives what was typed", () => {
  for (const [line, input] of TABLE) {
    test(line, async () => {
      const received: unknown[] = [];
      const all = (await commands()).map((command) => ({
        ...command,
        run: async (given: unknown) => {
          received.push(given);
          return { data: null, text: () => "" };
        },
      }));
      const { code, stderr } = await runWith(all, line.split(" "));
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(received).toEqual([input]);
    });
  }

  test("every command of these nouns is in the table", async () => {
    const mine = (await commands())
      .map(({ name }) => name)
      .filter((name) => /^(workspace|agent|session) |^vm exec$/.test(name));
    const tried = new Set(TABLE.map(([line]) => line.split(" ").slice(0, 2).join(" ")));
    expect(mine.filter((name) => !tried.has(name))).toEqual([]);
  });
});
