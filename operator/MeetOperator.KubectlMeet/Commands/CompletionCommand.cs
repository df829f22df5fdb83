using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Help;
using MeetOperator.KubectlMeet.Output;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Prints the completion script of a shell.</summary>
internal sealed class CompletionCommand : ICommand
{
    public CommandSpec Spec { get; } = new()
    {
        Name = "completion",
        Usage = "bash|zsh|fish|kubectl",
        Summary = "print a completion script",
        Description = "bash, zsh and fish complete the program kubectl-meet. For 'kubectl meet', save the output of 'completion kubectl' as kubectl_complete-meet in a folder of the PATH, and make it executable; the completion of kubectl itself then uses it.",
        MinArguments = 1,
        MaxArguments = 1,
        UsesCluster = false,
        Complete = static given => given.Count == 0 ? Completion.Of([.. CompletionScripts.Shells]) : Completion.Nothing,
        Examples = ["source <(kubectl-meet completion bash)", "kubectl meet completion kubectl > ~/.local/bin/kubectl_complete-meet"],
    };

    public Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        var shell = line.Arguments[0];
        if (!CompletionScripts.Shells.Contains(shell, StringComparer.Ordinal))
        {
            throw new UsageException($"there is no completion for '{shell}'; there is for {string.Join(", ", CompletionScripts.Shells)}");
        }

        context.Out.Write(CompletionScripts.Of(shell));
        return Task.FromResult(ExitCodes.Ok);
    }
}
