import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../cli/errors.ts";
import { openState } from "../../../cli/state/state.ts";
import { machine, start, thrown, withDirectory } from "./fixture.ts";

/** Another user, for whom modes count. */
const NOBODY = "65534";

test("a full disk is said to be full, while it is opened and while it is written to", () =>
  withDirectory(async (base) => {
    for (const size of ["64k", "300k", "1m"]) {
      // A mount of its own that ends with the process.
      const mounted = ["unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=${size} full "$0" && exec "$@"`, base];
      const error = JSON.parse(await start("fill", [join(base, "agentworks.db")], mounted).output());
      expect(error.message).toBe(`No space is left for the state: ${join(base, "agentworks.db")}`);
      expect([error.next, error.exitCode]).toEqual([`free some, see: df -h '${base}'`, 1]);
    }
  }));

test("a read-only disk is said to be one that cannot be written", () =>
  withDirectory(async (base) => {
    openState(join(base, "agentworks.db")).close();
    const mounted = [
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"`,
      base,
    ];
    for (const name of ["agentworks.db", "none.db"]) {
      const error = JSON.parse(await start("fill", [join(base, name)], mounted).output());
      expect(error.message).toContain("The state cannot be opened for writing");
    }
  }));

test("a directory or file of somebody else is said to be so", () =>
  withDirectory(async (base) => {
    const theirs = join(base, "theirs");
    openState(join(theirs, "agentworks.db")).close();
    chmodSync(base, 0o755);
    for (const mode of [0o700, 0o755]) {
      chmodSync(theirs, mode);
      const error = JSON.parse(await start("fill", [join(theirs, "agentworks.db"), NOBODY]).output());
      expect(error.message).toContain("The state cannot be opened for writing");
      expect(error.next).toContain(`ls -ld '${theirs}'`);
    }
  }));

test("what is not a directory, or not a file, is said to be so", () =>
  withDirectory((base) => {
    writeFileSync(join(base, "file"), "");
    mkdirSync(join(base, "directory"));
    const below = thrown(() => openState(join(base, "file", "agentworks.db")));
    expect([below instanceof UserError, below.message]).toEqual([
      true,
      `The state cannot be opened for writing (EEXIST): ${join(base, "file", "agentworks.db")}`,
    ]);
    const instead = thrown(() => openState(join(base, "directory")));
    expect([instead instanceof UserError, instead.message]).toEqual([
      true,
      `The state cannot be read or written (SQLITE_IOERR_READ): ${join(base, "directory")}`,
    ]);
  }));

test("inside a transaction an error takes back all of it, and the state stays usable", () => {
  const state = openState(":memory:");
  const work = () =>
    state.transaction(() => {
      state.machines.insert(machine("dev"));
      state.transaction(() => state.machineEvents.add("dev", "init_started"));
      state.machines.insert(machine("dev"));
    });
  expect(thrown(work).message).toBe("Machine dev exists already.");
  expect(state.machines.names()).toEqual([]);
  expect(state.machines.insert(machine("dev")).name).toBe("dev");
});
