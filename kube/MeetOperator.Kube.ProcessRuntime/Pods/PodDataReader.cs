using System.Text;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.ProcessRuntime.Volumes;

namespace MeetOperator.Kube.ProcessRuntime.Pods;

/// <summary>Reads the Secrets and ConfigMaps that a Pod references, only from its own namespace.</summary>
internal static class PodDataReader
{
    public static async Task<ReferencedData> ReadAsync(KubeClient client, Pod pod, CancellationToken ct)
    {
        var found = new Dictionary<DataReference, IReadOnlyDictionary<string, byte[]>>();
        foreach (var reference in ReferencedData.Of(pod.Spec))
        {
            var key = new NamespacedName(pod.Metadata.Namespace, reference.Name);
            var data = reference.Secret
                ? BytesOf(await client.TryGetAsync<Secret>(key, ct).ConfigureAwait(false))
                : BytesOf(await client.TryGetAsync<ConfigMap>(key, ct).ConfigureAwait(false));
            if (data is not null)
            {
                found[reference] = data;
            }
        }

        return new ReferencedData(found);
    }

    private static Dictionary<string, byte[]>? BytesOf(Secret? secret) =>
        secret is null ? null : (secret.Data?.Keys ?? []).ToDictionary(k => k, k => secret.GetBytes(k) ?? []);

    private static Dictionary<string, byte[]>? BytesOf(ConfigMap? map)
    {
        if (map is null)
        {
            return null;
        }

        var data = (map.Data ?? new Dictionary<string, string>()).ToDictionary(e => e.Key, e => Encoding.UTF8.GetBytes(e.Value));
        foreach (var (key, value) in map.BinaryData ?? new Dictionary<string, string>())
        {
            data[key] = Convert.FromBase64String(value);
        }

        return data;
    }
}
