# Completion of craton for bash. To use it: source <(craton completion bash)

# @FUNCTIONS@

# Split a line into words as bash does, but expand nothing. Sets the array words, quote
# to the quotation mark that is still open, and raw to the last word as typed.
_craton_split() {
    local rest=$1 plain char word='' begun=''
    words=() quote='' raw=''
    while [[ -n $rest ]]; do
        # Read ordinary characters in one piece. One by one, they take three times as long.
        plain=${rest%%[\\\'\"[:space:]]*}
        char=${rest:${#plain}:1} rest=${rest:${#plain}+1}
        raw+=$plain word+=$plain
        if [[ $quote != "'" && $char == \\ ]]; then
            raw+=$char${rest:0:1} word+=${rest:0:1} rest=${rest:1}
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

# Quote a word as the place where it is inserted requires. Sets REPLY.
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
    local words quote raw takes kept candidate REPLY before=''
    _craton_split "${COMP_LINE:0:COMP_POINT}"
    local last=$((${#words[@]} - 1))
    local typed=${words[last]}
    _craton_at_cursor "$typed" "${words[@]:1:last-1}"
    typed=${typed#"$kept"}
    # bash replaces only the part of the word after the last of these characters.
    if [[ -z $quote ]]; then
        [[ $COMP_WORDBREAKS != *=* || $raw != *=* ]] || before=${raw%"${raw##*=}"}
        [[ $COMP_WORDBREAKS != *:* || $raw != *:* ]] || before=${raw%"${raw##*[=:]}"}
    else
        before=$kept
    fi
    COMPREPLY=()
    case $takes in
    =*) for candidate in ${takes#=}; do
        REPLY=$kept$candidate
        [[ $candidate != "$typed"* ]] || COMPREPLY+=("${REPLY#"$before"}")
    done ;;
    @*) while IFS= read -r candidate; do
        _craton_quote "$candidate"
        REPLY=$kept$REPLY
        [[ $candidate != "$typed"* ]] || COMPREPLY+=("${REPLY#"$before"}")
    done < <(command craton complete-names -- "${takes#@}" "$typed" 2>/dev/null) ;;
    /) compopt -o default 2>/dev/null ;;
    esac
}

complete -F _craton craton
