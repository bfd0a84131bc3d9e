import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { follow } from "../../../cli/run/follow.ts";
import { converse } from "../../../providers/conversation.ts";
import become from "../../../steps/become.sh" with { type: "text" };
import { render } from "../../../steps/render.ts";
import { Secret } from "../../../steps/secret.ts";
import { newId, planOf, run, toy } from "../../unit/engine/sandbox.ts";
import { bootGuest, carolPassword, type Guest, type GuestUser } from "../harness/guest.ts";
import { transportTo } from "./lab.ts";

setDefaultTimeout(120_000);
let guest: Guest;
beforeAll(async () => {
  guest = await bootGuest({ variant: "bare" });
}, 300_000);
afterAll(() => guest?.dispose());

const MARK = "@agw\t0\tbecome\t";
const TELL_WHO = "echo WHO $(id -un)\n";

/** First contact as `user`: each word that the machine says of how it becomes root, the answer given to `password`. */
async function contact(user: GuestUser, password?: string) {
  const conversation = converse(transportTo({ guest, user }).open({}));
  await conversation.send(become);
  const words: (string | undefined)[] = [];
  const hear = async () => {
    const word = (await conversation.next(MARK))?.slice(MARK.length);
    words.push(word);
    return word;
  };
  let word = await hear();
  if (word === "password" && password !== undefined) {
    await conversation.send(`${password}\n`);
    word = await hear();
  }
  if (word === undefined || word === "none") return { words, ...(await conversation.ended()) };
  await conversation.send(TELL_WHO);
  const who = await conversation.next("WHO ");
  return { words, who, ...(await conversation.ended()) };
}

test("root, and a user whose sudo asks nothing", async () => {
  expect(await contact("root")).toMatchObject({ words: ["root"], who: "WHO root", code: 0 });
  expect(await contact("owner")).toMatchObject({ words: ["sudo"], who: "WHO root", code: 0 });
});

test("a user whose sudo asks for a password: the right one, a wrong one, none", async () => {
  expect(await contact("carol", carolPassword)).toMatchObject({
    words: ["password", "sudo-password"],
    who: "WHO root",
    code: 0,
  });
  const wrong = await contact("carol", "wrong-password");
  expect(wrong.words).toEqual(["password", undefined]);
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toMatch(/incorrect password|no password was provided/);
  // One try, one line in the log: nothing of ours is taken for a second password.
  const tries = await guest.bash(
    "journalctl --quiet --output=cat --identifier=sudo | grep -c 'incorrect password attempt' || true",
  );
  expect(tries.stdout).toBe("1\n");
});

test("a user without sudo rights", async () => {
  const refused = await contact("plain", "whatever-password");
  expect(refused.words).toEqual(["password", undefined]);
  const { message } = transportTo({ guest, user: "plain" }).explain(refused.code, refused.stderr);
  expect(message).toMatch(/may not use sudo|refused the password/);
});

test("the password is no argument and in no environment, while the run goes on", async () => {
  const password = new Secret("sudo password", carolPassword);
  let during: Promise<string> | undefined;
  const transport = transportTo({ guest, user: "carol", become: "sudo-password" });
  const never = new AbortController().signal;
  const script = render(planOf([toy({ apply: ["sleep 2"] })]), "apply");
  const look = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' || true";
  const end = await follow(
    transport,
    { id: newId(), script, wait: true, sudoPassword: password },
    {
      event: (event) => {
        if (event.kind === "started") during = guest.bash(look).then(({ stdout }) => stdout);
      },
      output: () => {},
      note: () => {},
    },
    { cancel: never, abandon: never, loginMs: 5000, reconnectMs: 5000 },
  );
  expect(end).toEqual({ kind: "ended" });
  expect(await during).toContain("sudo");
  expect(await during).not.toContain(carolPassword);
});

test("a password that sudo does not ask for any more is not run as a command", async () => {
  const canary = "touch /tmp/run-as-a-command";
  const channel = transportTo({ guest, user: "owner", become: "sudo-password" }).open({
    sudoPassword: new Secret("sudo password", canary),
  });
  await channel.write(TELL_WHO);
  channel.end();
  const [stdout, stderr] = await Promise.all([
    new Response(channel.stdout).text(),
    new Response(channel.stderr).text(),
  ]);
  expect(stdout).toBe("WHO root\n");
  expect(stderr).not.toContain("run-as-a-command");
  expect((await guest.bash("ls /tmp")).stdout).not.toContain("run-as-a-command");
});

test("runs work as a user with sudo, with the noise of start-up files", async () => {
  await guest.bash(
    "for f in /home/owner/.bashrc /root/.bashrc; do printf 'echo hello from %s; printf no-newline\\n' $f | cat - $f >/tmp/rc || true; cp /tmp/rc $f; done",
  );
  for (const [user, how] of [
    ["root", "root"],
    ["owner", "sudo"],
  ] as const) {
    const told = await run(transportTo({ guest, user, become: how }), [
      toy({ apply: ["id -un"], report: ["echo value"] }),
    ]);
    expect(told).toMatchObject({ outcome: "complete", steps: [{ result: "changed", report: "value\n" }] });
    expect(told.log).toContain("root");
  }
  expect(await contact("owner")).toMatchObject({ words: ["sudo"], who: "WHO root" });
});

test("a machine without sudo", async () => {
  await guest.bash("mv /usr/bin/sudo /usr/bin/sudo.away");
  expect(await contact("owner")).toMatchObject({ words: ["none"], code: 1 });
  expect(await contact("root")).toMatchObject({ words: ["root"], who: "WHO root" });
  const unreachable = await run(transportTo({ guest, user: "owner", become: "sudo" }), [toy({ apply: [":"] })]);
  expect(unreachable.end).toMatchObject({
    kind: "unreachable",
    sent: false,
    message: expect.stringContaining("sudo is not installed"),
  });
  await guest.bash("mv /usr/bin/sudo.away /usr/bin/sudo");
});
