import { environmentProblem } from "../../../steps/session/environment.ts";
import { hostileStrings } from "../../unit/engine/hostile.ts";

/** A thousand, the same ones at each run. */
export const STRINGS: readonly string[] = hostileStrings(1000);

/** Those that an environment takes, and in which no name of a template is filled in. */
export const FOR_ENVIRONMENTS: readonly string[] = STRINGS.filter(
  (text) => environmentProblem(text) === undefined && !text.includes("{{"),
);

/** Those that a public key may have as its comment. */
export const FOR_COMMENTS: readonly string[] = STRINGS.filter(
  (text) => !/\p{Cc}/u.test(text) && text.trim() === text && text !== "",
);

/** A name for a directory that holds everything of them; `#(…)` is a command to tmux, `%h` a host to ssh. */
export const DIRECTORY = `it's a "name" $(touch owned) \`touch owned\` #(touch owned) #{pid} * 100%h \\ ; & | ~ é 🦊`;

/** A branch that git accepts. */
export const BRANCH = 'it\'s-"a"-$(id)-`id`-#(id);&|<>%h-é🦊';

/** A list, in parts of a size. */
export function parts<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

/** A public key that nobody has the private half of. */
export function publicKey(comment: string): string {
  const field = (bytes: Uint8Array) => [new Uint8Array([0, 0, 0, bytes.length]), bytes];
  const blob = Buffer.concat([
    ...field(new TextEncoder().encode("ssh-ed25519")),
    ...field(crypto.getRandomValues(new Uint8Array(32))),
  ]);
  return `ssh-ed25519 ${blob.toString("base64")} ${comment}`;
}
