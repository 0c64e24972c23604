# fish completion for pyflame(1)

# What follows -t is a command with its own completion.
function __pyflame_command
    set -l words (commandline -opc) (commandline -ct)
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        if contains -- $word -t --trace
            echo "$words"
            return
        end
    end
end
function __pyflame_in_command
    set -l words (commandline -opc)
    contains -- -t $words; or contains -- --trace $words
end
function __pyflame_abis
    pyflame --version 2>/dev/null | string match -rg 'ABI list: ([0-9 ]*)' | string split ' '
end

complete -c pyflame -f
complete -c pyflame -n __pyflame_in_command -xa '(complete -C (__pyflame_command))'
set -l options 'not __pyflame_in_command'
complete -c pyflame -n "$options" -s p -l pid -xa '(__fish_complete_pids)' -d 'Attach to this process'
complete -c pyflame -n "$options" -s t -l trace -d 'Run a command and profile it to its end'
complete -c pyflame -n "$options" -l subprocesses -d 'All Python processes below it as well'
complete -c pyflame -n "$options" -l per-process -d 'A file for each process'
complete -c pyflame -n "$options" -l core -rF -d 'The stacks in a core dump'
complete -c pyflame -n "$options" -l exe -rF -d 'A file that the dead process had mapped'
complete -c pyflame -n "$options" -l replay -rF -d 'Decode a recording again'
complete -c pyflame -n "$options" -l convert -rF -d 'Write a profile in another format'
complete -c pyflame -n "$options" -l diff -rF -d 'Compare two profiles'
complete -c pyflame -n "$options" -s r -l rate -x -d 'Time between samples, or frequency'
complete -c pyflame -n "$options" -s s -l seconds -x -d 'How long to sample'
complete -c pyflame -n "$options" -l mode -xa 'gil wall cpu' -d 'Which threads to sample'
complete -c pyflame -n "$options" -l nonblocking -d 'Never stop the target'
complete -c pyflame -n "$options" -l thread-names -d 'Begin each stack with the name of its thread'
complete -c pyflame -n "$options" -l threads -d 'Sample all threads'
complete -c pyflame -n "$options" -l top -d 'Show which functions and threads take the time, as it runs'
complete -c pyflame -n "$options" -l locals -d 'With -d, show arguments and local variables'
complete -c pyflame -n "$options" -s d -l dump -d 'Print the stacks of all threads once'
complete -c pyflame -n "$options" -s x -l exclude-idle -d 'Leave idle samples out'
complete -c pyflame -n "$options" -l flamechart -d 'A time stamp before each stack'
complete -c pyflame -n "$options" -l format -xa 'folded flamechart cpuprofile chrometrace speedscope firefox svg html pprof callgrind jsonl json' -d 'What to write'
complete -c pyflame -n "$options" -l fold -xa 'function line' -d 'What a frame of a flame graph is'
complete -c pyflame -n "$options" -s n -l no-line-numbers -d 'Frames without line numbers'
complete -c pyflame -n "$options" -s o -l output -rF -d 'Write the profile there'
complete -c pyflame -n "$options" -l abi -xa '(__pyflame_abis)' -d 'Take the interpreter for this version'
complete -c pyflame -n "$options" -l layout -xa 'auto table offsets dwarf' -d 'Where struct layouts come from'
complete -c pyflame -n "$options" -l probe -d 'Print what was found in the process and why'
complete -c pyflame -n "$options" -l record -rF -d 'Save what is read of a process'
complete -c pyflame -n "$options" -l stats -d 'Print how the sampling went and what it cost'
complete -c pyflame -n "$options" -s h -l help -d 'Print help'
complete -c pyflame -n "$options" -s v -l version -d 'Print the version and the supported ABIs'
