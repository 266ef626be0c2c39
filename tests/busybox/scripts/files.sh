#= ls
mkdir d; echo 123 > f; ln -s f l; mkfifo p; chmod 640 f; chmod 1755 d; touch -d '2020-01-02 03:04:05' f p d; touch -h -d '2020-01-02 03:04:05' l
TZ=UTC ls -l --full-time f p | tr -s ' '; ls -F; ls -1a; ls -d d; ls -ld d | cut -c1-10; ls -n f | tr -s ' ' | cut -d' ' -f1-5; ls -r; ls -S f d/.. | head -n 1; ls l/ 2>/dev/null; echo $?; ls -R . ; ls -1p; ls -L l; ls missing 2>/dev/null; echo $?; ls -s f | cut -d' ' -f2

#= find
mkdir -p a/b/c a/d; touch a/x.c a/b/y.c a/b/c/z.h; ln -s ../x.c a/d/l; echo data > a/d/big
find a | sort; find a -name '*.c' | sort; find a -type d | sort; find a -type l; find a -maxdepth 1 | sort; find a -mindepth 2 -type f | sort; find a -empty | sort; find a -size +0c -type f; find a -name b -prune -o -type f -print | sort
find a -name '*.h' -exec echo found {} \;; find a -type f -exec echo {} + | tr ' ' '\n' | sort; find a -newer a/x.c -type f | wc -l > /dev/null; find a ! -name '*.c' -type f | sort; find a -perm 644 -type f | wc -l; find a -depth -name 'c' ; find a -name '*.c' -print0 | tr '\0' '\n' | sort; find a -type f -delete; find a -type f | wc -l; find missing 2>/dev/null; echo $?; find a -links 2 -type d | sort; find a -regex '.*/b'

#= cp
mkdir -p s/t; echo 1 > s/a; echo 2 > s/t/b; ln -s a s/l; chmod 751 s/t; chmod 711 s/a
cp -r s r; find r | sort; cat r/l; cp -a s p; stat -c '%a %F' p/a p/t p/l r/t; cp s/a copy; cat copy; stat -c %a copy; cp s/t x 2>/dev/null; echo $?; cp s/a s/t/b r; ls r; cp -s s/a sym 2>/dev/null; readlink sym; cp -l s/a hard; stat -c %h hard; cp missing y 2>/dev/null; echo $?; echo new > s/a; touch -d @99 copy; cp -u s/a copy; cat copy; touch -d @98 s/a; echo kept > copy; cp -u s/a copy; cat copy; cp -f s/a r/a; cp s/a s/a 2>/dev/null; echo $?; cp -L s/l deref; stat -c %F deref; cp -P s/l keep; readlink keep; cp /dev/null nul; stat -c %s nul; touch -d @1000000 old; cp -p old older; stat -c %Y older

#= mv
echo a > f; mv f g; cat g; mkdir d; mv g d; ls d; mv d e; ls e; mv e/g h; echo b > i; mv -f i h; cat h; mv missing x 2>/dev/null; echo $?; mkdir m n; mv m n; ls n; mv n n/m 2>/dev/null; echo $?; touch k; mv -n k h; ls; mkdir full; touch full/x; mkdir o; mv o full; ls full; touch file; mv full file 2>/dev/null; echo $?; mv -T n empty-target; ls -d empty-target; ln -s h link; mv link link2; readlink link2; mkfifo pipe; mv pipe other; ls; cat h

#= rm
mkdir -p a/b/c; touch a/x a/b/y; rm a 2>/dev/null; echo $?; rmdir a 2>/dev/null; echo $?; rm -r a; ls a 2>/dev/null; echo $?; rm missing 2>/dev/null; echo $?; rm -f missing; echo $?; mkdir -p p/q/r; rmdir -p p/q/r; ls; touch -- -dash; rm -- -dash; ls -A | wc -l; mkdir d; ln -s d l; rm l; ls -d d; touch ro; chmod 0 ro; rm -f ro; unlink missing 2>/dev/null; echo $?; for i in $(seq 300); do : > d/$i; done; ls d | wc -l; rm -rf d; ls -A | wc -l; rm -rf . 2>/dev/null; echo $?; mkdir w; cd w; rmdir ../w; pwd > /dev/null; ls; touch x 2>/dev/null; echo $?

