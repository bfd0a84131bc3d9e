import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Operator, operatorOf } from "../cli.ts";
import { IMAGES } from "../qemu/lab.ts";

/** An operator who makes machines with QEMU. Images that are built for tests are kept, and shared by all of them. */
export async function qemuOperator(config = ""): Promise<Operator> {
  const operator = await operatorOf(undefined, { config: `[qemu]\nimage = "build"\n${config}` });
  mkdirSync(IMAGES, { recursive: true });
  symlinkSync(IMAGES, join(operator.home, "images"));
  return operator;
}
