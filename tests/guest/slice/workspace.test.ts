import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createAgentPlan } from "../../../cli/plan/agent.ts";
import { createWorkspacePlan, deleteWorkspacePlan, grantPlan, revokePlan } from "../../../cli/plan/workspace.ts";
import type { Agent } from "../../../steps/agent/index.ts";
import type { Workspace } from "../../../steps/workspace/index.ts";
import { agent, bootSlice, type Slice, workspace } from "./slice.ts";

setDefaultTimeout(60_000);
const empty = { sessions: [], agents: [] };
const repo = "git://127.0.0.1/project";
let slice: Slice;
let alice: Agent;
let bob: Agent;
let eve: Agent;
beforeAll(async () => {
  slice = await bootSlice();
  [alice, bob, eve] = [agent(slice, "alice"), agent(slice, "bob"), agent(slice, "eve")];
  for (const each of [alice, bob, eve]) await slice.converge(createAgentPlan(each));
  await slice.root(`
    export HOME=/root; git config --global user.email t@example.org; git config --global user.name test
    git init -q -b main /srv/git/project; cd /srv/git/project
    echo one >one; mkdir dir; echo two >dir/two; git add .; git commit -q -m first
    git checkout -q -b next; echo three >three; git add .; git commit -q -m second; git checkout -q main
    git init -q --bare /srv/git/nothing
    systemd-run --quiet --unit git-daemon -p User=nobody git -c safe.directory='*' daemon --base-path=/srv/git --export-all --listen=127.0.0.1
    for i in {1..100}; do git ls-remote ${repo} >/dev/null 2>&1 && break; sleep 0.05; done`);
}, 300_000);
afterAll(() => slice?.[Symbol.asyncDispose]());

const member = (of: Agent) => ({ linuxUser: of.linuxUser, agent: of.name });
const create = (made: Workspace) => slice.converge(createWorkspacePlan(made));

test("a workspace belongs to a user and a group of its own, and nobody else looks in", async () => {
  const site = workspace(slice, "site");
  await create(site);
  expect(await slice.root(`stat -c '%a %U %G' ${site.path}; id -nG ws-site; stat -c %a /home/ws-site`)).toBe(
    "2770 ws-site ws-site\nws-site\n700",
  );
  expect(await slice.as("ws-site", `cd ${site.path} && touch mine && id -un`)).toMatchObject({ stdout: "ws-site\n" });
  expect((await slice.as("agt-eve", `ls ${site.path}`)).code).not.toBe(0);
  expect((await slice.as("agt-eve", `cat ${site.path}/mine`)).code).not.toBe(0);
  expect((await slice.as("agt-eve", "ls /opt/agentworks/workspaces /home/ws-site")).stdout).toBe("");
  expect((await slice.as("ws-site", "sudo -n id; echo x | crontab -")).code).not.toBe(0);
});

test("agents that are granted work together, whatever their umask", async () => {
  const shared = workspace(slice, "shared");
  await create(shared);
  for (const each of [alice, bob]) await slice.converge(grantPlan(shared, member(each)));
  await slice.as("agt-alice", `umask 077; cd ${shared.path}; mkdir -p a/b; echo alice >a/b/file; git init -q .`);
  expect(
    (await slice.as("agt-bob", `umask 077; cd ${shared.path}; echo bob >>a/b/file; cat a/b/file; git status -s`))
      .stdout,
  ).toBe("alice\nbob\n?? a/\n");
  expect((await slice.as("ws-shared", `cd ${shared.path}; rm -r a; git status -s`)).code).toBe(0);
  expect((await slice.as("agt-eve", `ls ${shared.path}`)).code).not.toBe(0);
  expect(await slice.root("cat /home/agt-alice/.gitconfig")).toBe(`[safe]\n\tdirectory = ${shared.path}`);
  await slice.converge(revokePlan(shared, member(bob)));
  expect((await slice.as("agt-bob", `ls ${shared.path}`)).code).not.toBe(0);
  expect(await slice.root("grep -c directory /home/agt-bob/.gitconfig || true")).toBe("0");
});

test("an agent commits in a cloned workspace, and another goes on from there", async () => {
  const cloned = workspace(slice, "cloned", { repo });
  await create(cloned);
  for (const each of [alice, bob]) await slice.converge(grantPlan(cloned, member(each)));
  const commit = (name: string) => `umask 077; cd ${cloned.path} && echo ${name} >>one && git add . &&
    git -c user.name=${name} -c user.email=${name}@example.org commit -q -m "of ${name}" && git gc -q && git log --format=%s`;
  expect(await slice.as("agt-alice", commit("alice"))).toMatchObject({ code: 0, stdout: "of alice\nfirst\n" });
  expect(await slice.as("agt-bob", commit("bob"))).toMatchObject({ code: 0, stdout: "of bob\nof alice\nfirst\n" });
  expect(
    await slice.as(
      "ws-cloned",
      `cd ${cloned.path} && git fsck --no-progress && git status -s && git log --format=%an -1`,
    ),
  ).toMatchObject({
    code: 0,
    stdout: "bob\n",
  });
  expect((await slice.as("agt-eve", `git -C ${cloned.path} log`)).code).not.toBe(0);
});

