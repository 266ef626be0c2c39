/** Protocol of fs-dev: a file system as the file service sees every one. */
import { fileSystemProtocol } from "../file/protocol.js";

export const devProtocol = fileSystemProtocol("fs-dev");
