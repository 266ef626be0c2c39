#= background
sleep 0.2 & p=$!; wait $p; echo "ended $?"
(exit 3) & wait $!; echo $?
(sleep 0.1; exit 4) & a=$!; (sleep 0.3; exit 5) & b=$!; wait $b; echo $?; wait $a; echo $?
sleep 100 & kill $!; wait $! 2>/dev/null; echo $?
sleep 100 & kill -9 $!; wait $! 2>/dev/null; echo $?
wait 99999 2>/dev/null; echo $?
(sleep 0.1; echo late) & echo early; wait; echo after
{ sleep 0.1; echo b; } & { echo a; } & wait
kill -0 $$; echo $?; kill -0 99999 2>/dev/null; echo $?
cat < /dev/stdin & wait; echo "stdin of a job without job control is empty: $?"

#= signals
sh -c 'trap "echo one" USR1; trap "echo two" USR2; kill -USR1 $$; kill -USR2 $$; echo end'
sh -c 'trap "echo hup; exit 3" HUP; while :; do sleep 0.1; done' & sleep 0.3; kill -HUP $!; wait $!; echo $?
sh -c 'trap "" TERM; sleep 0.5; echo survived' & sleep 0.2; kill $!; wait $!; echo $?
trap 'echo alarm' ALRM; sleep 1 & kill -ALRM $$; wait; echo "wait ended"
trap 'echo child' CHLD; /mnt/bin/true; sleep 0.1 & wait; trap - CHLD
kill -l 9 15 10; kill -l | head -n 1 | wc -l
sh -c 'kill -PIPE $$'; echo $?
yes 2>/dev/null | sed -n '2{p;q;}'; echo $?
sh -c 'sleep 5 & trap "kill $!; echo cleaned; exit 1" TERM; wait' & sleep 0.3; kill $!; wait $!; echo $?
kill -QUIT $(sh -c 'echo $$') 2>/dev/null; echo $?
kill -s USR9 $$ 2>/dev/null; echo $?

#= wait-interrupted
trap 'echo handler' USR1
(sleep 0.2; kill -USR1 $$; sleep 0.3) & p=$!
wait $p; s=$?; [ $s -gt 128 ] && echo "interrupted $s"
wait $p; echo "then $?"
(sleep 0.2; kill -USR1 $$) & read -r x < /dev/null; wait; wait; echo end

#= groups
setsid sh -c 'sleep 30 & sleep 30 & (sleep 0.2; kill -TERM 0) & wait'; sleep 0.4; echo $?
setsid sh -c 'trap "echo group" USR1; sleep 0.1; kill -USR1 0; echo after'; sleep 0.3
sh -c 'setsid sleep 0.1; echo $?'; sh -c 'sleep 0.1 & exec sleep 0.2'; echo $?
(set -m; echo "no terminal: $?") 2>/dev/null

#= timeout
timeout 1 sleep 0.1; echo $?
timeout 0.3 sleep 10; echo $?
timeout -s KILL 0.3 sleep 10; echo $?
timeout 5 sh -c 'exit 9'; echo $?
timeout 1 not-there 2>/dev/null; echo $?
timeout 0.5 sh -c 'trap "echo term; exit 3" TERM; while :; do sleep 0.1; done'; echo $?
timeout -k 0.2 0.2 sh -c 'trap "" TERM; while :; do sleep 0.1; done'; echo $?

#= sleep
sleep 0; echo $?; sleep 0.05; usleep 1000; echo $?; sleep x 2>/dev/null; echo $?
(sleep 0.1; echo first) & (sleep 0.5; echo third) & (sleep 0.3; echo second) & wait

#= tail-follow
echo start > log
timeout 3 tail -f log & sleep 0.5; echo more >> log; sleep 0.5; echo again >> log; wait $!; echo $?
timeout 2 tail -n 0 -f log > copy & sleep 0.5; echo appended >> log; wait; cat copy

#= nohup-nice
nohup sh -c 'echo ran' 2>/dev/null; echo $?
nohup sh -c 'kill -HUP $$; echo survived' 2>/dev/null; sh -c 'kill -HUP $$; echo never'; echo $?
nice -n 5 nice; nice -n 5 sh -c 'nice -n 3 nice'; nice; nice -n 1 sh -c 'exit 8'; echo $?
renice -n 4 -p $$ 2>/dev/null; nice
setsid sh -c 'echo in a session'; chroot / /mnt/bin/sh -c 'echo root'

