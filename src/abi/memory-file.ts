/** Files in memory without a name, seals (include/uapi/linux/memfd.h, fcntl.h). Numbers only. */

/** memfd_create(2). */
export const MFD_CLOEXEC = 1;
export const MFD_ALLOW_SEALING = 2;
export const MFD_HUGETLB = 4;
export const MFD_NOEXEC_SEAL = 8;
export const MFD_EXEC = 0x10;
/** Bytes of a name, without its NUL and without "memfd:". */
export const MFD_NAME_MAX = 249;

/** fcntl(2). */
export const F_ADD_SEALS = 1033;
export const F_GET_SEALS = 1034;

/** No more seals. */
export const F_SEAL_SEAL = 1;
export const F_SEAL_SHRINK = 2;
export const F_SEAL_GROW = 4;
export const F_SEAL_WRITE = 8;
/** No new way to write: writable mappings that are there stay. */
export const F_SEAL_FUTURE_WRITE = 0x10;
/** The mode's execute bits stay as they are. */
export const F_SEAL_EXEC = 0x20;
