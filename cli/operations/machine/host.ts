import type { Destination } from "../../../providers/ssh/options.ts";
import { UsageError } from "../../errors.ts";

const FORM = /^(?:([^@\s]+)@)?(\[[0-9a-fA-F:.%a-z]+\]|[^@\s:[\]]+)(?::(\d{1,5}))?$/;

/** `[user@]host[:port]` as the operator types it; an IPv6 address with a port stands in brackets. */
export function parseHost(text: string): Destination {
  const [, user, host = "", port] =
    FORM.exec(text) ?? (/^[0-9a-fA-F]*:[0-9a-fA-F:.]+$/.test(text) ? [text, undefined, text] : []);
  const number = port === undefined ? undefined : Number(port);
  const wrong =
    host === "" || host.startsWith("-") || (user?.startsWith("-") ?? false) || number === 0 || (number ?? 0) > 65535;
  if (wrong)
    throw new UsageError(`--host: ${JSON.stringify(text)} is not [USER@]HOST[:PORT]`, "agentworks vm create --help");
  return {
    host: host.replace(/^\[|\]$/g, ""),
    ...(user === undefined ? {} : { user }),
    ...(number === undefined ? {} : { port: number }),
  };
}
