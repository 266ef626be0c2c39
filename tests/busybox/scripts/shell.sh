#= pipeline
echo hello world | tr a-z A-Z | sed 's/O/0/g' | rev
printf '%s\n' c a b | sort | while read -r line; do echo "<$line>"; done
false | true; echo "last decides: $?"
true | false; echo "last decides: $?"
! true; echo "negated: $?"
yes | head -n 3
seq 1 20000 | head -n 2
seq 20000 | tail -n 1
cat /dev/zero | head -c 100000 | wc -c

#= redirections
echo one > a; echo two >> a; cat < a
{ echo out; echo err >&2; } > both 2>&1; cat both
{ echo out; echo err >&2; } 2>/dev/null
{ echo out; echo err >&2; } 2>&1 >/dev/null
echo x >| a; cat a
exec 3> three; echo via 3 >&3; exec 3>&-; cat three
exec 4< three; read -r line <&4; echo "read $line"; exec 4<&-
echo nothing 2>/dev/null >&9; echo "bad descriptor: $?"
cat < missing 2>/dev/null; echo "missing: $?"
: > empty; wc -c < empty
# Not the file of above: cat's sendfile may leave its pages in the oracle's pipe, unread.
cp both six; exec 5<> six; read -r line <&5; echo "$line"; echo new >&5; exec 5>&-; cat six
set -C; (echo no > a) 2>/dev/null; echo "noclobber: $?"; cat a
echo to a folder 2>/dev/null > .; echo "folder: $?"

#= here-documents
name=world
cat <<END
hello $name $((6 * 7)) `echo sub` "quoted"
END
cat <<'END'
hello $name `echo sub`
END
cat <<-END
	tabs go
		all of them
	END
tr a-z A-Z <<END | rev
first
second
END
cat <<A; cat <<B
one
A
two
B
# more than a pipe holds: ash must fork a writer
i=0; text=
while [ $i -lt 11 ]; do text="$text 0123456789 0123456789 0123456789$text"; i=$((i + 1)); done
cat <<END | wc -c
$text
END

#= subshells
x=1; (x=2; echo "inside $x"); echo "outside $x"
(exit 7); echo $?
(cd /; pwd); cd sub 2>/dev/null || echo "no sub"
{ x=3; }; echo $x
y=$(echo one; echo two; exit 5); echo "$y $?"
echo "nested $(echo $(echo $(echo deep)))"
( (exit 1) || (exit 2) ); echo $?
a=$(printf 'trailing\n\n\n'); echo "[$a]"
set -- a b c; (shift; echo $#); echo $#
umask 027; (umask 077; umask); umask

#= traps
trap 'echo on exit $?' EXIT
trap 'echo got USR1' USR1
trap '' USR2
trap 'echo got TERM' TERM
kill -USR1 $$; kill -USR2 $$; kill -TERM $$
(trap 'echo sub exit' EXIT; exit 3); echo $?
(trap - TERM; kill -TERM $(sh -c 'echo $PPID'); echo never); echo "killed: $?"
trap
trap - USR1
sh -c 'trap "echo int; exit 9" INT; kill -INT $$; echo never'; echo $?
exit 4

#= errexit
sh -ec 'echo a; false; echo never'; echo $?
sh -ec 'if false; then :; fi; false || true; ! true; echo b; (exit 3); echo never'; echo $?
sh -ec 'x=$(false); echo never'; echo $?
sh -ec 'f() { false; echo still; }; f || echo no; f; echo never'; echo $?
sh -ec 'trap "echo bye \$?" EXIT; false'; echo $?
sh -uc 'echo ${unset-default}; echo $unset; echo never' 2>/dev/null; echo $?
sh -c 'set -o pipefail; false | true; echo $?'

#= exit-codes
true; echo $?; false; echo $?
sh -c 'exit 300'; echo $?
sh -c 'kill -KILL $$'; echo $?
sh -c 'kill -TERM $$'; echo $?
sh -c 'kill -SEGV $$' 2>/dev/null; echo $?
not-a-command 2>/dev/null; echo $?
echo text > plain; ./plain 2>/dev/null; echo $?
chmod +x plain; ./plain 2>/dev/null; echo $?
./missing/x 2>/dev/null; echo $?
mkdir d; ./d 2>/dev/null; echo $?
test 1 -eq 2; echo $?; test 1 -x 2 2>/dev/null; echo $?
sh -c 'sh -c "exit 42"'; echo $?
ls missing 2>/dev/null; echo $?
return 3 2>/dev/null; echo never

#= functions
f() { local x=inner; echo "$x $1 $# $@"; return 5; }
x=outer; f a 'b c'; echo "$? $x"
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }
fact 10
g() { shift; echo "$*"; IFS=-; echo "$*"; unset IFS; }; g 1 2 3 4
h() ( exit 6 ); h; echo $?
f 1 2 > file; cat file
unset -f f; f 2>/dev/null; echo $?
deep() { [ $1 -eq 0 ] && return 9; deep $(($1 - 1)); }; deep 200; echo $?

#= arithmetic
echo $((1 + 2 * 3)) $((7 / 2)) $((-7 / 2)) $((-7 % 3)) $((1 << 40)) $((0x7fffffffffffffff + 1))
echo $((3 > 2)) $((3 == 2)) $((1 && 0)) $((!5)) $((~0)) $((5 & 3 | 8)) $((5 ^ 1)) $((0777)) $((0xff))
x=5; echo $((x++)) $((++x)) $((x += 10)) $x $((x > 3 ? 1 : 2)) $((2 ** 10))
echo $((1 / 0)) 2>/dev/null; echo never

