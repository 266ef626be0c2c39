/** What the default image's accounts may do: shadow, su by password, no rights but by it; zones. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { missingImage, sixfold, structures } from "./command.js";

const skip = await missingImage();

for (const structure of structures) {
  describe(`accounts, ${structure}`, { skip }, () => {
    const asUser = (script: string, input = "") => {
      const options = [`--structure=${structure}`, "--user=user", "--clock=virtual"];
      return sixfold(["run", ...options, "--", "sh", "-c", script], { input });
    };

    test("the passwords' file is root's and its group's", async () => {
      const ended = await asUser("stat -c '%a %U:%G' /etc/shadow; cat /etc/shadow");
      assert.equal(ended.stdout.toString(), "640 root:shadow\n");
      assert.match(ended.stderr, /Permission denied/);
    });

    test("su with root's password, and not with another", async () => {
      const right = await asUser("/bin/su -c 'id -u; wc -l < /etc/shadow'", "root\n");
      assert.match(right.stdout.toString(), /0\n6\n$/);
      const wrong = await asUser("/bin/su -c id", "user\n");
      assert.equal(wrong.code, 1);
      assert.match(wrong.stderr, /su: incorrect password\n/);
    });

    test("the set-user-ID copy gives the rights up as any other applet", async () => {
      const script = "for name in id cat sh; do ln -s /bin/su /tmp/$name; done; exec 2>&1";
      const ended = await asUser(
        `${script}; /tmp/id -u; /tmp/cat /etc/shadow; /tmp/sh -c 'id -u'; exec -a id /bin/su -u`,
      );
      const [id, refused, ofShell, ofName] = ended.stdout.toString().split("\n");
      assert.deepEqual([id, ofShell, ofName], ["1000", "1000", "1000"]);
      assert.match(refused ?? "", /Permission denied/);
    });

    test("time zones are the image's", async () => {
      const script = [
        "TZ=Europe/Berlin date -d @1800000000 +'%F %T %Z'",
        "TZ=Asia/Tokyo date -d @1800000000 +'%F %T %Z'",
        "date -d @1800000000 +'%F %T %Z'",
      ].join("; ");
      assert.deepEqual((await asUser(script)).stdout.toString().split("\n"), [
        "2027-01-15 09:00:00 CET",
        "2027-01-15 17:00:00 JST",
        "2027-01-15 08:00:00 UTC",
        "",
      ]);
    });
  });
}
