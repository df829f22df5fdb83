using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Exposure;

/// <summary>From where the operator measures.</summary>
/// <param name="Pod">The operator's Pod, as <c>namespace/name</c>.</param>
/// <param name="Machine">Its cluster node; null when it is not known.</param>
internal sealed record ExposurePlace(string Pod, string? Machine)
{
    /// <summary>As messages name it.</summary>
    public override string ToString() => $"from inside the cluster (Pod {Pod}{(Machine is null ? string.Empty : $" on {Machine}")})";

    /// <summary>Reads the operator's own Pod. Without the right to do so, its cluster node is unknown.</summary>
    public static async Task<ExposurePlace> FindAsync(KubeClient client, OperatorOptions options, CancellationToken ct)
    {
        var name = $"{options.Namespace}/{options.PodName}";
        try
        {
            var pods = await client.ListAllAsync<Pod>(options.Namespace, new ListOptions { FieldSelector = $"metadata.name={options.PodName}" }, ct).ConfigureAwait(false);
            return new ExposurePlace(name, pods.Items.FirstOrDefault()?.Spec.NodeName is { Length: > 0 } machine ? machine : null);
        }
        catch (Exception failed) when (failed is KubeApiException or HttpRequestException or IOException or TimeoutException)
        {
            return new ExposurePlace(name, null);
        }
    }
}
