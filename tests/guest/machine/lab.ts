import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Transport } from "../../../providers/transport.ts";
import { type MachineFacts, parseFacts } from "../../../steps/machine/facts.ts";
import factsScript from "../../../steps/machine/files/facts.sh" with { type: "text" };
import type { Machine } from "../../../steps/machine/index.ts";
import { rootTransport } from "../apply.ts";
import type { Guest, GuestUser, Result } from "../harness/guest.ts";

/** An adopted machine as the tests want it, with the guest's own key as the operator's. */
export async function adoptedSpec(guest: Guest): Promise<Machine> {
  return {
    name: "lab",
    adminUser: "agentworks",
    adminShell: "zsh",
    adopted: true,
    workspacesRoot: "/opt/agentworks/workspaces",
    operatorKeys: [(await readFile(guest.publicKeyPath, "utf8")).trim()],
    installation: "11111111-2222",
    record: JSON.stringify({ installation: "11111111-2222", name: "lab" }),
  };
}

/** Our ssh transport to a guest, as root. */
export async function transportTo(guest: Guest): Promise<Transport> {
  const knownHostsPath = join(guest.directory, "known_hosts.alias");
  await writeFile(knownHostsPath, guest.hostKeyLine.replace(/^\S+/, "guest").concat("\n"));
  return rootTransport({ ...guest, knownHostsPath });
}

/** A command over a plain ssh, as a user of the guest or one that we made there. */
export async function ssh(guest: Guest, user: string, command: string): Promise<Result> {
  const argv = guest.sshArgv(user as GuestUser, command);
  const child = Bun.spawn(argv, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, LC_ALL: "de_DE.UTF-8" },
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** What the guest says of itself on first contact. */
export async function factsOf(guest: Guest): Promise<MachineFacts> {
  const { stdout } = await guest.exec(["bash", "-s"], { stdin: factsScript });
  return parseFacts(stdout);
}

/** The output of a script that must succeed. */
export async function on(guest: Guest, script: string): Promise<string> {
  const { code, stdout, stderr } = await guest.bash(script);
  if (code !== 0) throw new Error(`${script}\nended with ${code}: ${stderr}`);
  return stdout;
}

/** Everything of a machine that its owner would miss or find strange, one fact a line. */
export async function snapshot(guest: Guest): Promise<readonly string[]> {
  const text = await on(
    guest,
    `getent passwd; getent group; cat /etc/shadow /etc/gshadow /etc/subuid /etc/subgid
     cat /root/.ssh/authorized_keys /home/{owner,carol,plain}/.ssh/authorized_keys
     sshd -T; sshd -T -C user=owner,host=h,addr=192.0.2.1 | sed 's/^/owner: /'
     hostname; findmnt -rn -o TARGET,OPTIONS | grep -v '^/run/user/'; swapon --show=NAME --noheadings
     dpkg-query -W -f '\${db:Status-Abbrev} \${Package} \${Version}\\n'
     busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager RemoveIPC
     find /etc -type f ! -name '*-' ! -name ld.so.cache -exec sha256sum {} +
     find /etc /opt /home /srv /var/lib/systemd/linger /var/spool/cron -xdev -printf '%p %M %u:%g %l\\n'
     systemctl list-unit-files --no-legend --no-pager`,
  );
  return text.split("\n").sort();
}

/** What `after` has and `before` has not, and the other way round. */
export function difference(
  before: readonly string[],
  after: readonly string[],
): { readonly gone: readonly string[]; readonly new: readonly string[] } {
  const [had, has] = [new Set(before), new Set(after)];
  return { gone: before.filter((line) => !has.has(line)), new: after.filter((line) => !had.has(line)) };
}