#= links
echo t > a; ln a b; stat -c '%h %s' a; echo more >> b; cat a; rm a; cat b; stat -c %h b; ln -s b s; cat s; readlink s; ln -s nowhere dang; cat dang 2>/dev/null; echo $?; ls -L dang 2>/dev/null; echo $?; test -h dang; echo $?; test -e dang; echo $?; ln -s loop loop; cat loop 2>/dev/null; echo $?; ln b b 2>/dev/null; echo $?; ln -sf other s; readlink s; mkdir d; ln -s ../b d/up; cat d/up; readlink -f d/up | sed "s#$PWD#.#"; realpath d/../d/up | sed "s#$PWD#.#"; readlink b; echo $?; readlink -f missing/x; echo $?; ln -sn d dl; cd dl; pwd | sed 's#.*/##'; pwd -P | sed 's#.*/##'; cd ..; ln d hd 2>/dev/null; echo $?; echo through > dang; cat nowhere; ln -sfn . dl; readlink dl; ln -s "$(printf 'x%.0s' $(seq 300))" long; readlink long | wc -c

#= chmod-stat
touch f; chmod 644 f; stat -c '%a %A %F %s %h %n' f; chmod u+x,g-r,o=w f; stat -c %A f; chmod a=r f; chmod +t,u+s f; stat -c '%a %A' f; mkdir d; chmod g+s d; stat -c '%A' d; mkdir -m 700 e; stat -c %a e; umask 077; touch g; mkdir h; stat -c %a g h; ln -s f l; stat -c '%F' l; stat -L -c %F l; chmod 755 l; stat -c %a f; stat missing 2>/dev/null; echo $?; mkfifo p; stat -c '%F %s' p; stat -c '%F %t %T' /dev/null; touch -d '2021-03-04 05:06:07' f; TZ=UTC stat -c '%y %Y' f; chmod -R 750 d; stat -c %a d; chmod 999 f 2>/dev/null; echo $?; umask -S; umask 022; : > r; stat -c %a r; truncate -s 12345 r; stat -c '%s' r; stat -c '%u %g %U %G' f

#= touch
touch a; test -f a; echo $?; touch -c none; test -e none; echo $?; touch -d '2001-02-03 04:05:06' a; TZ=UTC date -r a '+%F %T'; touch -r a b; [ a -nt b ] || [ a -ot b ] || echo same; touch -t 200203040506 c; [ c -nt a ] && echo newer; touch -d @1 old; stat -c '%X %Y' old; touch -a -d @5 old; stat -c '%X %Y' old; touch -m -d @9 old; stat -c '%X %Y' old; touch no/such 2>/dev/null; echo $?; touch . ; echo $?; touch 'new
line'; ls | wc -l; cat a > /dev/null; stat -c %Y a; echo x >> a; [ a -nt b ] && echo modified; chmod 600 b; stat -c %Y b; touch -d @2147483648 y38; stat -c %Y y38; touch -d @-1 before 2>/dev/null; [ -e before ] && stat -c %Y before

