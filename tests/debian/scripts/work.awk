# Work for mawk, which is linked at run time: records, arrays, regular expressions, floating point.
BEGIN { for (i = 1; i <= 2000; i++) { s += sqrt(i); n[i % 7]++ } printf "%.4f %d %d\n", s, n[0], n[6]
  printf "%s %s %d %.3e\n", substr("substring", 4), toupper("case"), index("hello", "l"), 12345.678
  split("a:b:c", parts, ":"); for (i = 3; i > 0; i--) printf "%s", parts[i]; print ""
  while ((getline line < "words") > 0) { count++; if (line ~ /^[aeiou]/) vowels++ }
  print count, vowels; text = "one two three"; gsub(/[aeiou]/, "<&>", text); print text
  print length(text), match(text, /t/), RSTART, sprintf("%c%c", 72, "ix")
  print atan2(0, -1), exp(1), int(-3.9), 2 ^ 10, 7 % 4 }
