import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Endpoint, type Power, type Provider, ProviderError, type Work } from "../../../providers/provider.ts";

/** What a call comes to, once: before it has done anything, or after it has. */
export interface Fault {
  readonly call: "missing" | "reserve" | "create" | "power" | "start" | "stop" | "remove";
  readonly when: "before" | "after";
  /** It fails; kills the program; sends it Ctrl-C, and goes on until it is told to stop; waits until the platform has a file `go`. */
  readonly what: "fails" | "killed" | "interrupted" | "waits";
}

/** Where a platform of the tests keeps its machines, its faults and the calls it got. */
export interface Ground {
  readonly directory: string;
  /** The process whose death ends the guests. */
  readonly owner: string;
  /** No guests: a machine is a file. For what never gets as far as a login. */
  readonly paper: boolean;
}

const HARNESS = process.env.TEST_HARNESS ?? "";

/** A platform whose machines are guests of the harness; a port of nobody's is their address where they are of paper. */
export function testPlatform(ground: Ground): Provider {
  const { directory } = ground;
  mkdirSync(join(directory, "machines"), { recursive: true });
  const fileOf = (id: string) => join(directory, "machines", id);
  const call = <T>(name: Fault["call"], act: () => Promise<T> | T, work?: Work) => faulty(ground, name, act, work);
  const machines = ground.paper ? onPaper(fileOf) : inGuests(ground);
  return {
    name: "qemu",
    // The kernel of the tests may have no packet filter: the fence is tested on QEMU.
    features: { fenced: [] },
    missing: () => call("missing", () => []),
    plan: ({ name, cpus, memory, disk, image }) => [
      `make ${name}: ${cpus} cpus, ${memory} GiB, disk ${disk}, ${image}`,
    ],
    reserve: ({ name }) =>
      call("reserve", () => {
        if (existsSync(join(directory, "taken", name)))
          throw new ProviderError(`there is a ${name} already, and it is not ours`, "agentworks vm create another");
        return `${name}-${crypto.randomUUID().slice(0, 8)}`;
      }),
    create: ({ publicKeys }, id, work) =>
      call(
        "create",
        async () => {
          work.progress("image: 10 %");
          work.progress("image: 90 %");
          work.progress("booting");
          return await machines.create(id, publicKeys);
        },
        work,
      ),
    power: (id) => call("power", () => machines.power(id)),
    start: (id, work) => call("start", () => machines.start(id), work),
    stop: (id, work) => call("stop", () => machines.stop(id), work),
    remove: (id) => call("remove", () => machines.remove(id)),
    serial: async (id) => [...machines.serial(id)],
  };
}

interface Machines {
  create(id: string, publicKeys: readonly string[]): Promise<Endpoint>;
  power(id: string): Promise<Power>;
  start(id: string): Promise<Endpoint>;
  stop(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  serial(id: string): readonly string[];
}

async function faulty<T>(
  { directory }: Ground,
  name: Fault["call"],
  act: () => Promise<T> | T,
  work: Work | undefined,
): Promise<T> {
  appendFileSync(join(directory, "calls"), `${name}\n`);
  await strike(directory, name, "before", work);
  const result = await act();
  await strike(directory, name, "after", work);
  return result;
}

async function strike(directory: string, call: Fault["call"], when: Fault["when"], work: Work | undefined) {
  const file = join(directory, "faults.json");
  const faults = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as readonly Fault[]) : [];
  const fault = faults.find((one) => one.call === call && one.when === when);
  if (fault === undefined) return;
  writeFileSync(file, JSON.stringify(faults.filter((one) => one !== fault)));
  switch (fault.what) {
    case "fails":
      throw new ProviderError(`${call} went wrong`, "look at the platform", [`the last words of \u001b[31m${call}`]);
    case "killed":
      process.kill(process.pid, "SIGKILL");
      return await Bun.sleep(10_000);
    case "interrupted":
      process.kill(process.pid, "SIGINT");
      return await told(work);
    case "waits":
      while (!existsSync(join(directory, "go"))) await Bun.sleep(10);
  }
}

/** Until the operator's word has come; work that is told of it ends with an error, as a platform's does. */
async function told(work: Work | undefined): Promise<void> {
  if (work === undefined) return await Bun.sleep(50);
  await new Promise<void>((resolve) => work.cancel.addEventListener("abort", () => resolve()));
  work.cancel.throwIfAborted();
}

function inGuests({ owner, directory }: Ground): Machines {
  const guest = (id: string) => `test-${owner}-${id}`;
  const power = async (id: string): Promise<Power> => {
    const line = (await harness("list")).split("\n").find((text) => text.startsWith(`${guest(id)} `));
    if (line === undefined) return "missing";
    return /\bon\b/.test(line) ? "running" : "stopped";
  };
  const endpoint = async (id: string): Promise<Endpoint> => {
    const facts = JSON.parse(readFileSync(join(directory, "machines", id), "utf8")) as Endpoint & Boot;
    const hostKey = readFileSync(join(facts.directory, "host_key.pub"), "utf8").trim();
    return { host: facts.host, port: facts.port, user: "root", hostKeys: [hostKey] };
  };
  return {
    power,
    async create(id, publicKeys) {
      if ((await power(id)) === "missing") {
        const facts = await harness("boot", guest(id), "--owner", owner);
        writeFileSync(join(directory, "machines", id), facts);
        const keys = `printf '%s\\n' "$@" >/root/.ssh/authorized_keys`;
        await harness("exec", guest(id), "--", "bash", "-c", keys, "-", ...publicKeys);
      }
      return await this.start(id);
    },
    async start(id) {
      if ((await power(id)) === "stopped") await harness("start", guest(id));
      return await endpoint(id);
    },
    stop: async (id) => void (await harness("stop", guest(id))),
    async remove(id) {
      if ((await power(id)) !== "missing") await harness("dispose", guest(id));
      rmSync(join(directory, "machines", id), { force: true });
    },
    serial: (id) => {
      const { directory: own } = JSON.parse(readFileSync(join(directory, "machines", id), "utf8")) as Boot;
      return [join(own, "console.log")];
    },
  };
}

interface Boot {
  readonly directory: string;
}

async function harness(...argv: readonly string[]): Promise<string> {
  const child = Bun.spawn(["bash", HARNESS, ...argv], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new ProviderError(`guest.sh ${argv[0]}: ${stderr.trim()}`, "look at the harness");
  return stdout;
}

function onPaper(fileOf: (id: string) => string): Machines {
  const endpoint = { host: "127.0.0.1", port: 9, user: "root", hostKeys: [`ssh-ed25519 ${"A".repeat(68)}`] };
  const set = (id: string, power: Power) => writeFileSync(fileOf(id), power);
  const start = async (id: string) => {
    set(id, "running");
    return endpoint;
  };
  return {
    create: start,
    start,
    power: async (id) => (existsSync(fileOf(id)) ? (readFileSync(fileOf(id), "utf8") as Power) : "missing"),
    stop: async (id) => set(id, "stopped"),
    remove: async (id) => rmSync(fileOf(id), { force: true }),
    serial: (id) => [`${fileOf(id)}.serial`, `${fileOf(id)}.serial.before`],
  };
}
