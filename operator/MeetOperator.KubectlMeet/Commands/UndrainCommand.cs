using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Cancels a drain.</summary>
internal sealed class UndrainCommand : ICommand
{
    public CommandSpec Spec { get; } = new()
    {
        Name = "undrain",
        Usage = "NODE",
        Summary = "cancel the drain of a media node",
        Description = "Removes spec.drain of the SfuNode, so that it takes meetings again. Meetings that have moved stay where they are. A node that is being deleted cannot be kept.",
        MinArguments = 1,
        MaxArguments = 1,
        Complete = static given => given.Count == 0 ? Completion.Of(NameKind.Nodes) : Completion.Nothing,
        Examples = ["kubectl meet undrain default-7k2xq"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        using var cluster = ClusterReader.Open(line, readsAll: true);
        var nodes = await cluster.ListAsync<SfuNode>(ct).ConfigureAwait(false);
        var node = Lookup.Find(nodes.Items, cluster.Qualify(line.Arguments[0]), cluster.Namespace, nodes.NotReadable);
        var key = node.Metadata.NamespacedName;
        if (node.Metadata.DeletionTimestamp is not null)
        {
            throw new MissingObjectException($"{key} is being deleted, which cannot be canceled: it is removed once it is empty");
        }

        if (node.Spec.Drain is null && node.Spec.DrainRequestedAt is null)
        {
            context.Text.Line($"{key} has no drain to cancel{(node.Status?.State == SfuNodeState.Draining ? $"; it is draining because {node.Status.Message}" : string.Empty)}");
            return ExitCodes.Ok;
        }

        await cluster.Client.MergePatchAsync<SfuNode>(key, new JsonObject { ["spec"] = new JsonObject { ["drain"] = null, ["drainRequestedAt"] = null } }, ct).ConfigureAwait(false);
        context.Text.Line($"the drain of {key} is canceled");
        context.Note(
        [
            .. node.Metadata.Annotations?.ContainsKey(MeetAnnotations.ScaledDown) == true ? new[] { $"the pool {node.Spec.PoolRef.Name} was scaled down and may drain a node again; increase its spec.replicas to keep this one" } : [],
            .. node.Spec.Unschedulable ? new[] { "the node is cordoned (spec.unschedulable) and takes no new meetings" } : [],
        ]);
        return ExitCodes.Ok;
    }
}
