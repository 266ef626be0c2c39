# Real work in bash, without another program: arrays, patterns, arithmetic, jobs, descriptors.
set -u
shopt -s extglob globstar nullglob
declare -A count=()
text="the quick brown fox jumps over the lazy dog and the quick cat"
for word in $text; do (( count[$word] = ${count[$word]:-0} + 1 )); done
for word in the quick dog; do printf '%s=%d ' "$word" "${count[$word]}"; done; echo
sieve() {
  local -a composite=(); local i j limit=$1 found=()
  for (( i = 2; i <= limit; i++ )); do
    [[ ${composite[i]:-} ]] && continue
    found+=("$i")
    for (( j = i * i; j <= limit; j += i )); do composite[j]=1; done
  done
  echo "${#found[@]} primes, the last ${found[-1]}"
}
sieve 2000
fibonacci() { (( $1 < 2 )) && { echo "$1"; return; }; echo $(( $(fibonacci $(( $1 - 1 ))) + $(fibonacci $(( $1 - 2 ))) )); }
echo "fibonacci $(fibonacci 8)"
for i in {1..20}; do echo "line $i ${RANDOM:0:0}value $(( i * i ))"; done > table
while read -r _ number _ value; do (( number % 7 == 0 )) && echo "$number -> $value"; done < table
mapfile -t lines < table
echo "${#lines[@]} lines, the tenth: ${lines[9]}"
[[ "version 12.34.5" =~ ([0-9]+)\.([0-9]+)\.([0-9]+) ]] && echo "${BASH_REMATCH[1]}/${BASH_REMATCH[3]}"
name=archive.tar.gz; echo "${name%%.*} ${name#*.} ${name/tar/zip} ${name^^} ${name: -2}"
case $name in *.tar.@(gz|xz)) echo packed ;; *) echo other ;; esac
exec 5<> table; read -r -u 5 first; echo "descriptor 5: $first"; exec 5>&-
cat() { while IFS= read -r line; do printf '%s\n' "$line"; done; }
cat <<< "here string" | { read -r a b; echo "$b $a"; }
cat <<END | while read -r x; do echo "[$x]"; done
here $(( 6 * 7 ))
document
END
diff_lines() { local a b; while read -r -u 3 a && read -r -u 4 b; do [[ $a == "$b" ]] || echo "$a|$b"; done; }
diff_lines 3< <(printf '%s\n' one two three) 4< <(printf '%s\n' one deux three)
trap 'echo "trapped USR1"' USR1; kill -USR1 $$
trap 'echo "at the end, status $?"' EXIT
( trap 'exit 9' TERM; : > ready; while :; do :; done ) & child=$!
while [[ ! -e ready ]]; do :; done
kill -TERM $child; wait $child; echo "the job ended with $?"
for n in 3 1 2; do ( exit $n ) & jobs[n]=$!; done
for n in 1 2 3; do wait "${jobs[n]}"; echo "job $n: $?"; done
coproc double { while read -r n; do echo $(( n * 2 )); done; }
echo 21 >&"${double[1]}"; read -r answer <&"${double[0]}"; echo "coprocess: $answer"
printf '%08.3f|%-6s|%x|%q\n' 3.14159 ab 255 "it's"
echo t*b?(x)l[e] none*
[[ -f table && -s table && ! -x table && -O table ]] && echo "tests hold"
f() { return 3; }; f || echo "status $?"; ! f && echo negated
echo "${#text} ${text//[^q]/}" ; IFS=,; set -- a b c; echo "$*"; unset IFS
ulimit -n 64 && ulimit -n
umask 027; : > private; [[ $(umask) == 0027 ]] && echo "umask kept"
printf '%(%Y-%m-%d)T\n' 86400
exit 4
