import { mkdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Operator, operatorOf } from "../cli.ts";

/** An operator who makes machines with QEMU. Images that are built for tests are kept, and shared by all of them. */
export async function qemuOperator(config = ""): Promise<Operator> {
  const operator = await operatorOf(undefined, { config: `[qemu]\nimage = "build"\n${config}` });
  const images = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "agentworks", "test-images");
  mkdirSync(images, { recursive: true });
  symlinkSync(images, join(operator.home, "images"));
  return operator;
}
