/** What the provider is given of the world: nothing else of it is read. */
export interface QemuSettings {
  /** Where machines live, and where images are kept for the next one (both from the program's own home). */
  readonly home: { readonly machines: string; readonly images: string };
  readonly env: Env;
  /** Where KVM is, when not at /dev/kvm. */
  readonly kvm?: string;
  readonly limits?: Partial<Limits>;
  /** The directory of Debian's own images, when not on Debian's server. */
  readonly debianImages?: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Limits of time in milliseconds, and of this computer in bytes. */
export interface Limits {
  /** Until a machine answers: with an accelerator, and without. */
  readonly bootMs: number;
  readonly slowBootMs: number;
  /** How long a guest may take to power itself off. */
  readonly powerdownMs: number;
  /** Until an accelerator has run a few instructions. */
  readonly accelerateMs: number;
  /** Until a server of images begins to answer, and the longest silence in a download. */
  readonly connectMs: number;
  readonly silenceMs: number;
  /** For one answer of a QEMU. */
  readonly answerMs: number;
  /** Memory that this computer has. */
  readonly memory: () => number;
  /** Free space where a path is. */
  readonly free: (path: string) => number;
}

/** The settings, whole. */
export interface World extends Omit<QemuSettings, "kvm" | "limits" | "debianImages"> {
  readonly kvm: string;
  readonly limits: Limits;
  readonly debianImages: string;
  readonly host: Host;
}

/** What this computer is, in QEMU's words and in Debian's. */
export interface Host {
  readonly os: string;
  readonly arch: "x86_64" | "aarch64";
  readonly debianArch: "amd64" | "arm64";
}
