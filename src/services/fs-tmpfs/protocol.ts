/** Protocol of fs-tmpfs: a file system as the file service sees every one. */
import { fileSystemProtocol } from "../file/protocol.js";

export const tmpfsProtocol = fileSystemProtocol("fs-tmpfs");
