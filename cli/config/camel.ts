/** `ssh_public_key` as TypeScript spells it: `sshPublicKey`. */
export type Camel<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail> & string>}` : Key;

/** A section of config.toml with its own keys in camelCase; the keys of tables inside are the operator's and stay. */
export type CamelKeys<Section> = { readonly [Key in keyof Section as Camel<Key>]: Section[Key] };

/** Renames the keys of one section. */
export function camelKeys<Section extends object>(section: Section): CamelKeys<Section> {
  const renamed = Object.entries(section).map(([key, value]) => [camel(key), value] as const);
  return Object.fromEntries(renamed) as CamelKeys<Section>;
}

function camel(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
