import { afterEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chosenImage } from "../../../providers/qemu/images/choose.ts";
import type { QemuSettings, World } from "../../../providers/qemu/settings.ts";
import { worldFrom } from "../../../providers/qemu/world.ts";
import { listening, programs, refusal, settingsIn } from "./world.ts";

const NAME = `debian-12-genericcloud-${process.arch === "arm64" ? "arm64" : "amd64"}.qcow2`;
const BYTES = new Uint8Array(3_000_000).map((_, index) => (index * 7919) >> 5);
const sha512 = (bytes: Uint8Array) => createHash("sha512").update(bytes).digest("hex");

interface Server {
  url: string;
  readonly requests: string[];
  /** Ends each answer with the image after so many bytes. */
  cut: number | undefined;
  ranges: boolean;
  sums: string | undefined;
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function serve(tls?: { readonly key: string; readonly cert: string }): Promise<Server> {
  const server: Server = { url: "", requests: [], cut: undefined, ranges: true, sums: `${sha512(BYTES)}  ${NAME}\n` };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const name = request.url?.split("/").at(-1) ?? "";
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
    server.requests.push(`${name}${range === undefined ? "" : ` from ${range}`}`);
    if (name === "SHA512SUMS") {
      response.writeHead(server.sums === undefined ? 404 : 200).end(server.sums);
      return;
    }
    const from = server.ranges ? Number(range ?? 0) : 0;
    const rest = BYTES.slice(from);
    const headers = {
      "content-length": rest.length,
      "content-range": `bytes ${from}-${BYTES.length - 1}/${BYTES.length}`,
    };
    response.writeHead(from > 0 ? 206 : 200, headers);
    if (server.cut === undefined || server.cut >= rest.length) response.end(rest);
    else response.write(rest.slice(0, server.cut), () => setTimeout(() => response.destroy(), 200));
  };
  const running = tls === undefined ? createHttp(answer) : createHttps(tls, answer);
  stops.push(() => running.closeAllConnections());
  stops.push(() => void running.close());
  return new Promise((resolve) => {
    running.listen(0, "127.0.0.1", () => {
      const { port } = running.address() as AddressInfo;
      resolve(Object.assign(server, { url: `${tls === undefined ? "http" : "https"}://localhost:${port}/latest` }));
    });
  });
}

function worldOf(server: Pick<Server, "url">, changed: Partial<QemuSettings> = {}): World {
  return worldFrom(settingsIn({ debianImages: server.url, ...changed }));
}

const images = (world: World) => readdirSync(world.home.images).filter((name) => !name.startsWith("."));

test("an image is fetched once, checked, and found again without its server", async () => {
  const server = await serve();
  const world = worldOf(server);
  const work = listening();
  const image = await chosenImage(world, "debian", work);
  expect(readFileSync(image.disk)).toEqual(Buffer.from(BYTES));
  expect(server.requests).toEqual(["SHA512SUMS", NAME]);
  expect(work.said.at(-1)).toBe(`image: ${NAME} from ${new URL(server.url).host}`);
  expect(images(world)).toHaveLength(1);
  expect((await chosenImage(world, "auto", listening())).disk).toBe(image.disk);
  expect(server.requests).toHaveLength(2);
});

test("over TLS, with a certificate that this computer was told to trust, and not with another", async () => {
  const directory = mkdtempSync(join(tmpdir(), "qemu-tls-"));
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const { exitCode } = Bun.spawnSync(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"].concat([
      "-keyout",
      key,
      "-out",
      cert,
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost",
    ]),
    { stderr: "ignore" },
  );
  expect(exitCode).toBe(0);
  const server = await serve({ key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") });
  const stranger = await refusal(() => chosenImage(worldOf(server), "debian", listening()));
  expect(stranger.message).toMatch(/^localhost:\d+ cannot be reached \(.*certificate.*\)$/);
  const trusting = worldOf(server, { env: { ...process.env, SSL_CERT_FILE: cert } });
  expect(readFileSync((await chosenImage(trusting, "debian", listening())).disk)).toEqual(Buffer.from(BYTES));
});

test("a download that is cut goes on where it was, in the same command", async () => {
  const server = await serve();
  const world = worldOf(server);
  server.cut = 1_300_000;
  const work = listening();
  const { disk } = await chosenImage(world, "debian", work);
  expect(readFileSync(disk)).toEqual(Buffer.from(BYTES));
  expect(server.requests).toEqual(["SHA512SUMS", NAME, `${NAME} from 1300000`, `${NAME} from 2600000`]);
  expect(work.said.filter((words) => words.includes("broke off"))).toEqual([
    "the download broke off at 1 MiB, and goes on",
    "the download broke off at 2 MiB, and goes on",
  ]);
});

