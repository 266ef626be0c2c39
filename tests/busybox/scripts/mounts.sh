#= mount-tmpfs
# By hand: the oracle's user may mount nothing there. A tmpfs over a full folder, and what was below.
cd /tmp
mkdir full && echo below > full/file
mount -t tmpfs -o size=64k,mode=755 scratch full
ls full
mount | grep full
df -k full | tail -1
dd if=/dev/zero of=full/zeros bs=1k count=100 2>/dev/null; echo "dd $?"
ls -l full/zeros | tr -s ' ' | cut -d ' ' -f 5
df -k full | tail -1
mount -o remount,size=128k full && dd if=/dev/zero of=full/zeros bs=1k count=100 2>/dev/null
echo "dd $?"
(cd full; umount /tmp/full); echo "busy $?"
mount -o remount,size=16m full && cp /mnt/bin/busybox full/sleep
full/sleep 100 &
sleep 0.1
umount full; echo "busy with a program $?"
kill $!; wait
umount full; echo "umount $?"
cat full/file
umount full; echo "again $?"
#= mount-kinds
# By hand, as before. Other kinds of mounts, and a mount point that nobody may take away.
cd /tmp
mkdir a b c
echo one > a/one
mount -o bind a b && ls b
mount -o remount,bind,ro b; touch b/two; echo "touch $?"
touch a/two; ls b | xargs
rmdir b; echo "rmdir $?"
mv b d; echo "mv $?"
umount b
mount -t proc none b && cat b/self/comm
umount b
mount -t devtmpfs none b && echo gone > b/null && ls -l b/zero | cut -c 1-10
umount b
mount -t tmpfs 'white space' c && mkdir 'c/a b' && mount -o bind a 'c/a b'
tail -n 2 /proc/mounts
mount -t tmpfs -o ro,nosuid,nodev,noexec none b && tail -n 1 /proc/mounts
umount -l c
ls c | wc -l
mount -t ext4 none c; echo "unknown $?"
mount --move b c && touch c/x; echo "touch $?"
umount c; echo "umount $?"
grep -c /tmp/ /proc/mounts
