# Real work in zsh, without another program: qualifiers of patterns, floating point, modules.
emulate -L zsh; setopt extended_glob
typeset -A ages; ages=(ann 31 bob 27 cleo 45)
for name in ${(ko)ages}; do print -r -- "$name ${ages[$name]}"; done
numbers=({1..30}); print ${(j:+:)numbers[1,5]} '=' $(( ${(j:+:)numbers[1,5]} ))
print ${(Oa)numbers[1,4]} ${#numbers}
float x=2.0 y; (( y = x ** 0.5 )); printf '%.6f\n' $y
zmodload zsh/datetime && strftime '%Y-%m-%d' 86400
zmodload zsh/files 2>/dev/null && { zf_mkdir -p tree/{a,b}/c; print > tree/a/one.txt; print hello world > tree/b/c/two.txt; print -n > tree/empty; }
print -l tree/**/*(.:t) | while read f; do print "file $f"; done
print tree/**/*(/on) ; print tree/**/*(.L0) ; print tree/**/*~*txt(N.)
zmodload zsh/stat && zstat -H info tree/b/c/two.txt && print "size $info[size] links $info[nlink]"
string="Mixed Case Text"; print ${string:l} ${(U)string} ${string//(#b)(?)ase/<$match[1]>}
[[ $string == (#i)mixed* ]] && print "case does not matter"
print ${(s: :)string} ${${(s: :)string}[2]} ${(qq)string} ${(l:10::.:)string[1,5]}
sort_numbers() { print ${(n)@}; }; sort_numbers 10 9 100 1
fact() { (( $1 <= 1 )) && REPLY=1 || { fact $(( $1 - 1 )); (( REPLY *= $1 )); } }; fact 15; print $REPLY
sum=0; for (( i = 0; i < 3000; i++ )); do (( sum += i )); done; print $sum
print -r -- "$(<tree/b/c/two.txt)" | read a b; print "$b $a"
{ print out; print err >&2 } 2>&1 | while read l; do print "got $l"; done
TRAPUSR1() { print "trapped $1" }; kill -USR1 $$
( exit 6 ) & wait $!; print "job $?"
print -l one two three > >(while read l; do print "sub $l"; done); sleep_free=1
cat_file() { local l; while IFS= read -r l; do print -r -- "$l"; done < $1 }; cat_file =(print temporary)
case abc123 in [a-z]##[0-9]##) print "letters, then digits" ;; esac
repeat 3 print -n x; print; print ${${:-path/to/file.tar.gz}:t:r:e}
autoload -U is-at-least 2>/dev/null; integer hex=0xff; print $hex $(( [##2] hex )) $(( [#16] hex ))
exit 7
