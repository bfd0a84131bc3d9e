import { gone, prepare, type Session, type SessionName, start, stop } from "../../steps/session/index.ts";
import type { Plan } from "../../steps/step.ts";
import type { WorkspacePlace } from "../../steps/workspace/index.ts";
import { grantSteps, type Member, revokeSteps } from "./workspace.ts";

/** Where a session runs and as whom, and whether it brings its own grant. */
export interface SessionPlace {
  readonly workspace: WorkspacePlace;
  readonly member: Member;
  readonly grant: boolean;
}

/** A session is made and started. How it is most of a second later is the report of `session/start` (parseStarted). */
export function createSessionPlan(session: Session, place: SessionPlace): Plan {
  return {
    operation: `session create ${session.name}`,
    locks: [...placeLocks(place), `session-${session.name}`],
    exclusive: false,
    steps: [...(place.grant ? grantSteps(place.workspace, place.member) : []), prepare(session), start(session)],
  };
}

/** A session is stopped; it keeps its history and can be started again. */
export function stopSessionPlan(session: Pick<Session, "name" | "linuxUser">): Plan {
  return {
    operation: `session stop ${session.name}`,
    locks: [`session-${session.name}`],
    exclusive: false,
    steps: [stop(session)],
  };
}

/** A session goes, and with it a grant that it alone needed. It also undoes what a create has made so far. */
export function deleteSessionPlan(session: SessionName, place: SessionPlace): Plan {
  return {
    operation: `session delete ${session.name}`,
    locks: [...(place.grant ? placeLocks(place) : []), `session-${session.name}`],
    exclusive: false,
    steps: [gone(session), ...(place.grant ? revokeSteps(place.workspace, place.member) : [])],
  };
}

/** Nobody may take them away meanwhile. */
function placeLocks({ workspace, member }: SessionPlace): string[] {
  return [`workspace-${workspace.name}`, ...(member.agent === undefined ? [] : [`agent-${member.agent}`])];
}