test("a branch is checked out, and a repository without commits is cloned as well", async () => {
  const branched = workspace(slice, "branched", { repo, branch: "next" });
  await create(branched);
  expect(await slice.root(`cd ${branched.path}; find . -path ./.git -prune -o -type f -print | sort | xargs`)).toBe(
    "./dir/two ./one ./three",
  );
  await create(workspace(slice, "blank", { repo: "git://127.0.0.1/nothing" }));
});

test("a clone that was interrupted goes on; what somebody put there is not overwritten", async () => {
  const torn = workspace(slice, "torn", { repo });
  await create(torn);
  await slice.root(`cd ${torn.path}; touch .git/agentworks-cloning; rm -r one .git/index; mkdir .agentworks-clone`);
  await create(torn);
  expect(await slice.root(`cd ${torn.path}; ls -A; cat one`)).toBe(".git\ndir\none\none");
  await slice.root(`rm -rf ${torn.path}/.git`);
  const { outcome, log } = await slice.apply(createWorkspacePlan(torn));
  expect(outcome).toBe("failed");
  expect(log).toContain(`${torn.path} is not empty`);
});

test("git's own error is shown, and no repository's name is an option or a program", async () => {
  for (const [url, words] of [
    ["git://127.0.0.1/missing", "access denied or repository not exported"],
    ["--upload-pack=touch /tmp/pwned", "does not exist"],
    ["ext::sh -c 'touch /tmp/pwned'", "transport 'ext' not allowed"],
  ] as const) {
    const bad = workspace(slice, "bad", { repo: url });
    const created = await slice.apply(createWorkspacePlan(bad));
    expect(created.outcome).toBe("failed");
    expect(created.log).toContain(words);
    await slice.converge(deleteWorkspacePlan(bad, empty));
  }
  expect(await slice.root("ls /tmp/pwned 2>/dev/null || echo none")).toBe("none");
});

test("what drifted is repaired", async () => {
  const loose = workspace(slice, "loose");
  await create(loose);
  await slice.root(
    `chmod 2777 ${loose.path}; setfacl -k ${loose.path}; chown root:root ${loose.path}; git config --file /home/ws-loose/.gitconfig --add safe.directory ${loose.path}`,
  );
  const { results } = await slice.converge(createWorkspacePlan(loose));
  expect(results).toMatchObject({
    "workspace/directory@loose": "changed",
    "workspace/safe-directory@loose.ws-loose": "changed",
  });
  expect(await slice.root(`stat -c '%a %U %G' ${loose.path}`)).toBe("2770 ws-loose ws-loose");
});

test("a directory that is not ours is refused, and left alone by the undo", async () => {
  const taken = workspace(slice, "taken");
  await slice.root(`mkdir ${taken.path}; echo kept >${taken.path}/file`);
  const { log } = await slice.apply(createWorkspacePlan(taken));
  expect(log).toContain(`${taken.path} exists on this machine and is not ours`);
  await slice.converge(deleteWorkspacePlan(taken, empty));
  expect(await slice.root(`cat ${taken.path}/file; getent passwd ws-taken || echo none`)).toBe("kept\nnone");
});

test("delete leaves nothing but files that agents keep elsewhere, also while an agent stands in it", async () => {
  const doomed = workspace(slice, "doomed", { repo });
  await create(doomed);
  await slice.converge(grantPlan(doomed, member(alice)));
  await slice.root("mkdir /srv/outside; echo kept >/srv/outside/file; chmod 777 /srv/outside");
  await slice.as(
    "agt-alice",
    `cd ${doomed.path}; ln -s /srv/outside out; mkdir -p x/y; chmod 0 x
    setsid bash -c 'while :; do mkdir -p new; touch new/file || exit; ln -sfn /srv/outside new; done' <&- >&- 2>&- & exit 0`,
  );
  await slice.converge(deleteWorkspacePlan(doomed, { sessions: [], agents: [member(alice)] }));
  const left = await slice.root(`
    ls -Ad ${doomed.path} ${doomed.path}/../.[a-z]* /home/ws-doomed /etc/agentworks/authorized_keys/ws-doomed 2>/dev/null || true
    getent passwd ws-doomed || true; getent group ws-doomed || true; find /var/lib/agentworks -name doomed
    grep doomed /home/agt-alice/.gitconfig || true`);
  expect(left).toBe("");
  expect(await slice.root("cat /srv/outside/file")).toBe("kept");
  await slice.as("agt-alice", "pkill -u agt-alice bash");
  await create(doomed);
  expect((await slice.as("agt-alice", `ls ${doomed.path}`)).code).not.toBe(0);
});
