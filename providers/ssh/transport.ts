import sudo from "../../steps/sudo.sh" with { type: "text" };
import { spawnChannel } from "../exec.ts";
import type { Transport } from "../transport.ts";
import { type Destination, type SshSettings, sshArgv } from "./options.ts";

export interface SshTransport extends SshSettings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the login becomes root: it is root, sudo asks nothing, or sudo asks for a password. */
  readonly become: "root" | "sudo" | "sudo-password";
  /** The machine's name, for the messages. */
  readonly machine: string;
}

/** The constant remote commands. */
const REMOTE = {
  root: ["bash", "-s"],
  sudo: ["sudo", "-n", "bash", "-s"],
  "sudo-password": ["bash", "-s"],
} as const;

/** Words of ssh for a login that was never judged: the server was busy, reloading, or the line broke. */
const TRANSIENT =
  /kex_exchange_identification|banner exchange|Connection (?:reset|closed) by|closed by remote host|Broken pipe/i;

/** bash on a machine over OpenSSH. */
export function sshTransport(settings: SshTransport): Transport {
  const { user, host, port } = settings.destination;
  const label = `${user === undefined ? "" : `${user}@`}${host}${port === undefined ? "" : `:${port}`}`;
  return {
    label,
    open({ sudoPassword }) {
      const become = sudoPassword === undefined ? settings.become : "sudo-password";
      const channel = spawnChannel([...sshArgv(settings, "background"), ...REMOTE[become]], settings.env);
      if (sudoPassword !== undefined) void channel.write(`${sudo}${sudoPassword.reveal()}\n`);
      return channel;
    },
    isTransient: (code, stderr) => code === 255 && (stderr.trim() === "" || TRANSIENT.test(stderr)),
    isRefused: (code, stderr) => code === 255 && /Connection refused/i.test(stderr),
    explain: (code, stderr) => explain(settings, label, code, stderr),
    interactive: ({ user: as, command }) => [
      ...sshArgv({ ...settings, destination: { ...settings.destination, user: as } }, "terminal"),
      ...command,
    ],
  };
}

/** A destination as the words after `ssh`. */
export function sshWords({ host, port, user }: Destination): string {
  return `${port === undefined ? "" : `-p ${port} `}${user === undefined ? "" : `${user}@`}${host}`;
}

/** What ssh said, in the operator's words, and what helps. The texts are those of OpenSSH 8.4 to 10. */
function explain(
  settings: SshTransport,
  label: string,
  code: number,
  stderr: string,
): { message: string; next: string } {
  const words = sshWords(settings.destination);
  const last = stderr.trim().split("\n").at(-1)?.trim() ?? "";
  const reason = (message: string, next: string) => ({ message: `${label}: ${message}`, next });
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|No .* host key is known/i.test(stderr)) {
    return reason(
      `the machine shows another host key than the one pinned for '${settings.machine}'`,
      `if the machine really has a new key: agentworks vm reinit ${settings.machine} --host-key SHA256:…`,
    );
  }
  if (/Permission denied|Too many authentication failures/i.test(stderr)) {
    const key = settings.identity ?? "the configured keys";
    return reason(`the login was refused (${key})`, `ssh-copy-id -i ${key} ${words}`);
  }
  if (code === 127 && /^ssh: not found/.test(stderr)) {
    return reason("there is no ssh on this computer", "apt-get install openssh-client");
  }
  if (/Could not resolve hostname/i.test(stderr)) return reason("no such host", "check --host and ~/.ssh/config");
  if (/sudo: a password is required|a terminal is required/i.test(stderr)) {
    return reason("sudo asks for a password", "run the command in a terminal: it asks for the password once");
  }
  if (/incorrect password|no password was provided|Sorry, try again/i.test(stderr)) {
    return reason("sudo refused the password", "run the command again with the right password");
  }
  if (/not in the sudoers|may not run sudo|not allowed to (?:run sudo|execute)/i.test(stderr)) {
    return reason("this user may not use sudo", "log in as root or as a user with sudo: --host USER@HOST");
  }
  if (/sudo: (?:command )?not found|command not found/i.test(stderr)) {
    return reason("sudo is not installed there", "log in as root: --host root@HOST");
  }
  if (/refused|timed out|No route|unreachable/i.test(stderr)) {
    return reason(`cannot be reached (${last.replace(/^ssh: /, "")})`, `check that it runs: ssh ${words}`);
  }
  return reason(last === "" ? `the connection ended (ssh exit ${code})` : last, `look closer: ssh -v ${words}`);
}
