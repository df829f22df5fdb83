using System.Globalization;
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

        if (topology.Links.Count > 0)
        {
            text.Append("\nLinks\n");
            var from = topology.Links.Max(link => link.From.Length);
            var to = topology.Links.Max(link => link.To.Length);
            foreach (var link in topology.Links)
            {
                text.Append($"{link.From.PadRight(from)} -> {link.To.PadRight(to)}  {Figures(link)}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>A graph for <c>dot</c>: the meeting, its media nodes with the number of people on each, and the links between them.</summary>
    public static string Dot(MeetingTopology topology)
    {
        var text = new StringBuilder("graph meeting {\n  node [shape=box];\n");
        text.Append($"  {Quoted(topology.Meeting)} [shape=ellipse];\n");
        foreach (var node in topology.Nodes)
        {
            text.Append($"  {Quoted(node.Node)} [label={Quoted($"{node.Node}\n{node.Role}, {node.State}{(node.Region is null ? string.Empty : $", {node.Region}")}")}];\n");
            text.Append($"  {Quoted(topology.Meeting)} -- {Quoted(node.Node)} [label={Quoted(node.Participants is { } people ? Counts.People(people) : "?")}{(node.Role == "Former" ? ", style=dashed" : string.Empty)}];\n");
        }

        foreach (var pair in topology.Links.GroupBy(link => string.CompareOrdinal(link.From, link.To) < 0 ? (link.From, link.To) : (link.To, link.From)))
        {
            var label = string.Join('\n', pair.Select(link => $"to {link.To}: {Figures(link)}"));
            text.Append($"  {Quoted(pair.Key.Item1)} -- {Quoted(pair.Key.Item2)} [label={Quoted(label)}{(pair.All(link => link.State == "Up") ? string.Empty : ", color=red")}];\n");
        }

        return text.Append("}\n").ToString();
    }

    private static string Media(MeetingTopology topology) => topology switch
    {
        { Media: "P2P" } => "media flows directly between them",
        { Nodes: [] } => "on no media node",
        _ => "media flows through media nodes",
    };

    private static string Figures(TopologyLink link)
    {
        string?[] parts =
        [
            link.State,
            link.RttMs is { } rtt ? $"{rtt} ms" : null,
            link.LossPct is { } loss ? string.Create(CultureInfo.InvariantCulture, $"{loss:0.##} % lost") : null,
            $"{link.Kbps} kbit/s",
        ];
        return string.Join(", ", parts.Where(part => !string.IsNullOrEmpty(part)));
    }

    /// <summary>JSON and Graphviz quote names without control characters in the same way, and both write a line break as \n.</summary>
    private static string Quoted(string text) => JsonSerializer.Serialize(text);
}
