using System.Runtime.CompilerServices;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Sfu.Layers;

/// <summary>Reads the layers of each frame of one SSRC: from the dependency descriptor, or without one from the payload descriptor of VP8 (RFC 7741 §4.2).</summary>
internal sealed class FrameReader
{
    private const int Vp8TemporalLayers = 4;
    private DependencyStructure _structure = new();

    /// <summary>The structure before the last key frame, for frames that arrive after it.</summary>
    private DependencyStructure _previous = new();
    private ExtendedSequenceNumber _number;

    /// <summary>The number of the newest VP8 picture of each temporal layer; 0 before the first one.</summary>
    private Pictures _newest;
    private int _highestTemporal;

    /// <summary>The measured rates of the targets.</summary>
    public TargetRates Rates { get; } = new();

    /// <summary>The targets that the publisher sends; empty when they are not known.</summary>
    public LayerTargets Available { get; private set; }

    /// <summary>The size of the highest spatial layer that is sent, by the dependency structure; 0 when it is not known.</summary>
    public (int Width, int Height) Size => Available.IsEmpty ? default : _structure.SizeOf(LayerTargets.SpatialOf(Available.BestUpTo(LayerTargets.Highest)));

    /// <summary>Reads one packet.</summary>
    /// <param name="descriptor">The dependency descriptor; empty for none.</param>
    /// <param name="codec">The codec of the payload; <see cref="VideoCodec.Unknown"/> when it must not be read.</param>
    /// <param name="payload">The payload.</param>
    public FrameLayers Read(ReadOnlySpan<byte> descriptor, VideoCodec codec, ReadOnlySpan<byte> payload) =>
        !descriptor.IsEmpty ? ReadDependencies(descriptor)
        : codec == VideoCodec.Vp8 && !_structure.IsKnown && Vp8Descriptor.TryParse(payload, out var vp8) && vp8.IsLongPictureId ? ReadVp8(vp8)
        : default;

    private FrameLayers ReadDependencies(ReadOnlySpan<byte> value)
    {
        if (!DependencyDescriptor.TryParse(value, out var descriptor))
        {
            return default;
        }

        var number = _number.Unwrap(descriptor.FrameNumber);
        if (descriptor.HasStructure && _structure.IsKnown && number > _structure.FirstFrame)
        {
            (_structure, _previous) = (_previous, _structure);
        }

        var structure = _structure.IsKnown && number < _structure.FirstFrame ? _previous : _structure;
        if (!structure.TryRead(value, number, out var dependencies))
        {
            return new FrameLayers { Number = number };
        }

        Available = _structure.Active;
        return new FrameLayers
        {
            Number = number,
            Dependencies = dependencies,
            Available = structure.Active,
            EndsFrame = descriptor.EndsFrame,
        };
    }

    /// <summary>
    /// A picture with the Y bit needs only the base layer, so its layer can be decoded from there on. To that, the next higher layer can be added at its own next picture
    /// with the bit, not before: its other pictures may need pictures of the layer below.
    /// </summary>
    private FrameLayers ReadVp8(in Vp8Descriptor vp8)
    {
        // The picture ID has 15 bits, so its distances are exact in the upper 15 of 16 bits.
        var number = _number.Unwrap((ushort)(vp8.PictureId << 1)) >> 1;
        var temporal = vp8.TemporalLayer;
        _highestTemporal = Math.Max(_highestTemporal, temporal);
        Available = LayerTargets.UpTo((byte)_highestTemporal);
        var (switches, dependsOn, dependsOnOlder) = (default(LayerTargets), 0UL, false);
        if (vp8.StartsKeyFrame)
        {
            switches = LayerTargets.UpTo(Vp8TemporalLayers - 1);
        }
        else if (vp8.IsLayerSync && temporal > 0)
        {
            var distance = number - _newest[temporal - 1];
            (switches, dependsOnOlder) = (new LayerTargets(1u << temporal), distance is < 1 or > FrameDependencies.MaxDistance);
            dependsOn = dependsOnOlder ? 0 : 1UL << (int)(distance - 1);
        }

        _newest[temporal] = Math.Max(_newest[temporal], number);
        return new FrameLayers
        {
            Number = number,
            Dependencies = new FrameDependencies
            {
                Temporal = temporal,
                Targets = new LayerTargets(LayerTargets.UpTo(Vp8TemporalLayers - 1).Bits & ~((1u << temporal) - 1)),
                Switches = switches,
                DependsOn = dependsOn,
                DependsOnOlder = dependsOnOlder,
            },
            Available = Available,
        };
    }

    [InlineArray(Vp8TemporalLayers)]
    private struct Pictures
    {
        private long _first;
    }
}
