import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CHANGES } from "../../unit/commands/schemas.ts";
import { bootWorld, rowsOf, sweep, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await bootWorld(`
[session_templates.echo]
command = "echo in {{workspace_name}} as {{session_name}}; echo $GREETING; sleep 1000"
env = { GREETING = "hello {{session_name}}" }
`);
}, 120_000);
afterAll(async () => await world?.[Symbol.asyncDispose]());

/** Runs a command and counts the logins it took. */
async function withLogins(argv: readonly string[]) {
  const mark = await world.guest.mark();
  const ran = await world.operator.run(argv);
  return { ...ran, logins: await world.guest.acceptedLogins(mark) };
}

interface Listed {
  readonly name: string;
  readonly status: string;
  readonly exitCode: number | null;
}

describe("a workspace, an agent, a session, from the first command to the last", () => {
  let before: readonly string[];

  test("each is made by one login", async () => {
    before = await sweep(world.guest);
    const commands = [
      ["workspace", "create", "site"],
      ["agent", "create", "claude"],
      ["session", "create", "fix", "--agent", "claude", "--template", "echo"],
      ["session", "create", "look", "--admin"],
    ];
    for (const argv of commands) {
      const ran = await withLogins(argv);
      expect(ran).toMatchObject({ code: 0, logins: 1 });
    }
  });

  test("the session list asks once", async () => {
    const ran = await withLogins(["session", "list", "--json"]);
    expect(ran).toMatchObject({ code: 0, logins: 1, stderr: "" });
    const { data } = JSON.parse(ran.stdout) as { data: readonly Listed[] };
    expect(data.map(({ name, status }) => [name, status])).toEqual([
      ["fix", "running"],
      ["look", "running"],
    ]);
  });

  test("lists from the state ask nobody", async () => {
    for (const argv of [
      ["workspace", "list"],
      ["workspace", "describe", "site"],
      ["agent", "list"],
      ["agent", "describe", "claude"],
      ["session", "list", "--no-status"],
      ["session", "list", "--names-only"],
    ]) {
      expect(await withLogins(argv)).toMatchObject({ code: 0, logins: 0 });
    }
  });

  test("the template's names are filled in, and its environment is there", async () => {
    const mark = await world.guest.mark();
    const { code, shown } = await world.operator.onTerminal(["session", "attach", "fix"], [["hello fix", "\x02d"]]);
    expect(code).toBe(0);
    expect(shown).toContain("in site as fix");
    expect(await world.guest.acceptedLogins(mark)).toBe(1);
  });

  test("who attaches is the session's own user", async () => {
    const mark = await world.guest.mark();
    await world.operator.onTerminal(["session", "attach", "fix"], [["hello fix", "\x02d"]]);
    const log = await world.guest.sshdLog(mark);
    expect(log.filter((line) => line.startsWith("Accepted publickey")).join()).toContain("for agt-claude ");
  });

  test("a command that ends at once is told, with what it printed", async () => {
    const argv = ["session", "create", "bad", "--agent", "claude", "--command", "echo oops; exit 3"];
    const { code, stderr } = await world.operator.run(argv);
    expect(code).toBe(1);
    expect(stderr).toContain("exited with 3");
    expect(stderr).toContain("oops");
    expect(stderr).toContain("Next: agentworks session delete bad");
    const list = await world.operator.json<readonly Listed[]>(["session", "list", "--status", "exited"]);
    expect(list).toMatchObject([{ name: "bad", status: "exited", exitCode: 3 }]);
  });

  test("a session is stopped once, and is stopped then", async () => {
    expect(await withLogins(["session", "stop", "fix"])).toMatchObject({ code: 0, logins: 1 });
    expect((await world.operator.run(["session", "stop", "fix"])).stdout).toContain("stopped already");
    const [fix] = await world.operator.json<readonly Listed[]>([
      "session",
      "list",
      "--agent",
      "claude",
      "--status",
      "stopped",
    ]);
    expect(fix).toMatchObject({ name: "fix", status: "stopped" });
  });

  test("what holds others is deleted with --force alone, and asked about", async () => {
    expect((await world.operator.run(["agent", "delete", "claude", "--yes"])).code).toBe(1);
    expect((await world.operator.run(["agent", "delete", "claude", "--force"])).code).toBe(2);
    const asked = await world.operator.onTerminal(["agent", "delete", "claude", "--force"], [["Delete agent", "n"]]);
    expect(asked.code).toBe(130);
    expect(asked.shown).toContain("with sessions bad, fix");
    expect(rowsOf(world.operator).join()).toContain('"claude"');
  });

  test("a session takes its agent's access with it when nothing else needs it", async () => {
    const members = async () => (await world.guest.bash("getent group ws-site | cut -d: -f4")).stdout.trim().split(",");
    expect(await members()).toContain("agt-claude");
    await world.operator.ok(["session", "delete", "bad", "--yes"]);
    expect(await members()).toContain("agt-claude");
    await world.operator.ok(["session", "delete", "fix", "--yes"]);
    expect(await members()).not.toContain("agt-claude");
  });

  test("each is deleted by one login, and nothing of them is left", async () => {
    for (const argv of [
      ["session", "delete", "look", "--yes"],
      ["agent", "delete", "claude", "--yes"],
      ["workspace", "delete", "site", "--yes"],
    ]) {
      expect(await withLogins(argv)).toMatchObject({ code: 0, logins: 1 });
    }
    expect(await sweep(world.guest)).toEqual([...before]);
    expect(rowsOf(world.operator)).toEqual([]);
  });
});

