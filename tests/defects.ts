/** A defect of 0.3.0 that is not to come back, and the tests that would catch it. */
export interface Defect {
  readonly what: string;
  /** `file#title`, the title as it stands in the file. */
  readonly tests: readonly string[];
}

/** The defects by the number that they have in the description of 0.3.0: X and C by cause, the others by place in its list. */
export const DEFECTS: Readonly<Record<string, Defect>> = {
  "X-1": {
    what: "A remote command right behind the host was parsed by ssh: `-V` printed ssh's version.",
    tests: [
      "tests/unit/ssh.test.ts#the host of a ${kind} login is never an option, and neither is the command behind it",
    ],
  },
  "X-2": {
    what: "`vm exec dev -- free -m` sent the `--` along.",
    tests: [
      "tests/unit/cli/argv.test.ts#rest behind --",
      "tests/guest/commands/exec.test.ts#arguments arrive as they are",
    ],
  },
  "X-3": {
    what: "The end of a log repeated warnings unmasked: masking was each caller's duty.",
    tests: [
      "tests/unit/cli/logs.test.ts#never hold a secret, in none of the forms in which tools repeat it",
      "tests/unit/engine/secrets.test.ts#a secret reaches its step and nothing else: no argument, environment, file, event or log",
    ],
  },
  "X-4": {
    what: "Tracebacks went to one shared file, and nothing said which command they were of.",
    tests: ["tests/unit/cli/program.test.ts#is one line; its traceback is in the log, for us alone"],
  },
  "X-5": {
    what: "Host keys went into the user's own known_hosts under an address: a machine that got it next was refused.",
    tests: [
      "tests/unit/ssh.test.ts#host keys are looked up under the machine's name in a file of our own, whatever its address is",
      "tests/unit/ssh.test.ts#a machine that is forgotten takes its host keys along, and another at its address has its own",
    ],
  },
  "X-6": {
    what: "The admin's authorized_keys was written in place: a cut connection could lock the operator out.",
    tests: [
      "tests/guest/creation.test.ts#the admin's list of keys is replaced as a whole, never written into",
      "tests/guest/machine/init.test.ts#keys that are none lock nobody out",
      "tests/guest/engine/wire.test.ts#cut during login and upload: nothing half-sent starts; it is sent again, and runs once",
    ],
  },
  "X-7": {
    what: "No login noticed that its connection was dead: an attached terminal hung.",
    tests: ["tests/unit/ssh.test.ts#a ${kind} login notices a connection that fell silent"],
  },
  "X-8": {
    what: "Long operations stopped to ask after they had changed things.",
    tests: [
      "tests/guest/creation.test.ts#all that is asked is asked before anything is changed: whoever says no to the last question changed nothing",
      "tests/guest/creation.test.ts#a creation that failed is kept, told as failed, and goes on with the same command when its cause is gone",
    ],
  },
  "C-1": {
    what: "A parent template that set nothing reset what another parent had set, and a diamond's ancestor applied twice.",
    tests: [
      "tests/unit/config/inherit.test.ts#a parent that is silent does not reset what another one set",
      "tests/unit/config/inherit.test.ts#in a diamond the ancestor applies once, before both that inherit from it",
    ],
  },
  "C-2": {
    what: "An unknown template was a traceback.",
    tests: ["tests/unit/config/inherit.test.ts#an unknown template is an error with the nearest and all known names"],
  },
  "C-3": {
    what: "A name that nothing has, in a filter, gave an empty list.",
    tests: ["tests/unit/lists.test.ts#${name} --${flag} that names what is not there is an error"],
  },
  "C-4": {
    what: "Names were allowed that became Linux users too long for the machine.",
    tests: ["tests/unit/config/names.test.ts#may be as long as what they become allows"],
  },
  "C-5": {
    what: "A name could end in a newline.",
    tests: ["tests/unit/config/names.test.ts#may not be anything else, a line end included"],
  },
  "C-7": {
    what: "Errors of the command line's own library came out as tracebacks with wrong exit codes.",
    tests: ["tests/unit/cli/argv.test.ts#what is refused", "tests/unit/cli/program.test.ts#exit codes"],
  },
  "C-8": {
    what: "Any code could end the process.",
    tests: ["tests/unit/structure.test.ts#ends the process in main.ts alone"],
  },
  "C-11": {
    what: "A migration that failed left half of its statements behind.",
    tests: [
      "tests/unit/state/migrate.test.ts#a migration that fails leaves the version before it, whole",
      "tests/unit/state/migrate.test.ts#a process killed in the middle of a migration leaves the version before it, whole",
    ],
  },
  "C-12": {
    what: "An older program worked on a newer schema.",
    tests: ["tests/unit/state/open.test.ts#a newer schema is refused, naming both versions"],
  },
  "C-13": {
    what: "A database that was in use was the driver's error, after five seconds.",
    tests: [
      "tests/unit/state/concurrency.test.ts#a state that another process writes to is busy, says who, and can still be read",
    ],
  },
  "C-16": {
    what: 'A quoted "no" was true.',
    tests: ["tests/unit/config/errors.test.ts#a quoted boolean"],
  },
  "26": {
    what: "Inheriting from several templates put explicit values back to the built-in ones.",
    tests: [
      "tests/unit/config/inherit.test.ts#a parent that is silent does not reset what another one set",
      "tests/unit/config/inherit.test.ts#a value equal to the built-in one is set all the same",
    ],
  },
  "31": {
    what: 'A connection that broke was read as "not there".',
    tests: [
      "tests/unit/unreachable.test.ts#sessions on a machine that ${name} are unknown, neither stopped nor gone",
      "tests/unit/unreachable.test.ts#what cannot be asked is not said to be in order, and what cannot be stopped not to be stopped",
      "tests/unit/engine/wire.test.ts#after the last event, before the last of the log",
    ],
  },
  "33": {
    what: "A machine whose provisioning had failed once could not be continued.",
    tests: [
      "tests/guest/creation.test.ts#a creation that failed is kept, told as failed, and goes on with the same command when its cause is gone",
    ],
  },
  "39": {
    what: "`vm exec dev -- cmd` ran `-- cmd`.",
    tests: [
      "tests/unit/cli/argv.test.ts#rest behind --",
      "tests/guest/commands/exec.test.ts#arguments arrive as they are",
    ],
  },
  "40": {
    what: "--non-interactive did not keep confirmations and secrets from asking.",
    tests: [
      "tests/unit/cli/terminal.test.ts#--non-interactive asks nothing",
      "tests/unit/cli/terminal.test.ts#ask nothing: the error names the flag",
      "tests/unit/deleting.test.ts#${noun} delete: --force alone still asks, naming all that goes",
    ],
  },
  "41": {
    what: "What a user got wrong came out as a traceback.",
    tests: [
      'tests/unit/hostile-strings.test.ts#as ${title} ${FREE.includes(title) ? "stand in the script as they are" : "are refused, or do nothing"}',
      "tests/unit/errors.test.ts#errors that need no machine",
      "tests/unit/config/inherit.test.ts#an unknown template is an error with the nearest and all known names",
    ],
  },
  "43": {
    what: "Two commands could work on one machine at once, migrations were not atomic, newer schemas accepted, grants doubled.",
    tests: [
      "tests/unit/state/runs.test.ts#of processes that begin on the same thing at once, one gets the lease and the others hear which",
      "tests/unit/state/migrate.test.ts#four processes that migrate at once migrate once, and lose nothing",
      "tests/unit/state/open.test.ts#a newer schema is refused, naming both versions",
      "tests/unit/state/contents.test.ts#granting twice stores one row, and each kind is a row of its own",
    ],
  },
  "46": {
    what: "Background ssh calls inherited stdin and ate the input of loops around the program; some had no time limit.",
    tests: [
      "tests/unit/stdin.test.ts#what a command does not read stays for whoever comes next",
      "tests/unit/engine/exec.test.ts#the time limit ends a program with its children, who hold its output",
    ],
  },
  "53": {
    what: "Describing a machine that was off took as long as TCP has patience.",
    tests: ["tests/unit/unreachable.test.ts#describe of a machine that ${name} tells what is known, within its 5 s"],
  },
  "59": {
    what: "Stopping a machine did not speak of its sessions; --force deleted without asking.",
    tests: [
      "tests/unit/deleting.test.ts#${noun} delete: --yes alone does not delete what holds others, and the error names them",
      "tests/unit/deleting.test.ts#${noun} delete: --force alone still asks, naming all that goes",
      "tests/unit/deleting.test.ts#stopping a machine that is its owner's says how its sessions are stopped",
    ],
  },
  "61": {
    what: "What a failing command printed was nowhere but in a log.",
    tests: [
      "tests/unit/cli/live.test.ts#is plain lines: what changed, what failed with its last lines, and a count",
      "tests/unit/cli/terminal.test.ts#is redrawn in place, and what failed stays",
    ],
  },
};
