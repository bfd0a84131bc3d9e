import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executable } from "../../unit/executable.ts";
import { type Operator, operatorOf } from "../cli.ts";
import { IMAGES } from "../qemu/lab.ts";

/**
 * An operator who may do nothing on this computer but what every user may. What was built for the tests is copied for them: the cache
 * of the tests is not theirs to read.
 */
export async function plainOperator(config = ""): Promise<Operator> {
  const user = `agw-plain-${process.pid}`;
  const shop = `/var/tmp/${user}`;
  mkdirSync(shop, { mode: 0o755 });
  run("useradd", "--no-create-home", "--home-dir", shop, user);
  const program = join(shop, "as-user");
  cpSync(executable(), join(shop, "agentworks"));
  writeFileSync(
    program,
    `#!/bin/bash\nexec setpriv --reuid ${user} --regid ${user} --init-groups -- ${shop}/agentworks "$@"\n`,
  );
  chmodSync(program, 0o755);
  const operator = await operatorOf(undefined, { program, config: `[qemu]\nimage = "build"\n${config}` });
  run("cp", "-r", "--sparse=always", IMAGES, join(operator.home, "images"));
  run("chown", "-R", `${user}:`, operator.env.HOME ?? "");
  return {
    ...operator,
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      run("userdel", user);
      run("rm", "-rf", shop);
    },
  };
}

function run(...argv: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(argv);
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
}
