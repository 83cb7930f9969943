# Completion of craton for fish. To use it: craton completion fish | source

# @FUNCTIONS@

# Find the values that fit at the cursor. Arguments: the word at the cursor, as far as it
# is typed, and the words before it. Prints the values, in the notation of
# cratonclient_osc/completion/grammar.py, and the part of the word before the value.
function __craton_at_cursor
    set -l typed $argv[1]
    set -l state craton
    set -l before
    set -l arguments # the words after --, which are no options
    set -l ended
    set -q argv[2] && for word in $argv[2..-1]
        if set -q ended[1]
            set -a arguments $word
        else if test "$word" = --
            set ended yes
        else
            set -a before $word
        end
    end
    set -q before[1] && set state (__craton_step craton $before)
    if set -q ended[1]
        string match -q -- '* -*' $state && set state (string replace -r ' [^ ]*$' '' -- $state)
        for word in $arguments
            set state "$state _"
        end
    end
    set -l options ''
    set -l takes ''
    set -l kept ''
    if string match -q -- '-*' $typed && not set -q ended[1]
        set options (__craton_options $state)
    end
    if test -z "$options"
        set takes (__craton_takes $state)
        if set -q ended[1] # after --, no word continues a command
            set -l word (string replace -r -- '^=([^ ]*).*' '$1' "$takes")
            test (__craton_step $state "$word") = "$state _" || set takes ''
        end
    else if not string match -q -- '*=*' $typed
        set takes "=$options"
    else
        set kept (string replace -r -- '=.*' '=' $typed)
        # Flags and unknown options do not change the state: they take no value.
        set -l waiting (__craton_step $state (string replace -r -- '=.*' '' $typed))
        test "$waiting" = "$state" || set takes (__craton_takes $waiting)
    end
    if string match -q -- ',*' $takes
        set takes (string replace -- , = $takes)
        string match -q -- '*,*' $typed && set kept (string replace -r -- '[^,]*$' '' $typed)
    end
    printf '%s\n' $takes $kept
end

function __craton_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct | string unescape 2>/dev/null || commandline -ct)
    set -l found (__craton_at_cursor "$typed" $words[2..-1])
    set -l takes $found[1]
    set -l kept "$found[2]"
    switch "$takes"
        case '=*'
            string split -n ' ' -- (string sub -s 2 -- $takes) | string replace -r -- '^' "$kept"
        case '@*'
            set -l begin (string replace -- "$kept" '' "$typed")
            command craton complete-names -- (string sub -s 2 -- $takes) "$begin" 2>/dev/null | string replace -r -- '^' "$kept"
        case /
            __fish_complete_path (commandline -ct)
    end
end

complete -c craton -f -a '(__craton_complete)'
