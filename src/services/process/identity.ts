/**
 * Identities: user and group ids, supplementary groups, process groups and sessions (POSIX setuid,
 * setpgid, setsid; Linux kernel/sys.c). Who may is a matter of capabilities (capabilities.ts).
 */
import { CAP_SETGID, CAP_SETUID } from "../../abi/capability.js";
import { EACCES, EINVAL, EPERM, ESRCH } from "../../abi/errno.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { fileSystemUserChanged, userChanged, userIdsOf } from "./capabilities.js";
import { type Context, isCapable } from "./context.js";
import { SET_IDENTITY } from "./protocol.js";
import { setDumpable } from "./published.js";

/** NGROUPS_MAX. */
const GROUPS_MAX = 65536;

/** The attributes of one kind of identity. */
interface Kind {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
  /** Who has it may take any id. */
  readonly capability: number;
}

const USER: Kind = Object.freeze({
  real: ATTRIBUTE.userId,
  effective: ATTRIBUTE.effectiveUserId,
  saved: ATTRIBUTE.savedUserId,
  fileSystem: ATTRIBUTE.fileSystemUserId,
  capability: CAP_SETUID,
});
const GROUP: Kind = Object.freeze({
  real: ATTRIBUTE.groupId,
  effective: ATTRIBUTE.effectiveGroupId,
  saved: ATTRIBUTE.savedGroupId,
  fileSystem: ATTRIBUTE.fileSystemGroupId,
  capability: CAP_SETGID,
});

export class Identities {
  constructor(private readonly context: Context) {}

  /** set*id(2). Whoever changes an effective id is not to be looked at by others any more. */
  set(caller: TaskId, which: number, first: number, second: number, third: number): Result {
    const before = this.effectiveIds(caller);
    const result = this.change(caller, which, first, second, third);
    const isChanged = this.effectiveIds(caller).some((id, index) => id !== before[index]);
    if (isChanged) setDumpable(this.context, this.context.own(caller), 0);
    return result;
  }

  private effectiveIds(caller: TaskId): readonly number[] {
    const kinds = [USER.effective, USER.fileSystem, GROUP.effective, GROUP.fileSystem];
    return kinds.map((which) => this.context.kernel.attribute(caller, which));
  }

  private change(
    caller: TaskId,
    which: number,
    first: number,
    second: number,
    third: number,
  ): Result {
    switch (which) {
      case SET_IDENTITY.userId:
        return this.setOne(caller, USER, first);
      case SET_IDENTITY.groupId:
        return this.setOne(caller, GROUP, first);
      case SET_IDENTITY.realEffectiveUser:
        return this.setTwo(caller, USER, first, second);
      case SET_IDENTITY.realEffectiveGroup:
        return this.setTwo(caller, GROUP, first, second);
      case SET_IDENTITY.realEffectiveSavedUser:
        return this.setThree(caller, USER, first, second, third);
      case SET_IDENTITY.realEffectiveSavedGroup:
        return this.setThree(caller, GROUP, first, second, third);
      case SET_IDENTITY.fileSystemUser:
        return this.setFileSystem(caller, USER, first);
      case SET_IDENTITY.fileSystemGroup:
        return this.setFileSystem(caller, GROUP, first);
      default:
        return -EINVAL;
    }
  }

  private read(caller: TaskId, kind: Kind): [number, number, number] {
    const { kernel } = this.context;
    return [
      kernel.attribute(caller, kind.real),
      kernel.attribute(caller, kind.effective),
      kernel.attribute(caller, kind.saved),
    ];
  }

  private write(caller: TaskId, kind: Kind, real: number, effective: number, saved: number): void {
    const { kernel } = this.context;
    const old = userIdsOf(kernel, caller);
    const isVisible = kernel.attribute(caller, kind.effective) !== effective;
    kernel.setAttribute(caller, kind.real, real);
    kernel.setAttribute(caller, kind.effective, effective);
    kernel.setAttribute(caller, kind.saved, saved);
    kernel.setAttribute(caller, kind.fileSystem, effective);
    if (kind === USER) userChanged(this.context, caller, old);
    if (isVisible) this.forgetTrust(caller);
  }

  /** A change of effective ids: no core dumps, no death signal (commit_creds). */
  private forgetTrust(caller: TaskId): void {
    const own = this.context.own(caller);
    setDumpable(this.context, own, 0);
    own.parentDeathSignal = 0;
  }

  /** setuid, setgid. */
  private setOne(caller: TaskId, kind: Kind, id: number): Result {
    if (id === -1) return -EINVAL;
    const wanted = id >>> 0;
    const [real, , saved] = this.read(caller, kind);
    if (isCapable(this.context.kernel, caller, kind.capability)) {
      this.write(caller, kind, wanted, wanted, wanted);
      return 0;
    }
    if (wanted !== real && wanted !== saved) return -EPERM;
    this.write(caller, kind, real, wanted, saved);
    return 0;
  }

  /** setreuid, setregid. */
  private setTwo(caller: TaskId, kind: Kind, first: number, second: number): Result {
    const [real, effective, saved] = this.read(caller, kind);
    const newReal = first === -1 ? real : first >>> 0;
    const newEffective = second === -1 ? effective : second >>> 0;
    if (!isCapable(this.context.kernel, caller, kind.capability)) {
      if (newReal !== real && newReal !== effective) return -EPERM;
      if (![real, effective, saved].includes(newEffective)) return -EPERM;
    }
    const isSavedChanged = first !== -1 || (second !== -1 && newEffective !== real);
    this.write(caller, kind, newReal, newEffective, isSavedChanged ? newEffective : saved);
    return 0;
  }

