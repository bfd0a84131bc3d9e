import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Desk, freshDesk } from "./desk.ts";

/** A machine that nobody reaches: the key and the configuration come before it. */
const NOWHERE = ["--host", "root@192.0.2.1", "--yes"];

const config = ({ own }: Desk) => readFileSync(join(own, "config.toml"), "utf8");

describe("the key", () => {
  test("of ~/.ssh is taken, the first that needs nobody to unlock it", () => {
    const desk = freshDesk();
    desk.key("id_ed25519", "correct horse");
    desk.key("id_rsa", "");
    const { code, stderr } = desk.run(...NOWHERE);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
    expect(stderr).toContain(`key found: ${desk.home}/.ssh/id_rsa (tried:`);
    expect(config(desk)).toContain('ssh_private_key = "~/.ssh/id_rsa"\n');
  });

  test("that a file is, but no key, is passed over and left", () => {
    const desk = freshDesk();
    desk.key("id_ed25519", "");
    writeFileSync(join(desk.home, ".ssh", "id_ed25519"), "no key\n");
    const { stderr } = desk.run(...NOWHERE);
    const own = join(desk.own, "quickstart_ed25519");
    expect(stderr).toContain(`key made: ${own} (${desk.home}/.ssh/id_ed25519 is no private key that ssh can use)`);
    expect((statSync(own).mode & 0o777).toString(8)).toBe("600");
    expect(config(desk)).toContain(`ssh_private_key = "~/.config/agentworks/quickstart_ed25519"\n`);
    expect(desk.run("--remove", "--yes")).toMatchObject({ code: 0 });
    expect(existsSync(own)).toBe(false);
    expect(readFileSync(join(desk.home, ".ssh", "id_ed25519"), "utf8")).toBe("no key\n");
  });

  test("is not made over a file that is there", () => {
    const desk = freshDesk();
    const own = join(desk.own, "quickstart_ed25519");
    mkdirSync(desk.own, { recursive: true });
    writeFileSync(own, "mine\n");
    const { code, stderr } = desk.run(...NOWHERE);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`Error: ${own} is there, and is no key that can be used unattended.\nNext: mv `),
    });
    desk.run("--remove", "--yes");
    expect(readFileSync(own, "utf8")).toBe("mine\n");
  });

  test("stays as long as a configuration names it", () => {
    const desk = freshDesk();
    desk.run(...NOWHERE);
    writeFileSync(join(desk.own, "config.toml"), `# mine\n${config(desk)}`);
    const { code, stderr } = desk.run("--remove", "--yes");
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("config.toml names it)") });
    expect(existsSync(join(desk.own, "quickstart_ed25519"))).toBe(true);
    expect(desk.run("--remove").stdout).toBe("Nothing that quickstart made is left.\n");
  });
});

describe("the configuration", () => {
  test("that is there is never written", () => {
    const desk = freshDesk();
    desk.key("id_rsa", "");
    mkdirSync(desk.own, { recursive: true });
    const mine = '[operator]\nssh_public_key = "~/.ssh/id_rsa.pub"\nssh_private_key = "~/.ssh/id_rsa"\n';
    writeFileSync(join(desk.own, "config.toml"), mine);
    expect(desk.run(...NOWHERE).stderr).toContain("config found: ");
    desk.run("--remove", "--yes");
    expect(config(desk)).toBe(mine);
  });

  test("that is wrong, or names a key that cannot be used, is told with what helps", () => {
    const desk = freshDesk();
    desk.key("id_rsa", "correct horse");
    mkdirSync(desk.own, { recursive: true });
    const file = join(desk.own, "config.toml");
    writeFileSync(file, "[operater]\n");
    expect(desk.run(...NOWHERE)).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean") });
    writeFileSync(file, '[operator]\nssh_public_key = "~/.ssh/id_rsa.pub"\nssh_private_key = "~/.ssh/id_rsa"\n');
    const { code, stderr } = desk.run(...NOWHERE);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("Next: ssh-add ") });
  });

  test("that --config names has to be there", () => {
    const desk = freshDesk();
    const { code, stderr } = desk.run("--config", "other.toml", ...NOWHERE);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("there is no configuration at ") });
    expect(existsSync(join(desk.home, "other.toml"))).toBe(false);
  });

  test("that was removed by hand is written again, and what was made before is used", () => {
    const desk = freshDesk();
    desk.run(...NOWHERE);
    rmSync(join(desk.own, "config.toml"));
    const { stderr } = desk.run(...NOWHERE);
    expect(stderr).toContain("key found: ");
    expect(stderr).toContain("config made: ");
  });
});
