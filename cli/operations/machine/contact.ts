import { type Conversation, converse } from "../../../providers/conversation.ts";
import type { SshSettings } from "../../../providers/ssh/options.ts";
import { type SshTransport, sshTransport } from "../../../providers/ssh/transport.ts";
import type { Transport } from "../../../providers/transport.ts";
import become from "../../../steps/become.sh" with { type: "text" };
import { type MachineFacts, parseFacts } from "../../../steps/machine/facts.ts";
import factsScript from "../../../steps/machine/files/facts.sh" with { type: "text" };
import { Secret, secretProblem } from "../../../steps/secret.ts";
import type { Context } from "../../context.ts";
import { Cancelled, MachineError } from "../../errors.ts";

/** A root bash on a machine that is not ours yet, on a connection that stays open for the run. */
export interface Contact {
  readonly conversation: Conversation;
  /** For a connection after this one. */
  readonly transport: Transport;
  readonly sudoPassword: Secret | undefined;
}

const MARK = "@agw\t0\tbecome\t";

/**
 * Logs in as whoever the operator named and becomes root there; a sudo password is asked for once and sent on stdin. A login that
 * ended before it was judged is tried again for 20 s.
 */
export async function firstContact(context: Context, machine: string, settings: SshSettings): Promise<Contact> {
  const login: SshTransport = { ...settings, env: context.env, become: "root", machine };
  const plain = sshTransport(login);
  const deadline = Date.now() + 20_000;
  for (;;) {
    const conversation = converse(plain.open({}));
    const how = await ask(context, conversation, become);
    if (how === "root" || how === "sudo")
      return { conversation, transport: sshTransport({ ...login, become: how }), sudoPassword: undefined };
    if (how === "password") return await withPassword(context, conversation, login);
    const { code, stderr } = await conversation.ended();
    if (how === undefined && plain.isTransient(code, stderr) && Date.now() < deadline) {
      await Bun.sleep(300 + Math.random() * 700);
      continue;
    }
    const { message, next } = plain.explain(code, how === "none" ? "sudo: not found" : stderr);
    throw new MachineError(message, next);
  }
}

async function withPassword(context: Context, conversation: Conversation, login: SshTransport): Promise<Contact> {
  const { user, host } = login.destination;
  const question = `sudo password of ${user ?? "your user"} on ${host}`;
  const typed = await context.prompts
    .secret(question, { flag: "--host root@HOST, or a user whose sudo asks nothing", check: secretProblem })
    .catch((error: unknown) => {
      conversation.channel.kill();
      throw error;
    });
  const sudoPassword = new Secret("sudo password", typed);
  const how = await ask(context, conversation, `${sudoPassword.reveal()}\n`);
  const transport = sshTransport({ ...login, become: "sudo-password" });
  if (how !== undefined) return { conversation, transport, sudoPassword };
  const { code, stderr } = await conversation.ended();
  const { message, next } = transport.explain(code, stderr === "" ? "incorrect password" : stderr);
  throw new MachineError(message, next);
}

/** Sends words and awaits how we became root there; Ctrl-C ends the connection. */
async function ask(context: Context, conversation: Conversation, words: string): Promise<string | undefined> {
  return await cancellable(context, conversation, async () => {
    await conversation.send(words);
    return (await conversation.next(MARK))?.slice(MARK.length);
  });
}

async function cancellable<T>(context: Context, { channel }: Conversation, talk: () => Promise<T>): Promise<T> {
  const { requested } = context.interrupts;
  const kill = () => channel.kill();
  requested.addEventListener("abort", kill);
  if (requested.aborted) kill();
  try {
    const heard = await talk();
    if (requested.aborted) throw new Cancelled();
    return heard;
  } finally {
    requested.removeEventListener("abort", kill);
  }
}

/** Asks a machine about itself, on the first contact's connection, and hands the connection on. */
export async function look(context: Context, contact: Contact): Promise<MachineFacts> {
  const { conversation } = contact;
  const lines = await cancellable(context, conversation, async () => await facts(conversation));
  if (lines === undefined) {
    const { code, stderr } = await conversation.ended();
    throw new MachineError(contact.transport.explain(code, stderr).message, "run the command again");
  }
  conversation.release();
  return parseFacts(lines.join("\n"));
}

/** The lines of the facts; undefined when the connection ends before the last one. */
async function facts(conversation: Conversation): Promise<readonly string[] | undefined> {
  await conversation.send(factsScript);
  const lines: string[] = [];
  for (;;) {
    const line = await conversation.next("@fact\t");
    if (line === undefined || line === "@fact\tend") return line === undefined ? undefined : lines;
    lines.push(line);
  }
}
