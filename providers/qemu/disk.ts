import { constants, copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { exec } from "../exec.ts";
import { ProviderError } from "../provider.ts";
import type { Image } from "./images/image.ts";
import { type Facts, keepFacts, type Machine } from "./machine.ts";
import type { World } from "./settings.ts";

const Info = z.object({
  format: z.string(),
  "virtual-size": z.number(),
  "backing-filename": z.string().optional(),
  "format-specific": z.object({ data: z.object({ "data-file": z.string().optional() }).optional() }).optional(),
});

/**
 * The machine's own disk, which holds what differs from the image. The image stays beside it under a name of the machine's own, so that
 * emptying the cache takes nothing away.
 */
export async function makeDisk(world: World, machine: Machine, facts: Facts, image: Image): Promise<Facts> {
  place(image.disk, machine.base, image.shared);
  if (image.kernel !== undefined) {
    place(image.kernel.vmlinuz, machine.kernel, image.shared);
    place(image.kernel.initrd, machine.initrd, image.shared);
  }
  const format = await check(world, machine, facts, image);
  const made = `${machine.disk}.new`;
  rmSync(made, { force: true });
  await qemuImg(world, ["create", "-q", "-f", "qcow2", "-F", format, "-b", "base.img", made, `${facts.disk}G`]);
  renameSync(made, machine.disk);
  const booting: Facts = { ...facts, boot: image.kernel === undefined ? "disk" : "kernel" };
  if (booting.boot === "disk") writeSeed(machine, facts);
  keepFacts(machine, booting);
  return booting;
}

/** A second name where nobody changes the file and the disk is the same, else a copy (that shares its blocks where it can). */
function place(from: string, to: string, shared: boolean): void {
  rmSync(to, { force: true });
  if (shared && link(from, to)) return;
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (["EXDEV", "EPERM", "EMLINK", "ENOTSUP"].includes((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
}

/** An image that names other files of this computer would hand them to the guest. */
async function check(world: World, machine: Machine, facts: Facts, image: Image): Promise<string> {
  const info = Info.parse(JSON.parse(await qemuImg(world, ["info", "--output=json", machine.base])));
  const bad = (why: string) => new ProviderError(`the image ${image.disk} ${why}`, "use another image");
  if (!["qcow2", "raw"].includes(info.format)) throw bad(`is of format ${info.format}, not qcow2 or raw`);
  if (info["backing-filename"] !== undefined || info["format-specific"]?.data?.["data-file"] !== undefined)
    throw bad("is a part of a disk: it names another file");
  const gib = Math.ceil(info["virtual-size"] / 1024 ** 3);
  if (gib > facts.disk)
    throw new ProviderError(
      `the image ${image.disk} is larger than the disk of ${facts.disk} GiB`,
      `say --disk ${gib} or more`,
    );
  return info.format;
}

async function qemuImg(world: World, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await exec(["qemu-img", ...args], {
    env: { PATH: world.env.PATH },
    timeoutMs: 60_000,
  });
  if (code !== 0)
    throw new ProviderError(`qemu-img ${args[0]} failed`, "see what it says below", stderr.trim().split("\n"));
  return stdout;
}

/** What cloud-init reads at the first boot: who may log in, and nothing secret. (JSON is YAML.) */
function writeSeed(machine: Machine, { publicKeys }: Facts): void {
  if (!existsSync(machine.seed)) mkdirSync(machine.seed);
  const user = {
    users: [],
    disable_root: false,
    ssh_pwauth: false,
    ssh_authorized_keys: publicKeys,
    ssh_genkeytypes: ["ed25519"],
    locale: false,
  };
  const meta = { "instance-id": machine.uuid, "local-hostname": machine.name };
  writeFileSync(join(machine.seed, "user-data"), `#cloud-config\n${JSON.stringify(user)}\n`);
  writeFileSync(join(machine.seed, "meta-data"), `${JSON.stringify(meta)}\n`);
}
