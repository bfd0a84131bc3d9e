import { test } from "bun:test";
import { at } from "./guest/cli.ts";
import { bootGuest } from "./guest/harness/guest.ts";
import { filesOf, newcomer, struckAt } from "./guest/quickstart/lab.ts";

test("try", async () => {
  await using guest = await bootGuest();
  await using op = await newcomer(guest);
  const s = struckAt(op);
  const r = await s.operator.run(["quickstart", ...at(guest), "--yes", "--json"]);
  console.log(r.code, r.ms, s.events(), filesOf(op), r.code ? r.stderr : "");
  const q = struckAt(op);
  const p = await q.operator.run(["quickstart", "--remove", "--yes", "--json"]);
  console.log(p.code, p.ms, q.events(), filesOf(op));
}, 120000);
