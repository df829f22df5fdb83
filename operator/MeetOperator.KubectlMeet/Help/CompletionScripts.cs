namespace MeetOperator.KubectlMeet.Help;

/// <summary>
/// Scripts that connect a shell with the hidden command <c>__complete</c>, which prints one candidate a line and then a directive, as the plugins of kubectl do.
/// kubectl itself calls the program kubectl_complete-meet for <c>kubectl meet …</c>.
/// </summary>
internal static class CompletionScripts
{
    public static readonly IReadOnlyList<string> Shells = ["bash", "zsh", "fish", "kubectl"];

    public static string Of(string shell) => shell switch
    {
        "bash" => """
            # Completion of kubectl-meet for bash. To load it: source <(kubectl-meet completion bash)
            _kubectl_meet() {
              local IFS=$'\n'
              COMPREPLY=($(compgen -W "$(kubectl-meet __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | grep -v '^:')" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -F _kubectl_meet kubectl-meet

            """,
        "zsh" => """
            #compdef kubectl-meet
            # Completion of kubectl-meet for zsh. To load it: source <(kubectl-meet completion zsh)
            _kubectl_meet() {
              local -a candidates
              candidates=(${(f)"$(kubectl-meet __complete "${(@)words[2,$CURRENT]}" 2>/dev/null | grep -v '^:')"})
              compadd -a candidates
            }
            compdef _kubectl_meet kubectl-meet

            """,
        "fish" => """
            # Completion of kubectl-meet for fish. To load it: kubectl-meet completion fish | source
            complete -c kubectl-meet -f -a "(kubectl-meet __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null | string match -v ':*')"

            """,
        _ => """
            #!/bin/sh
            # kubectl runs this program to complete 'kubectl meet'. Save it as kubectl_complete-meet in a folder of the PATH, and make it executable.
            exec kubectl-meet __complete "$@"

            """,
    };
}