  /** setresuid, setresgid. */
  private setThree(
    caller: TaskId,
    kind: Kind,
    first: number,
    second: number,
    third: number,
  ): Result {
    const old = this.read(caller, kind);
    const wanted = [first, second, third].map((id, i) => (id === -1 ? old[i] : id >>> 0));
    const [real = 0, effective = 0, saved = 0] = wanted;
    const isAllowed =
      isCapable(this.context.kernel, caller, kind.capability) ||
      [real, effective, saved].every((id) => old.includes(id));
    if (!isAllowed) return -EPERM;
    this.write(caller, kind, real, effective, saved);
    return 0;
  }

  /** setfsuid, setfsgid: answers the old one, whatever happens. */
  private setFileSystem(caller: TaskId, kind: Kind, id: number): Result {
    const { kernel } = this.context;
    const old = kernel.attribute(caller, kind.fileSystem);
    const wanted = id >>> 0;
    if (id === -1) return old;
    const isOwn = [...this.read(caller, kind), old].includes(wanted);
    if (wanted === old || !(isOwn || isCapable(kernel, caller, kind.capability))) return old;
    kernel.setAttribute(caller, kind.fileSystem, wanted);
    if (kind === USER) fileSystemUserChanged(this.context, caller, old);
    this.forgetTrust(caller);
    return old;
  }

  get(caller: TaskId, which: number, addresses: readonly number[]): Result {
    const values = this.read(caller, which === 0 ? USER : GROUP);
    const bytes = new Uint8Array(4);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 3; i++) {
      view.setUint32(0, values[i] ?? 0, true);
      const failed = this.context.kernel.copyOut(caller, addresses[i] ?? 0, bytes, 0, 4);
      if (failed < 0) return failed;
    }
    return 0;
  }

  setGroups(caller: TaskId, count: number, address: number): Result {
    const { kernel } = this.context;
    if (!isCapable(kernel, caller, CAP_SETGID)) return -EPERM;
    if (!(count >= 0 && count <= GROUPS_MAX)) return -EINVAL;
    const bytes = new Uint8Array(4 * count);
    const failed = count === 0 ? 0 : kernel.copyIn(caller, address, bytes, 0, bytes.length);
    if (failed < 0) return failed;
    return kernel.setGroups(caller, new Uint32Array(bytes.buffer).sort());
  }

  getGroups(caller: TaskId, count: number, address: number): Result {
    const { kernel } = this.context;
    const have = kernel.groupCount(caller);
    if (count < 0) return -EINVAL;
    if (count === 0) return have;
    if (count < have) return -EINVAL;
    const groups = Uint32Array.from({ length: have }, (_, i) => kernel.groupAt(caller, i));
    const bytes = new Uint8Array(groups.buffer);
    const failed = have === 0 ? 0 : kernel.copyOut(caller, address, bytes, 0, bytes.length);
    return failed < 0 ? failed : have;
  }

  /** setpgid(2). */
  setGroup(caller: TaskId, processId: number, groupId: number): Result {
    if (groupId < 0 || (groupId === 0 && processId < 0)) return -EINVAL;
    const { kernel, state } = this.context;
    const own = this.context.own(caller);
    const process = processId === 0 ? own : state.processes.get(processId);
    if (process === undefined) return -ESRCH;
    if (process !== own) {
      if (process.parent !== own.id) return -ESRCH;
      if (this.context.session(process) !== this.context.session(own)) return -EPERM;
      if (process.executed) return -EACCES;
    }
    if (this.context.session(process) === process.id) return -EPERM;
    const group = groupId === 0 ? process.id : groupId;
    if (group !== process.id && !this.hasGroup(group, this.context.session(own))) return -EPERM;
    kernel.setAttribute(process.id, ATTRIBUTE.group, group);
    return 0;
  }

  private hasGroup(group: number, session: number): boolean {
    for (const process of this.context.state.processes.values()) {
      const isMember = this.context.group(process) === group;
      if (isMember && this.context.session(process) === session) return true;
    }
    return false;
  }

  getGroup(caller: TaskId, processId: number): Result {
    const process =
      processId === 0 ? this.context.own(caller) : this.context.state.processes.get(processId);
    return process === undefined ? -ESRCH : this.context.group(process);
  }

  getSession(caller: TaskId, processId: number): Result {
    const process =
      processId === 0 ? this.context.own(caller) : this.context.state.processes.get(processId);
    return process === undefined ? -ESRCH : this.context.session(process);
  }

  /** setsid(2). */
  newSession(caller: TaskId): Result {
    const { kernel, state } = this.context;
    const own = this.context.own(caller);
    for (const process of state.processes.values()) {
      if (this.context.group(process) === own.id) return -EPERM;
    }
    kernel.setAttribute(own.id, ATTRIBUTE.session, own.id);
    kernel.setAttribute(own.id, ATTRIBUTE.group, own.id);
    kernel.setAttribute(own.id, ATTRIBUTE.terminal, 0);
    return own.id;
  }
}
