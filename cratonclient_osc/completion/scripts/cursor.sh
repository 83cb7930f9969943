# Find the values that fit at the cursor. Arguments: the word at the cursor, as far as it
# is typed, and the words before it. Sets takes to the values, in the notation of
# cratonclient_osc/completion/grammar.py, and kept to the part of the word before the value.
_craton_at_cursor() {
    local typed=$1 state options='' REPLY=craton
    [ $# -lt 2 ] || _craton_step craton "${@:2}"
    state=$REPLY kept=''
    case $typed in
    -*) _craton_options "$state" && options=$REPLY ;;
    esac
    if [ -z "$options" ]; then
        _craton_takes "$state"
        takes=$REPLY
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
