#= sort
printf '10\n9\n2\n33\n1\n' > n; sort n | tr '\n' ' '; sort -n n | tr '\n' ' '; sort -rn n | tr '\n' ' '; echo
printf 'b 2\na 10\nc 1\n' > t; sort -k2 t; sort -k2 -n t; sort -t' ' -k1,1r t
printf 'a\nb\na\nB\n' | sort -u; printf 'a\nb\nB\n' | sort -f; sort -c n 2>/dev/null; echo $?
printf '1.10\n1.9\n1.2\n' | sort -V; printf 'x\ny\n' | sort -o out; cat out
seq 5000 | sort -r | sort -n | md5sum; printf 'c\0a\0b\0' | sort -z | tr '\0' ' '; echo

#= awk
seq 10 | awk '{ s += $1 } END { print s, NR, s / NR }'
printf 'a b c\nd e f\n' | awk '{ print $2, NF; $2 = "X"; print } END { print $0 }'
echo 'k1=v1,k2=v2' | awk -F, '{ n = split($1, p, "="); print n, p[1], p[2]; print toupper($2), length($2), substr($2, 2, 2), index($2, "=") }'
awk 'BEGIN { for (i = 0; i < 3; i++) a[i] = i * i; for (k in a) t += a[k]; print t; printf "%5.2f|%-6s|%03d\n", 3.14159, "ab", 7 }'
awk 'BEGIN { x = "aXbXc"; print gsub(/X/, "-", x), x; print match("hello", /l+/), RSTART, RLENGTH; print sqrt(2), int(7.9), 2 ^ 10, exp(1), sin(1) }'
awk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { print f(15) }'
awk 'BEGIN { while (("echo a; echo b" | getline line) > 0) print "got", line; print "sorted" | "cat"; close("cat"); system("exit 3"); exit 4 }'; echo $?
printf '1\n2\n3\n4\n' | awk 'NR % 2 == 0; /3/ { next } { last = $0 } END { print "last", last }'
awk -v v=passed 'BEGIN { print v, ENVIRON["HOME"] == "" ; print > "f"; print "x" >> "f" }'; wc -l < f
seq 3000 | awk '{ a[$1 % 7]++ } END { for (i = 0; i < 7; i++) printf "%d ", a[i]; print "" }'

#= sed
printf 'one\ntwo\nthree\n' > f
sed 's/o/0/' f; sed -n '2p' f; sed '2d' f; sed '$!N;s/\n/+/' f; sed -n '/two/,$p' f
sed 's/\(.\)\(.\)/\2\1/; y/abc/xyz/' f; sed -e 1i\\ -e inserted f | head -n 2; sed '2a appended' f; sed '2c changed' f
sed -i 's/two/2/' f; cat f; sed -E 's/(o|e)+/<&>/g' f; sed '1!G;h;$!d' f; sed = f; sed -n '$=' f
sed ':a;s/^\(.\{1,8\}\)$/ \1/;ta' f; sed '/one/r f' f | wc -l; sed 'w copy' f > /dev/null; cat copy; sed 2q f; sed '1q5' f > /dev/null; echo $?
echo 'a/b/c' | sed 's|/|:|2; s/c/C/I'; printf 'x\n' | sed 's/x/a\nb/'

#= grep
printf 'apple\nBanana\ncherry pie\n\nbanana\n' > f
grep an f; grep -i BAN f; grep -v a f; grep -c an f; grep -n pie f; grep -l apple f; grep -q nothing f; echo $?
grep -E '^(a|c).*[ey]$' f; grep -w pie f; grep -o 'an' f; grep -x apple f; grep -F 'a.p' f; echo $?
mkdir d; cp f d/g; grep -r apple d; grep -h an f d/g; grep -A1 -B1 cherry f; grep -m1 an f; grep -e apple -e pie f
grep x missing 2>/dev/null; echo $?; grep -s x missing; echo $?; echo 'a+b' | grep 'a+b'; echo aab | egrep 'a{2}b'; seq 1000 | grep -c 7; grep -rl banana . | sort

#= cut-paste
printf 'a:b:c\nd:e:f\n' > f; cut -d: -f2 f; cut -d: -f1,3 f; cut -c2-3 f; cut -d: -f2- f; cut -b1 f; cut -s -d, -f1 f
paste f f; paste -d, f f; paste -s f; seq 6 | paste - - -; printf 'x\ty\n' | expand -t 4; printf 'a       b\n' | unexpand -a
fold -w 3 f; printf 'long line of words here\n' | fold -s -w 10; nl f; seq 3 | tac; printf 'abc\n' | rev; seq 3 | shuf | sort | tr '\n' ' '; echo

#= tr
echo hello | tr a-y b-z; echo hello | tr -d l; echo aabbcc | tr -s ab; echo 'a b' | tr ' ' '\n'; echo abc123 | tr -cd '0-9'; echo
echo Hello | tr '[:lower:]' '[:upper:]'; echo hello | tr -c 'a-l\n' '_'; printf 'a\0b' | tr '\0' '\n'; echo; head -c 1000 /dev/zero | tr '\0' x | wc -c; echo abc | tr a-c '\060-\062'

