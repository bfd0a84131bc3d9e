/** Which of our users sshd's own allow and deny lists shut out, as patterns: those lists stand above anything that we set. */
export function shutOut(sshd: ReadonlyMap<string, readonly string[]>, adminUser: string): readonly string[] {
  // `?` stands for a name that no agent or workspace has: a list must let in all of them.
  const ours = [
    { user: adminUser, groups: [adminUser], pattern: adminUser },
    { user: "agt-?", groups: ["agt-?", "agentworks-agents"], pattern: "agt-*" },
    { user: "ws-?", groups: ["ws-?"], pattern: "ws-*" },
  ];
  const names = (list: string, words: readonly string[]) =>
    (sshd.get(list) ?? []).some((pattern) => words.some((word) => matches(pattern, word)));
  return ours
    .filter(
      ({ user, groups }) =>
        (sshd.has("allowusers") && !names("allowusers", [user])) ||
        (sshd.has("allowgroups") && !names("allowgroups", groups)) ||
        names("denyusers", [user]) ||
        names("denygroups", groups),
    )
    .map(({ pattern }) => pattern);
}

/** sshd's patterns, `*` and `?`. The host of one that names a host too is not looked at. */
function matches(pattern: string, name: string): boolean {
  const [user = ""] = pattern.split("@");
  const expression = user
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`).test(name);
}
