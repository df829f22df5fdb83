using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Layers;

/// <summary>The place of a packet's frame in the layers of its stream. The default value means that nothing is known, so the frame cannot be left out.</summary>
internal readonly struct FrameLayers
{
    /// <summary>The number of the frame, which does not wrap around; null without layers.</summary>
    public long? Number { get; init; }

    /// <summary>Whether the layers of the frame are known. They are not while the key frame with the structure is missing.</summary>
    public bool IsKnown => !Available.IsEmpty;

    /// <summary>What the frame belongs to and needs.</summary>
    public FrameDependencies Dependencies { get; init; }

    /// <summary>The targets that the publisher sends now.</summary>
    public LayerTargets Available { get; init; }

    /// <summary>Whether the packet is the last packet of the frame.</summary>
    public bool EndsFrame { get; init; }
}
