# Completion of craton for bash. To use it: source <(craton completion bash)

# @FUNCTIONS@

# Split a line into the array words, as bash does, without expanding anything.
# Sets quote to the one that is still open, raw to the last word as it was typed.
_craton_split() {
    local line=$1 i char word='' begun=''
    words=() quote='' raw=''
    for ((i = 0; i < ${#line}; i++)); do
        char=${line:i:1}
        if [[ $quote != "'" && $char == \\ ]]; then
            ((i += 1))
            raw+=$char${line:i:1} word+=${line:i:1}
            continue
        elif [[ -z $quote && $char == [[:space:]] ]]; then
            [[ -z $word$begun ]] || words+=("$word")
            word='' raw='' begun=''
            continue
        fi
        raw+=$char
        if [[ $char == "$quote" ]]; then
            quote=''
        elif [[ -z $quote && ($char == "'" || $char == '"') ]]; then
            quote=$char begun=yes
        else
            word+=$char
        fi
    done
    words+=("$word")
}

# Quote a word for the place where it goes.
_craton_quote() {
    local char
    REPLY=$1
    case $quote in
    "'") REPLY=${REPLY//\'/\'\\\'\'} ;;
    '"')
        for char in \\ \" \$ \`; do
            REPLY=${REPLY//"$char"/\\"$char"}
        done
        ;;
    *) printf -v REPLY %q "$REPLY" ;;
    esac
}

_craton() {
    local words quote raw takes lead candidate REPLY before=''
    _craton_split "${COMP_LINE:0:COMP_POINT}"
    local last=$((${#words[@]} - 1))
    local typed=${words[last]}
    _craton_walk "$typed" "${words[@]:1:last-1}"
    typed=${typed#"$lead"}
    # What bash takes for the word begins after the last of these characters.
    if [[ -z $quote ]]; then
        [[ $COMP_WORDBREAKS != *=* || $raw != *=* ]] || before=${raw%"${raw##*=}"}
        [[ $COMP_WORDBREAKS != *:* || $raw != *:* ]] || before=${raw%"${raw##*[=:]}"}
    else
        before=$lead
    fi
    COMPREPLY=()
    case $takes in
    =*) for candidate in ${takes#=}; do
        REPLY=$lead$candidate
        [[ $candidate != "$typed"* ]] || COMPREPLY+=("${REPLY#"$before"}")
    done ;;
    @*) while IFS= read -r candidate; do
        _craton_quote "$candidate"
        REPLY=$lead$REPLY
        [[ $candidate != "$typed"* ]] || COMPREPLY+=("${REPLY#"$before"}")
    done < <(command craton complete-names -- "${takes#@}" "$typed" 2>/dev/null) ;;
    /) compopt -o default 2>/dev/null ;;
    esac
}

complete -F _craton craton
