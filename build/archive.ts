import { promisify } from "node:util";
import { crc32, deflateRaw, gzip } from "node:zlib";

/** Something in an archive: a file, or (in a tar) a link to its neighbour. */
export interface Entry {
  readonly name: string;
  readonly executable?: boolean;
  readonly content: Uint8Array | { readonly link: string };
}

/** The date of all that is in archives: the one that npm gives, so that the same content is the same bytes. */
const DATE = new Date("1985-10-26T08:15:00Z");

const BLOCK = 512;

/** A .tar.gz of a folder with these entries: ustar, root's, in the order of their names. */
export async function tarGz(folder: string, entries: readonly Entry[]): Promise<Uint8Array> {
  const blocks = sorted(entries).flatMap((entry) => {
    const content = "link" in entry.content ? new Uint8Array() : entry.content;
    return [tarHead(folder, entry), content, Buffer.alloc(-content.length & (BLOCK - 1))];
  });
  return promisify(gzip)(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

/** The block before a file: POSIX 1003.1, "ustar Interchange Format". Numbers are octal text. */
function tarHead(folder: string, { name, executable, content }: Entry): Buffer {
  const head = Buffer.alloc(BLOCK);
  const text = (at: number, value: string): void => void head.write(value, at, "latin1");
  const number = (at: number, width: number, value: number): void =>
    text(at, value.toString(8).padStart(width - 1, "0"));
  const link = "link" in content ? content.link : undefined;
  text(0, `${folder}/${name}`);
  number(100, 8, link === undefined ? modeOf(executable) : 0o777);
  number(108, 8, 0);
  number(116, 8, 0);
  number(124, 12, "link" in content ? 0 : content.length);
  number(136, 12, DATE.getTime() / 1000);
  text(156, link === undefined ? "0" : "2");
  text(157, link ?? "");
  text(257, "ustar\0" + "00root");
  text(297, "root");
  // The sum is taken with spaces where it will stand.
  text(148, "        ");
  number(
    148,
    7,
    head.reduce((sum, byte) => sum + byte, 0),
  );
  return head;
}

/** A .zip of a folder with these entries, in the order of their names: PKWARE's APPNOTE.TXT, 4.3 and 4.4. */
export async function zip(folder: string, entries: readonly Entry[]): Promise<Uint8Array> {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, executable, content } of sorted(entries)) {
    if ("link" in content) throw new Error(`${name}: a zip holds no links`);
    const path = Buffer.from(`${folder}/${name}`);
    const packed = await promisify(deflateRaw)(content);
    const head = zipHead(path.length, content, packed.length);
    files.push(Buffer.concat([words(4, 0x04034b50), head, path]), packed);
    // Made on Unix, so that unpacking there gives it its mode.
    const mode = words(4, ((0o100000 | modeOf(executable)) << 16) >>> 0);
    const about = [words(2, 0x0314), head, words(2, 0, 0, 0), mode, words(4, offset), path];
    directory.push(Buffer.concat([words(4, 0x02014b50), ...about]));
    offset += 4 + head.length + path.length + packed.length;
  }
  const index = Buffer.concat(directory);
  const count = directory.length;
  const end = [words(4, 0x06054b50), words(2, 0, 0, count, count), words(4, index.length, offset), words(2, 0)];
  return Buffer.concat([...files, index, ...end]);
}

/** What a file's own head and its line in the directory share. */
function zipHead(nameLength: number, content: Uint8Array, packedSize: number): Buffer {
  const time = (DATE.getUTCHours() << 11) | (DATE.getUTCMinutes() << 5);
  const day = ((DATE.getUTCFullYear() - 1980) << 9) | ((DATE.getUTCMonth() + 1) << 5) | DATE.getUTCDate();
  const sums = words(4, crc32(content), packedSize, content.length);
  return Buffer.concat([words(2, 20, 0, 8, time, day), sums, words(2, nameLength, 0)]);
}

/** Little-endian numbers of so many bytes. */
function words(width: 2 | 4, ...values: number[]): Buffer {
  const bytes = Buffer.alloc(width * values.length);
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, index * width, width);
  return bytes;
}

function modeOf(executable: boolean | undefined): number {
  return executable === true ? 0o755 : 0o644;
}

function sorted(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
