using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Help;
using MeetOperator.KubectlMeet.Output;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Prints the manual page.</summary>
internal sealed class ManCommand : ICommand
{
    public CommandSpec Spec { get; } = new() { Name = "man", Summary = "print the manual page in the format of man", UsesCluster = false, Examples = ["kubectl meet man | man -l -"] };

    public Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        context.Out.Write(ManPage.Of(CommandTable.Specs, VersionCommand.Version));
        return Task.FromResult(ExitCodes.Ok);
    }
}
