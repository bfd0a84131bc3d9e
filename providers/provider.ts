/** A platform on which we make machines: one file or folder each. A machine's id there is opaque to everyone else. */
export interface Provider {
  readonly name: string;
  readonly features: Features;
  /**
   * What this computer lacks to use the platform, and what helps; empty when it can be used. With an image also what making that image
   * here would take, which it may do without. Quick, and changes nothing.
   */
  missing(image?: string): Promise<readonly Missing[]>;
  /** What `create` would do outside the machine, a line each, for the dry run. Pure: works offline, with nothing installed. */
  plan(request: MachineRequest): readonly string[];
  /**
   * The id for a new machine, before anything is made, so that it is recorded first. Refuses a name, port or directory that
   * somebody else has, and sizes that do not fit.
   */
  reserve(request: MachineRequest): Promise<string>;
  /** Makes the reserved machine and waits until it answers. Repeated, it goes on with what an attempt before it left. */
  create(request: MachineRequest, id: string, work: Work): Promise<Endpoint>;
  /** How it is now. `missing`: nothing of it is left. */
  power(id: string): Promise<Power>;
  /** Starts it and waits until it answers; when it runs already it only says where. */
  start(id: string, work: Work): Promise<Endpoint>;
  /** Shuts it down, gracefully first; returns when it is off. */
  stop(id: string, work: Work): Promise<void>;
  /** Removes it with all that is its own; returns when it is proven gone. May be repeated. */
  remove(id: string): Promise<void>;
  /** The files of its serial console as it is now, the boot before this one last; none where the platform keeps none. */
  serial(id: string): Promise<readonly string[]>;
}

/** What callers may ask of a platform. */
export interface Features {
  /** An agent there could reach the operator's own computer by these addresses: they are fenced off. */
  readonly fenced: readonly string[];
}

/** Something that the platform needs here. */
export interface Missing {
  readonly what: string;
  /** The command that helps on this system. */
  readonly next: string;
  /** The packages that hold it, where this is Debian. */
  readonly packages?: readonly string[];
}

/** What a new machine shall be. */
export interface MachineRequest {
  readonly name: string;
  readonly cpus: number;
  /** GiB, as is disk. */
  readonly memory: number;
  readonly disk: number;
  /** `auto`, `debian`, `build`, a URL or a path. */
  readonly image: string;
  /** Public keys that let the first contact in. */
  readonly publicKeys: readonly string[];
}

/** Long work on a platform: it tells how far it is, and stops when the operator says so. */
export interface Work {
  readonly progress: (words: string) => void;
  readonly cancel: AbortSignal;
}

export type Power = "running" | "stopped" | "missing";

/** Where a machine answers ssh, as whom its first contact logs in, and the host keys it was seen to have. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeys: readonly string[];
}

/** Something failed on a platform. `next` is a command, or an act, that helps; `tail` the last lines of what it said. */
export class ProviderError extends Error {
  readonly next: string;
  readonly tail: readonly string[];

  constructor(message: string, next: string, tail: readonly string[] = []) {
    super(message);
    this.name = "ProviderError";
    this.next = next;
    this.tail = tail;
  }
}