#= ps-kill
# By hand: under qemu-user the process is qemu, with its name and arguments.
sleep 50 & p=$!
ps -o pid,comm | awk -v p=$p '$1 == p { print $2 }'
ps -o pid,ppid,args | awk -v p=$p -v s=$$ '$1 == p && $2 == s { print "child", $3, $4 }'
grep -E '^(Name|State|Tgid|PPid)' /proc/$p/status | sed "s/$p/P/; s/$$/S/" | tr '\t' ' '
tr '\0' ' ' < /proc/$p/cmdline; echo
kill $p; wait $p 2>/dev/null; echo $?
[ -d /proc/$p ] || echo gone
cat /proc/self/comm; ls /proc/self/fd | head -n 3; readlink /proc/self/cwd
[ "$(readlink /proc/$$/cwd)" = "$PWD" ] && echo cwd; cut -d' ' -f2 /proc/$$/stat

#= pidof
# By hand: under qemu-user no process has the name sleep.
sleep 51 & p=$!
[ "$(pidof sleep)" = $p ] && echo found; pidof nothing-such; echo $?
killall sleep; wait $p 2>/dev/null; echo $?; killall nothing-such 2>/dev/null; echo $?
start-stop-daemon -S -b -m -p pidfile -x /mnt/bin/sleep -- 52; sleep 0.3
kill -0 $(cat pidfile) && echo runs; start-stop-daemon -K -p pidfile > /dev/null; sleep 3 # init looks for zombies each second
kill -0 $(cat pidfile) 2>/dev/null || echo stopped

#= time-applet
time true 2> out; cut -f1 out | tr '\n' ' '; echo
/mnt/bin/time -f '%C %x' sh -c 'exit 3' 2>&1; echo $?
/mnt/bin/time -p true 2>&1 | cut -d' ' -f1

#= mkfifo
mkfifo p; ls -l p | cut -c1; (echo through > p) & cat p; wait
(while read -r line; do echo "got $line"; done < p) & printf 'a\nb\n' > p; wait
mkfifo q; (cat p > q) & (seq 2000 > p) & wc -l < q; wait
mkfifo p 2>/dev/null; echo $?
exec 3<> q; echo kept >&3; read -r x <&3; echo $x; exec 3>&-
(exec 4> p; sleep 0.2; echo slow >&4) & cat p

#= su-id
id; id -u; id -g; whoami; id -un; groups
touch f; chown 1000:1000 f; stat -c '%u:%g' f
setpriv --reuid=1000 --regid=1000 --clear-groups id -u
chmod 700 .; chmod 600 f; chown 0:0 f; mkdir -m 777 open; chmod 711 .
setpriv --reuid=1000 --regid=1000 --clear-groups sh -c 'cat f' 2>/dev/null; echo $?
setpriv --reuid=1000 --regid=1000 --clear-groups sh -c 'echo mine > open/x; stat -c %u:%g open/x'
setpriv --reuid=1000 --regid=1000 --clear-groups kill -0 $$ 2>/dev/null; echo $?

#= descriptors
exec 3> a; sh -c 'echo inherited >&3'; exec 3>&-; cat a; sh -c 'echo gone >&3' 2>/dev/null; echo $?
(exec > b; echo 1; sh -c 'echo 2'; echo 3); cat b
exec 6>> b 7>&6; echo 4 >&6; echo 5 >&7; exec 6>&- 7>&-; cat b | tail -n 2
{ echo a >&3; } 3>&1 | cat; { { echo err >&2; echo out; } 2>&1 1>&3 | sed s/^/E:/; } 3>&1 | sort
echo hidden > f; exec 8< f; rm f; cat <&8; exec 8<&-; ls f 2>/dev/null || echo unlinked
sh -c 'head -n 1; cat' <<END
one
two
END

#= pipe-order
(for i in 1 2 3; do echo $i; sleep 0.1; done) | while read -r x; do echo "r$x"; done
(echo a; sleep 0.2; echo c) & (sleep 0.1; echo b); wait
seq 1000 | tee >/dev/null copy; tail -n 1 copy
yes abc | head -c 300000 | tee x | md5sum; md5sum < x; wc -c < x
dd if=/dev/zero bs=1k count=500 2>/dev/null | dd bs=333 2>/dev/null | wc -c
sh -c 'trap "echo pipe >&2; exit 5" PIPE; while echo line; do :; done' 2>/dev/null | head -n 1

#= exec
(exec echo replaced; echo never); (exec not-there 2>/dev/null); echo $?
cat > s <<'END'
#!/mnt/bin/sh -f
echo "$0 $# $1" *
END
chmod +x s; ./s 'a b' c
cat > t <<'END'
#!/mnt/bin/awk -f
BEGIN { print "awk script", ARGC }
END
chmod +x t; ./t x y
printf '#!./s\nnothing\n' > nested; chmod +x nested; ./nested z
printf 'echo no interpreter $1\n' > bare; chmod +x bare; ./bare arg
printf '#!/not/there\n' > bad; chmod +x bad; ./bad 2>/dev/null; echo $?
cp /mnt/bin/busybox ./bb; ./bb echo copied; ln -s bb rev; echo abc | ./rev
env | grep -c '^PATH='; exec sh -c 'echo last; exit 11'
