import { readFileSync } from "node:fs";
import type { Missing } from "../../../providers/provider.ts";
import type { Context } from "../../context.ts";
import { Cancelled, UserError } from "../../errors.ts";
import { installHere } from "./apt.ts";
import type { Done } from "./phases.ts";

/** The programs that quickstart needs on this computer, for ssh and for the platform: root on Debian may have them installed. */
export async function ensurePrograms(context: Context, platform: string): Promise<Done> {
  const can = isRootOnDebian(context);
  const lacking = [...sshPrograms(context), ...(await platformPrograms(context, platform, can))];
  if (lacking.length === 0) return { name: "ssh", result: "found", why: "everything needed is installed" };
  const what = lacking.map((one) => one.what).join(", ");
  const packages = [...new Set(lacking.flatMap((one) => one.packages ?? []))];
  if (!can || lacking.some((one) => one.packages === undefined)) {
    const helps = [...new Set(lacking.map(({ next }) => next))].join(" && ");
    throw new UserError(`This computer lacks ${what}.`, `${helps}, then agentworks quickstart`);
  }
  if (!(await context.prompts.confirm(`Install ${packages.join(", ")} on this computer, by apt?`)))
    throw new Cancelled("Nothing was installed.");
  const { quickstart } = context.state();
  const before = quickstart.find("programs")?.mark?.split(" ") ?? [];
  quickstart.mark("programs", [...new Set([...before, ...packages])].join(" "));
  await installHere(context, packages);
  return { name: packages.join(", "), result: "made", why: `this computer lacked ${what}` };
}

/** What the OpenSSH client has. */
function sshPrograms({ env }: Context): readonly Missing[] {
  const lacking = ["ssh", "ssh-keygen", "ssh-keyscan"].filter((name) => !Bun.which(name, { PATH: env.PATH ?? "" }));
  if (lacking.length === 0) return [];
  const packages = ["openssh-client"];
  return [
    { what: lacking.join(", "), next: `sudo apt-get install ${packages[0]}, or your system's OpenSSH`, packages },
  ];
}

/** Where it can be installed also what only an image that has to be made here takes. */
async function platformPrograms(context: Context, platform: string, whole: boolean): Promise<readonly Missing[]> {
  if (platform === "ssh") return [];
  const provider = await context.provider(platform);
  return await provider.missing(whole ? "auto" : undefined);
}

function isRootOnDebian({ env }: Context): boolean {
  if (process.getuid?.() !== 0 || !Bun.which("apt-get", { PATH: env.PATH ?? "" })) return false;
  try {
    return /^ID(?:_LIKE)?=.*\bdebian\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}
