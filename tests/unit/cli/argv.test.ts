import { describe, expect, test } from "bun:test";
import type { Argument, Command, Flag } from "../../../cli/command.ts";
import { echoCommand, runWith } from "./world.ts";

const flags: Readonly<Record<string, Flag>> = {
  name: { description: "text", value: "TEXT" },
  "new-agent": { description: "text", value: "NAME" },
  tag: { description: "several", value: "TAG", many: true },
  force: { description: "a switch", short: "f" },
  "keep-4": { description: "a digit in its name", value: "N" },
};
const name: Argument = { name: "name", description: "the name" };
const create = echoCommand({ name: "vm create", args: [{ name: "vm-name", description: "the name" }], flags });
const exec = echoCommand({
  name: "vm exec",
  args: [name, { name: "command", description: "what to run", rest: true }],
  flags: { workspace: { description: "where", value: "NAME" } },
});
const all = echoCommand({ name: "vm all", args: [{ name: "words", description: "everything", rest: true }] });
const commands: readonly Command[] = [
  create,
  exec,
  all,
  echoCommand({ name: "session list", args: [] }),
  echoCommand({ name: "doctor", args: [] }),
];

/** args → what the command received. */
const received: readonly (readonly [string, readonly string[], unknown])[] = [
  ["nothing", ["vm", "create"], {}],
  ["an argument", ["vm", "create", "dev"], { vmName: "dev" }],
  ["a command of one word", ["doctor"], {}],
  ["zeros in front stay", ["vm", "create", "--name", "007"], { name: "007" }],
  ["zeros at the end stay", ["vm", "create", "--name", "1.10"], { name: "1.10" }],
  ["numbers stay text", ["vm", "create", "--name=12", "34"], { name: "12", vmName: "34" }],
  [
    "exponents, hex, infinities",
    ["vm", "create", "--tag", "1e3", "--tag=0x10", "--tag", "Infinity"],
    { tag: ["1e3", "0x10", "Infinity"] },
  ],
  ["true and false stay text", ["vm", "create", "--name", "false", "true"], { name: "false", vmName: "true" }],
  ["an empty value", ["vm", "create", "--name="], { name: "" }],
  ["an empty word", ["vm", "create", "--name", "", ""], { name: "", vmName: "" }],
  ["spaces only", ["vm", "create", "--name", "  "], { name: "  " }],
  ["newlines", ["vm", "create", "--name", "a\nb\n", "c\nd"], { name: "a\nb\n", vmName: "c\nd" }],
  ["quotes and shell words", ["vm", "create", `--name='"$(id)\`id\`*`], { name: `'"$(id)\`id\`*` }],
  ["an equals sign in the value", ["vm", "create", "--name=a=b="], { name: "a=b=" }],
  ["a negative number", ["vm", "create", "--name", "-5"], { name: "-5" }],
  ["a negative number as argument", ["vm", "create", "-5"], { vmName: "-5" }],
  ["a dash alone", ["vm", "create", "--name", "-", "-"], { name: "-", vmName: "-" }],
  ["a value with a dash", ["vm", "create", "--name=--force"], { name: "--force" }],
  ["what looks like a stand-in", ["vm", "create", "@1", "--name", "@0"], { vmName: "@1", name: "@0" }],
  [
    "dots in values and flags that are objects' own",
    ["vm", "create", "--name", "__proto__", "constructor"],
    { name: "__proto__", vmName: "constructor" },
  ],
  ["4 KiB", ["vm", "create", "--name", "x".repeat(4096)], { name: "x".repeat(4096) }],
  ["a switch takes no word", ["vm", "create", "--force", "dev"], { force: true, vmName: "dev" }],
  ["a short switch", ["vm", "create", "-f", "dev"], { force: true, vmName: "dev" }],
  ["two words become one key", ["vm", "create", "--new-agent", "x", "--keep-4", "y"], { newAgent: "x", keep4: "y" }],
  ["many", ["vm", "create", "--tag", "a,b", "--tag=c"], { tag: ["a,b", "c"] }],
  ["many, once", ["vm", "create", "--tag", "0"], { tag: ["0"] }],
  ["-- ends the flags", ["vm", "create", "--", "--force"], { vmName: "--force" }],
  ["-- after a value", ["vm", "create", "--name", "a", "--", "-f"], { name: "a", vmName: "-f" }],
  [
    "rest",
    ["vm", "exec", "dev", "ls", "-la", "--json", "--", "x"],
    { name: "dev", command: ["ls", "-la", "--json", "--", "x"] },
  ],
  ["rest behind --", ["vm", "exec", "dev", "--", "ls", "-la"], { name: "dev", command: ["ls", "-la"] }],
  ["one -- of two", ["vm", "exec", "dev", "--", "--", "x"], { name: "dev", command: ["--", "x"] }],
  [
    "flags before rest",
    ["vm", "exec", "--workspace", "w", "dev", "--workspace", "x"],
    { workspace: "w", name: "dev", command: ["--workspace", "x"] },
  ],
  ["-- before the argument", ["vm", "exec", "--", "dev", "ls"], { name: "dev", command: ["ls"] }],
  [
    "rest with empty and odd words",
    ["vm", "exec", "dev", "", "007", "-h", "a\nb"],
    { name: "dev", command: ["", "007", "-h", "a\nb"] },
  ],
  ["no rest", ["vm", "exec", "dev"], { name: "dev" }],
  ["rest alone", ["vm", "all", "--yes", "a", "--yes"], { words: ["a", "--yes"], yes: true }],
  ["rest alone behind --", ["vm", "all", "--", "--yes"], { words: ["--yes"] }],
  [
    "global flags after",
    ["vm", "create", "--yes", "--no-wait", "--allow-partial"],
    { yes: true, noWait: true, allowPartial: true },
  ],
  ["global flags before", ["--yes", "--config", "f", "vm", "create", "dev"], { yes: true, config: "f", vmName: "dev" }],
  ["global flags between", ["vm", "-y", "--config=f", "create", "--dry-run"], { yes: true, config: "f", dryRun: true }],
  ["--config before, as an odd value", ["--config", "1.10", "vm", "create"], { config: "1.10" }],
];

