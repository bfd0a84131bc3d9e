import type { Row } from "./row.ts";
import { AGENT_ROWS } from "./rows/agent.ts";
import { QUICKSTART_ROW } from "./rows/quickstart.ts";
import { SESSION_ROWS } from "./rows/session.ts";
import { VM_BEFORE, VM_DELETE, VM_READS } from "./rows/vm.ts";
import { WORKSPACE_ROWS } from "./rows/workspace.ts";

/** Every command, in the order of a machine's life: what one makes the next ones need. */
export const ROWS: readonly Row[] = [
  ...VM_BEFORE,
  ...WORKSPACE_ROWS.making,
  ...AGENT_ROWS.making,
  ...SESSION_ROWS,
  ...AGENT_ROWS.removing,
  ...WORKSPACE_ROWS.removing,
  ...VM_READS,
  ...VM_DELETE,
  QUICKSTART_ROW,
];
