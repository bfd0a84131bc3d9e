import { ATTACH } from "../../../steps/session/index.ts";
import type { Guest } from "../harness/guest.ts";

/** What a terminal that Debian does not know shows while these lines are typed, until tmux is told to detach. */
export async function attach(guest: Guest, name: string, user: string, keys: readonly string[]) {
  const argv = guest.sshArgv("root").map((word) => word.replace(/^root@/, `${user}@`));
  const destination = argv.pop() ?? "";
  const env = { ...process.env, TERM: "xterm-ghostty" };
  const command = [...argv, "-tt", destination, ATTACH, name];
  const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "ignore", env });
  let text = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) text += decoder.decode(chunk, { stream: true });
  })();
  const type = async (key: string) => {
    child.stdin.write(key);
    child.stdin.flush();
    await Bun.sleep(700);
  };
  // tmux takes the whole screen; what is typed before is the terminal's own.
  while (!text.includes("\x1b[?1049h") && child.exitCode === null) await Bun.sleep(20);
  await Bun.sleep(300);
  for (const key of keys) await type(key);
  while (child.exitCode === null) await type("\x02d");
  await reading;
  return { code: await child.exited, text };
}