#= arithmetic-loop
i=0; sum=0
while [ $i -lt 1000 ]; do sum=$((sum + i * i)); i=$((i + 1)); done; echo $sum
a=0; b=1; for n in $(seq 80); do t=$((a + b)); a=$b; b=$t; done; echo $a
until [ $i -le 990 ]; do i=$((i - 1)); case $((i % 3)) in 0) continue ;; esac; printf '%d ' $i; done; echo

#= globbing
touch a.txt b.txt c.log .hidden 'with space' ab1 ab2 abc
echo *; echo *.txt; echo a?; echo ab[0-9]; echo ab[!0-9]; echo .h*; echo nothing*here
for f in *; do echo "<$f>"; done
echo "*.txt" \*; set -f; echo *; set +f
mkdir -p d/e d/f; touch d/e/x d/f/x d/f/y; echo d/*/x; echo */; echo d/*/[y-z]
case hello.c in *.h) echo header ;; *.[ch]) echo source ;; esac
case abc in a*) echo yes ;; esac; case '' in ?*) echo full ;; *) echo empty ;; esac

#= expansions
v=/usr/local/lib/name.tar.gz
echo ${v#*/} ${v##*/} ${v%.*} ${v%%.*} ${#v}
echo ${u:-default} ${u:=assigned} $u ${u:+other} ${w+set}
(echo ${w:?not there}) 2>/dev/null; echo $?
echo ${v:5:5} ${v/local/LOCAL} ${v//a/A}
set -- one 'two three' four; for a in "$@"; do echo "<$a>"; done; for a in $*; do echo "<$a>"; done
IFS=:; line=a:b::c; set -- $line; echo $#; unset IFS
echo "$((${#v} + 1))" '$v' "\$v" "`echo \`echo back\``"
eval 'x=5; echo $x'; y='echo evaluated'; $y
echo ~root ~+ | sed "s#$PWD#here#"
printf '%s\n' "a
b" | wc -l

#= printf
printf '%d %5d|%-5d|%05d %x %o %X %c %s %%\n' 1 2 3 4 255 8 255 z str
printf '%.3f %e %g\n' 3.14159 12345.678 0.0001
printf '%b' 'tab\there\nnul\0101\n'; printf '%s-%s\n' a b c d
printf '\x41\102\n'; printf '%*d|%.2s\n' 6 42 abcdef
printf '%d\n' abc 2>/dev/null; echo $?
echo -n no newline; echo; echo -e 'a\tb\\n\c'; echo; echo 'a\tb'
printf '%q\n' "it's" 2>/dev/null; printf '%u %i\n' 7 -7; printf '%d\n' "'A"

#= read
printf 'one two three\nsecond\\\nline\n' > f
{ read -r a b; echo "$a|$b"; read x; echo "$x"; read y; echo "$? [$y]"; } < f
echo a:b:c | { IFS=: read -r x y z; echo "$z$y$x"; }
printf 'no newline' | { read -r x; echo "$? $x"; }
printf abcdef | { read -r -n 3 x; echo "$x"; }
while IFS=, read -r k v; do echo "$k=$v"; done <<END
a,1
b,2
END
read -t 1 x < /dev/null; echo $?
sleep 5 | { read -t 1 x; echo $?; }
mkfifo p; exec 3<> p; read -t 0.2 x <&3; [ $? -ne 0 ] && echo timeout

#= options
echo "$-" | grep -c e; set -e; echo "$-" | grep -c e; set +e
set -x; : traced; set +x; set -v; set +v
alias hi='echo hello'; alias; unalias hi
type cd | head -n 1; command -v echo; command -v nothing-such; echo $?
getopts ab:c opt -a -b value -c rest; echo "$opt"
while getopts ab: o -a -b v x; do echo "$o $OPTARG"; done; echo $OPTIND
readonly r=1; (r=2) 2>/dev/null; echo $?
export e=exported; sh -c 'echo $e'; env -i a=b sh -c 'echo $a$e'; e=other sh -c 'echo $e'
ulimit -n 64; ulimit -n; (ulimit -f 1; ulimit -f); ulimit -c 0; ulimit -c
times | wc -l; hash; shift 5 2>/dev/null; echo never

#= shell-loops
for i in 1 2 3; do for j in a b c; do [ $j = b ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done
i=0; while :; do i=$((i + 1)); [ $i -gt 5 ] && break; done; echo $i
for i in; do echo never; done; echo $?
n=0; for f in $(seq 300); do n=$((n + f)); done; echo $n
seq 5 | while read -r x; do echo $((x * x)); done | paste -s -d+ | bc 2>/dev/null
i=5; while [ $i -gt 0 ]; do i=$((i - 1)); echo $i; done > out; tac out | tr '\n' ' '; echo

#= many-processes
i=0; while [ $i -lt 60 ]; do true | cat; /mnt/bin/true; (exit $i); i=$((i + 1)); done; echo $i $?
for i in $(seq 20); do (echo $i > part.$i) & done; wait; cat part.* | sort -n | tr '\n' ' '; echo
a() { if [ $1 -eq 0 ]; then echo bottom; else (a $(($1 - 1))); fi; }; a 30
seq 30 | xargs -n 1 -P 4 sh -c 'echo done $0' | sort -V | tail -n 2
