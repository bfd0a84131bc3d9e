import { ATTACH } from "../../../steps/session/index.ts";
import type { Result } from "../../command.ts";
import type { Context } from "../../context.ts";
import { UsageError, UserError } from "../../errors.ts";
import { handTerminal } from "../../ui/interactive.ts";
import { machineNamed, sessionNamed } from "../choose.ts";
import { adminTransport } from "../machine/reach.ts";
import { withLogin } from "../machine/wake.ts";

/** Hands the terminal to a session: one ssh as the session's own user, whom alone its tmux could command. */
export async function attachSession({ name }: { readonly name: string }, context: Context): Promise<Result<null>> {
  const session = sessionNamed(context, name);
  if (session.lifecycle !== "ready") {
    throw new UserError(
      `Session '${name}' is not ready (${session.lifecycle}).`,
      `agentworks session describe ${name}`,
    );
  }
  const machine = machineNamed(context, session.machine);
  const { screen } = context;
  if (!screen.isTTY("stdin") || !screen.isTTY("stdout")) {
    throw new UsageError("session attach takes the terminal, and there is none", `agentworks session describe ${name}`);
  }
  const exitCode = await withLogin(context, machine, (awake) => {
    const argv = adminTransport(context, awake).interactive({ user: session.linuxUser, command: [ATTACH, name] });
    return handTerminal(argv, context.env, screen);
  });
  if (exitCode !== 0) screen.err(`How it is: agentworks session describe ${name}`);
  return { data: null, text: () => "", exitCode };
}
