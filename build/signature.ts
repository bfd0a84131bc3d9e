import { createHash } from "node:crypto";

// Numbers and layouts: Apple's <mach-o/loader.h> (little-endian here) and xnu's osfmk/kern/cs_blobs.h (big-endian).
const MACHO_64 = 0xfeedfacf;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const SUPER_BLOB = 0xfade0cc0;
const SUPER_BLOB_SIZE = 20;
const CODE_DIRECTORY = 0xfade0c02;
const CODE_DIRECTORY_SIZE = 88;
const CODE_DIRECTORY_VERSION = 0x20400;
const ADHOC_LINKER_SIGNED = 0x20002;
const MAIN_BINARY = 1n;
const SHA256 = { type: 2, size: 32 };
const PAGE = { shift: 12, size: 4096 };
/** What the kernel of either processor maps in. */
const SEGMENT_ALIGNMENT = 0x4000;

/** Where a Mach-O file says what. All are offsets into the file. */
interface Layout {
  /** LC_CODE_SIGNATURE, and where the signature it names begins: all before that is signed. */
  readonly signatureCommand: number;
  readonly signature: number;
  /** The segment that ends the file, with the signature in it. */
  readonly linkedit: number;
  readonly textSize: bigint;
}

/**
 * A Mach-O executable with an ad hoc signature of its own, in the form that Apple's linker gives. macOS kills a program whose pages do
 * not match its signature, and the compiler leaves x64 executables with the one that the bare runtime had.
 */
export function signed(executable: Uint8Array, identifier: string): Uint8Array {
  const layout = layoutOf(Buffer.from(executable.buffer, executable.byteOffset, executable.byteLength));
  const hashesAt = CODE_DIRECTORY_SIZE + identifier.length + 1;
  const pages = Math.ceil(layout.signature / PAGE.size);
  const size = SUPER_BLOB_SIZE + hashesAt + pages * SHA256.size;

  const bytes = Buffer.alloc(layout.signature + size);
  bytes.set(executable.subarray(0, layout.signature));
  announce(bytes, layout, size);
  const directory = describe(bytes, layout, { size, hashesAt, pages });
  bytes.write(identifier, directory + CODE_DIRECTORY_SIZE, "latin1");
  for (let page = 0; page < pages; page++) {
    const end = Math.min((page + 1) * PAGE.size, layout.signature);
    const hash = createHash("sha256")
      .update(bytes.subarray(page * PAGE.size, end))
      .digest();
    hash.copy(bytes, directory + hashesAt + page * SHA256.size);
  }
  return bytes;
}

function layoutOf(bytes: Buffer): Layout {
  if (bytes.readUInt32LE(0) !== MACHO_64) throw new Error("the executable to sign is no 64-bit Mach-O file");
  const segments = new Map<string, number>();
  let signatureCommand = 0;
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    const command = bytes.readUInt32LE(at);
    if (command === LC_SEGMENT_64) segments.set(bytes.toString("latin1", at + 8, at + 24).replace(/\0+$/, ""), at);
    if (command === LC_CODE_SIGNATURE) signatureCommand = at;
    at += bytes.readUInt32LE(at + 4);
  }
  const text = segments.get("__TEXT");
  const linkedit = segments.get("__LINKEDIT");
  if (signatureCommand === 0 || text === undefined || linkedit === undefined)
    throw new Error("the executable to sign has no room for a signature: look how this Bun lays out Mach-O files");
  const signature = bytes.readUInt32LE(signatureCommand + 8);
  return { signatureCommand, signature, linkedit, textSize: bytes.readBigUInt64LE(text + 48) };
}

/** Writes into the file's head how long the signature is. */
function announce(bytes: Buffer, { signatureCommand, signature, linkedit }: Layout, size: number): void {
  bytes.writeUInt32LE(size, signatureCommand + 12);
  const linkeditSize = signature + size - Number(bytes.readBigUInt64LE(linkedit + 40));
  bytes.writeBigUInt64LE(BigInt(Math.ceil(linkeditSize / SEGMENT_ALIGNMENT) * SEGMENT_ALIGNMENT), linkedit + 32);
  bytes.writeBigUInt64LE(BigInt(linkeditSize), linkedit + 48);
}

/** Writes the signature but for the name and the hashes. Returns where its code directory, its only part, begins. */
function describe(
  bytes: Buffer,
  { signature, textSize }: Layout,
  { size, hashesAt, pages }: { readonly size: number; readonly hashesAt: number; readonly pages: number },
): number {
  const words = (at: number, ...values: number[]): void => {
    for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, at + 4 * index);
  };
  words(signature, SUPER_BLOB, size, 1, 0, SUPER_BLOB_SIZE);
  const directory = signature + SUPER_BLOB_SIZE;
  words(directory, CODE_DIRECTORY, size - SUPER_BLOB_SIZE, CODE_DIRECTORY_VERSION, ADHOC_LINKER_SIGNED);
  words(directory + 16, hashesAt, CODE_DIRECTORY_SIZE, 0, pages, signature);
  bytes.set([SHA256.size, SHA256.type, 0, PAGE.shift], directory + 36);
  bytes.writeBigUInt64BE(textSize, directory + 72);
  bytes.writeBigUInt64BE(MAIN_BINARY, directory + 80);
  return directory;
}
