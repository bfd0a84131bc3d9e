import { type Step, step } from "../../step.ts";
import type { Machine } from "../index.ts";
import { GROUPS } from "../settings.ts";
import adminText from "./admin.sh" with { type: "text" };
import contentsText from "./contents.sh" with { type: "text" };
import filesText from "./files.sh" with { type: "text" };
import guardText from "./guard.sh" with { type: "text" };
import packagesText from "./packages.sh" with { type: "text" };
import procText from "./proc.sh" with { type: "text" };
import recordsText from "./records.sh" with { type: "text" };
import schedulersText from "./schedulers.sh" with { type: "text" };
import servicesText from "./services.sh" with { type: "text" };
import sshdText from "./sshd.sh" with { type: "text" };
import sysctlText from "./sysctl.sh" with { type: "text" };

/** The machine is of this installation. */
export const guard = (machine: Machine): Step =>
  step("machine/purge/guard", guardText, { INSTALLATION: machine.installation }, { name: "the machine is ours" });

/** No session, agent or workspace is left. */
export const contents = (machine: Machine): Step =>
  step(
    "machine/purge/contents",
    contentsText,
    { WORKSPACES_ROOT: machine.workspacesRoot },
    { name: "sessions, agents and workspaces go", limit: 600 },
  );

/** Processes are shown as before. */
export const proc = (): Step => step("machine/purge/proc", procText, {}, { name: "/proc as before" });

/** Kernel settings as before. */
export const sysctl = (): Step => step("machine/purge/sysctl", sysctlText, {}, { name: "kernel settings as before" });

/** logind, D-Bus and polkit as before. */
export const services = (): Step =>
  step("machine/purge/services", servicesText, {}, { name: "logind, D-Bus and polkit as before" });

/** cron and at as before. */
export const schedulers = (): Step =>
  step("machine/purge/schedulers", schedulersText, {}, { name: "cron and at as before" });

/** sshd as before. */
export const sshd = (): Step => step("machine/purge/sshd", sshdText, {}, { name: "sshd as before" });

/** The admin is gone. */
export const admin = (machine: Machine): Step =>
  step(
    "machine/purge/admin",
    adminText,
    { ADMIN_USER: machine.adminUser },
    { name: `admin user ${machine.adminUser} goes`, limit: 600 },
  );

/** The packages that came with us are gone. */
export const packages = (): Step =>
  step("machine/purge/packages", packagesText, {}, { name: "our packages go", limit: 0 });

/** Our groups and files are gone. */
export const files = (): Step =>
  step("machine/purge/files", filesText, { GROUPS_WANTED: GROUPS }, { name: "our groups and files go" });

/** Our records are gone. */
export const records = (): Step => step("machine/purge/records", recordsText, {}, { name: "our records go" });
