/**
 * What an image has besides its packages: the directories of Debian's layout, with /bin, /sbin and
 * /lib merged into /usr; accounts; a shell's start-up file; the configuration of PID 1. A file that
 * a package brings is never replaced. Names and numbers of accounts are Debian's (base-passwd).
 */

import type { Release } from "./release.js";
import type { RootTree } from "./tree.js";

const busyboxPath = "/usr/bin/busybox";

/** The ordinary account of an image. */
const userId = 1000;

/**
 * The passwords are the names of the accounts ("root", "user"). They guard nothing: the embedder
 * decides who a program runs as. They are there so that `su` and `login` have something to check.
 * Hashes: SHA-512 crypt (crypt(5)) with a fixed salt, so that images are equal byte for byte.
 */
const rootPasswordHash =
  "$6$sixfold$3tC77pFNlkj8qFvS1j/deigWjONNltjhRnDaRXl3c5s" +
  "knUTYjgDUITDWByz4Gp3JVriNaqMUy2zNAb0s.HzgK0";
const userPasswordHash =
  "$6$sixfold$nObUbXEPszPJEXFKAL5uPMCxNslL2ndLXOnX9LOcLXb" +
  "MnY6zAN2wnezKNVTY2F8mnoocAd/ca1rFv8IbpbXrp/";

const passwdOf = (shell: string): string => `root:x:0:0:root:/root:${shell}
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
user:x:${userId}:${userId}:user:/home/user:${shell}
`;

const shadow = `root:${rootPasswordHash}::0:::::
daemon:*::0:::::
bin:*::0:::::
sys:*::0:::::
nobody:*::0:::::
user:${userPasswordHash}::0:::::
`;

const group = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
lp:x:7:
shadow:x:42:
utmp:x:43:
users:x:100:
nogroup:x:65534:
user:x:${userId}:
`;

const profile = `# Read by a login shell (sh -l, or started under a name with a leading "-").
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
ENV=/etc/shrc
export ENV
if [ -n "\${BASH-}" ] && [ -r /etc/bash.bashrc ]; then . /etc/bash.bashrc; fi
`;

/** @param aliases as "awk=/usr/bin/awk" */
const shellStartOf = (
  aliases: readonly string[],
): string => `# Read by every interactive shell (ENV).
PS1='\\u@\\h:\\w\\$ '
# Debian's busybox runs its own applets without a look at PATH; these are to be other files.
alias ${["su=/bin/su", "login=/bin/login", "passwd=/bin/passwd", ...aliases].join(" ")}
`;

const inittab = `# busybox init is PID 1. It starts nothing by itself: the host starts programs as
# its children, and it waits for every orphan. /proc, /dev and /tmp are mounted before it runs.
`;

const motd = "Sixfold: Debian's busybox on a system written in TypeScript.\n";

const hosts = `127.0.0.1 localhost
127.0.1.1 sixfold
::1 localhost ip6-localhost ip6-loopback
`;

function osRelease(release: Release): string {
  const major = release.version.split(".")[0] ?? release.version;
  return `PRETTY_NAME="Sixfold image from Debian ${release.version} (${release.codename}) packages"
