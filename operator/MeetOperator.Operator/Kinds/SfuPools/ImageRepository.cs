using System.Text.RegularExpressions;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Parses image names like container runtimes do, and returns registry and path without tag and digest. Pure.</summary>
internal static partial class ImageRepository
{
    private const string DockerHub = "docker.io";

    /// <summary>Returns the repository with its registry; null when the image name is invalid.</summary>
    public static string? Of(string image)
    {
        var match = Reference().Match(image);
        if (!match.Success)
        {
            return null;
        }

        var name = match.Groups["name"].Value;
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var (host, path) = slash > 0 && IsHost(name[..slash]) ? (name[..slash].ToLowerInvariant(), name[(slash + 1)..]) : (DockerHub, name);
        if (!Path().IsMatch(path))
        {
            return null;
        }

        host = host == "index.docker.io" ? DockerHub : host;
        return host == DockerHub && !path.Contains('/', StringComparison.Ordinal) ? $"{host}/library/{path}" : $"{host}/{path}";
    }

    /// <summary>True when <paramref name="repository"/> is the allowed one or lies below it.</summary>
    /// <param name="repository">A result of <see cref="Of"/>.</param>
    /// <param name="allowed">A registry, a repository, or the start of a repository path.</param>
    public static bool IsWithin(string repository, string allowed)
    {
        var below = Allowed(allowed);
        return below is not null && (repository == below || repository.StartsWith(below + "/", StringComparison.Ordinal));
    }

    /// <summary>True when the text is valid in a list of allowed repositories.</summary>
    public static bool IsRepository(string allowed) => Allowed(allowed) is not null;

    /// <summary>A name alone is a Docker Hub image, but a host alone is a whole registry. Tags are rejected, since they would not restrict anything.</summary>
    private static string? Allowed(string text) =>
        IsHost(text) ? text.ToLowerInvariant() : Of(text) is { } repository && repository.EndsWith(text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal) ? repository : null;

    private static bool IsHost(string text) => Host().IsMatch(text) && (text.Contains('.', StringComparison.Ordinal) || text.Contains(':', StringComparison.Ordinal) || text == "localhost");

    [GeneratedRegex(@"\A(?<name>[A-Za-z0-9][A-Za-z0-9./_:-]*?)(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,128})?\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reference();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[0-9]{1,5})?\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Host();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Path();
}
