/** Nothing of the host is visible in a guest unless it was given. */
import assert from "node:assert/strict";
import { hostname, userInfo } from "node:os";
import { describe, test } from "node:test";
import { noImage, withSystem } from "./boot-image.js";

/** Looks everywhere where something of the host could show. */
const LOOK = `
env; echo "== uname"; uname -a; hostname; cat /etc/hostname /proc/sys/kernel/hostname
echo "== time"; date +%Z; echo "TZ=$TZ"; cat /etc/timezone 2>/dev/null
ls -l /etc/localtime 2>/dev/null
echo "== who"; id; whoami; cat /etc/passwd
echo "== machine"; nproc; cat /proc/cpuinfo /proc/meminfo /proc/mounts /proc/cmdline /proc/version
echo "== files"; ls -a / /root /home /mnt /tmp; pwd
echo "== processes"; ps -o pid,ppid,user,args
for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/environ; done
echo "== network"; ls /sys/class/net 2>/dev/null; cat /proc/net/dev /etc/resolv.conf 2>/dev/null
`;

describe("the host", { skip: noImage }, () => {
  test("environment, names, time zone, user, processors, files: not visible", async () => {
    process.env.SIXFOLD_SECRET_OF_THE_HOST = "do-not-tell";
    process.env.TZ = "Pacific/Chatham";
    await withSystem(async (system) => {
      const result = await system.run(["sh", "-c", LOOK]);
      const shown = result.text() + result.text("stderr");
      const secrets = [
        ["variable", "do-not-tell"],
        ["cwd", process.cwd()],
        ["folder", import.meta.dirname],
        ["node", process.execPath],
        ["version", process.version],
        ["zone", "Chatham"],
      ];
      if (hostname() !== "sixfold" && hostname().length > 2) secrets.push(["host", hostname()]);
      const { username } = userInfo();
      if (username !== "root" && username.length > 2) secrets.push(["user", username]);
      for (const [name, value = ""] of secrets) {
        assert.ok(!shown.includes(value), `${name} of the host is shown`);
      }
      const variables = shown.slice(0, shown.indexOf("== uname")).trim().split("\n");
      const names = variables.map((line) => line.split("=")[0]).sort();
      const own = ["HOME", "LOGNAME", "PATH", "PWD", "SHELL", "SHLVL", "USER"];
      assert.deepEqual(
        names.filter((name) => !own.includes(name ?? "")),
        [],
      );
      assert.match(shown, /== time\nUTC\nTZ=\n/);
      assert.match(shown, /== machine\n1\n/, "one processor, whatever the host has");
      assert.match(shown, /== who\nuid=0\(root\)/);
    });
  });

  test("what is given is visible: name, variables, folder, user, time", () =>
    withSystem(
      async (system) => {
        const script = "hostname; echo $GIVEN; pwd; id -u; id -g; date -u +%Y-%m-%d; date +%Z";
        const result = await system.run(["sh", "-c", script], {
          env: { GIVEN: "ja", TZ: "CET-1" },
          workdir: "/tmp",
          user: "1000:1001",
        });
        const lines = ["given", "ja", "/tmp", "1000", "1001", "2001-09-09", "CET", ""];
        assert.equal(result.text(), lines.join("\n"));
      },
      { hostName: "given", epochMs: 1e12 },
    ));
});
