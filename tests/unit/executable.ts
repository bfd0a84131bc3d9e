import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
const EXECUTABLE = join(ROOT, "dist", "agentworks");

/** The compiled program, built when a source is newer than it. */
export function executable(): string {
  const built = existsSync(EXECUTABLE) ? statSync(EXECUTABLE).mtimeMs : 0;
  const folders = ["build", "cli", "steps", "catalog", "providers"];
  const sources = [
    "build.ts",
    "package.json",
    ...folders.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*`).scanSync(ROOT)]),
  ];
  if (sources.every((file) => statSync(join(ROOT, file)).mtimeMs < built)) return EXECUTABLE;
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "build.ts", "--single"], { cwd: ROOT, stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`the build failed: ${stderr.toString()}`);
  return EXECUTABLE;
}