describe("what a command receives", () => {
  for (const [title, argv, input] of received) {
    test(title, async () => {
      const { stdout, stderr, code } = await runWith(commands, argv);
      expect({ input: JSON.parse(stdout || "null"), stderr, code }).toEqual({ input, stderr: "", code: 0 });
    });
  }

  test("any value, however it is given", async () => {
    const odd = [
      "",
      " ",
      "0",
      "-1",
      "00",
      "1.0",
      "+1",
      "true",
      "null",
      "é",
      "🙂",
      "\\",
      "'",
      '"',
      "$x",
      "a b",
      "\t",
      "@0",
      "=",
      "NaN",
    ];
    for (let i = 0; i < 300; i++) {
      const value = Array.from({ length: 1 + (i % 4) }, (_, k) => odd[(i * 7 + k * 13) % odd.length]).join("");
      const argv = ["vm", "create", `--name=${value}`, `--tag=${value}`, "--tag=z", "--", value];
      const { stdout } = await runWith(commands, argv);
      expect(JSON.parse(stdout)).toEqual({ name: value, tag: [value, "z"], vmName: value });
    }
  });
});

/** args → what is wrong with them, and where to look. */
const refused: readonly (readonly [readonly string[], string, string])[] = [
  [["vmm", "create"], 'unknown command "vmm", did you mean "vm create"?', "agentworks --help"],
  [["vm", "craete"], 'unknown command "vm craete", did you mean "vm create"?', "agentworks vm --help"],
  [["vm", "qqqqqqqq"], 'unknown command "vm qqqqqqqq"', "agentworks vm --help"],
  [["qqqqqqqq"], 'unknown command "qqqqqqqq"', "agentworks --help"],
  [[""], 'unknown command ""', "agentworks --help"],
  [
    ["--force", "vm", "create"],
    "unknown global flag --force; a command's own flags stand after it",
    "agentworks --help",
  ],
  [["vm", "create", "--forse"], "unknown flag --forse, did you mean --force?", "agentworks vm create --help"],
  [
    ["vm", "create", "--newagent", "x"],
    "unknown flag --newagent, did you mean --new-agent?",
    "agentworks vm create --help",
  ],
  [
    ["vm", "create", "--newAgent", "x"],
    "unknown flag --newAgent, did you mean --new-agent?",
    "agentworks vm create --help",
  ],
  [["vm", "create", "---force"], "unknown flag ---force, did you mean --force?", "agentworks vm create --help"],
  [["vm", "create", "-force"], "unknown flag -force, did you mean --force?", "agentworks vm create --help"],
  [["vm", "create", "-x"], "unknown flag -x", "agentworks vm create --help"],
  [["vm", "create", "--no-force"], "unknown flag --no-force, did you mean --force?", "agentworks vm create --help"],
  [["vm", "create", "--name.x=1"], "unknown flag --name.x, did you mean --name?", "agentworks vm create --help"],
  [["vm", "create", "--name"], "--name needs a value: --name=TEXT", "agentworks vm create --help"],
  [["vm", "create", "--name", "--force"], "--name needs a value: --name=TEXT", "agentworks vm create --help"],
  [["vm", "create", "--name", "--", "x"], "--name needs a value: --name=TEXT", "agentworks vm create --help"],
  [["vm", "create", "--force=yes"], "--force takes no value", "agentworks vm create --help"],
  [["vm", "create", "--json="], "--json takes no value", "agentworks vm create --help"],
  [["vm", "create", "--name=a", "--name=b"], "--name is given twice", "agentworks vm create --help"],
  [["vm", "create", "-f", "--force"], "--force is given twice", "agentworks vm create --help"],
  [["--yes", "vm", "create", "-y"], "--yes is given twice", "agentworks vm create --help"],
  [["vm", "create", "--no-wait", "--no-wait"], "--no-wait is given twice", "agentworks vm create --help"],
  [["vm", "create", "a", "b"], 'unexpected argument "b"', "agentworks vm create --help"],
  [["session", "list", "007"], 'unexpected argument "007"', "agentworks session list --help"],
];

describe("what is refused", () => {
  for (const [argv, message, next] of refused) {
    test(argv.join(" ") || "an empty word", async () => {
      expect(await runWith(commands, argv)).toEqual({
        code: 2,
        stdout: "",
        stderr: `Error: ${message}\nNext: ${next}\n`,
      });
    });
  }
});