#= head-tail
seq 20 > f; head -n 3 f; tail -n 3 f; head -c 5 f; tail -c 5 f; tail -n +18 f; head -n -17 f; cat f | tail -n 2; tail -n 1 f f; head -n 1 - < f; head missing 2>/dev/null; echo $?; split -l 7 f part.; wc -l part.*; cat part.* | cmp - f; echo $?; split -b 10 f b.; ls b.* | wc -l

#= uniq-comm
printf 'a\na\nb\nc\nc\nc\n' > f; uniq f | tr '\n' ' '; uniq -c f; uniq -d f; uniq -u f
printf 'a\nb\nd\n' > x; printf 'b\nc\nd\n' > y; comm x y; comm -12 x y; comm -3 x y
wc f; wc -l -w f x | tail -n 1; wc -c < f; printf 'no newline' | wc -l; printf 'a b\tc\n' | wc -w; wc -L f

#= diff
seq 10 > a; sed '3d;7s/7/seven/;$a 11' a > b; diff a b; echo $?; diff -u a b | tail -n +3; diff -q a b; diff a a; echo $?
cmp a b; echo $?; cmp a a; echo $?; cmp -s a b; echo $?; cmp -l a b | head -n 2; cmp a missing 2>/dev/null; echo $?
diff -u a b > patch; cp a c; patch c < patch; cmp b c; echo $?; patch -R c < patch > /dev/null; cmp a c; echo $?
mkdir d e; cp a d/x; cp b e/x; touch d/only; diff -r d e | grep -c .; diff -w a b > /dev/null; echo $?; diff -B a a; echo 1 | diff - a | head -n 1

#= seq-expr
seq 3; seq 2 2 8 | tr '\n' ' '; seq 5 -2 1 | tr '\n' ' '; seq -w 8 11 | tr '\n' ' '; seq -s, 4; seq 0.5 0.25 1.25 | tr '\n' ' '; echo
expr 1 + 2; expr 7 \* 6; expr 7 / 2; expr 5 \< 3; echo $?; expr length hello; expr substr hello 2 3; expr hello : 'h\(.*\)o'; expr index hello l; expr 1 / 0 2>/dev/null; echo $?; expr a = a \& 1
echo '2^100; scale=10; 1/3; sqrt(2)' | bc; echo '5 3 * p 7 2 / p' | dc; factor 360 97 1000003; cal 2 2024; echo 'obase=16; 255' | bc

#= date
date -u -d @0; date -u -d @1700000000 '+%Y-%m-%d %H:%M:%S %a %j %u %s'; date -u -d '2024-02-29 12:34:56' +%s; TZ=EST5EDT date -d @1710000000 '+%H:%M %Z'
date -u -d '2000.01.01-00:00:00' '+%A %B'; date -d nonsense 2>/dev/null; echo $?; date -u -D '%d/%m/%Y' -d 31/12/1999 +%F; date -u -R -d @1; date -u -I -d @86400; touch -d '2020-01-02 03:04:05' f; date -u -r f +%F

#= checksums
printf 'hello\n' > f; md5sum f; sha1sum f; sha256sum f; sha512sum f | cut -c1-32; sha3sum f | cut -c1-32; cksum f; crc32 f; sum f 2>/dev/null
sha256sum f > sums; sha256sum -c sums; echo changed > f; sha256sum -c sums 2>/dev/null; echo $?; seq 20000 | sha256sum; head -c 500000 /dev/zero | md5sum; md5sum < /dev/null

#= encodings
printf 'hello \000\377\n' > f; base64 f; base64 f | base64 -d | cmp - f; echo $?; uuencode f name; uuencode f out | uudecode; cmp f out; echo $?
od -c f; od -An -tx1 f; hexdump -C f; xxd f; xxd -p f; xxd -p f | xxd -r -p | cmp - f; echo $?; strings -n 3 f; printf 'a\r\nb\r\n' | dos2unix | od -c; printf 'a\n' | unix2dos | od -c; seq 40 | od -An -tx2 | tail -n 1; ascii | md5sum

#= xargs
seq 5 | xargs; seq 5 | xargs -n 2 echo; printf 'a b\0c\0' | xargs -0 -n 1 echo; echo 'a b' | xargs -I{} echo '<{}>'; printf '"a b" c\n' | xargs -n 1
xargs echo none < /dev/null; xargs -r echo none < /dev/null; seq 3 | xargs -n 1 sh -c 'exit 3'; echo $?; seq 3000 | xargs echo | wc; seq 4 | xargs -L 2 echo; echo a | xargs sh -c 'exit 255' 2>/dev/null; echo $?; seq 2 | xargs -t echo 2>&1

#= xargs-not-there
# By hand: busybox learns through the memory that vfork shares; qemu-user's vfork shares none.
echo x | xargs not-there 2>/dev/null; echo $?
