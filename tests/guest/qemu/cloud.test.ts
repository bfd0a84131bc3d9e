import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Endpoint, Provider } from "../../../providers/provider.ts";
import { qemuProvider } from "../../../providers/qemu/provider.ts";
import { IMAGES, type Place, place, request, shell, succeed } from "./lab.ts";

setDefaultTimeout(400_000);

const SCRIPT = join(import.meta.dir, "grub-image.sh");
const NAME = "debian-12-genericcloud-amd64.qcow2";
const CUT = 100_000_000;

let at: Place & AsyncDisposable;
let server: Server;
let provider: Provider;
const requests: string[] = [];

beforeAll(async () => {
  at = await place("root");
  const image = await grubImage();
  server = await serve(image, await sumOf(image));
  const { port } = server.address() as AddressInfo;
  provider = qemuProvider({
    home: { machines: at.machines, images: at.images },
    env: { ...process.env, SSL_CERT_FILE: join(at.temporary, "cert.pem") },
    debianImages: `https://localhost:${port}/latest`,
  });
}, 600_000);
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await at?.[Symbol.asyncDispose]();
});

/** The image with GRUB and cloud-init, kept from run to run as long as its script stays. */
async function grubImage(): Promise<string> {
  const key = new Bun.CryptoHasher("sha256").update(readFileSync(SCRIPT)).digest("hex").slice(0, 16);
  const image = join(IMAGES, `grub-${key}.qcow2`);
  mkdirSync(IMAGES, { recursive: true });
  if (!existsSync(image)) await succeed("bash", SCRIPT, image);
  utimesSync(image, new Date(), new Date());
  return image;
}

async function sumOf(image: string): Promise<string> {
  return (await succeed("sha512sum", image)).slice(0, 128);
}

/** Debian's server in small: HTTPS, ranges, and a connection that breaks in the first answer. */
async function serve(image: string, sum: string): Promise<Server> {
  const [key, cert] = [join(at.temporary, "key.pem"), join(at.temporary, "cert.pem")];
  await succeed(
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...["-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
  );
  const { size } = statSync(image);
  const https = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (asked, answer) => {
    const from = Number(/\d+/.exec(asked.headers.range ?? "")?.[0] ?? 0);
    requests.push(`${asked.url?.split("/").at(-1)} ${from}`);
    if (asked.url?.endsWith("SHA512SUMS")) return void answer.end(`${sum}  ${NAME}\n`);
    const headers = { "content-length": size - from, "content-range": `bytes ${from}-${size - 1}/${size}` };
    answer.writeHead(from > 0 ? 206 : 200, headers);
    const sent = createReadStream(image, { start: from, ...(from === 0 ? { end: CUT - 1 } : {}) });
    sent.pipe(answer, { end: from > 0 });
    if (from === 0) sent.on("end", () => setTimeout(() => answer.destroy(), 1000));
  });
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  return https;
}

test("Debian's image over HTTPS, cut on its way: it boots by its own loader, lets the operator alone in, and fills its disk", async () => {
  const said: string[] = [];
  const work = { progress: (words: string) => void said.push(words), cancel: new AbortController().signal };
  const wanted = request("box", at, "debian");
  const id = await provider.reserve(wanted);
  const began = performance.now();
  const endpoint: Endpoint = await provider.create(wanted, id, work);
  console.log("seconds:", Math.round(performance.now() - began) / 1000);
  expect(requests).toEqual(["SHA512SUMS 0", `${NAME} 0`, expect.stringMatching(/ [1-9]\d*$/)]);
  expect(said).toContainEqual(expect.stringMatching(/^the download broke off at \d+ MiB, and goes on$/));
  expect(said).toContainEqual(expect.stringMatching(/^fetching the image: \d+ of \d+ MiB$/));
  expect(said).toContain(`image: ${NAME} from localhost:${(server.address() as AddressInfo).port}`);
  const guest = shell(endpoint, at);
  const facts = await guest.on(
    `hostname; df -BM --output=size / | tail -n 1 | tr -dc 0-9; echo
     grep -c . /root/.ssh/authorized_keys; grep -vc ':[*!]' /etc/shadow || true; awk -F : '$3 >= 1000 && $3 < 65534' /etc/passwd
     cat /sys/class/block/*/size | sort -n | tail -n 1`,
  );
  const [host, size, ...rest] = facts.split("\n");
  expect([host, Number(size) > 3500]).toEqual(["box", true]);
  // One key; no password at all; no other user; the disk as large as it was asked to be.
  expect(rest).toEqual(["1", "0", String((4 * 1024 ** 3) / 512), ""]);
  expect(await provider.create(wanted, id, work)).toEqual(endpoint);
  await provider.remove(id);
  expect(await provider.power(id)).toBe("missing");
  expect(requests).toHaveLength(3);
});
