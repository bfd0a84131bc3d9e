import * as machine from "../../steps/machine/index.ts";
import * as purge from "../../steps/machine/purge/index.ts";
import { programs } from "../../steps/session/index.ts";
import type { Plan, Step } from "../../steps/step.ts";
import { profile } from "../../steps/user/index.ts";

export interface InitOptions {
  /** The command it belongs to: `vm create dev`. */
  readonly operation: string;
  /** The record of another installation is overwritten. */
  readonly takeOver?: boolean;
}

/** What brings a machine to its declared state, the first time and every time. */
export function initPlan(spec: machine.Machine, { operation, takeOver = false }: InitOptions): Plan {
  const steps = [
    machine.record(spec, takeOver),
    ...(spec.adopted ? [machine.keep()] : madeByUs(spec)),
    machine.packages(),
    ...fenced(spec),
    machine.shell(spec),
    machine.groups(spec),
    machine.directories(spec),
    machine.adminAccount(spec),
    machine.adminSudo(spec),
    machine.sshd(),
    machine.operatorKeys(spec),
    machine.sysctl(),
    machine.proc(),
    machine.dbus(),
    machine.polkit(),
    machine.logind(),
    machine.schedulers(),
    machine.terminfo(),
    programs(),
    profile(spec.adminUser),
    machine.hostKeys(),
    // By now the admin's way in is open.
    ...(spec.adopted ? [] : [machine.rootLogin()]),
  ];
  return { operation, locks: ["init"], exclusive: false, steps };
}

/** What an adopted machine's owner decides alone. */
function madeByUs({ hostname, swapGiB = 0 }: machine.Machine): readonly Step[] {
  return [
    ...(hostname === undefined ? [] : [machine.hosts(hostname), machine.hostName(hostname)]),
    machine.keepHostKeys(),
    machine.locale(),
    ...(swapGiB === 0 ? [] : [machine.swap(swapGiB)]),
  ];
}

/** Before there is an agent that could look over the fence. */
function fenced({ adopted, fenced: addresses = [] }: machine.Machine): readonly Step[] {
  return adopted || addresses.length === 0 ? [] : [machine.fence(addresses)];
}

/** What gives an adopted machine back: all that is ours goes, and what was there before returns. */
export function purgePlan(spec: machine.Machine, { operation }: { readonly operation: string }): Plan {
  const steps = [
    purge.guard(spec),
    purge.contents(spec),
    purge.admin(spec),
    purge.sshd(),
    purge.services(),
    purge.schedulers(),
    purge.packages(),
    purge.sysctl(),
    purge.proc(),
    purge.files(),
    purge.records(),
  ];
  return { operation, locks: ["init"], exclusive: true, steps };
}
