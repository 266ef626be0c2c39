/**
 * membarrier(2). There is one hart and every task sees memory in one order, so that a barrier is
 * there already; what is left is who has registered for what, which the calls check.
 */
import { EINVAL, EPERM } from "../abi/errno.js";
import { ATTRIBUTE } from "../kernel/calls.js";
import type { Operate } from "./row.js";

const COMMAND = Object.freeze({
  query: 0,
  global: 1 << 0,
  globalExpedited: 1 << 1,
  registerGlobalExpedited: 1 << 2,
  privateExpedited: 1 << 3,
  registerPrivateExpedited: 1 << 4,
  privateExpeditedSyncCore: 1 << 5,
  registerPrivateExpeditedSyncCore: 1 << 6,
  getRegistrations: 1 << 9,
} as const);

/** All but those for rseq(2), which is not there. */
const OFFERED: number = Object.values(COMMAND).reduce((mask, command) => mask | command, 0);

/** membarrier: a command, and flags that none of ours has. */
export const barrier: Operate = (s, t, command, flags) => {
  if (flags !== 0) return -EINVAL;
  const registered = s.kernel.attribute(t, ATTRIBUTE.barriers);
  const register = (): number => {
    s.kernel.setAttribute(t, ATTRIBUTE.barriers, registered | command);
    return 0;
  };
  switch (command) {
    case COMMAND.query:
      return OFFERED;
    case COMMAND.global:
    case COMMAND.globalExpedited:
      return 0;
    case COMMAND.registerGlobalExpedited:
    case COMMAND.registerPrivateExpedited:
    case COMMAND.registerPrivateExpeditedSyncCore:
      return register();
    case COMMAND.privateExpedited:
      return (registered & COMMAND.registerPrivateExpedited) !== 0 ? 0 : -EPERM;
    case COMMAND.privateExpeditedSyncCore:
      return (registered & COMMAND.registerPrivateExpeditedSyncCore) !== 0 ? 0 : -EPERM;
    case COMMAND.getRegistrations:
      return registered;
    default:
      return -EINVAL;
  }
};
