# bash completion for pyflame(1)
_pyflame() {
    local cur prev word i
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()

    # What follows -t is a command with its own completion.
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == -t || $word == --trace ]]; then
            if declare -F _command_offset >/dev/null; then
                _command_offset $((i + 1))
            elif ((i + 1 == COMP_CWORD)); then
                mapfile -t COMPREPLY < <(compgen -c -- "$cur")
            else
                compopt -o default
            fi
            return
        fi
    done

    # bash makes three words of --format=folded.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case $prev in
        -p | --pid) mapfile -t COMPREPLY < <(compgen -W "$(pgrep -f -- python 2>/dev/null)" -- "$cur"); return ;;
        -o | --output | --record | --replay | --core | --exe | --convert | --diff) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'folded flamechart cpuprofile chrometrace speedscope firefox svg html pprof callgrind jsonl json' -- "$cur"); return ;;
        --fold) mapfile -t COMPREPLY < <(compgen -W 'function line' -- "$cur"); return ;;
        --mode) mapfile -t COMPREPLY < <(compgen -W 'gil wall cpu' -- "$cur"); return ;;
        --layout) mapfile -t COMPREPLY < <(compgen -W 'auto table offsets dwarf' -- "$cur"); return ;;
        --abi)
            word=$(pyflame --version 2>/dev/null)
            word=${word##*ABI list: }
            mapfile -t COMPREPLY < <(compgen -W "${word%)*}" -- "$cur")
            return
            ;;
        -r | --rate | -s | --seconds) return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W '-p --pid -t --trace --convert --diff -r --rate -s --seconds --mode
        --subprocesses --per-process --threads --nonblocking --thread-names
        --top -d --dump --locals -x --exclude-idle --flamechart --format --fold -n --no-line-numbers -o --output
        --abi --layout --probe --record --replay --core --exe --stats -h --help -v --version' -- "$cur")
}
complete -F _pyflame pyflame
