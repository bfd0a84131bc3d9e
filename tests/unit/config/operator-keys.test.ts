import { expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../../cli/config/load.ts";
import { operatorPrivateKey, operatorPublicKeys } from "../../../cli/config/operator-keys.ts";
import { UserError } from "../../../cli/errors.ts";
import { inDirectory } from "./fixture.ts";

const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here";
const EXTRA = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIA==";

/** A configuration beside these files, naming `id` and `id.pub`, and `extra.pub` when that is among them. */
function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (config: ReturnType<typeof loadConfig>["config"], directory: string) => T,
): T {
  return inDirectory((directory) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
    const extra = "extra.pub" in files ? '"extra.pub"' : "";
    writeFileSync(
      join(directory, "c.toml"),
      `[operator]\nssh_public_key = "id.pub"\nssh_private_key = "id"\nextra_ssh_public_keys = [${extra}]\n`,
    );
    return use(loadConfig(join(directory, "c.toml"), { env: {} }).config, directory);
  });
}

function failure(run: () => unknown, directory: string): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return [error.message, error.next].map((text) => text.replaceAll(directory, "DIR"));
    throw error;
  }
  return [];
}

test("public keys come without the private one, own first, each once", () => {
  const files = { "id.pub": `${ED25519}\r\n`, "extra.pub": `# laptop\n\n${EXTRA}\n${ED25519}\n` };
  expect(withFiles(files, operatorPublicKeys)).toEqual([ED25519, EXTRA]);
});

test("a private key that is there and nobody else's is taken", () => {
  withFiles({ id: "x" }, (config, directory) => expect(operatorPrivateKey(config)).toBe(join(directory, "id")));
});

test("files that are missing do not keep a configuration from loading, but using them names the setting", () => {
  withFiles({}, (config, directory) => {
    const next = "ssh-keygen -t ed25519, or edit DIR/c.toml";
    expect(failure(() => operatorPublicKeys(config), directory)).toEqual([
      "operator.ssh_public_key: there is no file DIR/id.pub",
      next,
    ]);
    expect(failure(() => operatorPrivateKey(config), directory)).toEqual([
      "operator.ssh_private_key: there is no file DIR/id",
      next,
    ]);
  });
});

test("a private key that others can read is refused, as ssh will", () => {
  withFiles({ id: "x" }, (config, directory) => {
    chmodSync(join(directory, "id"), 0o644);
    const why = "operator.ssh_private_key: ssh refuses DIR/id, because others can read it";
    expect(failure(() => operatorPrivateKey(config), directory)).toEqual([why, "chmod 600 DIR/id"]);
  });
});

test("what is not a public key is refused", () => {
  const private_ = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n";
  const wrong = {
    [private_]: "is a private key",
    "": "is not a public ssh key",
    "ssh-ed25519 AAAA a\u001bb": "is not a public ssh key",
  };
  for (const [text, what] of Object.entries(wrong)) {
    withFiles({ "id.pub": ED25519, "extra.pub": text }, (config, directory) => {
      const expected = [`operator.extra_ssh_public_keys[0]: DIR/extra.pub ${what}`, "name the .pub file in DIR/c.toml"];
      expect(failure(() => operatorPublicKeys(config), directory)).toEqual(expected);
    });
  }
});
