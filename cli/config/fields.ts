import { z } from "zod";
import { NO_NUL } from "./names.ts";

/**
 * The kinds of values in config.toml, each with the words of its error. Nothing is coerced: "no" is not a boolean and
 * "4" is not a number. `kind` in a field's metadata tells documentation and tests what it may hold.
 */
export type FieldKind = "text" | "path" | "remote path" | "word" | "choice" | "number" | "boolean";

const TEXT = "must be text in quotes";

const raw = () => z.string({ error: TEXT }).refine((value) => !value.includes("\0"), { error: NO_NUL });

const keyName = z
  .string()
  .refine((key) => !key.includes("\0"), { error: NO_NUL })
  .refine((key) => key !== "", { error: "a name must not be empty" })
  .meta({ description: "A name of your own.", kind: "text" });

/** Any text without NUL. */
export const text = (description: string) => raw().meta({ description, kind: "text" });

/** Any text without NUL that is not empty. */
export const filled = (description: string) =>
  raw()
    .refine((value) => value !== "", { error: "must not be empty" })
    .meta({ description, kind: "text" });

/** A path on the operator's computer: `~` is the home directory, a relative path starts at the configuration file. */
export const path = (description: string) =>
  raw()
    .refine((value) => value !== "", { error: "must not be empty" })
    .meta({ description, kind: "path" });

/** A path on the machine: absolute, or below the user's home with `~/`. */
export const remotePath = (description: string) =>
  raw()
    .refine((value) => /^(\/|~\/)/.test(value), { error: 'must start with "/" or "~/"' })
    .meta({ description, kind: "remote path" });

/** An absolute path on the machine. */
export const absolutePath = (description: string) =>
  raw()
    .refine((value) => value.startsWith("/"), { error: 'must start with "/"' })
    .meta({ description, kind: "remote path" });

/** Text of a certain form, which `rule` states: "must be …". */
export const word = (description: string, form: RegExp, rule: string) =>
  z
    .string({ error: TEXT })
    .refine((value) => form.test(value), { error: rule })
    .meta({ description, kind: "word" });

/** A whole number of at least `least`. */
export const whole = (description: string, least: number) =>
  z
    .int({ error: "must be a whole number" })
    .min(least, { error: `must be at least ${least}` })
    .meta({ description, kind: "number" });

/** A number of at least `least`, fractions allowed. */
export const amount = (description: string, least: number) =>
  z
    .number({ error: "must be a number" })
    .min(least, { error: `must be at least ${least}` })
    .meta({ description, kind: "number" });

/** true or false. */
export const yesNo = (description: string) =>
  z.boolean({ error: "must be true or false, without quotes" }).meta({ description, kind: "boolean" });

/** One of a few words. */
export const choice = <const T extends readonly [string, ...string[]]>(description: string, values: T) =>
  z
    .enum(values, { error: `must be one of ${values.map((value) => JSON.stringify(value)).join(", ")}` })
    .meta({ description, kind: "choice" });

/** A list; a template's list is added to what it inherits, an empty one clears it. */
export const list = <T extends z.ZodType>(element: T) => z.array(element, { error: "must be a list in [ ]" });

/** A table whose keys are chosen by the operator. */
export const table = <T extends z.ZodType>(value: T) => z.record(keyName, value, { error: "must be a table" });

/** A table with fixed keys; others are refused. */
export const section = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, { error: "must be a table" });

/** The name of an environment variable. */
export const variableName = word(
  "The name of an environment variable.",
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'must be the name of a variable (letters, digits and "_"; no digit first)',
);

/** Environment variables: text, or a secret of [secrets.*]. */
export const environment = (whose: string) =>
  z
    .record(
      variableName,
      z.union(
        [text("The value, exactly."), z.strictObject({ secret: filled("The name of a secret in [secrets.*].") })],
        {
          error: 'must be text in quotes, or { secret = "name" }',
        },
      ),
      { error: "must be a table" },
    )
    .meta({ description: `Environment variables of ${whose}; session over agent over machine.` });

/** Marks a setting of 0.3.0 that loads but does nothing; `why` finishes "has no effect: ". */
export const withoutEffect = <T extends z.ZodType>(field: T, why: string): T =>
  field.meta({ ...field.meta(), withoutEffect: why });
