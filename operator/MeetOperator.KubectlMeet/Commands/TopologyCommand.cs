using MeetOperator.Contracts.Meetings;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;
using MeetOperator.KubectlMeet.Topology;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Draws the media nodes of a meeting.</summary>
internal sealed class TopologyCommand : ICommand
{
    public CommandSpec Spec { get; } = new()
    {
        Name = "topology",
        Usage = "MEETING",
        Summary = "draw the media nodes of a meeting, the people on each, and the links between them",
        Description = "Each direction of a link has its state, round-trip time, lost packets and bit rate, at most 5 s old. With -o dot, the drawing is a graph for Graphviz.",
        MinArguments = 1,
        MaxArguments = 1,
        Options = [GlobalOptions.Format with { Summary = "print json, yaml or dot instead of text", Choices = ["json", "yaml", "dot"] }],
        Complete = static given => given.Count == 0 ? Completion.Of(NameKind.Meetings) : Completion.Nothing,
        Examples = ["kubectl meet topology standup", "kubectl meet topology standup -o dot | dot -Tsvg > standup.svg"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        using var cluster = ClusterReader.Open(line, readsAll: true);
        var topology = MeetingTopology.Of((await cluster.FindAsync<Meeting>(line.Arguments[0], ct).ConfigureAwait(false)).Item);
        var format = line.Value(GlobalOptions.Output);
        if (!Document.TryWrite(context.Out, format, topology))
        {
            context.Out.Write(format == "dot" ? TopologyDrawing.Dot(topology) : TopologyDrawing.Tree(topology));
        }

        return ExitCodes.Ok;
    }
}
