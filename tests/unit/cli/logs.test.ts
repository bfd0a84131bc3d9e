import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { KEPT_LOGS, listLogs, openLog } from "../../../cli/workstation/logs.ts";
import { redactor, Secret } from "../../../steps/secret.ts";

const root = mkdtempSync(join(tmpdir(), "agw-logs-"));
afterAll(() => rmSync(root, { recursive: true }));
const directory = (): string => join(mkdtempSync(join(root, "home-")), "logs");
const at = (second: number) => () => new Date(Date.UTC(2026, 0, 31, 12, 0, second));
const keep = (text: string): string => text;

describe("operation logs", () => {
  test("are ours alone, named after machine, time and operation", () => {
    const logs = directory();
    const log = openLog({ directory: logs, machine: "dev", operation: "vm reinit", now: at(5), redact: keep });
    log.line("one\x1b[2J");
    log.line("two\nlines");
    log.close();
    expect(basename(log.path)).toBe("dev-20260131T120005Z-vm-reinit.log");
    expect(statSync(log.path).mode & 0o777).toBe(0o600);
    expect(statSync(logs).mode & 0o777).toBe(0o700);
    expect(readFileSync(log.path, "utf8")).toBe(
      "agentworks 0.4.0: vm reinit dev, 2026-01-31T12:00:05.000Z\n12:00:05 one[2J\n12:00:05 two\nlines\n",
    );
    expect(listLogs(logs, "dev")).toMatchObject([
      { path: log.path, machine: "dev", operation: "vm-reinit", started: at(5)() },
    ]);
  });

  test("never hold a secret, in none of the forms in which tools repeat it", () => {
    const logs = directory();
    const value = "tskey+auth/k9Q~%secret";
    const log = openLog({
      directory: logs,
      machine: "dev",
      operation: "vm create",
      now: at(0),
      redact: redactor([new Secret("key", value)]),
    });
    log.line(`plain ${value} url ${encodeURIComponent(value)}`);
    for (const before of ["", "x", "xy"])
      log.line(`basic ${Buffer.from(`${before}${value}:password`).toString("base64")}`);
    log.line(`url-safe ${Buffer.from(`user:${value}`).toString("base64url")}`);
    log.close();
    const text = readFileSync(log.path, "utf8");
    expect(text.match(/\[secret key\]/g)?.length).toBe(6);
    expect(text).not.toContain("tskey");
    for (const word of text.split(/[ \n]/))
      expect(Buffer.from(word, "base64").toString("latin1")).not.toContain("auth/k9");
  });

  test("of the same second are files of their own, in order", () => {
    const logs = directory();
    const paths = Array.from({ length: 12 }, () => {
      const log = openLog({ directory: logs, machine: "dev", operation: "vm reinit", now: at(0), redact: keep });
      log.close();
      return log.path;
    });
    expect(new Set(paths).size).toBe(12);
    expect(listLogs(logs, "dev").map((log) => log.path)).toEqual(paths);
  });

  test("the last ones of a machine are kept; other machines' and other files are left alone", () => {
    const logs = directory();
    const open = (machine: string, second: number) =>
      openLog({ directory: logs, machine, operation: "vm reinit", now: at(second), redact: keep }).close();
    open("a-b", 0);
    open("a-20260101t000000z", 0);
    writeFileSync(join(logs, "error.log"), "x");
    writeFileSync(join(logs, "a-notes.log"), "x");
    for (let second = 0; second < KEPT_LOGS + 5; second++) open("a", second);
    const kept = listLogs(logs, "a");
    expect(kept.length).toBe(KEPT_LOGS);
    expect(kept[0]?.started).toEqual(at(5)());
    expect(kept.at(-1)?.started).toEqual(at(KEPT_LOGS + 4)());
    expect(listLogs(logs, "a-b").length).toBe(1);
    expect(listLogs(logs, "a-20260101t000000z").length).toBe(1);
    expect(readdirSync(logs).length).toBe(KEPT_LOGS + 4);
  });

  test("of a machine without any are an empty list", () => {
    expect(listLogs(directory(), "dev")).toEqual([]);
  });
});
