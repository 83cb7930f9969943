# Completion of craton for fish. To use it: craton completion fish | source

# @FUNCTIONS@

function __craton_known
    test -n (__craton_next $argv[1] | string collect -a) -o -n (__craton_options $argv[1] | string collect -a)
end

function __craton_lookup
    set -l found (__craton_takes "$argv[1] $argv[2]")
    test -n "$found" || set found (__craton_takes " $argv[2]")
    echo -- "$found"
end

# Print what the next word may be: what is taken, and the part of it that stays.
function __craton_walk
    set -l found (__craton_place $argv)
    if string match -q -- ',*' "$found[1]"
        set found[1] (string replace -- , = $found[1])
        set found[2] (string match -r -- '^.*,' $argv[1]; or echo -- "$found[2]")
    end
    printf '%s\n' $found
end

# Find the place in the line where the word is.
function __craton_place
    set -l typed $argv[1]
    set -l command ''
    set -l pending ''
    set -l count 0
    set -l helping ''
    for word in $argv[2..-1]
        set -l longer (string trim -- "$command $word")
        if test -n "$pending"
            set pending ''
        else if string match -q -- '--*=*' $word
            continue
        else if string match -q -- '-?*' $word
            set pending (__craton_lookup "$command" $word)
        else if test "$word" = help
            set helping yes
        else if test $count = 0; and __craton_known "$longer"
            set command $longer
        else
            set count (math $count + 1)
        end
    end
    if test -n "$pending"
        echo -- $pending
    else if string match -q -- '--*=*' $typed
        set -l lead (string replace -r -- '=.*' '=' $typed)
        __craton_lookup "$command" (string trim -r -c = -- $lead)
        echo -- $lead
    else if string match -q -- '-*' $typed
        echo "="(__craton_options "$command") (__craton_options '')
    else
        set -l next ''
        test $count != 0 || set next (__craton_next "$command")
        if test -n "$next$helping"
            echo "=$next"
        else
            set -l takes (__craton_lookup "$command" (math $count + 1))
            test -n "$takes" || set takes (__craton_lookup "$command" n)
            echo -- $takes
        end
    end
end

function __craton_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct | string unescape 2>/dev/null || commandline -ct)
    set -l found (__craton_walk "$typed" $words[2..-1])
    set -l takes $found[1]
    set -l lead "$found[2]"
    switch "$takes"
        case '=*'
            string split -n ' ' -- (string sub -s 2 -- $takes) | string replace -r -- '^' "$lead"
        case '@*'
            set -l begin (string replace -- "$lead" '' "$typed")
            command craton complete-names -- (string sub -s 2 -- $takes) "$begin" 2>/dev/null | string replace -r -- '^' "$lead"
        case /
            __fish_complete_path (commandline -ct)
    end
end

complete -c craton -f -a '(__craton_complete)'
