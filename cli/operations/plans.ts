import type { Plan, Step } from "../../steps/step.ts";

/** A plan with further steps at its end, and what they lock. */
export function alongside(plan: Plan, steps: readonly Step[], locks: readonly string[]): Plan {
  return { ...plan, locks: [...plan.locks, ...locks], steps: [...plan.steps, ...steps] };
}

/** A plan that first removes what an earlier attempt left: one that was being undone, or that was asked for otherwise. */
export function clearedFirst(plan: Plan, removal: Plan): Plan {
  const removing = removal.steps.filter((step) => !plan.steps.some((other) => sameStep(step, other)));
  return { ...plan, locks: [...new Set([...removal.locks, ...plan.locks])], steps: [...removing, ...plan.steps] };
}

/** Whether two lists name the same things. */
export function sameNames(
  some: readonly { readonly name: string }[],
  others: readonly { readonly name: string }[],
): boolean {
  const names = (things: readonly { readonly name: string }[]) =>
    things
      .map(({ name }) => name)
      .sort()
      .join(" ");
  return names(some) === names(others);
}

/** What a plan does anyway in its course. */
function sameStep(one: Step, other: Step): boolean {
  return one.id === other.id && one.subject === other.subject;
}
