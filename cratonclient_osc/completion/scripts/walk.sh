# Find out what the next word may be, from those before it and what is typed of it.
# Sets takes and lead: what is taken, and the part of the word that stays.
_craton_walk() {
    _craton_place "$@"
    case $takes in
    ,*)
        takes="=${takes#,}"
        case $1 in
        *,*) lead=${1%,*}, ;;
        esac
        ;;
    esac
}

# Find the place in the line where the word is.
_craton_place() {
    local typed=$1 word command='' pending='' count=0 helping='' REPLY=''
    shift
    lead=''
    for word in "$@"; do
        if [ -n "$pending" ]; then
            pending=''
            continue
        fi
        case $word in
        --*=*) ;;
        -?*)
            _craton_lookup "$command" "$word"
            pending=$takes
            ;;
        help) helping=yes ;;
        *)
            if [ "$count" = 0 ] && _craton_known "${command:+$command }$word"; then
                command=${command:+$command }$word
            else
                count=$((count + 1))
            fi
            ;;
        esac
    done
    takes=$pending
    [ -z "$pending" ] || return 0
    case $typed in
    --*=*)
        lead=${typed%%=*}=
        _craton_lookup "$command" "${typed%%=*}"
        return 0
        ;;
    -*)
        _craton_options "$command"
        takes="=$REPLY"
        _craton_options ''
        takes="$takes $REPLY"
        return 0
        ;;
    esac
    [ "$count" != 0 ] || _craton_next "$command"
    if [ -n "$REPLY$helping" ]; then
        takes="=$REPLY"
        return 0
    fi
    _craton_lookup "$command" $((count + 1))
    [ -n "$takes" ] || _craton_lookup "$command" n
}

_craton_known() {
    local REPLY=''
    _craton_next "$1"
    [ -z "$REPLY" ] || return 0
    _craton_options "$1"
    [ -n "$REPLY" ]
}

_craton_lookup() {
    local REPLY=''
    _craton_takes "$1 $2"
    [ -n "$REPLY" ] || _craton_takes " $2"
    takes=$REPLY
}
