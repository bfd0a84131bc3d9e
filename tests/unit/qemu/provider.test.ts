import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Provider } from "../../../providers/provider.ts";
import { qemuProvider } from "../../../providers/qemu/provider.ts";
import type { QemuSettings } from "../../../providers/qemu/settings.ts";
import { listening, programs, REQUEST, refusal, settingsIn } from "./world.ts";

setDefaultTimeout(60_000);

/** A disk that holds no system: QEMU runs, and nothing ever answers. */
function emptyDisk({ home }: QemuSettings): string {
  mkdirSync(home.images, { recursive: true });
  const path = join(home.images, "empty.img");
  writeFileSync(path, new Uint8Array(1_048_576));
  return path;
}

const stops: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Bench {
  readonly settings: QemuSettings;
  readonly provider: Provider;
  readonly request: Parameters<Provider["create"]>[0];
  readonly id: string;
  readonly directory: string;
}

async function bench(changed: Partial<QemuSettings> = {}): Promise<Bench> {
  const settings = settingsIn({ limits: { slowBootMs: 1500, powerdownMs: 500, answerMs: 1000 }, ...changed });
  const provider = qemuProvider(settings);
  const request = { ...REQUEST, image: emptyDisk(settings) };
  const id = await provider.reserve(request);
  stops.push(() => provider.remove(id));
  return { settings, provider, request, id, directory: join(settings.home.machines, "box") };
}

