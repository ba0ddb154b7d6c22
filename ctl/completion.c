/* The verb `completion`: what makes a shell complete command lines of this tool. */
#include "ctl/completion.h"

#include <string.h>

static const char bash[] =
    "# Completion of mailstorectl for bash, printed by \"mailstorectl completion bash\".\n"
    "_mailstorectl() {\n"
    "    local kind word quoted cur=${COMP_WORDS[COMP_CWORD]}\n"
    "    COMPREPLY=()\n"
    "    {\n"
    "        IFS= read -r kind\n"
    "        while IFS=$'\\t' read -r word _; do\n"
    "            printf -v quoted %q \"$word\"\n"
    "            COMPREPLY+=(\"$quoted\")\n"
    "        done\n"
    "    } < <(\"${COMP_WORDS[0]/#\\~/$HOME}\" completion --candidates -- \\\n"
    "        \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "    case $kind in\n"
    "        files) mapfile -t COMPREPLY < <(compgen -f -- \"${cur#=}\") ;;\n"
    "        folders) mapfile -t COMPREPLY < <(compgen -d -- \"${cur#=}\") ;;\n"
    "        *) return ;;\n"
    "    esac\n"
    "    compopt -o filenames 2>/dev/null\n"
    "}\n"
    "complete -F _mailstorectl mailstorectl\n";

static const char zsh[] =
    "#compdef mailstorectl\n"
    "# Completion of mailstorectl for zsh, printed by \"mailstorectl completion zsh\".\n"
    "_mailstorectl() {\n"
    "    local kind line word\n"
    "    local -a found described\n"
    "    found=(\"${(@f)$(\"${(Q)words[1]}\" completion --candidates -- "
    "\"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
    "    kind=$found[1]\n"
    "    shift found\n"
    "    if [[ $kind != words ]]; then\n"
    "        [[ $PREFIX == --*=* ]] && compset -P '*='\n"
    "        if [[ $kind == folders ]]; then _files -/; else _files; fi\n"
    "        return\n"
    "    fi\n"
    "    for line in $found; do\n"
    "        word=${line%%$'\\t'*}\n"
    "        described+=(\"${word//:/\\\\:}${${line#$word}/$'\\t'/:}\")\n"
    "    done\n"
    "    _describe mailstorectl described\n"
    "}\n"
    "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
    "    _mailstorectl \"$@\"\n"
    "else\n"
    "    compdef _mailstorectl mailstorectl\n"
    "fi\n";

static const char fish[] =
    "# Completion of mailstorectl for fish, printed by \"mailstorectl completion fish\".\n"
    "function __mailstorectl_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l typed (commandline -ct)\n"
    "    set -l program $words[1]\n"
    "    set -e words[1]\n"
    "    set -l found ($program completion --candidates -- $words \"$typed\" 2>/dev/null)\n"
    "    switch \"$found[1]\"\n"
    "        case files\n"
    "            __fish_complete_path \"$typed\"\n"
    "        case folders\n"
    "            __fish_complete_directories \"$typed\" ''\n"
    "        case '*'\n"
    "            set -e found[1]\n"
    "            printf '%s\\n' $found\n"
    "    end\n"
    "end\n"
    "complete -c mailstorectl -f -a '(__mailstorectl_complete)'\n";

static enum ctl_exit run(struct ctl *ctl) {
    static const struct {
        const char *name, *script;
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    if (ctl_has(ctl, "--candidates")) {
        completion_find(ctl->arguments, ctl->argument_count, ctl->now, &ctl->out);
        return CTL_FINE;
    }
    if (ctl->argument_count != 1)
        return ctl_misuse("completion: for which shell? bash, zsh or fish");
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(ctl->arguments[0], shells[i].name) == 0) {
            buffer_append_text(&ctl->out, shells[i].script);
            return CTL_FINE;
        }
    return ctl_misuse("completion: there is none for \"%s\", but for bash, zsh and fish",
                      ctl->arguments[0]);
}

static const struct ctl_option options[] = {
    {.name = "--candidates", .help = "what these scripts ask: how the words behind \"--\" go on"},
    {0},
};

const struct ctl_verb verb_completion = {
    .name = "completion",
    .arguments = "SHELL",
    .summary = "print what completes command lines in bash, zsh or fish",
    .help = "The package puts it where each shell looks. By hand:\n"
            "  bash  source <(mailstorectl completion bash)\n"
            "  zsh   source <(mailstorectl completion zsh), behind compinit\n"
            "  fish  mailstorectl completion fish | source\n",
    .most_arguments = 1000,
    .run = run,
    .options = options,
    .completion = CTL_COMPLETE_WORDS,
    .words = "bash zsh fish",
};
