using System.Text;
using System.Text.Json;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Plans;

namespace MeetOperator.Kube.ProcessRuntime.Volumes;

/// <summary>
/// Creates volumes as folders: Secrets and ConfigMaps as files that only the current user can read, empty folders, and host paths where allowed.
/// </summary>
internal static class VolumeFolders
{
    public static void Write(Pod pod, PodLocation location, ReferencedData data, bool hostPathAllowed)
    {
        foreach (var volume in pod.Spec.Volumes ?? [])
        {
            if (HostPathOf(volume) is { } hostPath)
            {
                if (!hostPathAllowed)
                {
                    throw new PodConfigurationException(
                        PodConfigurationException.ConfigError, $"volume \"{volume.Name}\": hostPath is not allowed in namespace \"{pod.Metadata.Namespace}\"");
                }

                if (!File.Exists(hostPath))
                {
                    Directory.CreateDirectory(hostPath);
                }

                continue;
            }

            var folder = location.VolumeFolder(volume.Name);
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (volume.Secret is { } secret)
            {
                WriteFiles(folder, data.Find(new DataReference(true, secret.SecretName ?? string.Empty), secret.Optional == true), secret.Items);
            }
            else if (volume.ConfigMap is { } map)
            {
                WriteFiles(folder, data.Find(new DataReference(false, map.Name ?? string.Empty), map.Optional == true), map.Items);
            }
            else if (volume.Projected is { } projected)
            {
                WriteProjected(folder, pod, location, data, projected);
            }
            else if (volume.EmptyDir is null && volume.UnknownFields is { Count: > 0 } unknown)
            {
                throw new PodConfigurationException(
                    PodConfigurationException.ConfigError, $"volume \"{volume.Name}\": \"{unknown.Keys.First()}\" is not supported; use secret, configMap, projected, or emptyDir");
            }
        }
    }

    public static string? HostPathOf(Volume volume) =>
        volume.UnknownFields is { } fields
        && fields.TryGetValue("hostPath", out var source)
        && source.ValueKind == JsonValueKind.Object
        && source.TryGetProperty("path", out var path) ? path.GetString() : null;

    /// <summary>The full path of <paramref name="path"/> inside <paramref name="folder"/>. Throws if it is outside.</summary>
    public static string ResolveInside(string folder, string path)
    {
        var full = Path.GetFullPath(Path.Combine(folder, path));
        return full.StartsWith(Path.GetFullPath(folder) + "/", StringComparison.Ordinal) ? full
            : throw new PodConfigurationException(PodConfigurationException.ConfigError, $"path \"{path}\" is outside its volume");
    }

    private static void WriteProjected(string folder, Pod pod, PodLocation location, ReferencedData data, ProjectedVolumeSource projected)
    {
        foreach (var source in projected.Sources ?? [])
        {
            if (source.Secret is { } secret)
            {
                WriteFiles(folder, data.Find(new DataReference(true, secret.Name ?? string.Empty), secret.Optional == true), secret.Items);
            }

            if (source.ConfigMap is { } map)
            {
                WriteFiles(folder, data.Find(new DataReference(false, map.Name ?? string.Empty), map.Optional == true), map.Items);
            }

            foreach (var item in source.DownwardAPI?.Items ?? [])
            {
                WriteFile(ResolveInside(folder, item.Path), Encoding.UTF8.GetBytes(DownwardFields.Read(pod, location, item.FieldRef?.FieldPath ?? string.Empty)));
            }
        }
    }

    private static void WriteFiles(string folder, IReadOnlyDictionary<string, byte[]>? data, IList<KeyToPath>? items)
    {
        foreach (var (key, value) in data ?? new Dictionary<string, byte[]>())
        {
            if (items is null)
            {
                WriteFile(ResolveInside(folder, key), value);
            }

            foreach (var item in (items ?? []).Where(i => i.Key == key))
            {
                WriteFile(ResolveInside(folder, item.Path), value);
            }
        }
    }

    private static void WriteFile(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using var file = new FileStream(path, options);
        file.Write(content);
    }
}
