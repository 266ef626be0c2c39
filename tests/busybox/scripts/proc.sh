#= ps-columns
# By hand: under qemu-user the process is qemu, with its name, memory and arguments.
cp /mnt/bin/busybox sleep; ./sleep 60 & p=$!
ps -o user,ruser,group,rgroup,comm,args,pid,ppid,pgid,sid,tty,vsz,stat,rss,nice | head -n 1
row() { ps -o pid,$1 | awk -v p=$p '$1 == p { $1 = ""; print substr($0, 2) }'; }
for c in user ruser group rgroup comm args tty stat nice; do echo "$c: $(row $c)"; done
[ $(row ppid) = $$ ] && echo child; [ $(row pgid) = $(cut -d' ' -f5 /proc/$$/stat) ] && echo group
[ $(row sid) = $(cut -d' ' -f6 /proc/$$/stat) ] && echo session
expr $(row vsz) : '[0-9][0-9]*[mk]*$' > /dev/null && expr $(row rss) : '[0-9][0-9]*$' > /dev/null && echo memory
kill -STOP $p; sleep 0.1; row stat; kill -CONT $p; sleep 0.1; row stat
renice -n 7 -p $p > /dev/null 2>&1; row stat; row nice
kill $p; wait $p 2> /dev/null; row pid; ps | grep -c '[.]/sleep'

#= top
# By hand: figures of the host's processes.
cp /mnt/bin/busybox sleep; ./sleep 60 & p=$!
top -b -n 1 > out; sed -n '1,4p' out | sed 's/[0-9][0-9.]*/N/g; s/  */ /g; s/ *$//'
awk -v p=$p '$1 == p { print "found", $NF, $4 }' out
kill $p; wait $p 2> /dev/null

#= free
# By hand: figures of the host.
free | awk 'NR == 1 { $1 = $1; print } NR == 2 { print $1, ($2 > 0), ($3 > 0), ($2 >= $3 + $4) } /Swap/ { $1 = $1; print }'
t=$(awk '/MemTotal/ { print $2 }' /proc/meminfo); [ "$(free -k | awk 'NR == 2 { print $2 }')" = "$t" ] && echo same
free -m | awk 'NR == 2 { print ($2 > 100 && $2 < 100000) }'
uptime | sed 's/[0-9][0-9]*/N/g; s/^ *//; s/ N day[s]*,//; s/ N:N,/ T,/; s/ N min,/ T,/'
awk '{ print ($1 >= 0), NF }' /proc/uptime; awk '{ print NF, ($1 >= 0), ($5 > 0) }' /proc/loadavg
grep -c '^cpu' /proc/stat; grep -E -c '^(ctxt|btime|processes|procs_running|procs_blocked) [0-9]+$' /proc/stat
nproc; grep -E '^(processor|hart|isa|mmu)' /proc/cpuinfo | tr -s '\t' ' '; arch; hostname

#= proc-files
# By hand: under qemu-user files and memory are those of qemu.
mkdir d; echo x > file; exec 7< file 8> gone; rm gone; cp /mnt/bin/busybox sleep
(cd d; exec ../sleep 60) & p=$!; sleep 0.3
for fd in 7 8; do readlink /proc/$p/fd/$fd; done; for link in cwd root exe; do readlink /proc/$p/$link; done
ls -l /proc/$p/fd | awk 'NR > 1 { print $1, $9 }' | sort -k2n
grep -c . /proc/$p/maps; grep -E -c '^[0-9a-f]{8,10}-[0-9a-f]{8,10} [r-][w-][x-][ps] [0-9a-f]{8} [0-9a-f]{2}:[0-9a-f]{2} [0-9]+ ' /proc/$p/maps
awk '{ print $2, $6 }' /proc/$p/maps; rm sleep; grep -c 'w/sleep (deleted)' /proc/$p/maps; readlink /proc/$p/exe
awk '/^(Rss|Size):/ { s[$1] += $2 } END { print (s["Size:"] >= s["Rss:"]), (s["Rss:"] > 0) }' /proc/$p/smaps
awk '{ print ($1 >= $2), ($2 > 0), ($2 >= $3), NF }' /proc/$p/statm; awk '{ print NF }' /proc/$p/stat
cat /proc/$p/fd/7; echo pipe | cat /proc/self/fd/0; ln -s /proc/$p/exe busybox; ./busybox echo run from what is gone
kill $p; wait $p 2> /dev/null; cat /proc/$p/stat 2> /dev/null; echo $?

#= proc-mounts
# By hand: the mounts of the host are others.
mount | sort; df -k / | awk 'NR == 1 { $1 = $1; print } NR == 2 { print $1, $6, ($2 == $3 + $4) }'
df -P /proc /dev | awk '{ print $1, $NF }'; cat /proc/filesystems
[ "$(cat /proc/self/mounts)" = "$(cat /proc/mounts)" ] && echo same; stat -f -c %T /proc
awk '{ print $4, $5, $(NF - 2) }' /proc/self/mountinfo; cat /proc/partitions /proc/swaps /proc/devices

#= proc-sys
# By hand: the names are Sixfold's.
sysctl kernel.hostname kernel.ostype kernel.pid_max fs.nr_open vm.overcommit_memory; sysctl -n kernel.osrelease
sysctl -w kernel.hostname=renamed; hostname; uname -n; hostname sixfold; cat /proc/sys/kernel/hostname
sysctl -w kernel.ostype=x 2> /dev/null; echo $?; sysctl not.there 2> /dev/null; echo $?
sysctl -w fs.pipe-max-size=5000; cat /proc/sys/fs/pipe-max-size; sysctl -w fs.pipe-max-size=1048576 fs.nr_open=3000
(ulimit -n 4000) 2> /dev/null; echo $?; (ulimit -n 2000; ulimit -n); sysctl -w fs.nr_open=10 2> /dev/null; echo $?
sysctl -w fs.nr_open=1048576 vm.max_map_count=x 2> /dev/null; echo $?
su user -c 'hostname mine' 2> /dev/null; echo $?; su user -c 'cat /proc/1/environ' 2> /dev/null; echo $?
su user -c 'ls /proc/1/fd; readlink /proc/1/exe; cat /proc/1/maps' 2> /dev/null; echo $?
su user -c 'ps -o user,group,comm' | awk '$1 == "user"'; su user -c 'tr "\0" " " < /proc/1/cmdline'; echo
sh -c 'echo my name > /proc/$$/comm; read -r x < /proc/$$/comm; echo "$x"'; killall -0 init; echo $?
