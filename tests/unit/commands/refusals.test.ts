import { beforeAll, describe, expect, test } from "bun:test";
import { nextProblem } from "../../golden/next.ts";
import { type Desk, desk, furnish } from "./world.ts";

const TEMPLATES = `
[secrets.token]
env = "TOKEN"
[session_templates.secret]
env = { API_KEY = { secret = "token" } }
[session_templates.wrong]
command = "echo {{nonsense}}"
[session_templates.control]
env = { BELL = "\\u0007" }
`;

/** What is refused before anything happens: the command line, the exit code, and words of the error. */
const REFUSED: readonly (readonly [argv: string, exit: number, words: string])[] = [
  ["workspace create Site", 2, "invalid workspace name"],
  ["workspace create site", 1, "Workspace 'site' exists already, on 'dev'"],
  ["workspace create new", 2, "Which machine"],
  ["workspace create new --vm nowhere", 1, "There is no machine 'nowhere'"],
  ["workspace create new --vm de", 1, "There is no machine 'de', did you mean \"dev\"?"],
  ["workspace create new --vm lab", 1, "'lab' is not initialized (init: failed)"],
  ["workspace create new --vm dev --template nope", 2, 'unknown workspace template "nope"'],
  ["workspace create new --vm dev --branch main", 2, "--branch needs a repository"],
  ["workspace create new --vm dev --repo https://me:pass@example.org/x", 2, "holds a password or a token"],
  ["workspace create new --vm dev --repo https://ghp_token@example.org/x", 2, "holds a password or a token"],
  ["workspace delete nope", 1, "There is no workspace 'nope'"],
  ["workspace delete site --yes", 1, "Workspace 'site' holds sessions: fix, look, try"],
  ["workspace delete blog", 2, "Delete workspace 'blog' with all files in /opt/agentworks/workspaces/blog"],
  ["agent create claude --vm dev", 1, "Agent 'claude' exists already, on 'dev'"],
  [`agent create ${"a".repeat(29)} --vm dev`, 2, "the limit is 28"],
  ["agent create new --vm dev --template nope", 2, 'unknown agent template "nope"'],
  ["agent delete claude --yes", 1, "Agent 'claude' has sessions: fix"],
  ["agent delete claude --force", 2, "Delete agent 'claude' with its home and processes, with sessions fix"],
  ["session create new --workspace site", 2, "Run the session as"],
  ["session create new --agent claude --admin --workspace site", 2, "exclude each other"],
  ["session create new --admin", 2, "Which workspace"],
  ["session create fix --admin --workspace site", 1, "Session 'fix' exists already"],
  ["session create new --agent nobody --workspace site", 1, "There is no agent 'nobody'"],
  [
    "session create new --agent cyd --workspace elsewhere",
    1,
    "Agent 'cyd' is on 'dev', workspace 'elsewhere' on 'farm'",
  ],
  ["session create new --agent cyd --workspace half", 1, "Workspace 'half' is not ready (creating)"],
  ["session create new --agent young --workspace site", 1, "Agent 'young' is not ready (deleting)"],
  ["session create new --agent cyd --workspace site --template nope", 2, 'unknown session template "nope"'],
  ["session create new --agent cyd --workspace site --template secret", 2, 'API_KEY is the secret "token"'],
  ["session create new --agent cyd --workspace site --template wrong", 2, "there is no {{nonsense}}"],
  ["session create new --agent cyd --workspace site --template control", 2, "control characters"],
  [`session create new --agent cyd --workspace site --command ${"x".repeat(8193)}`, 2, "the limit is 8192"],
  ["session attach nope", 1, "There is no session 'nope'"],
  ["session attach fi", 1, 'did you mean "fix"?'],
  ["session attach fix", 2, "session attach takes the terminal"],
  ["session stop nope", 1, "There is no session 'nope'"],
  ["session delete fix", 2, "Delete session 'fix' and all that runs in it"],
  ["vm exec nowhere ls", 1, "There is no machine 'nowhere'"],
  ["vm exec dev", 2, "COMMAND is missing"],
  ["session list --dry-run", 2, "--dry-run does not apply"],
  ["session attach fix --json", 2, "--json does not apply"],
];

/** An ssh that leaves a mark: nothing here may get so far. */
const MARKING = 'touch "$AGENTWORKS_HOME/contacted"; exit 255\n';

let world: Desk;
beforeAll(() => {
  world = desk({ config: TEMPLATES, ssh: MARKING });
  world.state((state) => {
    furnish(state);
    const farm = {
      name: "farm",
      platform: "ssh",
      template: "default",
      adminUser: "agentworks",
      network: "direct",
    } as const;
    state.machines.insert({ ...farm, host: "192.0.2.9", init: "complete", provisioning: "complete" });
    const place = { template: "default", repo: null, branch: null };
    state.workspaces.insert({
      ...place,
      name: "elsewhere",
      machine: "farm",
      linuxUser: "ws-elsewhere",
      path: "/w/elsewhere",
    });
    state.workspaces.setLifecycle("elsewhere", "ready");
    state.workspaces.insert({ ...place, name: "half", machine: "dev", linuxUser: "ws-half", path: "/w/half" });
    state.agents.insert({
      name: "young",
      machine: "dev",
      linuxUser: "agt-young",
      template: "default",
      grantAll: false,
    });
    state.agents.update("young", { lifecycle: "deleting" });
  });
});

describe("refused before anything happens", () => {
  for (const [line, exit, words] of REFUSED) {
    test(line.slice(0, 100), async () => {
      const rows = world.state(everything);
      const { code, stdout, stderr } = await world.run(...line.split(" "));
      expect(stderr).toContain(words);
      expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
      expect(await nextProblem(stderr)).toBeUndefined();
      expect(world.state(everything)).toEqual(rows);
      expect(await Bun.file(`${world.home}/contacted`).exists()).toBe(false);
    });
  }
});

test("a name that another command works on is refused, naming that command", async () => {
  const busy = desk();
  busy.state((state) => {
    const row = { name: "new", machine: "dev", linuxUser: "agt-new", template: "default", grantAll: false };
    state.agents.insert(row);
    state.runs.begin({ id: "0123456789abcdef", machine: "dev", operation: "agent create new", thing: "agent:new" });
  });
  const { code, stderr } = await busy.run("agent", "create", "new", "--vm", "dev");
  expect(code).toBe(1);
  expect(stderr).toContain("agent create new is changing agent:new");
});

function everything({ workspaces, agents, grants, sessions, runs }: Parameters<Parameters<Desk["state"]>[0]>[0]) {
  return [workspaces.list(), agents.list(), grants.list(), sessions.list(), runs.open()];
}
