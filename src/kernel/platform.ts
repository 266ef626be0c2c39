/**
 * What the layers above the kernel need of the machine's platform interface: names of permissions,
 * sizes and register places. Only the kernel imports the machine itself.
 */
export {
  ACCESS_EXECUTE,
  ACCESS_READ,
  ACCESS_WRITE,
  PAGE_BYTES,
  USER_ADDRESS_LIMIT,
  WORD_X,
} from "../machine/platform.js";
