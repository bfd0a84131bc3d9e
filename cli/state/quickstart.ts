import { UserError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { ownerAlive } from "./owner.ts";

/** What quickstart makes, in the order in which it makes it. */
export const PARTS = ["programs", "key", "config", "machine", "workspace", "agent", "session"] as const;
export type Part = (typeof PARTS)[number];

/** Something that quickstart made, or has begun to make. */
export interface Made {
  readonly part: Part;
  /** By what it is known again: the packages, the public key, the text's sum, when the row was made. Null: it was begun, and may be half there. */
  readonly mark: string | null;
}

/** What quickstart made: written before it is made, removed after it is proven gone. `--remove` takes back this and nothing else. */
export interface QuickstartTable {
  find(part: Part): Made | null;
  /** In the order of `PARTS`. */
  list(): Made[];
  /** Before it is made. */
  begin(part: Part): void;
  mark(part: Part, mark: string): void;
  forget(part: Part): void;
  /** One quickstart at a time; throws while another process is at it. A dead one's place is taken. */
  enter(): void;
  leave(): void;
}

/** The table over a connection. */
export function quickstartTable(connection: Connection): QuickstartTable {
  const write = (part: Part | "run", mark: string | null) => {
    connection.run(
      "INSERT INTO quickstart (part, mark) VALUES ($part, $mark) ON CONFLICT (part) DO UPDATE SET mark = excluded.mark",
      { part, mark },
    );
  };
  const find = (part: Part | "run") =>
    connection.get<{ mark: string | null }>("SELECT mark FROM quickstart WHERE part = $part", { part });
  const forget = (part: Part | "run") => void connection.run("DELETE FROM quickstart WHERE part = $part", { part });
  const made = (part: Part): Made | null => {
    const row = find(part);
    return row && { part, mark: row.mark };
  };
  return {
    find: made,
    list: () => PARTS.flatMap((part) => made(part) ?? []),
    begin: (part) => write(part, null),
    mark: write,
    forget,
    enter: () =>
      connection.transaction(() => {
        const [pid = 0, pidStart = 0] = (find("run")?.mark ?? "").split(" ").map(Number);
        const { owner } = connection;
        if (pid !== 0 && pid !== owner.pid && ownerAlive({ pid, pidStart })) {
          throw new UserError(`Another quickstart is at work (pid ${pid}).`, "wait for its end, then run it again");
        }
        write("run", `${owner.pid} ${owner.pidStart}`);
      }),
    leave: () => forget("run"),
  };
}
