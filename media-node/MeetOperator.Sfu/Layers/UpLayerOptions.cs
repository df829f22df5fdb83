namespace MeetOperator.Sfu.Layers;

/// <summary>The negotiated parameters of one layer.</summary>
public sealed record UpLayerOptions
{
    /// <summary>The SSRC in the offer. When null, a received packet assigns it.</summary>
    public uint? Ssrc { get; init; }
    public uint? RtxSsrc { get; init; }
}
