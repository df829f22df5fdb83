using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Resources;

[assembly: RbacRule(MeetComponents.Uninstall, Group = MeetGroup.Name, Resources = ["tenants", "meetings", "sfupools", "sfunodes"], Verbs = ["list", "patch"],
    Reason = "Take the operator's finalizers off what is left when it is gone.")]
[assembly: RbacRule(MeetComponents.Uninstall, Resources = ["pods"], Verbs = ["list", "patch", "delete"],
    Reason = "Give the Pods of media nodes to their SfuNodes, with which they then go, and remove those of no SfuNode; to set an owner takes the right to delete.")]

namespace MeetOperator.Operator.Uninstalling;

/// <summary>
/// Takes the operator's finalizers off Tenants, Meetings, SfuPools and SfuNodes, and gives each media node's Pod to its SfuNode, as there is no operator any more that
/// would delete it. Run once the operator is gone for good: nobody else would, and deleting what is left
/// would wait for ever. An operator that is installed again puts them back.
/// </summary>
public static class LeftFinalizers
{
    /// <summary>The argument with which the program does this in place of its daily work.</summary>
    public const string Verb = "release-finalizers";

    private const int Attempts = 5;

    /// <summary>Runs in a Pod or with KUBECONFIG, tells what it did, and returns the exit code.</summary>
    public static async Task<int> RunAsync(TextWriter output, TextWriter errors)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        try
        {
            using var client = new KubeClient(KubeConfig.Load(), new KubeClientOptions { UserAgent = "meet-operator", FieldManager = FieldManagers.Operator });
            var released = await ReleaseAsync(client, CancellationToken.None).ConfigureAwait(false);
            await output.WriteLineAsync($"{released} objects are free to be deleted without an operator").ConfigureAwait(false);
            return 0;
        }
        catch (Exception failed) when (failed is KubeConfigException or KubeApiException or HttpRequestException or TimeoutException)
        {
            await errors.WriteLineAsync($"finalizers could not be taken off: {failed.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>Returns how many objects had a finalizer of ours.</summary>
    public static async Task<int> ReleaseAsync(KubeClient client, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(client);
        await GivePodsAsync(client, ct).ConfigureAwait(false);
        return await ReleaseAsync<Tenant>(client, MeetFinalizers.AwaitMeetings, ct).ConfigureAwait(false)
            + await ReleaseAsync<SfuPool>(client, MeetFinalizers.Drain, ct).ConfigureAwait(false)
            + await ReleaseAsync<Meeting>(client, MeetFinalizers.FreeRoom, ct).ConfigureAwait(false)
            + await ReleaseAsync<SfuNode>(client, MeetFinalizers.Drain, ct).ConfigureAwait(false);
    }

    /// <summary>First of all: an SfuNode that is being deleted is gone with its finalizer.</summary>
    private static async Task GivePodsAsync(KubeClient client, CancellationToken ct)
    {
        var pods = await client.ListAllAsync<Pod>(null, new ListOptions { LabelSelector = $"{MeetLabels.Component}={MeetComponents.MediaNode},{MeetLabels.SfuNode}" }, ct).ConfigureAwait(false);
        var nodes = (await AllAsync<SfuNode>(client, ct).ConfigureAwait(false)).ToDictionary(node => node.Metadata.NamespacedName);
        foreach (var pod in pods.Items.Where(pod => pod.Metadata.OwnerReferences is null or { Count: 0 }))
        {
            await (nodes.TryGetValue(pod.Metadata.NamespacedName, out var node)
                ? GiveAsync(client, pod, node, ct)
                : client.TryDeleteAsync<Pod>(pod.Metadata.NamespacedName, ct, new DeleteOptions { Uid = pod.Metadata.Uid })).ConfigureAwait(false);
        }
    }

    private static async Task GiveAsync(KubeClient client, Pod pod, SfuNode node, CancellationToken ct)
    {
        var reference = Owner.Of(node);
        reference.BlockOwnerDeletion = null; // Nobody waits for it, and it would take a right on the owner's finalizers.
        var owner = JsonSerializer.SerializeToNode(reference, KubeJson.Options);
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid, ["ownerReferences"] = new JsonArray(owner) } };
        try
        {
            await client.MergePatchAsync<Pod>(pod.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
        }
        catch (KubeApiException gone) when (gone.IsNotFound || gone.IsConflict || gone.IsInvalid)
        {
            // It went meanwhile, or another Pod has its name.
        }
    }

    private static async Task<int> ReleaseAsync<T>(KubeClient client, string finalizer, CancellationToken ct)
        where T : KubernetesObject
    {
        var released = 0;
        for (var attempt = 1; ; attempt++)
        {
            // Without the definition there are no objects either.
            var held = await HeldAsync<T>(client, finalizer, ct).ConfigureAwait(false);
            var conflicts = 0;
            foreach (var item in held)
            {
                try
                {
                    await Finalizers.RemoveAsync(client, item, finalizer, ct).ConfigureAwait(false);
                    released++;
                }
                catch (KubeApiException changed) when (changed.IsConflict && attempt < Attempts)
                {
                    conflicts++; // Somebody writes to it at this moment: look again.
                }
            }

            if (conflicts == 0)
            {
                return released;
            }
        }
    }

    private static async Task<IReadOnlyList<T>> HeldAsync<T>(KubeClient client, string finalizer, CancellationToken ct)
        where T : KubernetesObject =>
        [.. (await AllAsync<T>(client, ct).ConfigureAwait(false)).Where(item => Finalizers.Has(item, finalizer))];

    private static async Task<IList<T>> AllAsync<T>(KubeClient client, CancellationToken ct)
        where T : KubernetesObject
    {
        try
        {
            return (await client.ListAllAsync<T>(null, null, ct).ConfigureAwait(false)).Items;
        }
        catch (KubeApiException missing) when (missing.IsNotFound)
        {
            return [];
        }
    }
}
