/** Where and as whom to log in; `host` may be an alias of the operator's ssh configuration. */
export interface Destination {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
}

/** What every ssh of ours needs to know. */
export interface SshSettings {
  readonly destination: Destination;
  /** Offered besides the keys that the operator's own configuration names for this host. */
  readonly identity?: string;
  /** Our known_hosts file, and the name under which this machine's keys stand in it. */
  readonly knownHosts: string;
  readonly alias: string;
  /** The operator's ssh configuration when it is not `~/.ssh/config`. */
  readonly config?: string;
}

/**
 * Said on every command line, because the operator's configuration must not decide it: an agent that the operator attaches to
 * could use a forwarded ssh agent, and a configured command, tunnel or shared connection would run beside ours.
 */
const ALWAYS: readonly string[] = [
  "ForwardAgent=no",
  "ForwardX11=no",
  "PermitLocalCommand=no",
  "RemoteCommand=none",
  "Tunnel=no",
  "ControlMaster=no",
  "ControlPath=none",
  "IdentitiesOnly=yes",
  "ClearAllForwardings=yes",
  "ForkAfterAuthentication=no",
  "StdinNull=no",
  "SessionType=default",
  "GlobalKnownHostsFile=/dev/null",
  "KnownHostsCommand=none",
  "StrictHostKeyChecking=yes",
  "CheckHostIP=no",
  "UpdateHostKeys=no",
  "VerifyHostKeyDNS=no",
  "LogLevel=ERROR",
];

/** A login that nobody watches: it never asks, and a connection that falls silent ends within a minute. */
const BACKGROUND: readonly string[] = [
  "BatchMode=yes",
  "ConnectTimeout=10",
  "ServerAliveInterval=15",
  "ServerAliveCountMax=3",
  "RequestTTY=no",
  "EscapeChar=none",
];

/** A login with a terminal. It, too, notices a dead connection. */
const INTERACTIVE: readonly string[] = ["ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=3"];

/** argv of ssh up to and including the host. What follows is the remote command: constant words only. */
export function sshArgv(
  settings: SshSettings,
  kind: "background" | "terminal",
  extra: readonly string[] = [],
): string[] {
  const { destination } = settings;
  const options = [...extra, ...ALWAYS, ...(kind === "background" ? BACKGROUND : INTERACTIVE)];
  return [
    "ssh",
    ...(settings.config === undefined ? [] : ["-F", settings.config]),
    ...(kind === "background" ? ["-T"] : ["-t"]),
    ...options.flatMap((option) => ["-o", option]),
    "-o",
    `UserKnownHostsFile=${quotePath(settings.knownHosts)}`,
    "-o",
    `HostKeyAlias=${settings.alias}`,
    ...(settings.identity === undefined ? [] : ["-o", `IdentityFile=${quotePath(settings.identity)}`]),
    ...(destination.port === undefined ? [] : ["-p", String(destination.port)]),
    ...(destination.user === undefined ? [] : ["-l", destination.user]),
    "--",
    destination.host,
  ];
}

/** ssh splits the values of these options at blanks unless they are quoted, and expands `%` in them. */
function quotePath(path: string): string {
  return `"${path.replaceAll("%", "%%").replaceAll(/["\\]/g, "\\$&")}"`;
}