NAME="Sixfold"
ID=sixfold
ID_LIKE=debian
VERSION_ID="${major}"
VERSION="${release.version} (${release.codename})"
VERSION_CODENAME=${release.codename}
`;
}

const directories: readonly string[] = [
  "usr/bin",
  "usr/sbin",
  "usr/lib",
  "usr/local/bin",
  "usr/local/sbin",
  "usr/local/lib",
  "usr/share",
  "dev",
  "etc",
  "home",
  "mnt",
  "opt",
  "proc",
  "run",
  "srv",
  "sys",
  "var/cache",
  "var/lib",
  "var/log",
  "var/spool",
];

/** Lays the ground for packages: directories, and the links that merge them. */
export function addLayout(tree: RootTree): void {
  for (const path of directories) {
    tree.directory(path);
  }
  for (const name of ["bin", "sbin", "lib"]) {
    tree.symbolicLink(name, `usr/${name}`);
  }
  tree.directory("root", { permissions: 0o700 });
  tree.directory("home/user", { permissions: 0o755, uid: userId, gid: userId });
  for (const path of ["tmp", "var/tmp", "run/lock"]) {
    tree.directory(path, { permissions: 0o1777 });
  }
  tree.symbolicLink("var/run", "/run");
  tree.symbolicLink("var/lock", "/run/lock");
  // Below the mount of /dev. Linux, given the image as its initramfs, needs them.
  tree.characterDevice("dev/console", 5, 1, 0o600);
  tree.characterDevice("dev/null", 1, 3, 0o666);
}

/**
 * The shell of the accounts: bash if there is one; busybox's where another shell, which does not
 * edit lines, is /bin/sh.
 */
function accountShell(tree: RootTree): string {
  if (tree.has("usr/bin/bash")) return "/bin/bash";
  const isBusybox = tree.target("usr/bin/sh") === busyboxPath;
  return !isBusybox && tree.target("usr/bin/ash") === busyboxPath ? "/bin/ash" : "/bin/sh";
}

/** Programs of packages that busybox's shell would pass over for its own, as aliases. */
function aliasesOf(tree: RootTree, applets: readonly string[]): string[] {
  return applets.flatMap((name) => {
    const folder = ["usr/bin", "usr/sbin"].find((one) => tree.has(`${one}/${name}`));
    const isOwn = privilegedApplets.includes(name) || name === "busybox";
    if (folder === undefined || isOwn || !/^\w[\w.-]*$/.test(name)) return [];
    return tree.target(`${folder}/${name}`) === busyboxPath ? [] : [`${name}=/${folder}/${name}`];
  });
}

/** Adds the files of /etc that no package brought. */
export function addConfiguration(
  tree: RootTree,
  release: Release,
  applets: readonly string[],
): void {
  const shell = accountShell(tree);
  const shells = new Set(["/bin/sh", "/bin/ash", shell]);
  const files: readonly (readonly [string, string])[] = [
    ["etc/passwd", passwdOf(shell)],
    ["etc/group", group],
    ["etc/profile", profile],
    ["etc/shrc", shellStartOf(aliasesOf(tree, applets))],
    ["etc/inittab", inittab],
    ["etc/hostname", "sixfold\n"],
    ["etc/hosts", hosts],
    ["etc/motd", motd],
    ["etc/issue", "Sixfold \\l\n"],
    ["etc/shells", `${[...shells].join("\n")}\n`],
    ["etc/debian_version", `${release.version}\n`],
    ["usr/lib/os-release", osRelease(release)],
  ];
  for (const [path, contents] of files) {
    if (!tree.has(path)) {
      tree.file(path, contents);
    }
  }
  if (!tree.has("etc/shadow")) {
    tree.file("etc/shadow", shadow, { permissions: 0o640, gid: 42 });
  }
  if (!tree.has("etc/os-release")) {
    tree.symbolicLink("etc/os-release", "../usr/lib/os-release");
  }
  if (!tree.has("etc/localtime")) {
    tree.symbolicLink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
  }
  if (!tree.has("etc/mtab")) {
    tree.symbolicLink("etc/mtab", "../proc/self/mounts");
  }
}

/** Applets whose place is /usr/sbin, as busybox's own installer has it (applets.src.h). */
const systemApplets: readonly string[] = Object.freeze(
  `acpid adjtimex arp arping blockdev brctl chroot crond depmod devmem fdisk findfs freeramdisk
  fsfreeze fstrim getty halt httpd hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer ifconfig
  ifdown ifup init insmod ip klogd loadfont loadkmap logread losetup lsmod mdev mkdosfs mke2fs
  mkswap modinfo modprobe nameif nbd-client nologin partprobe pivot_root poweroff rdate reboot
  rmmod route run-init start-stop-daemon sulogin swapoff swapon switch_root sysctl syslogd tc
  telnetd tunctl ubirename udhcpc udhcpd uevent vconfig watchdog`.split(/\s+/),
);

/**
 * Applets that root's rights are needed for: names of one set-user-ID copy of busybox, which gives
 * the rights up when it is any other applet (its FEATURE_SUID; BB_SUID_REQUIRE in applets.src.h).
 */
const privilegedApplets: readonly string[] = Object.freeze(["su", "login", "passwd"]);

/** Adds su and its kin, as far as busybox has them and no package brought them. */
export function addPrivilegedApplets(
  tree: RootTree,
  busybox: Uint8Array,
  applets: readonly string[],
): void {
  let first: string | undefined;
  for (const name of privilegedApplets) {
    const path = `usr/bin/${name}`;
    if (!applets.includes(name) || tree.has(path) || tree.has(`usr/sbin/${name}`)) continue;
    if (first !== undefined) tree.hardLink(path, first);
    else tree.file(path, busybox, { permissions: 0o4755 });
    first ??= path;
  }
}

/** Links every applet to busybox where no package brought a program of that name. */
export function addAppletLinks(tree: RootTree, applets: readonly string[]): void {
  for (const name of applets) {
    // linuxrc is init under the name that an old initrd wants at its root.
    if (name === "linuxrc") {
      continue;
    }
    const isSystem = systemApplets.includes(name);
    const elsewhere = tree.has(`usr/${isSystem ? "bin" : "sbin"}/${name}`);
    const path = `usr/${isSystem ? "sbin" : "bin"}/${name}`;
    if (!elsewhere && !tree.has(path)) {
      tree.symbolicLink(path, busyboxPath);
    }
  }
}
