# Find the values that fit at the cursor. Arguments: the word at the cursor, as far as it
# is typed, and the words before it. Sets takes to the values, in the notation of
# cratonclient_osc/completion/grammar.py, and kept to the part of the word before the value.
_craton_at_cursor() {
    local typed=$1 state options='' word count=0 REPLY=craton
    for word in "${@:2}"; do
        [ "$word" != -- ] || break
        count=$((count + 1))
    done
    [ $count = 0 ] || _craton_step craton "${@:2:$count}"
    state=$REPLY kept=''
    if [ $count -lt $(($# - 1)) ]; then # after --, all words are arguments
        case $state in
        *' -'*) state=${state% *} ;;
        esac
        for word in "${@:$((count + 3))}"; do
            state="$state _"
        done
    else
        case $typed in
        -*) _craton_options "$state" && options=$REPLY ;;
        esac
    fi
    if [ -z "$options" ]; then
        _craton_takes "$state"
        takes=$REPLY
        if [ $count -lt $(($# - 1)) ]; then # after --, no word continues a command
            word=${takes#=}
            _craton_step "$state" "${word%% *}"
            [ "$REPLY" = "$state _" ] || takes=''
        fi
    elif [ "${typed%%=*}" = "$typed" ]; then
        takes="=$options"
    else
        kept=${typed%%=*}= takes=''
        _craton_step "$state" "${typed%%=*}"
        # Flags and unknown options do not change the state: they take no value.
        [ "$REPLY" = "$state" ] || { _craton_takes "$REPLY" && takes=$REPLY; }
    fi
    case $takes in
    ,*)
        takes="=${takes#,}"
        case $typed in
        *,*) kept=${typed%,*}, ;;
        esac
        ;;
    esac
}
