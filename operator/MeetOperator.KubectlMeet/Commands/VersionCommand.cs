using System.Reflection;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>The version of the plugin.</summary>
internal sealed class VersionCommand : ICommand
{
    public static string Version { get; } = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? string.Empty;

    public CommandSpec Spec { get; } = new() { Name = "version", Summary = "print the version of this plugin", UsesCluster = false };

    public Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        context.Text.Line(Version);
        return Task.FromResult(ExitCodes.Ok);
    }
}
