namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>
/// The extension IDs of one connection. Each client chooses its own IDs, so a forwarded packet is rewritten from the publisher's
/// map to the subscriber's map. Immutable.
/// </summary>
public sealed class HeaderExtensionMap
{
    private const int KindCount = (int)HeaderExtensionKind.VideoLayersAllocation + 1;

    private readonly byte[] _idByKind = new byte[KindCount];
    private readonly HeaderExtensionKind[] _kindById = new HeaderExtensionKind[256];

    /// <summary>A map without extensions.</summary>
    public static HeaderExtensionMap Empty { get; } = new();

    /// <summary>Returns a copy that binds an ID (1–14 for one-byte, up to 255 for two-byte elements) to a kind and removes earlier bindings of both.</summary>
    public HeaderExtensionMap With(HeaderExtensionKind kind, byte id)
    {
        ArgumentOutOfRangeException.ThrowIfZero(id);
        var copy = new HeaderExtensionMap();
        _idByKind.CopyTo(copy._idByKind, 0);
        _kindById.CopyTo(copy._kindById, 0);
        copy._kindById[copy._idByKind[(int)kind]] = HeaderExtensionKind.Unknown;
        copy._idByKind[(int)copy._kindById[id]] = 0;
        copy._idByKind[(int)kind] = id;
        copy._kindById[id] = kind;
        copy._kindById[0] = HeaderExtensionKind.Unknown;
        return copy;
    }

    /// <summary>The ID of a kind, or 0 when the kind was not negotiated.</summary>
    public byte IdOf(HeaderExtensionKind kind) => _idByKind[(int)kind];

    public HeaderExtensionKind KindOf(byte id) => _kindById[id];
}
