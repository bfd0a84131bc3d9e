/** What the head of an executable file says of it. */
export interface Head {
  readonly format: "ELF" | "Mach-O" | "PE";
  readonly machine: string;
  readonly executable: boolean;
  /** ELF: the loader it asks for. PE: the console. */
  readonly needs?: string;
}

const ELF_MACHINES: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64" };
const MACHO_MACHINES: Readonly<Record<number, string>> = { 16777223: "x64", 16777228: "arm64" };
const PE_MACHINES: Readonly<Record<number, string>> = { 34404: "x64", 43620: "arm64" };

/** Throws when it is none of the three formats. */
export function headOf(bytes: Buffer): Head {
  if (bytes.toString("latin1", 0, 4) === "\x7fELF") return elf(bytes);
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return machO(bytes);
  if (bytes.toString("latin1", 0, 2) === "MZ") return pe(bytes);
  throw new Error(`neither ELF nor Mach-O nor PE: ${bytes.toString("hex", 0, 16)}`);
}

function elf(bytes: Buffer): Head {
  const is64 = bytes[4] === 2;
  const headers = Number(bytes.readBigUInt64LE(32));
  const size = bytes.readUInt16LE(54);
  let needs = "";
  for (let index = 0; index < bytes.readUInt16LE(56); index++) {
    const at = headers + index * size;
    if (bytes.readUInt32LE(at) !== 3) continue;
    const begin = Number(bytes.readBigUInt64LE(at + 8));
    needs = bytes.toString("latin1", begin, bytes.indexOf(0, begin));
  }
  const executable = is64 && [2, 3].includes(bytes.readUInt16LE(16));
  return { format: "ELF", machine: ELF_MACHINES[bytes.readUInt16LE(18)] ?? "unknown", executable, needs };
}

function machO(bytes: Buffer): Head {
  const machine = MACHO_MACHINES[bytes.readUInt32LE(4)] ?? "unknown";
  return { format: "Mach-O", machine, executable: bytes.readUInt32LE(12) === 2 };
}

function pe(bytes: Buffer): Head {
  const at = bytes.readUInt32LE(0x3c);
  if (bytes.toString("latin1", at, at + 4) !== "PE\0\0") throw new Error("MZ without PE");
  const is64 = bytes.readUInt16LE(at + 24) === 0x20b;
  const executable = is64 && (bytes.readUInt16LE(at + 22) & 2) !== 0;
  const needs = bytes.readUInt16LE(at + 24 + 68) === 3 ? "console" : "other";
  return { format: "PE", machine: PE_MACHINES[bytes.readUInt16LE(at + 4)] ?? "unknown", executable, needs };
}

/** What is wrong with the ad hoc signature of a Mach-O file; each page that its sum does not fit is named. */
export function signatureFaults(bytes: Buffer): readonly string[] {
  const commands = loadCommands(bytes);
  const command = commands.find(({ type }) => type === 0x1d);
  if (command === undefined) return ["no signature"];
  const begin = bytes.readUInt32LE(command.at + 8);
  const faults: string[] = [];
  const demand = (what: string, found: unknown, wanted: unknown): void => {
    if (found !== wanted) faults.push(`${what}: ${found} instead of ${wanted}`);
  };
  demand("end of the file", bytes.length, begin + bytes.readUInt32LE(command.at + 12));
  const segment = segmentAt(bytes, commands.filter(({ type }) => type === 0x19).at(-1)?.at ?? 0);
  demand("last segment", segment.name, "__LINKEDIT");
  demand("end of the last segment", segment.offset + segment.size, bytes.length);
  demand("memory for the last segment", segment.memory >= segment.size, true);
  demand("super blob", bytes.readUInt32BE(begin), 0xfade0cc0);
  demand("length of the super blob", bytes.readUInt32BE(begin + 4), bytes.length - begin);
  const directory = begin + bytes.readUInt32BE(begin + 16);
  demand("code directory", bytes.readUInt32BE(directory), 0xfade0c02);
  demand("length of the code directory", bytes.readUInt32BE(directory + 4), bytes.length - directory);
  demand("ad hoc", bytes.readUInt32BE(directory + 12) & 2, 2);
  demand("signed bytes", bytes.readUInt32BE(directory + 32), begin);
  return [...faults, ...wrongPages(bytes, directory)];
}

function wrongPages(bytes: Buffer, directory: number): readonly string[] {
  const limit = bytes.readUInt32BE(directory + 32);
  const hashes = directory + bytes.readUInt32BE(directory + 16);
  const size = 1 << bytes.readUInt8(directory + 39);
  const count = bytes.readUInt32BE(directory + 28);
  if (count !== Math.ceil(limit / size)) return [`${count} pages of ${size} for ${limit} bytes`];
  const pages = Array.from({ length: count }, (_, index) => index);
  const right = (page: number): boolean => {
    const content = bytes.subarray(page * size, Math.min((page + 1) * size, limit));
    const sum = new Bun.CryptoHasher("sha256").update(content).digest();
    return sum.equals(bytes.subarray(hashes + page * 32, hashes + (page + 1) * 32));
  };
  return pages.filter((page) => !right(page)).map((page) => `page ${page}`);
}

function loadCommands(bytes: Buffer): readonly { readonly type: number; readonly at: number }[] {
  let at = 32;
  return Array.from({ length: bytes.readUInt32LE(16) }, () => {
    const command = { type: bytes.readUInt32LE(at), at };
    at += bytes.readUInt32LE(at + 4);
    return command;
  });
}

function segmentAt(bytes: Buffer, at: number) {
  const number = (offset: number): number => Number(bytes.readBigUInt64LE(at + offset));
  const name = bytes.toString("latin1", at + 8, at + 24).replace(/\0+$/, "");
  return { name, memory: number(32), offset: number(40), size: number(48) };
}
