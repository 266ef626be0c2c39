# Completion of `sixfold` for bash. See docs/cli.md.
_sixfold() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local system="--structure --image --env --workdir --user --memory --clock --seed --printer --strace --verbose --help"
  local words i command=shell
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --) _filedir 2>/dev/null; return ;;
      run|image) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $previous in
    --structure) words="monolithic microkernel" ;;
    --clock) words="host virtual" ;;
    --user) words="root user" ;;
    --image) mapfile -t COMPREPLY < <(compgen -f -W default -- "$current"); return ;;
    --printer) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --env|--workdir|--memory|--seed|--timeout|--mirror) return ;;
    *)
      case $command in
        run) words="$system --timeout --" ;;
        image)
          words="build list --help"
          [[ " ${COMP_WORDS[*]} " == *" build "* ]] && words="--mirror --rebuild --if-missing --help"
          ;;
        *) words="run image help $system --login --version" ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _sixfold sixfold
