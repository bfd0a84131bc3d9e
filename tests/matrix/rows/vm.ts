import { machineChange, vmDelete, vmDescribe, vmList, vmLogs, vmPlan, vmStart, vmStop } from "../../schemas/vm.ts";
import type { Question, Row } from "../row.ts";

const WHICH: Question = { asks: "The machine?", keys: "$NAME\r" };
const NO_NAME = { words: [], named: "NAME" } as const;
const DOWN = "\x1b[B";

const ADOPT = ["--platform", "ssh", "--host", "$HOST", "--host-key", "$HOST_KEY", "--yes"];
const CREATE = ["vm", "create", "dev", ...ADOPT];
const FORGET = ["vm", "delete", "dev", "--yes"];

/** What is done to a machine before it holds anything. */
export const VM_BEFORE: readonly Row[] = [
  {
    command: "vm create",
    flags: ["$NAME", ...ADOPT],
    before: { json: [FORGET], asked: [FORGET] },
    says: "VM 'dev' is ready.",
    proof: "[[ -e /etc/agentworks/tmux.conf ]] && id agentworks",
    missing: [
      { words: ADOPT, named: "NAME" },
      { words: ["$NEW", "--platform", "ssh", "--yes"], named: "--host" },
      { words: ["$NEW", "--host", "$HOST", "--yes"], named: "--host-key SHA256:", contact: true },
      { words: ["$NEW", "--host", "$HOST", "--host-key", "$HOST_KEY"], named: "--yes", contact: true },
    ],
    asked: {
      words: ["--platform", "ssh"],
      questions: [
        { asks: "What the machine is to be called?", keys: "$NAME\r" },
        { asks: "Which machine?", keys: "$HOST\r" },
        { asks: "Is this the machine's key?", keys: `${DOWN}\r`, no: "\r" },
        { asks: "Go on?", keys: "y", no: "n" },
      ],
    },
    data: machineChange,
  },
  {
    command: "vm list",
    flags: ["--live", "--platform", "ssh"],
    says: "dev",
    missing: [],
    asked: null,
    data: vmList,
  },
  {
    command: "vm plan",
    flags: ["$NAME", "--all"],
    says: "'dev' is in its declared state.",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH] },
    data: vmPlan,
  },
  {
    command: "vm reinit",
    flags: ["$NAME", "--host-key", "$HOST_KEY"],
    says: "VM 'dev' is in its declared state.",
    missing: [{ words: ["--host-key", "$HOST_KEY"], named: "NAME" }],
    asked: { words: [], questions: [WHICH] },
    data: machineChange,
  },
  {
    command: "vm start",
    flags: ["$NAME"],
    says: "VM 'dev' is running.",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH] },
    data: vmStart,
  },
  {
    // An adopted machine is its owner's to switch off: there is nothing else to tell.
    command: "vm stop",
    flags: ["$NAME"],
    exit: 1,
    says: "'dev' was adopted",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH], exit: 1 },
    data: vmStop,
  },
  {
    command: "vm exec",
    flags: ["$NAME", "--", "printf", "%s|", "one two", "$x"],
    says: "one two|$x|",
    missing: [NO_NAME, { words: ["$NAME"], named: "COMMAND" }],
    asked: null,
    data: null,
  },
  {
    command: "vm shell",
    flags: ["$NAME"],
    says: "",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH], handed: [{ asks: "% ", keys: "exit 7\r" }], exit: 7 },
    data: null,
  },
];

/** What is asked of a machine that has seen something. */
export const VM_READS: readonly Row[] = [
  {
    command: "vm logs",
    flags: ["$NAME", "--all"],
    says: "vm create",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH] },
    data: vmLogs,
  },
  {
    command: "vm describe",
    flags: ["$NAME"],
    says: "Initialization:  complete",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH] },
    data: vmDescribe,
  },
];

/** The end of it. */
export const VM_DELETE: readonly Row[] = [
  {
    command: "vm delete",
    flags: ["$NAME", "--purge", "--force", "--yes"],
    before: { json: [CREATE] },
    says: "VM 'dev' is purged and forgotten.",
    proof: "[[ ! -e /etc/agentworks ]] && ! id agentworks",
    missing: [
      { words: ["--purge", "--force", "--yes"], named: "NAME" },
      { words: ["$NAME", "--force"], named: "--yes" },
    ],
    asked: {
      words: [],
      questions: [
        { ...WHICH, keys: "lab\r" },
        { asks: "Forget 'lab' (it stays as it is)?", keys: "y", no: "n" },
      ],
    },
    data: vmDelete,
  },
];

/** What is done outside of a machine, or to one that we made: what it would do is told, here and everywhere. */
export const VM_MADE: readonly Pick<Row, "command" | "flags" | "says">[] = [
  { command: "vm create", flags: ["$NAME"], says: "" },
  { command: "vm create", flags: ["$NAME", "--platform", "qemu", "--cpus", "1", "--memory", "2"], says: "" },
  { command: "vm start", flags: ["made"], says: "" },
  { command: "vm stop", flags: ["made"], says: "" },
  { command: "vm reinit", flags: ["made"], says: "" },
  { command: "vm delete", flags: ["made"], says: "" },
];
