namespace MeetOperator.Kube.ProcessRuntime.Volumes;

/// <summary>One <c>volumeMount</c>: the mount path in the container, and the local folder (or file, with subPath).</summary>
internal sealed record Mount(string MountPath, string HostPath);

/// <summary>
/// Replaces mount paths in env values, commands, and arguments with the local folder, because a local process has no mount namespace.
/// A mount path is recognized at the start of the text and after <c>=</c>, <c>:</c>, <c>,</c>, <c>;</c>, a space, or a quote, if the text ends after it
/// or one of these characters or a slash follows. So <c>sqlite:/data/meet.db</c> and <c>--key=/keys/a</c> work, and <c>/database</c> is not changed.
/// </summary>
internal sealed class MountTable(IEnumerable<Mount> mounts)
{
    private const string Before = "=:,; '\"";
    private const string After = "/:,; '\"";

    // The longest path first, so that /data/keys takes precedence over /data.
    private readonly Mount[] _mounts = [.. mounts
        .Select(m => m with { MountPath = m.MountPath.TrimEnd('/') })
        .Where(m => m.MountPath.Length > 0)
        .OrderByDescending(m => m.MountPath.Length)];

    public string Rewrite(string text)
    {
        if (_mounts.Length == 0 || !text.Contains('/', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var mount = i == 0 || Before.Contains(text[i - 1], StringComparison.Ordinal) ? MountAt(text, i) : null;
            if (mount is null)
            {
                result.Append(text[i++]);
                continue;
            }

            result.Append(mount.HostPath);
            i += mount.MountPath.Length;
        }

        return result.ToString();
    }

    private Mount? MountAt(string text, int index)
    {
        foreach (var mount in _mounts)
        {
            var end = index + mount.MountPath.Length;
            if (string.CompareOrdinal(text, index, mount.MountPath, 0, mount.MountPath.Length) == 0
                && (end == text.Length || After.Contains(text[end], StringComparison.Ordinal)))
            {
                return mount;
            }
        }

        return null;
    }
}
