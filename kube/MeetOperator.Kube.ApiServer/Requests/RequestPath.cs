namespace MeetOperator.Kube.ApiServer.Requests;

/// <summary>The parts of a resource path: <c>/apis/{group}/{version}/namespaces/{namespace}/{resource}/{name}/{subresource}</c>.</summary>
internal readonly record struct RequestPath(string Group, string Version, string? Namespace, string Resource, string? Name, string Subresource)
{
    /// <summary>Returns false for paths that name no resource. Never throws.</summary>
    public static bool TryParse(string path, out RequestPath result)
    {
        result = default;
        var parts = path.Trim('/').Split('/');
        var at = 0;
        string group;
        if (parts is ["api", _, ..])
        {
            group = string.Empty;
            at = 1;
        }
        else if (parts is ["apis", _, _, ..])
        {
            group = parts[1];
            at = 2;
        }
        else
        {
            return false;
        }

        var version = parts[at++];
        string? ns = null;
        if (parts.Length - at >= 3 && parts[at] == "namespaces" && !(group.Length == 0 && parts.Length - at == 3 && parts[at + 2] is "status" or "finalize"))
        {
            ns = parts[at + 1];
            at += 2;
        }

        if (parts.Length - at is < 1 or > 3 || parts.Skip(at).Any(p => p.Length == 0) || ns?.Length == 0)
        {
            return false;
        }

        result = new RequestPath(
            group,
            version,
            ns,
            parts[at],
            parts.Length - at > 1 ? Uri.UnescapeDataString(parts[at + 1]) : null,
            parts.Length - at > 2 ? parts[at + 2] : string.Empty);
        return true;
    }
}