test("a command that was stopped leaves its part, and the next one fetches the rest", async () => {
  const server = await serve();
  const world = worldOf(server);
  server.cut = 1_000_000;
  const work = listening();
  const stopping = {
    ...work,
    progress: (words: string) => {
      if (words === "fetching the image: 0 of 3 MiB") setTimeout(work.stop, 100);
    },
  };
  await expect(chosenImage(world, "debian", stopping)).rejects.toThrow("aborted");
  expect(images(world)).toEqual([expect.stringMatching(/\.part$/)]);
  server.cut = undefined;
  await chosenImage(world, "debian", listening());
  expect(server.requests.at(-1)).toBe(`${NAME} from 1000000`);
});

test("a server that knows no ranges is asked for all of it again", async () => {
  const server = await serve();
  server.ranges = false;
  const world = worldOf(server);
  server.cut = 1_000_000;
  const work = listening();
  const later = {
    ...work,
    progress: (words: string) => {
      if (words.includes("broke off")) server.cut = undefined;
    },
  };
  expect(readFileSync((await chosenImage(world, "debian", later)).disk)).toEqual(Buffer.from(BYTES));
});

test("a wrong sum is refused, and nothing of it is kept", async () => {
  const server = await serve();
  server.sums = `${"0".repeat(128)}  ${NAME}\n`;
  const world = worldOf(server);
  const { message, next } = await refusal(() => chosenImage(world, "auto", listening()));
  expect(message).toStartWith(`${server.url}/${NAME} is not what its SHA512SUMS says: `);
  expect(next).toContain("do not trust that server");
  expect(images(world)).toEqual([]);
});

test("Debian's own image without a sum is refused; somebody's is taken, and that is said", async () => {
  const server = await serve();
  server.sums = undefined;
  expect((await refusal(() => chosenImage(worldOf(server), "debian", listening()))).message).toContain("has no sum");
  const work = listening();
  const world = worldOf({ url: "http://127.0.0.1:1/none" });
  await chosenImage(world, `${server.url}/${NAME}`, work);
  expect(work.said).toContain(`there is no SHA512SUMS beside ${server.url}/${NAME}: what comes is not checked`);
});

test("a disk that is too full is told before anything is written", async () => {
  const server = await serve();
  const world = worldOf(server, { limits: { free: () => 1_000_000 } });
  const { message, next } = await refusal(() => chosenImage(world, "debian", listening()));
  expect(message).toBe(`the disk of ${world.home.images} is full: 3 MiB more are needed`);
  expect(next).toContain("it goes on where it was");
});

test("a server that is not there is told in seconds, by what it is", async () => {
  const world = worldOf({ url: "http://127.0.0.1:1/latest" });
  const { message, next } = await refusal(() => chosenImage(world, "debian", listening()));
  expect(message).toStartWith("127.0.0.1:1 cannot be reached (");
  expect(next).toContain('set image to "build"');
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  stops.push(() => silent.stop(true));
  const slow = worldOf({ url: `http://127.0.0.1:${silent.port}/latest` }, { limits: { connectMs: 300 } });
  const began = Date.now();
  expect((await refusal(() => chosenImage(slow, "debian", listening()))).message).toContain("no answer in 0.3 s");
  expect(Date.now() - began).toBeLessThan(3000);
});

test("auto builds where Debian's server is away, and says so; a build that cannot be done names the server", async () => {
  const url = "http://127.0.0.1:1/latest";
  const without = { ...process.env, PATH: programs({}) };
  expect((await refusal(() => chosenImage(worldOf({ url }, { env: without }), "auto", listening()))).message).toContain(
    "127.0.0.1:1 cannot be reached",
  );
  const failing = programs({ mmdebstrap: "echo E: no mirror >&2; exit 1", "mkfs.ext4": "true", newuidmap: "true" });
  const world = worldOf({ url }, { env: { ...process.env, PATH: `${failing}:${process.env.PATH}` } });
  const work = listening();
  const { message, tail } = await refusal(() => chosenImage(world, "auto", work));
  expect(work.said[0]).toMatch(/^127\.0\.0\.1:1 cannot be reached \(.*\): an image is built here instead$/);
  expect(message).toBe("the image could not be built");
  expect(tail).toContain("E: no mirror");
  expect(images(world)).toEqual([]);
});

test("a path is taken as it is; one that is not there is refused", async () => {
  const world = worldOf({ url: "http://127.0.0.1:1" });
  const path = join(mkdtempSync(join(tmpdir(), "qemu-own-")), "own.qcow2");
  const { message, next } = await refusal(() => chosenImage(world, path, listening()));
  expect(message).toBe(`there is no image ${path}`);
  expect(next).toContain('"auto"');
  writeFileSync(path, "disk");
  expect(await chosenImage(world, path, listening())).toEqual({ what: path, disk: path, shared: false });
});
