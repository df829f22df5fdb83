using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Runtime.Objects;

namespace MeetOperator.Operator.Cluster;

/// <summary>Adds finalizers to objects that users own.</summary>
internal static class UserObjectFinalizers
{
    /// <summary>
    /// Returns the object with the finalizer. Returns it unchanged if the role does not allow the patch, as with an older chart during an upgrade or rollback.
    /// </summary>
    public static async Task<T> EnsureAsync<T>(KubeClient client, T item, string finalizer, CancellationToken ct)
        where T : KubernetesObject
    {
        try
        {
            return await Finalizers.AddAsync(client, item, finalizer, ct).ConfigureAwait(false);
        }
        catch (KubeApiException error) when (error.IsForbidden)
        {
            return item;
        }
    }
}