#= test
touch f; mkdir d; ln -s f l; echo x > s; chmod 644 f; mkfifo p
for t in '-e f' '-f f' '-d f' '-d d' '-h l' '-L f' '-s f' '-s s' '-p p' '-x f' '-x d' '-r f' '-c /dev/null' '-b f' '-S f' '-u f' '-O f' '-G f' '-t 0' '-z x' '-n x' 'a = a' 'a != a' '1 -lt 2' '2 -ge 3' 'f -ef l' 'f -ef s' '! -e f' '-e no' 'a < b' '-k f'; do [ $t ]; echo "$t $?"; done 2>/dev/null
[ ]; echo $?; [ '' ]; echo $?; test 1 -eq 1 -a 2 -eq 2; echo $?; [ a = b -o c = c ]; echo $?; [[ abc == a* ]]; echo $?; [ \( 1 = 1 \) ]; echo $?; [ 1 2>/dev/null; echo $?

#= dd
seq 1000 > f; dd if=f bs=10 count=2 2>/dev/null; echo; dd if=f bs=1 skip=5 count=4 2>/dev/null | od -c; dd if=/dev/zero of=z bs=1k count=3 2>&1 | head -n 2; stat -c %s z; printf XY | dd of=z bs=1 seek=5 conv=notrunc 2>/dev/null; od -An -c z | head -n 1; stat -c %s z; dd if=f of=g bs=100 2>/dev/null; cmp f g; echo $?; printf abc | dd of=sparse bs=1 seek=100000 2>/dev/null; stat -c %s sparse; md5sum < sparse; echo hello | dd conv=ucase 2>/dev/null; printf ab | dd conv=swab 2>/dev/null; echo; dd if=missing 2>/dev/null; echo $?; dd if=f bs=512 count=1 2>&1 >/dev/null | head -n 2; dd if=/dev/null 2>&1 | head -n 2; dd if=f ibs=7 obs=13 2>/dev/null | md5sum; md5sum < f; truncate -s 5 f; cat f | wc -c; truncate -s +3 f; od -An -c f; dd if=f of=/dev/full 2>/dev/null; echo $?; echo x > /dev/full 2>/dev/null; echo $?

#= tar
mkdir -p t/sub; echo one > t/a; seq 2000 > t/sub/b; ln -s a t/l; ln t/a t/hard; chmod 640 t/a; touch -d @1600000000 t/a t/sub/b t
tar cf x.tar t; tar tf x.tar | sort; mkdir o; tar xf x.tar -C o; find o | sort; cmp t/sub/b o/t/sub/b; echo $?; stat -c '%a %h %Y' o/t/a; readlink o/t/l; TZ=UTC tar tvf x.tar t/sub/b; tar czf x.tgz t; tar tzf x.tgz | wc -l; tar xzOf x.tgz t/sub/b | md5sum; tar cf - t | tar xf - -C o; echo $?; tar cjf x.tbz t 2>/dev/null; tar tf x.tbz 2>/dev/null | wc -l; tar xf x.tar -C o t/a; tar cf e.tar --exclude 'sub' t; tar tf e.tar | sort; tar xf missing 2>/dev/null; echo $?; echo garbage > bad.tar; tar tf bad.tar 2>/dev/null; echo $?; tar cf n.tar missing 2>/dev/null; echo $?

#= gzip
seq 3000 > f; gzip -c f > f.gz; gunzip -c f.gz | cmp - f; echo $?; zcat f.gz | md5sum; md5sum < f; gzip -9 < f | gunzip | wc -c; cp f g; gzip g; ls g*; gunzip g.gz; ls g*; gzip -t f.gz; echo $?; echo bad > b.gz; gunzip -t b.gz 2>/dev/null; echo $?; head -c 1000 f.gz | gunzip 2>/dev/null | wc -c > /dev/null; bzip2 -k g; bunzip2 -c g.bz2 | cmp - f; echo $?; bzcat g.bz2 | wc -l; printf 'tiny' | gzip | zcat; echo; gzip -k g; ls g*; gzip g 2>/dev/null < /dev/null; echo $?; head -c 50000 /dev/zero | gzip | gunzip | md5sum

#= cpio
mkdir -p d/e; echo hello > d/f; ln -s f d/l; ln d/f d/h; chmod 751 d/e; mkfifo d/p; find d | sort | cpio -o -H newc > a.cpio 2>/dev/null; cpio -t < a.cpio 2>/dev/null; mkdir o; cd o; cpio -id < ../a.cpio 2>/dev/null; find . | sort; cat d/f; readlink d/l; stat -c '%a %F' d/e d/p; stat -c %h d/f; cd ..; find d | cpio -p -d q 2>/dev/null; ls q; cpio -i < /dev/null 2>/dev/null; echo $?; cpio -idu d/f < a.cpio 2>/dev/null; cat d/f; printf 'junk' | cpio -t 2>/dev/null; echo $?

#= mktemp
f=$(mktemp); test -f "$f"; echo $?; stat -c %a "$f"; rm "$f"; d=$(mktemp -d); stat -c '%a %F' "$d"; rmdir "$d"; mktemp ./nameXXXXXX | sed 's/name....../nameN/'; mktemp -u ./uXXXXXX | wc -c; ls u* 2>/dev/null | wc -l; a=$(mktemp ./aXXXXXX); b=$(mktemp ./aXXXXXX); [ "$a" != "$b" ] && echo differ; mktemp ./noX 2>/dev/null; echo $?; mktemp -p . tXXXXXX | cut -c1-3; mktemp no/such/XXXXXX 2>/dev/null; echo $?

#= du-df
mkdir d; dd if=/dev/zero of=d/f bs=4096 count=4 2>/dev/null; echo x > d/g; du -k d/f; du -s d; du -a d | sort -k2; truncate -s 1000000 d/sparse; du -k d/sparse; ls -l d/sparse | tr -s ' ' | cut -d' ' -f5; ln d/f d/h; du -k d | tail -n 1; df . | head -n 1 | tr -s ' '; df . | tail -n +2 | wc -l; df -P . | tail -n 1 | tr -s ' ' | cut -d' ' -f6 | cut -c1; mountpoint . 2>/dev/null; mountpoint -q /proc && echo mounted; du -sh d | cut -f2; sync; echo $?; sync d/f; fsync d/f 2>/dev/null; stat -f -c '%s %l' .

#= paths
mkdir -p a/b; touch a/b/f; realpath a/./b/../b/f | sed "s#$PWD#.#"; dirname a/b/f; basename a/b/f; basename f.txt .txt; dirname f; dirname /; basename /; basename a/b/; cd a/b; pwd | sed 's#.*/w/##'; cd ../..; cd - > /dev/null; pwd | sed 's#.*/w/##'; cd ../..; which sh | sed 's#.*/##'; which nothing; echo $?; which -a cat | wc -l; cd missing 2>/dev/null; echo $?; ls a//b///f; ls ./a/../a/b/.; touch f; cd f 2>/dev/null; echo $?; cat f/x 2>/dev/null; echo $?; ls -d /.. ; n=$(printf 'n%.0s' $(seq 255)); touch $n; echo $?; ls | tail -n 1 | wc -c; touch ${n}x 2>/dev/null; echo $?; mkdir -p $(printf 'd/%.0s' $(seq 60)); find d | tail -n 1 | wc -c; rm -r d; CDPATH=a; cd b > /dev/null; echo $?

#= devices
head -c 4 /dev/zero | od -An -c; cat /dev/null | wc -c; echo gone > /dev/null; head -c 16 /dev/urandom | wc -c; head -c 8 /dev/random | wc -c; echo out > /dev/stdout | cat; echo err 2>&1 > /dev/stderr | wc -l 2>/dev/null; cat /dev/stdin < /dev/null; echo fd | cat /dev/fd/0; [ -c /dev/tty ]; echo $?; (: < /dev/tty) 2>/dev/null; echo $?; tty; tty -s; echo $?; ls -l /dev/null /dev/zero | tr -s ' ' | cut -d' ' -f1,5,6; test -w /dev/null; echo $?; cp /dev/null x; stat -c %F x; dd if=/dev/zero bs=100 count=1 2>/dev/null | wc -c; stty 2>/dev/null; echo $?; ls /dev/fd/ | head -n 3

#= big-file
seq 20000 > f; wc f; tail -n 1 f; cp f g; cmp f g && echo equal; sort -rn f | head -n 1; cat f g | wc -c; dd if=f bs=1M 2>/dev/null | md5sum; awk 'NR % 5000 == 0' f; sed -n '12345p' f; grep -c 99 f; rm f; wc -c < g; : > g; wc -c < g

#= env
env -i A=1 B=2 env | sort; env -i sh -c 'echo "[$PATH]"' | wc -l; A=x env | grep '^A='; env -u A sh -c 'echo "${A-unset}"'; export L="multi
line"; sh -c 'echo "$L"'; unset L; env not-there 2>/dev/null; echo $?; sh -c 'echo $0 $1' zero one; A=$(printf 'x%.0s' $(seq 5000)) sh -c 'echo ${#A}'; echo $(seq 5000) | wc -c; sh -c 'echo $#' $(seq 4000); uname -s -m; uname -o; nproc > /dev/null; hostname > /dev/null; echo $HOME; logname 2>/dev/null; echo $?; getopt -o ab: -- -a -b c d; sh -c 'echo $(( $(date +%s) > 1600000000 ))'; for n in 131071 131072; do sh -c : "$(head -c $n /dev/zero | tr '\0' x)" 2>/dev/null; echo $?; done

#= tee
echo a | tee f g; cat f g; echo b | tee -a f; cat f; seq 3 | tee /dev/null | wc -l; echo x | tee no/such 2>/dev/null; echo $?; seq 5000 | tee a b c | md5sum; cmp a b && cmp b c && echo same; (echo 1; echo 2) | tee o | head -n 1; echo z | tee -i q > /dev/null; cat q; seq 100000 | tee o2 | head -n 1; yes | tee x1 2>/dev/null | head -n 1

#= misc
install -m 755 -d dir; stat -c %a dir; echo x > s; install -m 600 s dir/t; stat -c %a dir/t; shred -n 1 -u s; ls s 2>/dev/null; echo $?; flock -x lock echo locked 2>/dev/null; mknod pp p; stat -c %F pp; ls -i pp | wc -w; run-parts missing 2>/dev/null; echo $?; mkdir rp; printf '#!/mnt/bin/sh\necho part one\n' > rp/one; chmod +x rp/one; run-parts rp; ts < /dev/null; printf 'x\n' | ts '%Y' | wc -w; ipcalc -n 10.1.2.3 255.255.0.0; ar -t missing 2>/dev/null; echo $?; printf 'p w\n' | ed 2>/dev/null | head -n 1; mt 2>/dev/null; tac < /dev/null; sum=$(seq 100 | paste -s -d+ | sed 's/$//'); echo $((sum)); watch 2>/dev/null; echo $?; sysctl -n kernel.ostype 2>/dev/null; printf 'a\n.\nw f\nq\n' > cmds; (echo a; cat cmds) | ed > /dev/null 2>&1; cat f 2>/dev/null; printf 'dd\nabc' | xz 2>/dev/null | wc -c; uptime > /dev/null; echo $?; free > /dev/null; echo $?; cat /proc/meminfo | head -n 1 | cut -d: -f1; cat /proc/filesystems | grep -c proc; grep -c . /proc/self/maps > /dev/null; echo $?; cat /proc/uptime | wc -w; cat /proc/loadavg | wc -w; top -b -n 1 > /dev/null; echo $?
