namespace MeetOperator.Rtc.Testing;

/// <summary>One frame of a <see cref="ScalableEncoder"/>: one spatial layer of one picture.</summary>
public sealed class ScalableFrame
{
    private readonly ScalableEncoder _encoder;

    internal ScalableFrame(ScalableEncoder encoder, ushort number, int spatial, int temporal, bool isKey, IReadOnlyList<int> dependsOn, int templateId, int activeSpatialLayers)
    {
        _encoder = encoder;
        (Number, Spatial, Temporal, IsKey, DependsOn, TemplateId, ActiveSpatialLayers) = (number, spatial, temporal, isKey, dependsOn, templateId, activeSpatialLayers);
    }

    public ushort Number { get; }

    public int Spatial { get; }

    public int Temporal { get; }

    /// <summary>Whether the frame belongs to a key picture.</summary>
    public bool IsKey { get; }

    /// <summary>The frames that this frame needs, by how much lower their numbers are.</summary>
    public IReadOnlyList<int> DependsOn { get; }

    /// <summary>Whether the frame is the last one of its picture.</summary>
    public bool EndsPicture => Spatial == ActiveSpatialLayers - 1;

    internal int TemplateId { get; }

    internal int ActiveSpatialLayers { get; }

    /// <summary>The dependency descriptor of one packet of the frame.</summary>
    public byte[] Describe(bool isFirst, bool isLast) => _encoder.Describe(this, isFirst, isLast);
}
