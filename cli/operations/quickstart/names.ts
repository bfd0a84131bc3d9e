/** What quickstart calls the things that it makes: a name says what kind of thing it is. */
export const NAMES = {
  machine: "quickstart",
  workspace: "first-project",
  agent: "first-agent",
  session: "first-session",
} as const;

export type Thing = keyof typeof NAMES;

/** What `quickstart` was given. */
export interface QuickstartInput {
  readonly platform?: string | undefined;
  readonly host?: string | undefined;
  readonly hostKey?: string | undefined;
  readonly remove?: boolean | undefined;
}
