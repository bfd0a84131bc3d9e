import { describe, expect, test } from "bun:test";
import { type Desk, desk } from "./world.ts";

const CONFIG = `
[qemu]
image = "/images/own.qcow2"
[vm_templates.default]
cpus = 3
memory = 5
disk = 21
swap = 1
[vm_templates.small]
inherits = ["default"]
image = "debian"
swap = 0
`;

interface DryRun {
  readonly commands: readonly string[];
  readonly scripts: readonly { readonly name: string; readonly text: string }[];
}

const dry = async (world: Desk, line: string) => (await world.data(...line.split(" "), "--dry-run")) as DryRun;

describe("vm create: what is made is what was asked for", () => {
  const world = desk({ config: CONFIG });
  test.each([
    ["vm create new", ["image /images/own.qcow2", "-smp 3 -m 5120M", " 21G"], true],
    ["vm create new --template small", ["image debian", "-smp 3 -m 5120M", " 21G"], false],
    ["vm create new --cpus 1 --memory 2 --disk 7", ["image /images/own.qcow2", "-smp 1 -m 2048M", " 7G"], true],
  ])("%s: flags over the template over the defaults", async (line, words, swaps) => {
    const { commands, scripts } = await dry(world, line);
    for (const word of words) expect(commands.join("\n")).toContain(word);
    expect(scripts).toHaveLength(1);
    expect(scripts[0]?.text.includes("machine/swap")).toBe(swaps);
  });

  test("a name with an underscore becomes a host name without", async () => {
    const { scripts } = await dry(world, "vm create my_new-vm");
    expect(scripts[0]?.text).toContain("HOST_NAME='my-new-vm'");
  });

  test("it is fenced off from what leads to this computer, and root's login is closed", async () => {
    const [script] = (await dry(world, "vm create new")).scripts;
    for (const words of ["'10.0.2.0/24'", "'169.254.169.254'", "machine/root-login"])
      expect(script?.text).toContain(words);
  });

  test("the platform is that of --platform, of --host, of the configuration, or the first that there is", async () => {
    const said = async (on: Desk, line: string) => (await on.run(...line.split(" "), "--dry-run")).stderr;
    expect(await said(world, "vm create new --platform qemu")).toBe("");
    expect(await said(world, "vm create new")).toBe("Platform: qemu (--platform or --host for another).\n");
    expect(await said(world, "vm create new --host h")).toBe("Platform: ssh (adopting an existing machine).\n");
    const configured = desk({ config: '[defaults]\nplatform = "qemu"\n' });
    expect(await said(configured, "vm create new")).toBe("Platform: qemu (configured).\n");
    expect(await said(configured, "vm create new --host h")).toBe("Platform: ssh (adopting an existing machine).\n");
  });

  test.each([
    ["--host-key SHA256:x", "--host-key is for machines on ssh"],
    ["--take-over", "--take-over is for machines on ssh"],
    ["--vm-host h", "--vm-host is for machines on lima"],
    ["--azure-vm-size s", "--azure-vm-size is for machines on azure"],
    ["--admin-username root", "--admin-username"],
    ["--cpus 0", "--cpus: must be a whole number"],
    ["--template nope", 'unknown vm template "nope"'],
  ])("%s is refused", async (flags, words) => {
    const { code, stderr } = await world.run("vm", "create", "new", "--platform", "qemu", ...flags.split(" "));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
    expect(world.state(({ machines }) => machines.find("new"))).toBeNull();
  });
});
