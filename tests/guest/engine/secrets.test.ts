// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Secret } from "../../../steps/secret.ts";
import { newId, run, toy } from "../../unit/engine/sandbox.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { transportTo } from "./lab.ts";

setDefaultTimeout(120_000);
let guest: Guest;
beforeAll(async () => {
  guest = await bootGuest();
}, 300_000);
afterAll(() => guest?.dispose());

const CANARY = "canary-5ecret-Value-on-the-guest";
const BASE64 = Buffer.from(CANARY).toString("base64");

/** Everything that the guest says or keeps while the run `id` goes on; run as root, so it sees what anybody could. */
const lookAround = (id: string) => `
  cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' || true
  systemctl show --all 'agentworks-run-${id}' || true
  systemctl cat 'agentworks-run-${id}' 2>&1 || true
  systemctl status 'agentworks-run-${id}' 2>&1 || true
  journalctl --no-pager --all || true
  grep -rlaF -e ${CANARY} -e ${BASE64} /run /var/lib /var/log /tmp /var/tmp /etc /root 2>/dev/null | sed 's/^/FOUND: /' || true`;

test("a secret is in no argument, environment, unit, journal or file, neither during the run nor after", async () => {
  const id = newId();
  const step = toy(
    { apply: ["[[ ${#TOKEN} -eq 32 ]]", "sleep 4"] },
    { TOKEN: new Secret("token", CANARY), PLAIN: "plain-canary" },
  );
  let during: Promise<string> | undefined;
  const told = await run(transportTo({ guest }), [step], {
    id,
    onEvent: (event) => {
      if (event.kind === "started") during = Bun.sleep(500).then(async () => (await guest.bash(lookAround(id))).stdout);
    },
  });
  expect(told.outcome).toBe("complete");
  for (const seen of [await during, (await guest.bash(lookAround(id))).stdout]) {
    expect(seen).toContain("LoadState=");
    expect(seen?.match(/^FOUND.*$/gm) ?? []).toEqual([]);
    // The look itself has both words in its arguments.
    const others = (seen ?? "")
      .split("\n")
      .filter((line) => !line.includes("grep -rlaF") && line !== CANARY && line !== BASE64);
    expect(others.filter((line) => line.includes(CANARY) || line.includes(BASE64))).toEqual([]);
  }
  expect(await during).toContain(`/run/agentworks/runs/${id}/script`);
  const unit = ((await during) ?? "").split("\n").filter((line) => /^(Exec|Environment|Standard)/.test(line));
  expect(unit.join("\n")).not.toContain("canary");
});

test("what a run keeps is root's alone, and ten logs of it", async () => {
  const old =
    "for n in {1..15}; do echo $n >/var/lib/agentworks/runs/$n.log; touch -d '1 hour ago' /var/lib/agentworks/runs/$n.log; done; chmod 600 /var/lib/agentworks/runs/*";
  expect((await guest.bash(old)).code).toBe(0);
  expect((await run(transportTo({ guest }), [toy({ apply: ["echo said"] })])).outcome).toBe("complete");
  const modes = await guest.bash(
    "stat -c '%a %U %n' /run/agentworks /run/agentworks/runs /run/agentworks/lock /var/lib/agentworks /var/lib/agentworks/runs",
  );
  expect(modes.stdout.trim().split("\n")).toEqual([
    "711 root /run/agentworks",
    "700 root /run/agentworks/runs",
    "700 root /run/agentworks/lock",
    "755 root /var/lib/agentworks",
    "700 root /var/lib/agentworks/runs",
  ]);
  expect((await guest.bash("stat -c '%a %U' /run/agentworks/runs/* | sort -u")).stdout).toBe("700 root\n");
  expect(
    (await guest.bash("ls /var/lib/agentworks/runs | wc -l; stat -c %a /var/lib/agentworks/runs/* | sort -u")).stdout,
  ).toBe("10\n600\n");
  for (const path of ["/run/agentworks/runs", "/var/lib/agentworks/runs", "/run/agentworks/lock"]) {
    expect((await guest.exec(["su", "plain", "-c", `ls ${path}`])).code).not.toBe(0);
  }
});
