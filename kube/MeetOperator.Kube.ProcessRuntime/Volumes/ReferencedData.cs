using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Plans;

namespace MeetOperator.Kube.ProcessRuntime.Volumes;

/// <summary>A reference to a Secret or ConfigMap in the namespace of the Pod.</summary>
internal readonly record struct DataReference(bool Secret, string Name)
{
    public override string ToString() => $"{(Secret ? "secret" : "configmap")} \"{Name}\"";
}

/// <summary>The existing Secrets and ConfigMaps that a Pod references, read once before its containers start.</summary>
internal sealed class ReferencedData(IReadOnlyDictionary<DataReference, IReadOnlyDictionary<string, byte[]>> objects)
{
    public IReadOnlyDictionary<string, byte[]>? Find(DataReference reference, bool optional) =>
        objects.TryGetValue(reference, out var data) ? data
        : optional ? null
        : throw new PodConfigurationException(PodConfigurationException.ConfigError, $"{reference} not found");

    public byte[]? Find(DataReference reference, string key, bool optional) =>
        Find(reference, optional) is not { } data ? null
        : data.TryGetValue(key, out var value) ? value
        : optional ? null
        : throw new PodConfigurationException(PodConfigurationException.ConfigError, $"couldn't find key {key} in {reference}");

    /// <summary>All references in the volumes and the container environments of <paramref name="spec"/>.</summary>
    public static IReadOnlySet<DataReference> Of(PodSpec spec)
    {
        var found = new HashSet<DataReference>();
        void Add(bool secret, string? name)
        {
            if (!string.IsNullOrEmpty(name))
            {
                found.Add(new DataReference(secret, name));
            }
        }

        foreach (var volume in spec.Volumes ?? [])
        {
            Add(true, volume.Secret?.SecretName);
            Add(false, volume.ConfigMap?.Name);
            foreach (var source in volume.Projected?.Sources ?? [])
            {
                Add(true, source.Secret?.Name);
                Add(false, source.ConfigMap?.Name);
            }
        }

        foreach (var container in spec.Containers)
        {
            foreach (var variable in container.Env ?? [])
            {
                Add(true, variable.ValueFrom?.SecretKeyRef?.Name);
                Add(false, variable.ValueFrom?.ConfigMapKeyRef?.Name);
            }

            foreach (var source in container.EnvFrom ?? [])
            {
                Add(true, source.SecretRef?.Name);
                Add(false, source.ConfigMapRef?.Name);
            }
        }

        return found;
    }
}
