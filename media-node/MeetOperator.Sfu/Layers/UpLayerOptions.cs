namespace MeetOperator.Sfu.Layers;

/// <summary>The negotiated parameters of one layer.</summary>
public sealed record UpLayerOptions
{
    /// <summary>The RID of the layer in SDP and in the header extension (RFC 8852); null for the only layer of a track.</summary>
    public string? Rid { get; init; }

    /// <summary>The SSRC in the offer. When null, a received packet assigns it.</summary>
    public uint? Ssrc { get; init; }
    public uint? RtxSsrc { get; init; }
}
