/**
 * A session's variables as systemd reads them from its `EnvironmentFile=` (systemd 252 to 257): in double quotes, where a
 * backslash keeps `"`, `\`, `` ` `` and `$` as they are, and a newline is a newline.
 */
export function environmentFile(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    const problem = environmentProblem(value);
    if (problem !== undefined) throw new Error(`the variable ${name} ${problem}`);
    return `${name}="${value.replaceAll(/["\\`$]/g, "\\$&")}"\n`;
  });
  return lines.join("");
}

/** Why systemd would leave a variable with this value out, silently; undefined when it would not. */
export function environmentProblem(value: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what systemd does not take
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(value)) return "must not contain control characters other than tab and newline";
  if (!value.isWellFormed()) return "must be valid Unicode";
  return undefined;
}
