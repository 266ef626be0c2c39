/**
 * Accounts of an image, read from its /etc/passwd (passwd(5)), for hosts that start programs as a
 * user by name.
 */
import { readCpio } from "../abi/cpio.js";

export interface Account {
  readonly name: string;
  readonly userId: number;
  readonly groupId: number;
  readonly home: string;
  readonly shell: string;
}

const FIELDS = 7;
/** Decimal numbers below 2^32 - 1, which stands for "none". */
const isId = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1;

/**
 * @param image a root file system, cpio newc
 * @returns its accounts, none when it has no /etc/passwd
 * @throws CpioError when it is not an archive
 */
export function accountsOf(image: Uint8Array): readonly Account[] {
  for (const { path, data } of readCpio(image)) {
    if (path === "etc/passwd") return parseAccounts(new TextDecoder().decode(data));
  }
  return [];
}

/** The accounts in the text of a passwd file; lines that are not entries are skipped. */
export function parseAccounts(text: string): readonly Account[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.split(":");
    const [name = "", , user = "", group = "", , home = "", shell = ""] = fields;
    if (fields.length !== FIELDS || !isId(user) || !isId(group)) return [];
    return [{ name, userId: Number(user), groupId: Number(group), home, shell }];
  });
}
