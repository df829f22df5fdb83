namespace MeetOperator.Placement;

/// <summary>Regions that may carry a meeting: any, exactly those that are listed, or none. None is never read as any.</summary>
public sealed class RegionSet
{
    public static readonly RegionSet Any = new(null);
    public static readonly RegionSet None = new([]);
    private readonly string[]? _names;

    private RegionSet(string[]? names) => _names = names;

    public bool IsNone => _names is { Length: 0 };

    /// <summary>As a spec writes it: there an empty list restricts nothing.</summary>
    public static RegionSet FromSpec(IReadOnlyCollection<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(allowed);
        return allowed.Count == 0 ? Any : Only(allowed);
    }

    /// <summary>These and no others; an empty list is <see cref="None"/>.</summary>
    public static RegionSet Only(IEnumerable<string> names) => new([.. names]);

    /// <summary>A region that is not known (null) is only in <see cref="Any"/>.</summary>
    public bool Contains(string? region) => _names is null || (region is not null && _names.Contains(region, StringComparer.Ordinal));

    /// <summary>The regions that are in both.</summary>
    public RegionSet And(RegionSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _names is null ? other : other._names is null ? this : Only(_names.Where(other.Contains));
    }

    public override string ToString() => _names is null ? "any" : _names.Length == 0 ? "none" : string.Join(", ", _names);
}
