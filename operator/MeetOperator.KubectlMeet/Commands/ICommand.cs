using MeetOperator.KubectlMeet.Arguments;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>One command of the plugin.</summary>
internal interface ICommand
{
    CommandSpec Spec { get; }

    /// <summary>Runs the command and returns the exit code. Errors are exceptions; the caller prints them.</summary>
    Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct);
}