/** The QEMU of a machine, as the system sees it. */
function processOf(id: string): string | undefined {
  const uuid = id.split(":")[2] ?? "";
  return readdirSync("/proc").find((pid) => {
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}/cmdline`)) return false;
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(uuid);
  });
}

test("a machine that never boots is told with its console, runs on, and is gone after its removal", async () => {
  const { provider, request, id, directory } = await bench();
  expect(await provider.power(id)).toBe("missing");
  const work = listening();
  const failed = await refusal(() => provider.create(request, id, work));
  expect(failed.message).toBe(`box does not answer on port ${id.split(":")[1]}`);
  expect(failed.next).toBe("look at its console: agentworks vm logs box --serial");
  expect(work.said.slice(1)).toEqual([expect.stringContaining("without acceleration"), "booting"]);
  expect(await provider.power(id)).toBe("running");
  const pid = processOf(id);
  await refusal(() => provider.create(request, id, listening()));
  expect(processOf(id)).toBe(pid as string);
  await provider.stop(id, work);
  expect(work.said.at(-1)).toBe("it does not shut down: its power is cut");
  expect([await provider.power(id), processOf(id)]).toEqual(["stopped", undefined]);
  await provider.stop(id, work);
  await provider.remove(id);
  await provider.remove(id);
  expect([await provider.power(id), existsSync(directory)]).toEqual(["missing", false]);
  expect((await refusal(() => provider.start(id, work))).message).toContain("nothing is left of box");
});

test("QEMU has a session of its own, no descriptor of ours, no variable of the operator's, and a private directory", async () => {
  const env = { ...process.env, OPERATORS_TOKEN: "secret" };
  const { provider, request, id, directory } = await bench({ env });
  await refusal(() => provider.create(request, id, listening()));
  const pid = processOf(id) ?? "";
  expect(
    readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .filter((line) => line !== ""),
  ).toEqual([`PATH=${process.env.PATH}`]);
  const [session, group] = [readFileSync(`/proc/${pid}/stat`, "utf8"), readFileSync("/proc/self/stat", "utf8")].map(
    (stat) => stat.split(") ")[1]?.split(" ")[3],
  );
  expect(session).not.toBe(group as string);
  const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  expect(
    files.filter(
      (file) =>
        !/^(socket:|anon_inode:|\/dev\/null|\/dev\/urandom|\/memfd:|pipe:)/.test(file) && !file.startsWith(directory),
    ),
  ).toEqual([]);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test("a boot that met its end is told at once; the words of a boot before it end no machine that runs", async () => {
  const { provider, request, id, directory } = await bench({ limits: { slowBootMs: 4000 } });
  const serial = join(directory, "serial.log");
  const panic = (words: string) =>
    words === "booting" ? appendFileSync(serial, "Kernel panic - not syncing: no init\r\n") : undefined;
  const work = { ...listening(), progress: panic };
  const failed = await refusal(() => provider.create(request, id, work));
  expect([failed.message, failed.tail]).toEqual([
    "box met a kernel panic while it booted",
    ["Kernel panic - not syncing: no init"],
  ]);
  expect(processOf(id)).toBeUndefined();
  expect((await refusal(() => provider.start(id, listening()))).message).toContain("does not answer");
  const pid = processOf(id);
  expect((await refusal(() => provider.start(id, work))).message).toContain("does not answer");
  expect(processOf(id)).toBe(pid as string);
  expect(await provider.serial(id)).toEqual([serial, join(directory, "serial.before.log")]);
});

test("Ctrl-C while it boots leaves no QEMU, and the next command goes on", async () => {
  const { provider, request, id } = await bench({ limits: { slowBootMs: 20_000 } });
  const work = listening();
  const stopping = {
    ...work,
    progress: (words: string) => void (words === "booting" ? setTimeout(work.stop, 500) : 0),
  };
  const began = Date.now();
  await expect(provider.create(request, id, stopping)).rejects.toThrow("aborted");
  expect(Date.now() - began).toBeLessThan(6000);
  expect([await provider.power(id), processOf(id)]).toEqual(["stopped", undefined]);
});

test("a port that another program has by now is told, and nothing is started", async () => {
  const { provider, request, id } = await bench();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(Number(id.split(":")[1]), "127.0.0.1", resolve));
  stops.push(() => void server.close());
  const { message, next } = await refusal(() => provider.create(request, id, listening()));
  expect(message).toBe(`port ${id.split(":")[1]} on 127.0.0.1, by which box is reached, is in use by another program`);
  expect(next).toContain("ss -ltnp");
  expect([await provider.power(id), processOf(id)]).toEqual(["stopped", undefined]);
});

test("a QEMU that hangs is told with its process, and neither killed nor forgotten", async () => {
  const { provider, request, id, directory } = await bench();
  await refusal(() => provider.create(request, id, listening()));
  const pid = Number(processOf(id));
  process.kill(pid, "SIGSTOP");
  try {
    expect(await provider.power(id)).toBe("running");
    for (const act of [() => provider.remove(id), () => provider.stop(id, listening())]) {
      const { message, next } = await refusal(act);
      expect(message).toBe(`box: its QEMU (process ${pid}) does not answer`);
      expect(next).toBe(`kill -9 ${pid}, and run the command again`);
    }
    // Its socket taken away, it still holds the disk.
    rmSync(join(directory, "qmp.sock"));
    expect((await refusal(() => provider.start(id, listening()))).message).toContain(`process ${pid}`);
    expect((await refusal(() => provider.remove(id))).message).toContain(`process ${pid}`);
    expect(existsSync(directory)).toBe(true);
  } finally {
    process.kill(pid, "SIGKILL");
  }
  await provider.remove(id);
  expect(existsSync(directory)).toBe(false);
});

test("a home whose path is too long for a socket", async () => {
  const base = settingsIn().home.machines;
  const machines = join(base, "x".repeat(60), "y".repeat(60));
  const { provider, request, id } = await bench({ home: { machines, images: join(base, "images") } });
  await refusal(() => provider.create(request, id, listening()));
  expect(await provider.power(id)).toBe("running");
  await provider.remove(id);
  expect(processOf(id)).toBeUndefined();
});

test("what does not fit or is somebody else's is refused before anything is made", async () => {
  const settings = settingsIn({ limits: { memory: () => 4 * 1024 ** 3, free: () => 20 * 1024 ** 3 } });
  const provider = qemuProvider(settings);
  const memory = await refusal(() => provider.reserve({ ...REQUEST, memory: 8 }));
  expect([memory.message, memory.next]).toEqual([
    "8 GiB of memory do not fit this computer, which has 4.0",
    "say --memory 2 for box, or set memory in its template",
  ]);
  const disk = await refusal(() => provider.reserve({ ...REQUEST, disk: 40 }));
  expect([disk.message, disk.next]).toEqual([
    `a disk of 40 GiB does not fit ${settings.home.machines}, where 20 are free`,
    "say --disk 16, or free some space",
  ]);
  mkdirSync(join(settings.home.machines, "box"), { recursive: true });
  expect((await refusal(() => provider.reserve(REQUEST))).message).toContain("exists, and is not of this machine");
  const other = await provider.reserve({ ...REQUEST, name: "other" });
  mkdirSync(join(settings.home.machines, "other"));
  expect((await refusal(() => provider.create({ ...REQUEST, name: "other" }, other, listening()))).message).toContain(
    "exists",
  );
  await provider.remove(other);
  expect(readdirSync(settings.home.machines).sort()).toEqual(["box", "other"]);
});

test("an image that names other files, is larger than the disk, or of another kind is refused", async () => {
  const { provider, request, id, settings } = await bench();
  const secret = join(settings.home.images, "secret");
  writeFileSync(secret, new Uint8Array(4096));
  const image = join(settings.home.images, "image");
  const make = (...args: string[]) => expect(Bun.spawnSync(["qemu-img", "create", "-q", ...args]).exitCode).toBe(0);
  const refused = async () => (await refusal(() => provider.create({ ...request, image }, id, listening()))).message;
  make("-f", "qcow2", "-F", "raw", "-b", secret, image);
  expect(await refused()).toBe(`the image ${image} is a part of a disk: it names another file`);
  await provider.remove(id);
  make("-f", "qcow2", image, "3G");
  expect(await refused()).toBe(`the image ${image} is larger than the disk of 1 GiB`);
  await provider.remove(id);
  make("-f", "vmdk", image, "1M");
  expect(await refused()).toContain("is of format vmdk");
});

test("a QEMU that does not start says why; a directory without permission is named", async () => {
  const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
  const broken = programs({ [`qemu-system-${arch}`]: "echo cannot allocate memory >&2; exit 1" });
  const { provider, request, id } = await bench({ env: { ...process.env, PATH: `${broken}:${process.env.PATH}` } });
  const { message, tail } = await refusal(() => provider.create(request, id, listening()));
  expect([message, tail]).toEqual(["QEMU did not start box", ["cannot allocate memory"]]);
  const home = { machines: "/proc/nowhere/machines", images: "/proc/nowhere/images" };
  const nowhere = await refusal(() => qemuProvider({ home, env: process.env }).reserve(REQUEST));
  expect(nowhere.next).toContain("AGENTWORKS_HOME");
});
