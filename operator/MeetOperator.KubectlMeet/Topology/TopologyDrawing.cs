using System.Text;
using System.Text.Json;
using MeetOperator.KubectlMeet.Output;

namespace MeetOperator.KubectlMeet.Topology;

/// <summary>Draws a topology as a tree of text, or in the language of Graphviz. Pure.</summary>
internal static class TopologyDrawing
{
    public static string Tree(MeetingTopology topology)
    {
        var text = new StringBuilder($"{topology.Meeting}  {Counts.People(topology.Participants)}, {Media(topology)}\n");
        for (var i = 0; i < topology.Nodes.Count; i++)
        {
            var node = topology.Nodes[i];
            string?[] parts = [node.Role, node.State, node.Region, node.Participants is { } people ? Counts.People(people) : null, $"generation {node.Generation}"];
            text.Append(i == topology.Nodes.Count - 1 ? "└── " : "├── ").Append(node.Node).Append("  ").AppendJoin(", ", parts.Where(part => !string.IsNullOrEmpty(part))).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A graph for <c>dot</c>: the meeting, its media nodes, and the number of people at each edge.</summary>
    public static string Dot(MeetingTopology topology)
    {
        var text = new StringBuilder("graph meeting {\n  node [shape=box];\n");
        text.Append($"  {Quoted(topology.Meeting)} [shape=ellipse];\n");
        foreach (var node in topology.Nodes)
        {
            text.Append($"  {Quoted(node.Node)} [label={Quoted($"{node.Node}\n{node.Role}, {node.State}{(node.Region is null ? string.Empty : $", {node.Region}")}")}];\n");
            text.Append($"  {Quoted(topology.Meeting)} -- {Quoted(node.Node)} [label={Quoted(node.Participants is { } people ? Counts.People(people) : "?")}{(node.Role == "Former" ? ", style=dashed" : string.Empty)}];\n");
        }

        return text.Append("}\n").ToString();
    }

    private static string Media(MeetingTopology topology) => topology switch
    {
        { Media: "P2P" } => "media flows directly between them",
        { Nodes: [] } => "on no media node",
        _ => "media flows through media nodes",
    };

    /// <summary>JSON and Graphviz quote names without control characters in the same way, and both write a line break as \n.</summary>
    private static string Quoted(string text) => JsonSerializer.Serialize(text);
}
