/** A system that the program is built for. */
export interface Target {
  /** As archives and folders are called. */
  readonly name: string;
  readonly bun: Bun.Build.CompileTarget;
  /** The npm package that holds Bun's runtime for it, without its scope `@oven/`. */
  readonly runtime: string;
  /** What npm calls `dist.integrity` of that package. */
  readonly integrity: `sha512-${string}`;
}

/** The Bun that compiles and the runtimes are one version: they share compiled bytecode. */
export const RUNTIME_VERSION = "1.4.5";

/**
 * All of them. On x64 it is Bun's baseline runtime, which asks for no more than SSE4.2 (2008): the usual one wants AVX2, and dies of an
 * illegal instruction without it, on older computers as under a plain QEMU.
 */
export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    bun: "bun-linux-x64-baseline",
    runtime: "bun-linux-x64-baseline",
    integrity: "sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==",
  },
  {
    name: "linux-arm64",
    bun: "bun-linux-arm64",
    runtime: "bun-linux-aarch64",
    integrity: "sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
  },
  {
    name: "linux-x64-musl",
    bun: "bun-linux-x64-baseline-musl",
    runtime: "bun-linux-x64-musl-baseline",
    integrity: "sha512-cWJhU8h0+MiUgpSt99sQhjxLIIosKEcKYdtKddohokUvAuN6jKOy7g7+QDTZTXtwHxz93wL3BX+L6wXVPDUH3A==",
  },
  {
    name: "linux-arm64-musl",
    bun: "bun-linux-arm64-musl",
    runtime: "bun-linux-aarch64-musl",
    integrity: "sha512-XCNc+WvvMAdNNb+OWTogpy+N9wm62fkVeEVLb6how0RZhW5LPi6c7BlkeVCuWps7XjEl2saFpHFa20/1E+PAHg==",
  },
  {
    name: "darwin-x64",
    bun: "bun-darwin-x64-baseline",
    runtime: "bun-darwin-x64-baseline",
    integrity: "sha512-zqfLA5A4B+hYMh5WYzYSot3uZ06FzhdP0OEwQisEzdirYtXGj5cQFlfy31BGfNsAsk1Gd/w/OxJ/jqqJ3cMclw==",
  },
  {
    name: "darwin-arm64",
    bun: "bun-darwin-arm64",
    runtime: "bun-darwin-aarch64",
    integrity: "sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==",
  },
  {
    name: "windows-x64",
    bun: "bun-windows-x64-baseline",
    runtime: "bun-windows-x64-baseline",
    integrity: "sha512-/U3Dc74uGqE6EUqef7mPtg9KwJs7iJH4JHRMfIZIn18MrJh6Xz4gVvWDXRvzCL2j8wPlTnJVyrO4n7Qq4uM7TQ==",
  },
  {
    name: "windows-arm64",
    bun: "bun-windows-arm64",
    runtime: "bun-windows-aarch64",
    integrity: "sha512-MiPFZnBNDnBXgr1oONc5pizC4fOLjnIOfNkYdFEnWzLmoFTg86naZIG3SvS7d/GglpQSAnCKMAzSjI/TAckiRw==",
  },
];

export function isWindows({ name }: Target): boolean {
  return name.startsWith("windows");
}

export function isDarwin({ name }: Target): boolean {
  return name.startsWith("darwin");
}

/** The program's file on that system. */
export function programName(target: Target): string {
  return isWindows(target) ? "agentworks.exe" : "agentworks";
}
