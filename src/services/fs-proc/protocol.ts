/** Protocol of fs-proc: a file system as the file service sees every one. */
import { fileSystemProtocol } from "../file/protocol.js";

export const procProtocol = fileSystemProtocol("fs-proc");
