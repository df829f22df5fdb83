using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime;

[assembly: RbacRule(MeetComponents.Uninstall, Group = MeetGroup.Name, Resources = ["meetings", "sfunodes"], Verbs = ["list", "patch"],
    Reason = "Take the operator's finalizers off what is left when it is gone.")]

namespace MeetOperator.Operator.Uninstalling;

/// <summary>
/// Takes the operator's finalizers off Meetings and SfuNodes. Run once the operator is gone for good: nobody else would, and deleting what is left
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
        return await ReleaseAsync<Meeting>(client, MeetFinalizers.FreeRoom, ct).ConfigureAwait(false)
            + await ReleaseAsync<SfuNode>(client, MeetFinalizers.Drain, ct).ConfigureAwait(false);
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
        where T : KubernetesObject
    {
        try
        {
            var all = await client.ListAllAsync<T>(null, null, ct).ConfigureAwait(false);
            return [.. all.Items.Where(item => Finalizers.Has(item, finalizer))];
        }
        catch (KubeApiException missing) when (missing.IsNotFound)
        {
            return [];
        }
    }
}
