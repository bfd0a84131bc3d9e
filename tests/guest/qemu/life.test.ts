import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Endpoint } from "../../../providers/provider.ts";
import { fence, packages, rootLogin, terminfo } from "../../../steps/machine/index.ts";
import { applySteps } from "../apply.ts";
import { keepImage, lendImage, type Place, pidsWith, place, request, type Shell, shell, succeed } from "./lab.ts";

setDefaultTimeout(300_000);

/** All of it as a user who may do nothing on this computer. */
const USER = "agw-plain";
const FENCED = ["10.0.2.0/24", "fec0::/64", "169.254.169.254", "168.63.129.16"];

let at: Place & AsyncDisposable;
let id: string;
let endpoint: Endpoint;
let guest: Shell;
let server: Server;
const tookSeconds: Record<string, number> = {};

async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await act();
  tookSeconds[what] = Math.round((performance.now() - began) / 100) / 10;
  return result;
}

beforeAll(async () => {
  at = await place(USER);
  await lendImage(at, USER);
  id = await at.ask("reserve", JSON.stringify(request("box", at)));
  endpoint = await timed("create", () => at.ask("create", id, JSON.stringify(request("box", at))));
  guest = shell(endpoint, at);
  await keepImage(at);
  server = createServer((socket) => socket.end("the operator's own\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}, 600_000);
afterAll(async () => {
  console.log("seconds:", JSON.stringify(tookSeconds));
  server?.close();
  await at?.[Symbol.asyncDispose]();
});

test("it answers as root by the operator's key, with the host key that its console showed, and only here", async () => {
  expect(endpoint).toMatchObject({ host: "127.0.0.1", port: Number(id.split(":")[1]), user: "root" });
  expect((await guest.ssh("root", "id -un")).stdout).toBe("root\n");
  const listening = await succeed("ss", "-ltnH", `sport = :${endpoint.port}`);
  expect(listening.trim().split(/\s+/)[3]).toBe(`127.0.0.1:${endpoint.port}`);
  expect(statSync(join(at.machines, "box")).mode & 0o777).toBe(0o700);
});

test("it is a whole machine: its disk grown, controllers there, nothing failed, and nothing left for init to install", async () => {
  const facts = await guest.on(
    `df -BM --output=size / | tail -n 1 | tr -dc 0-9; echo
     cat /sys/fs/cgroup/cgroup.controllers; systemctl --failed --no-legend --plain | wc -l
     dpkg --audit; apt-mark showhold | grep -c linux-image; type -P zsh nft`,
  );
  const [size, controllers, ...rest] = facts.split("\n");
  expect(Number(size)).toBeGreaterThan(3500);
  expect(controllers?.split(" ")).toEqual(expect.arrayContaining(["cpu", "memory", "pids"]));
  expect(rest).toEqual(["0", expect.stringMatching(/^[23]$/), "/usr/bin/zsh", "/usr/sbin/nft", ""]);
  expect((await applySteps(guest.transport, [packages(), terminfo()], "check")).results).toEqual({
    "machine/packages": "unchanged",
    "machine/terminfo": "unchanged",
  });
});

/** What an agent may try, each in a shell of its own: the words of the operator's computer prove that it got there. */
const tries = (port: number): Readonly<Record<string, string>> => ({
  tcp: `cat </dev/tcp/10.0.2.2/${port}`,
  bound: `curl -sS --http0.9 -m 5 --interface 10.0.2.15 10.0.2.2:${port}`,
  namespace: `unshare -Ur bash -c 'cat </dev/tcp/10.0.2.2/${port}'`,
});
/** What leads nowhere good either, and is never there to answer in a test. */
const BEYOND: Readonly<Record<string, string>> = {
  resolver: "cat </dev/tcp/10.0.2.3/80",
  alias: "cat </dev/tcp/10.0.2.77/80",
  metadata: "cat </dev/tcp/169.254.169.254/80",
  datagram: "exec 3<>/dev/udp/10.0.2.2/9; echo x >&3; echo x >&3",
  broadcast: "exec 3<>/dev/udp/10.0.2.255/9",
};
/** A question for the address of the root, and the first bytes of its answer. */
const ASK_NAME =
  "exec 3<>/dev/udp/10.0.2.3/53; printf '\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x01' >&3; timeout 15 head -c 2 <&3 | od -An -tx1";

const portOf = () => (server.address() as { port: number }).port;
const OPEN = { tcp: "the operator's own", bound: "the operator's own", namespace: "the operator's own" };
const REFUSED = expect.stringMatching(/No route to host|Permission denied|Couldn't connect/);
const CLOSED = { tcp: REFUSED, bound: REFUSED, namespace: REFUSED };

/** What each of these commands printed, run by an agent. All in one login: each costs a second. */
async function byAgent(commands: Readonly<Record<string, string>>, before = "true"): Promise<Record<string, string>> {
  const script = Object.entries(commands).map(
    ([name, command]) =>
      `echo "@${name}"; setpriv --reuid 20001 --regid 20001 --clear-groups timeout 20 bash -c ${quoted(command)} 2>&1 || true`,
  );
  const said = await guest.on([before, ...script].join("\n"));
  const parts = said.split(/^@/m).slice(1);
  return Object.fromEntries(
    parts.map((part) => [part.split("\n")[0] ?? "", part.split("\n").slice(1).join("\n").trim()]),
  );
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

test("agents do not reach the operator's own computer: fenced they fail, in each of these ways; unfenced they succeed", async () => {
  const step = fence(FENCED);
  for (const result of ["changed", "unchanged"]) {
    expect(await applySteps(guest.transport, [step])).toMatchObject({ results: { "machine/fence": result } });
  }
  const root = `cat </dev/tcp/10.0.2.2/${portOf()} >/run/by-root`;
  const said = await byAgent({ ...tries(portOf()), ...BEYOND, name: ASK_NAME }, root);
  const beyond = Object.fromEntries(Object.keys(BEYOND).map((name) => [name, REFUSED]));
  // Names are answered, and root's own work (apt, whose mirror may be there) goes on.
  expect(said).toEqual({ ...CLOSED, ...beyond, name: "12 34" });
  const drifts = [
    "grep -q operator /run/by-root; systemctl stop agentworks-fence.service",
    "nft flush table inet agentworks; rm /etc/agentworks/fence.nft",
  ];
  for (const drift of drifts) {
    expect(await byAgent(tries(portOf()), drift)).toEqual(OPEN);
    expect(await applySteps(guest.transport, [step])).toMatchObject({ results: { "machine/fence": "changed" } });
  }
  expect(await byAgent(tries(portOf()))).toEqual(CLOSED);
});

test("an agent floods the console: the operator's disk does not notice, and the end can be read", async () => {
  const serial = join(at.machines, "box", "serial.log");
  await guest.on("for n in {1..3000}; do printf '%0500d\\n' $n; done >/dev/console; echo 'the very end' >/dev/console");
  expect(statSync(serial).size).toBeLessThan(1_000_000);
  const [file] = await at.ask<readonly string[]>("serial", id);
  expect(file).toBe(serial);
  expect(readFileSync(serial, "utf8")).toEndWith("the very end\r\n");
  expect(statSync(serial).size).toBeLessThan(3_000_000);
});

test("root's login ends, and does not come back with the next boot; the fence stands from the beginning of it", async () => {
  await guest.on(
    `useradd -m -s /bin/bash boss && install -d -m 700 -o boss /home/boss/.ssh
     install -m 600 -o boss /root/.ssh/authorized_keys /home/boss/.ssh/authorized_keys
     echo 'boss ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/boss; install -d /root/kept; date >/root/kept/file; sync`,
  );
  expect(await applySteps(guest.transport, [rootLogin()])).toMatchObject({
    results: { "machine/root-login": "changed" },
  });
  const refused = async () => {
    const { code, stderr } = await guest.ssh("root", "true");
    expect([code, stderr]).toEqual([255, expect.stringContaining("Permission denied")]);
  };
  await refused();
  await timed("stop", () => at.ask("stop", id));
  expect(await at.ask<string>("power", id)).toBe("stopped");
  expect(pidsWith(`${at.machines}/`)).toEqual([]);
  expect(await timed("start", () => at.ask<Endpoint>("start", id))).toEqual(endpoint);
  await refused();
  const { stdout } = await guest.ssh(
    "boss",
    `sudo cat /root/.ssh/authorized_keys; sudo test -s /root/kept/file && echo kept; systemctl is-active agentworks-fence
     { cat </dev/tcp/10.0.2.2/${portOf()}; } 2>&1 | grep -q 'No route to host' && echo refused
     sudo journalctl -b -o cat --no-pager -u agentworks-fence -u agentworks-network | grep -oE '^Finished [a-z-]+'`,
  );
  expect(stdout.split("\n")).toEqual([
    ...["# Emptied by agentworks: the admin logs in.", "kept", "active", "refused"],
    ...["Finished agentworks-fence", "Finished agentworks-network", ""],
  ]);
});

test("a computer that fell over: the machine starts again, with what was on its disk and under its own keys", async () => {
  for (const pid of pidsWith(`${at.machines}/`)) process.kill(Number(pid), "SIGKILL");
  await Bun.sleep(300);
  expect(existsSync(join(at.machines, "box", "qmp.sock"))).toBe(true);
  expect(await at.ask<string>("power", id)).toBe("stopped");
  expect(await timed("start after a crash", () => at.ask<Endpoint>("start", id))).toEqual(endpoint);
  expect((await guest.ssh("boss", "sudo test -s /root/kept/file && echo kept")).stdout).toBe("kept\n");
  expect(await at.ask<readonly string[]>("serial", id)).toHaveLength(2);
});

test("removed, nothing is left: no process, no file, no port", async () => {
  await at.ask("remove", id);
  expect(await at.ask<string>("power", id)).toBe("missing");
  expect(readdirSync(at.machines)).toEqual([]);
  expect(pidsWith(`${at.machines}/`)).toEqual([]);
  expect(await succeed("ss", "-ltnH", `sport = :${endpoint.port}`)).toBe("");
});
