using MeetOperator.KubectlMeet.Arguments;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Every command, in the order of the help.</summary>
internal static class CommandTable
{
    public static readonly IReadOnlyList<ICommand> Commands =
    [
        new StatusCommand(),
        new WhyCommand(),
        new PlanDrainCommand(),
        new DrainCommand(),
        new UndrainCommand(),
        new MoveCommand(),
        new TopCommand(),
        new TopologyCommand(),
        new NetCheckCommand(),
        new TurnCheckCommand(),
        new SupportBundleCommand(),
        new CompletionCommand(),
        new ManCommand(),
        new VersionCommand(),
    ];

    public static IReadOnlyList<CommandSpec> Specs { get; } = [.. Commands.Select(command => command.Spec)];
}
