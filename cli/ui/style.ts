import type picocolors from "picocolors";

/** Emphasis for text; without colour each is the text itself. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const plain = (text: string): string => text;
const PLAIN: Style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

/** The style of a screen. `printable.ts` lets exactly these sequences pass. */
export function styleFor(screen: { readonly color: boolean }): Style {
  if (!screen.color) return PLAIN;
  // Loaded where there is colour alone: it asks for the process's streams, 10 ms of a start.
  const { createColors } = require("picocolors") as typeof picocolors;
  return createColors(true);
}
