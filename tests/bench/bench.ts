import { table } from "../../cli/ui/table.ts";
import { whyNoGuests } from "../guest/harness/guest.ts";
import { operations } from "./operations.ts";
import { quickstartCosts } from "./quickstart.ts";
import { startUp } from "./start-up.ts";

/** What `npm run bench` prints: figures to be read. Nothing here passes or fails by how long it took. */
const WIDE = { width: 200 };
const ms = (figure: number) => `${figure.toFixed(1)} ms`;
const seconds = (figure: number) => `${(figure / 1000).toFixed(2)} s`;

const { medians, networkCalls, unixCalls } = await startUp();
const bare = medians[0]?.[1] ?? Number.NaN;
const starts = medians.map(([what, figure]) => [what, ms(figure), ms(figure - bare)]);
console.log(`${table(["START-UP (medians of 21)", "TIME", "OVER BARE"], starts, WIDE)}\n`);
console.log(`Network calls of vm list: ${networkCalls} (and ${unixCalls} of AF_UNIX)\n`);

const why = whyNoGuests();
if (why !== undefined) {
  console.log(`No guest can run on this machine, so no machine is measured: ${why}`);
  process.exit(1);
}
const near = await operations(0);
const far = await operations(50);
const costs = near.map((cost, index) => {
  const other = far[index];
  return [cost.what, ...[cost, other].flatMap((one) => [seconds(one?.ms ?? Number.NaN), String(one?.logins ?? "-")])];
});
console.log(table(["COMMAND (medians of 3)", "LOOPBACK", "LOGINS", "+50 MS EACH WAY", "LOGINS"], costs, WIDE));

const parts = (await quickstartCosts()).map(({ what, cold, cached }) => [what, seconds(cold), seconds(cached)]);
console.log(`\n${table(["ON QEMU (once)", "NO IMAGE YET", "IMAGE CACHED"], parts, WIDE)}`);
