import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Endpoint } from "../../../providers/provider.ts";
import { qemuProvider } from "../../../providers/qemu/provider.ts";
import { IMAGES, type Place, pidsWith, place, request, run, shell, succeed } from "./lab.ts";

setDefaultTimeout(300_000);

/** What is cut short here: the command line's process, at what it says of its work. */
let building: Place & AsyncDisposable;
let booting: Place & AsyncDisposable;
beforeAll(async () => {
  [building, booting] = [await place("root"), await place("root", IMAGES)];
});
afterAll(async () => {
  await building?.[Symbol.asyncDispose]();
  await booting?.[Symbol.asyncDispose]();
});

const workshops = () => readdirSync(building.temporary).filter((name) => name.startsWith("agentworks-image-"));

async function gone(what: () => readonly string[]): Promise<readonly string[]> {
  for (let round = 0; round < 100 && what().length > 0; round++) await Bun.sleep(100);
  return what();
}

test("killed while it makes the image, nothing of it works on; the next command sweeps up, and can be stopped as well", async () => {
  const create = JSON.stringify(request("box", building));
  const id = await building.ask<string>("reserve", create);
  const killed = building.drive("create", id, create);
  await killed.says(/installing essential/);
  const [workshop = ""] = workshops();
  process.kill(killed.pid, "SIGKILL");
  expect(await gone(() => pidsWith(workshop))).toEqual([]);
  expect(workshops()).toContain(workshop);
  const stopped = building.drive("create", id, create);
  await stopped.says(/extracting/);
  expect(workshops()).not.toContain(workshop);
  const began = Date.now();
  process.kill(stopped.pid, "SIGINT");
  expect((await stopped.events).at(-1)?.failed).toContain("aborted");
  expect(Date.now() - began).toBeLessThan(15_000);
  expect(await gone(workshops)).toEqual([]);
  expect(await gone(() => pidsWith(building.temporary))).toEqual([]);
  expect((await run(["findmnt", "-rn", "-o", "TARGET"])).stdout).not.toContain(building.temporary);
  expect(readdirSync(building.images)).toEqual([".lock"]);
  expect(await building.ask<string>("power", id)).toBe("stopped");
  await building.ask("remove", id);
  expect(readdirSync(building.machines)).toEqual([]);
});

test("killed while it boots, the machine boots on, and the next command finds it", async () => {
  const create = JSON.stringify(request("box", booting));
  const id = await booting.ask<string>("reserve", create);
  const killed = booting.drive("create", id, create);
  await killed.says(/^booting/);
  process.kill(killed.pid, "SIGKILL");
  const qemus = () => pidsWith(`${booting.machines}/`);
  for (let round = 0; round < 50 && qemus().length === 0; round++) await Bun.sleep(100);
  const [qemu] = qemus();
  const second = await booting.ask<Endpoint>("create", id, create);
  expect(qemus()).toEqual([qemu as string]);
  expect((await shell(second, booting).ssh("root", "id -un")).stdout).toBe("root\n");
  expect(await booting.ask<Endpoint>("create", id, create)).toEqual(second);
  await booting.ask("remove", id);
  expect([qemus(), readdirSync(booting.machines)]).toEqual([[], []]);
});

test("a disk that fills up while an image comes is told; with space again it goes on where it was", async () => {
  const small = join(booting.key, "..", "small");
  mkdirSync(small);
  await succeed("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small);
  const bytes = new Uint8Array(3_000_000).fill(7);
  const requests: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (asked) => {
      if (!asked.url.endsWith(".qcow2")) return new Response("", { status: 404 });
      const from = Number(/\d+/.exec(asked.headers.get("range") ?? "")?.[0] ?? 0);
      requests.push(String(from));
      const headers = { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
      return new Response(bytes.slice(from), { status: from > 0 ? 206 : 200, headers });
    },
  });
  try {
    const home = { machines: join(small, "m"), images: join(small, "i") };
    const provider = qemuProvider({ home, env: process.env, limits: { free: () => 10 ** 12 } });
    const wanted = { ...request("full", booting, `http://127.0.0.1:${server.port}/some.qcow2`), disk: 1 };
    const id = await provider.reserve(wanted);
    const work = { progress: () => {}, cancel: new AbortController().signal };
    await expect(provider.create(wanted, id, work)).rejects.toThrow(/^the disk of .*small\/i.* is full: /);
    await succeed("mount", "-o", "remount,size=20m", small);
    // It is no system: what is asked here is that the download was whole.
    await expect(provider.create(wanted, id, { ...work, cancel: AbortSignal.timeout(6000) })).rejects.toThrow();
    expect(requests).toHaveLength(2);
    expect(Number(requests[1])).toBeGreaterThan(1_000_000);
    expect(readdirSync(home.images).filter((name) => name.endsWith("some.qcow2"))).toHaveLength(1);
    await provider.remove(id);
  } finally {
    server.stop(true);
    await succeed("umount", "--lazy", small);
  }
});
