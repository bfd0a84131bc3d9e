import { type Step, step } from "../step.ts";
import { environmentFile } from "./environment.ts";
import run from "./files/run.sh" with { type: "text" };
import unit from "./files/session.conf" with { type: "text" };
import sessionAsk from "./files/session-ask.sh" with { type: "text" };
import sessionAttach from "./files/session-attach.sh" with { type: "text" };
import sessionOpen from "./files/session-open.sh" with { type: "text" };
import sessionRun from "./files/session-run.sh" with { type: "text" };
import tmuxConf from "./files/tmux.conf" with { type: "text" };
import goneText from "./gone.sh" with { type: "text" };
import prepareText from "./prepare.sh" with { type: "text" };
import programsText from "./programs.sh" with { type: "text" };
import startText from "./start.sh" with { type: "text" };
import stopText from "./stop.sh" with { type: "text" };

/** A tmux of its own, in a workspace, as an agent or the admin. */
export interface Session {
  readonly name: string;
  /** The workspace's directory. */
  readonly workspacePath: string;
  readonly linuxUser: string;
  /** Whether it may gain no privileges: agents; the admin has sudo. */
  readonly confined: boolean;
  /** For `$SHELL -lic`; empty is a login shell. */
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Lines. */
  readonly historyLimit: number;
  /** Which agentworks it belongs to. */
  readonly installation: string;
  /** What our record on the machine says: one line of JSON that names the installation. */
  readonly record: string;
}

/** A session, as far as its removal takes. */
export type SessionName = Pick<Session, "name" | "installation">;

const DIRECTORY = "/etc/agentworks";
/** Runs a program with arguments and stdin unchanged, and ends it with the connection: `exec`. */
export const RUN = `${DIRECTORY}/bin/run`;
/** Shows a session on a terminal: as its own user alone. */
export const ATTACH = `${DIRECTORY}/bin/session-attach`;

const PROGRAMS = [
  { file: `${DIRECTORY}/tmux.conf`, mode: "644", content: tmuxConf },
  { file: `${DIRECTORY}/bin/session-open`, mode: "755", content: sessionOpen },
  { file: `${DIRECTORY}/bin/session-run`, mode: "755", content: sessionRun },
  { file: `${DIRECTORY}/bin/session-ask`, mode: "755", content: sessionAsk },
  { file: ATTACH, mode: "755", content: sessionAttach },
  { file: RUN, mode: "755", content: run },
];

/** What every session needs on the machine: part of the machine's init. */
export const programs = (): Step =>
  step(
    "session/programs",
    programsText,
    {
      FILES: PROGRAMS.map(({ file }) => file),
      MODES: PROGRAMS.map(({ mode }) => mode),
      CONTENTS: PROGRAMS.map(({ content }) => content),
    },
    { name: "programs for sessions" },
  );

/** What the session is. */
export const prepare = (session: Session): Step =>
  step(
    "session/prepare",
    prepareText,
    {
      SESSION: session.name,
      INSTALLATION: session.installation,
      RECORD: session.record,
      LINUX_USER: session.linuxUser,
      WORKSPACE_PATH: session.workspacePath,
      COMMAND: session.command,
      ENVIRONMENT: environmentFile(session.environment),
      UNIT: unit,
      HISTORY_LIMIT: session.historyLimit,
      CONFINED: session.confined ? "yes" : "no",
    },
    { name: `session ${session.name}`, subject: session.name },
  );

/** It runs. Reports how it is (started.ts). */
export const start = (session: Pick<Session, "name" | "linuxUser">): Step =>
  step(
    "session/start",
    startText,
    { SESSION: session.name, LINUX_USER: session.linuxUser },
    { name: `session ${session.name} runs`, subject: session.name },
  );

/** It is stopped, its history kept. */
export const stop = (session: Pick<Session, "name" | "linuxUser">): Step =>
  step(
    "session/stop",
    stopText,
    { SESSION: session.name, LINUX_USER: session.linuxUser },
    { name: `session ${session.name} is stopped`, subject: session.name },
  );

/** It goes, running or not. */
export const gone = (session: SessionName): Step =>
  step(
    "session/gone",
    goneText,
    { SESSION: session.name, INSTALLATION: session.installation },
    { name: `session ${session.name} is gone`, subject: session.name },
  );
