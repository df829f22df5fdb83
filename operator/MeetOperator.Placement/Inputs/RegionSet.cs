namespace MeetOperator.Placement.Inputs;

/// <summary>The regions that may carry a meeting: any, a fixed list, or none. An empty list never means any region.</summary>
public sealed class RegionSet
{
    public static readonly RegionSet Any = new(null);
    public static readonly RegionSet None = new([]);
    private readonly string[]? _names;

    private RegionSet(string[]? names) => _names = names;

    public bool IsNone => _names is { Length: 0 };

    /// <summary>Reads a list from a spec, where an empty list means no restriction.</summary>
    public static RegionSet FromSpec(IReadOnlyCollection<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(allowed);
        return allowed.Count == 0 ? Any : Only(allowed);
    }

    /// <summary>Exactly these regions; an empty list gives <see cref="None"/>.</summary>
    public static RegionSet Only(IEnumerable<string> names) => new([.. names]);

    /// <summary>An unknown region (null) is contained in <see cref="Any"/> only.</summary>
    public bool Contains(string? region) => _names is null || (region is not null && _names.Contains(region, StringComparer.Ordinal));

    /// <summary>The intersection of both sets.</summary>
    public RegionSet And(RegionSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _names is null ? other : other._names is null ? this : Only(_names.Where(other.Contains));
    }

    public override string ToString() => _names is null ? "any" : _names.Length == 0 ? "none" : string.Join(", ", _names);
}
