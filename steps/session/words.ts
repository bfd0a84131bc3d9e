import { RUN } from "./index.ts";

/**
 * The remote command that runs a program with just these arguments, in this directory of the machine or in the home:
 * words in which no shell on the way has anything to quote (files/run.sh).
 */
export function remoteCommand(argv: readonly string[], directory = ""): string[] {
  return [RUN, ...[directory, ...argv].map((word) => `.${Buffer.from(word).toString("base64url")}`)];
}
