using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Resources;

[assembly: RbacRule(MeetComponents.Uninstall, Group = MeetGroup.Name, Resources = ["tenants", "meetings", "sfupools", "sfunodes"], Verbs = ["list", "patch"],
    Reason = "Remove the operator's finalizers from the remaining objects after an uninstall.")]
[assembly: RbacRule(MeetComponents.Uninstall, Resources = ["pods"], Verbs = ["list", "patch", "delete"],
    Reason = "Make SfuNodes the owners of their Pods, so that both are deleted together, and delete Pods without an SfuNode. Setting an owner requires the delete permission.")]

namespace MeetOperator.Operator.Uninstalling;

/// <summary>
/// Removes the operator's finalizers from Tenants, Meetings, SfuPools and SfuNodes, and makes each SfuNode the owner of its Pod, since the operator would otherwise delete the
/// Pod. Run it after the operator has been removed for good: without it, the deletion of these objects would never finish. An operator that is installed again adds the
/// finalizers again.
/// </summary>
internal static class FinalizerRelease
{
    /// <summary>The command-line argument that runs this instead of the operator.</summary>
    public const string Verb = "release-finalizers";

    private const int Attempts = 5;

    /// <summary>Runs in a Pod or with KUBECONFIG, prints the result, and returns the exit code.</summary>
    public static async Task<int> RunAsync(TextWriter output, TextWriter errors)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        try
        {
            using var client = new KubeClient(KubeConfig.Load(), new KubeClientOptions { UserAgent = "meet-operator", FieldManager = FieldManagers.Operator });
            var released = await ReleaseAsync(client, CancellationToken.None).ConfigureAwait(false);
            await output.WriteLineAsync($"removed the finalizers of {released} objects").ConfigureAwait(false);
            return 0;
        }
        catch (Exception failed) when (failed is KubeConfigException or KubeApiException or HttpRequestException or TimeoutException)
        {
            await errors.WriteLineAsync($"could not remove the finalizers: {failed.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>Returns the number of objects that had one of the operator's finalizers.</summary>
    public static async Task<int> ReleaseAsync(KubeClient client, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(client);
        await AdoptPodsAsync(client, ct).ConfigureAwait(false);
        return await ReleaseAsync<Tenant>(client, MeetFinalizers.AwaitMeetings, ct).ConfigureAwait(false)
            + await ReleaseAsync<SfuPool>(client, MeetFinalizers.Drain, ct).ConfigureAwait(false)
            + await ReleaseAsync<Meeting>(client, MeetFinalizers.FreeRoom, ct).ConfigureAwait(false)
            + await ReleaseAsync<SfuNode>(client, MeetFinalizers.Drain, ct).ConfigureAwait(false);
    }

    /// <summary>Must run first, because an SfuNode that is being deleted disappears with its finalizer.</summary>
    private static async Task AdoptPodsAsync(KubeClient client, CancellationToken ct)
    {
        var pods = await client.ListAllAsync<Pod>(null, new ListOptions { LabelSelector = $"{MeetLabels.Component}={MeetComponents.MediaNode},{MeetLabels.SfuNode}" }, ct).ConfigureAwait(false);
        var nodes = (await AllAsync<SfuNode>(client, ct).ConfigureAwait(false)).ToDictionary(node => node.Metadata.NamespacedName);
        foreach (var pod in pods.Items.Where(pod => pod.Metadata.OwnerReferences is null or { Count: 0 }))
        {
            await (nodes.TryGetValue(pod.Metadata.NamespacedName, out var node)
                ? SetOwnerAsync(client, pod, node, ct)
                : client.TryDeleteAsync<Pod>(pod.Metadata.NamespacedName, ct, new DeleteOptions { Uid = pod.Metadata.Uid })).ConfigureAwait(false);
        }
    }

    private static async Task SetOwnerAsync(KubeClient client, Pod pod, SfuNode node, CancellationToken ct)
    {
        var reference = Owner.Of(node);
        reference.BlockOwnerDeletion = null; // Not needed, and it would require permission to update the owner's finalizers.
        var owner = JsonSerializer.SerializeToNode(reference, KubeJson.Options);
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid, ["ownerReferences"] = new JsonArray(owner) } };
        try
        {
            await client.MergePatchAsync<Pod>(pod.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
        }
        catch (KubeApiException error) when (error.IsNotFound || error.IsConflict || error.IsInvalid)
        {
            // The Pod was deleted in the meantime, or another Pod has its name.
        }
    }

    private static async Task<int> ReleaseAsync<T>(KubeClient client, string finalizer, CancellationToken ct)
        where T : KubernetesObject
    {
        var released = 0;
        for (var attempt = 1; ; attempt++)
        {
            // Without the CRD there are no objects either.
            var held = await ListHeldAsync<T>(client, finalizer, ct).ConfigureAwait(false);
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
                    conflicts++; // The object was changed concurrently: read it again.
                }
            }

            if (conflicts == 0)
            {
                return released;
            }
        }
    }

    private static async Task<IReadOnlyList<T>> ListHeldAsync<T>(KubeClient client, string finalizer, CancellationToken ct)
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
