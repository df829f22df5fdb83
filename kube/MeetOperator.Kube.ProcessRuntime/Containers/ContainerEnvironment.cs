using System.Text;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Images;
using MeetOperator.Kube.ProcessRuntime.Plans;
using MeetOperator.Kube.ProcessRuntime.Volumes;

namespace MeetOperator.Kube.ProcessRuntime.Containers;

/// <summary>
/// Resolves the variables of a container in the order of the kubelet: image, <c>envFrom</c>, then <c>env</c>, where each may reference earlier ones.
/// </summary>
internal static class ContainerEnvironment
{
    public static IReadOnlyDictionary<string, string> Resolve(Pod pod, Container container, PodLocation location, ReferencedData data, ImageProgram image)
    {
        var result = new Dictionary<string, string>(image.Environment, StringComparer.Ordinal) { ["HOSTNAME"] = pod.Metadata.Name ?? string.Empty };
        foreach (var source in container.EnvFrom ?? [])
        {
            foreach (var (reference, optional) in ReferencesOf(source))
            {
                foreach (var (key, value) in data.Find(reference, optional) ?? new Dictionary<string, byte[]>())
                {
                    result[source.Prefix + key] = Encoding.UTF8.GetString(value);
                }
            }
        }

        foreach (var variable in container.Env ?? [])
        {
            if (ValueOf(variable, pod, location, data, result) is { } value)
            {
                result[variable.Name] = value;
            }
        }

        return result;
    }

    private static IEnumerable<(DataReference Reference, bool Optional)> ReferencesOf(EnvFromSource source)
    {
        if (source.SecretRef is { Name: { } secret })
        {
            yield return (new DataReference(true, secret), source.SecretRef.Optional == true);
        }

        if (source.ConfigMapRef is { Name: { } map })
        {
            yield return (new DataReference(false, map), source.ConfigMapRef.Optional == true);
        }
    }

    private static string? ValueOf(EnvVar variable, Pod pod, PodLocation location, ReferencedData data, Dictionary<string, string> before)
    {
        switch (variable.ValueFrom)
        {
            case null:
                return VariableExpansion.Expand(variable.Value ?? string.Empty, before);
            case { FieldRef: { } field }:
                return DownwardFields.Read(pod, location, field.FieldPath);
            case { SecretKeyRef: { } secret }:
                return Text(data.Find(new DataReference(true, secret.Name ?? string.Empty), secret.Key, secret.Optional == true));
            case { ConfigMapKeyRef: { } map }:
                return Text(data.Find(new DataReference(false, map.Name ?? string.Empty), map.Key, map.Optional == true));
            default:
                throw new PodConfigurationException(PodConfigurationException.ConfigError, $"env \"{variable.Name}\": valueFrom has no supported source; use fieldRef, secretKeyRef, or configMapKeyRef");
        }
    }

    private static string? Text(byte[]? value) => value is null ? null : Encoding.UTF8.GetString(value);
}
