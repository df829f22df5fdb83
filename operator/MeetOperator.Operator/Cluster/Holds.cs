using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Operator.Cluster;

/// <summary>Puts finalizers on objects of people.</summary>
internal static class Holds
{
    /// <summary>The object with the finalizer; without it where the role of an older chart, before an upgrade or after a rollback, does not grant the patch.</summary>
    public static async Task<T> PutAsync<T>(KubeClient client, T item, string finalizer, CancellationToken ct)
        where T : KubernetesObject
    {
        try
        {
            return await Finalizers.AddAsync(client, item, finalizer, ct).ConfigureAwait(false);
        }
        catch (KubeApiException refusal) when (refusal.IsForbidden)
        {
            return item;
        }
    }
}
