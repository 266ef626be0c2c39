/** What uname(2) says, but for the names that can be set (include/uapi/linux/utsname.h). */

/** Bytes of each of the six fields, with the NUL. */
export const UTSNAME_FIELD_BYTES = 65;
/** Longest host or domain name (HOST_NAME_MAX). */
export const HOST_NAME_MAX = 64;

export const SYSTEM_NAME = "Linux";
/** The version of Linux whose interface is offered. */
export const SYSTEM_RELEASE = "6.12.0-sixfold";
export const SYSTEM_MACHINE = "riscv64";
/** The domain name before it is set. */
export const DOMAIN_NAME_DEFAULT = "(none)";
