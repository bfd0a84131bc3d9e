import { afterEach, expect, test } from "bun:test";
import { connect, createServer, type Server, type Socket } from "node:net";
import { startProxy, type TcpProxy } from "./proxy.ts";

const open: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

test("forwards both ways and the end of a stream", async () => {
  const { client } = await echoThroughProxy();
  client.end("hello");
  expect(await client.everything()).toBe("hello");
});

test("delays each way", async () => {
  const { client } = await echoThroughProxy(60);
  const start = performance.now();
  client.write("a");
  await client.received("a");
  expect(performance.now() - start).toBeGreaterThan(115);
  expect(performance.now() - start).toBeLessThan(400);
});

test("cut ends the connections, and new ones work", async () => {
  const { proxy, client, dial } = await echoThroughProxy();
  client.write("a");
  await client.received("a");
  expect(proxy.connections()).toBe(1);
  proxy.cut();
  await client.closed;
  expect(proxy.connections()).toBe(0);
  const again = await dial();
  again.end("b");
  expect(await again.everything()).toBe("b");
});

test("silence holds what is sent until resume", async () => {
  const { proxy, client } = await echoThroughProxy();
  proxy.silence();
  client.write("a");
  client.write("b");
  await Bun.sleep(100);
  expect(client.text()).toBe("");
  expect(proxy.connections()).toBe(1);
  proxy.resume();
  await client.received("ab");
});

test("cuts after as many bytes as asked, in either direction", async () => {
  const { proxy, client, dial } = await echoThroughProxy();
  proxy.cutAfterBytes({ up: 3 });
  client.write("abcdef");
  await client.closed;
  expect("abc").toStartWith(client.text());
  const again = await dial();
  proxy.cutAfterBytes({ down: 4 });
  again.write("abcdef");
  await again.closed;
  expect(again.text()).toBe("abcd");
});

async function echoThroughProxy(delayMs = 0) {
  const server = createServer((socket) => socket.on("error", () => {}).pipe(socket));
  open.push(() => server.close());
  const proxy = await startProxy({ target: { host: "127.0.0.1", port: await listen(server) }, delayMs });
  open.push(() => proxy.stop());
  const dial = () => dialProxy(proxy);
  return { proxy, dial, client: await dial() };
}

async function dialProxy({ port }: TcpProxy) {
  const socket: Socket = connect({ port, host: "127.0.0.1" });
  open.push(() => socket.destroy());
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return {
    closed,
    text: () => text,
    write: (data: string) => socket.write(data),
    end: (data: string) => socket.end(data),
    everything: () => closed.then(() => text),
    received: async (expected: string) => {
      while (text.length < expected.length) await Bun.sleep(1);
      expect(text).toBe(expected);
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
