# Completion of `sixfold` for bash. See docs/cli.md.
_sixfold_images() {
  local folder=${SIXFOLD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sixfold}/images file
  for file in "$folder"/*.cpio; do
    [[ -e $file ]] && file=${file##*/} && printf '%s\n' "${file%.cpio}"
  done
}

# Names of files; a folder ends in a slash and goes on.
_sixfold_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_sixfold_image() {
  local current=$1 previous=$2 command=$3 position=$4
  local words="--help"
  case $command in
    "") words="build list show remove export import --help" ;;
    build)
      case $previous in
        --packages|--mirror) return ;;
        --packages-from) _sixfold_files "$current"; return ;;
      esac
      words="--packages --packages-from --minimal --essential --slim --mirror --rebuild --if-missing --help"
      ;;
    list) words="--verbose --quiet --help" ;;
    show) words="--json --help $(_sixfold_images)" ;;
    remove) words="--help $(_sixfold_images)" ;;
    export)
      if ((position > 1)); then _sixfold_files "$current"; return; fi
      words="--help $(_sixfold_images)"
      ;;
    import)
      if ((position == 1)) && [[ $current != -* ]]; then _sixfold_files "$current"; return; fi
      words="--replace --help"
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

_sixfold() {
  local current previous words_of_line count
  # An option's value may have = and : in it, at which bash cuts words.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n =: -w words_of_line -i count
  else
    words_of_line=("${COMP_WORDS[@]}")
    count=$COMP_CWORD
  fi
  current=${words_of_line[count]}
  previous=${words_of_line[count - 1]}
  # --option=value, as one word or cut in three.
  if [[ $current == --*=* ]]; then
    previous=${current%%=*}
    current=${current#*=}
  elif [[ $current == = ]]; then
    current=""
  elif [[ $previous == = ]]; then
    previous=${words_of_line[count - 2]}
  fi
  local system="--structure --image --mount --env --workdir --user --memory --limit --clock --seed
    --printer --tty --no-tty --profile --strace --verbose --help"
  local limits="instructions= processes= files= memoryBytes= tmpfsBytes= outputBytes= translationBytes="
  local words i command=shell sub="" position=0
  for ((i = 1; i < count; i++)); do
    case ${words_of_line[i]} in
      --) _sixfold_files "$current"; return ;;
      run|image|shell) [[ $command == shell ]] && command=${words_of_line[i]} ;;
      -*) ;;
      *) [[ $command == image ]] && { [[ -z $sub ]] && sub=${words_of_line[i]}; ((position++)); } ;;
    esac
  done
  if [[ $command == image ]]; then
    _sixfold_image "$current" "$previous" "$sub" "$position"
    return
  fi
  case $previous in
    --structure) words="monolithic microkernel" ;;
    --clock) words="host virtual" ;;
    --user) words="root user" ;;
    --memory) words="64M 256M 1G" ;;
    --limit)
      compopt -o nospace 2>/dev/null
      words=$limits
      ;;
    --image)
      _sixfold_files "$current"
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$(_sixfold_images)" -- "$current")
      return
      ;;
    --mount)
      compopt -o nospace 2>/dev/null
      case $current in
        *:*:*)
          words="${current%:*}:ro ${current%:*}:overlay"
          mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
          COMPREPLY=("${COMPREPLY[@]##*:}")
          ;;
        *:*) ;;
        *) mapfile -t COMPREPLY < <(compgen -d -S / -- "$current") ;;
      esac
      return
      ;;
    --printer|--profile) _sixfold_files "$current"; return ;;
    --env)
      mapfile -t COMPREPLY < <(compgen -e -- "$current")
      return
      ;;
    --workdir|--seed|--timeout|--max-output) return ;;
    *)
      case $command in
        run) words="$system --timeout --json --max-output --" ;;
        *) words="run shell image help $system --login --version" ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _sixfold sixfold