test("--json tells each change in the documented fields, and nothing else on stdout", async () => {
  const commands = [
    ["workspace", "create", "site"],
    ["agent", "create", "claude"],
    ["session", "create", "fix", "--agent", "claude", "--command", "sleep 1000"],
    ["session", "create", "bad", "--agent", "claude", "--command", "echo oops; exit 3"],
    ["session", "stop", "fix"],
    ["session", "delete", "fix", "--yes"],
    ["agent", "delete", "claude", "--force", "--yes"],
    ["workspace", "delete", "site", "--yes"],
  ];
  for (const argv of commands) {
    const { code, stdout } = await world.operator.run([...argv, "--json"]);
    const [noun = "", verb = "", name] = argv;
    expect({ argv, code }).toEqual({ argv, code: name === "bad" ? 1 : 0 });
    const { schema, command, data } = JSON.parse(stdout);
    expect([schema, command]).toEqual(["agentworks/v1", `${noun}.${verb}`]);
    expect(CHANGES[`${noun} ${verb}`]?.parse(data)).toEqual(data);
    if (name === "bad") expect(data).toMatchObject({ status: "exited", exitCode: 3 });
  }
});

describe("an agent that may work everywhere", () => {
  test("gets every workspace, those that were there and those that come", async () => {
    await world.operator.ok(["workspace", "create", "one"]);
    await world.operator.ok(["agent", "create", "rover", "--grant-all-workspaces"]);
    const second = await world.operator.run(["workspace", "create", "two"]);
    expect(second).toMatchObject({ code: 0 });
    for (const workspace of ["one", "two"]) {
      const group = await world.guest.bash(`getent group ws-${workspace} | cut -d: -f4`);
      expect(group.stdout.trim().split(",")).toContain("agt-rover");
    }
    const shared = await world.operator.run(["agent", "create", "other", "--grant-all-workspaces"]);
    expect(shared.stderr).toContain("make each other run code");
  });

  test("commits in a cloned workspace", async () => {
    await world.guest.bash(`
      rm -rf /srv/origin && git init --quiet --bare /srv/origin && git config --system --add safe.directory /srv/origin
      git clone --quiet /srv/origin /srv/work 2>/dev/null && cd /srv/work && echo one >one
      git add one && git -c user.name=o -c user.email=o@o commit --quiet -m one && git push --quiet origin HEAD`);
    await world.operator.ok(["workspace", "create", "cloned", "--repo", "file:///srv/origin"]);
    await world.operator.ok([
      ...["session", "create", "work", "--workspace", "cloned", "--agent", "rover", "--command"],
      "echo two >two && git add two && git -c user.name=a -c user.email=a@a commit -m two && echo committed; sleep 1000",
    ]);
    const { shown } = await world.operator.onTerminal(["session", "attach", "work"], [["committed", "\x02d"]]);
    expect(shown).toContain("committed");
    const log = await world.guest.bash(
      "runuser -u ws-cloned -- git -C /opt/agentworks/workspaces/cloned log --format=%s",
    );
    expect(log.stdout).toBe("two\none\n");
  });

  test("goes with all it has", async () => {
    await world.operator.ok(["agent", "delete", "rover", "--force", "--yes"]);
    await world.operator.ok(["agent", "delete", "other", "--yes"]);
    for (const name of ["one", "two", "cloned"]) await world.operator.ok(["workspace", "delete", name, "--yes"]);
    expect(rowsOf(world.operator)).toEqual([]);
  });
});
