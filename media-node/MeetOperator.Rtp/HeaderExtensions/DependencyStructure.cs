using System.Numerics;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>
/// The structure of one stream, which the dependency descriptors of its key frames define and those of all its frames refer to (RTP Payload Format for AV1, appendix A.8.2).
/// An object of this class belongs to one SSRC and one thread.
/// </summary>
public sealed class DependencyStructure
{
    private const int MaxTemplates = 64;
    private const int MaxTargets = 32;
    private readonly Template[] _templates = new Template[MaxTemplates];

    /// <summary>The decode targets in the order of the descriptor, which indexes them.</summary>
    private readonly byte[] _targets = new byte[MaxTargets];
    private readonly Size[] _sizes = new Size[LayerTargets.MaxSpatialLayers];
    private int _firstId;
    private int _templateCount;
    private int _targetCount;
    private long _activeFrame;

    /// <summary>Whether a structure has arrived.</summary>
    public bool IsKnown => _templateCount > 0;

    /// <summary>The number of the key frame with which the structure began. It does not wrap around.</summary>
    public long FirstFrame { get; private set; }

    /// <summary>The decode targets that the publisher sends now; empty before a structure has arrived.</summary>
    public LayerTargets Active { get; private set; }

    /// <summary>The size of a spatial layer in pixels; 0 when the structure does not tell it.</summary>
    public (int Width, int Height) SizeOf(int spatial) => spatial is >= 0 and < LayerTargets.MaxSpatialLayers ? (_sizes[spatial].Width, _sizes[spatial].Height) : default;

    /// <summary>Reads the descriptor of one packet, and the structure if it holds a newer one. False when the descriptor is malformed or refers to a structure that has not arrived.</summary>
    /// <param name="value">The descriptor.</param>
    /// <param name="number">Its frame number, which does not wrap around.</param>
    /// <param name="frame">The place of the frame in the stream.</param>
    public bool TryRead(ReadOnlySpan<byte> value, long number, out FrameDependencies frame)
    {
        frame = default;
        if (!DependencyDescriptor.TryParse(value, out var descriptor))
        {
            return false;
        }

        var reader = new BitReader(value[DependencyDescriptor.FixedLength..]);
        bool customTargets = false, customFrames = false;
        if (value.Length > DependencyDescriptor.FixedLength)
        {
            var hasStructure = reader.ReadFlag();
            var hasActive = reader.ReadFlag();
            (customTargets, customFrames) = (reader.ReadFlag(), reader.ReadFlag());
            reader.ReadFlag(); // custom chains come last, and are not needed
            if (hasStructure && !TryReadStructure(number, ref reader))
            {
                return false;
            }

            if (hasActive && !TryReadActive(number, ref reader))
            {
                return false;
            }
        }

        var index = (descriptor.TemplateId - _firstId) & (MaxTemplates - 1);
        if (index >= _templateCount)
        {
            return false;
        }

        ref readonly var template = ref _templates[index];
        var (targets, switches) = (template.Targets, template.Switches);
        if (customTargets)
        {
            ReadIndications(ref reader, out var present, out var switching);
            (targets, switches) = (Map(present), Map(switching));
        }

        var (dependsOn, dependsOnOlder) = (template.DependsOn, false);
        if (customFrames)
        {
            dependsOn = ReadDistances(ref reader, out dependsOnOlder);
        }

        frame = new FrameDependencies
        {
            Spatial = template.Spatial, Temporal = template.Temporal, Targets = targets, Switches = switches, DependsOn = dependsOn, DependsOnOlder = dependsOnOlder,
        };
        return !reader.HasFailed;
    }

    private bool TryReadActive(long number, ref BitReader reader)
    {
        var active = 0u;
        for (var i = 0; i < _targetCount; i += 16)
        {
            var bits = Math.Min(16, _targetCount - i);
            active = (active << bits) | (uint)reader.Read(bits);
        }

        if (reader.HasFailed || !IsKnown)
        {
            return false;
        }

        if (number >= _activeFrame)
        {
            // The first bit that is sent belongs to the highest decode target.
            (Active, _activeFrame) = (Map(active), number);
        }

        return true;
    }

    private bool TryReadStructure(long number, ref BitReader reader)
    {
        if (IsKnown && number < FirstFrame)
        {
            return false; // a late packet must not restore the previous structure
        }

        (_templateCount, Active) = (0, default);
        var firstId = reader.Read(6);
        _targetCount = reader.Read(5) + 1;
        var count = ReadLayers(ref reader);
        if (count == 0)
        {
            return false;
        }

        Span<uint> present = stackalloc uint[count];
        Span<uint> switching = stackalloc uint[count];
        for (var i = 0; i < count; i++)
        {
            ReadIndications(ref reader, out present[i], out switching[i]);
        }

        for (var i = 0; i < count; i++)
        {
            _templates[i].DependsOn = 0;
            while (reader.ReadFlag())
            {
                _templates[i].DependsOn |= 1UL << reader.Read(4);
            }
        }

        SkipChains(ref reader, count);
        ReadSizes(ref reader, spatialLayers: _templates[count - 1].Spatial + 1);
        if (reader.HasFailed)
        {
            return false;
        }

        FindTargets(present);
        for (var i = 0; i < count; i++)
        {
            (_templates[i].Targets, _templates[i].Switches) = (Map(present[i]), Map(switching[i]));
        }

        (_firstId, _templateCount, FirstFrame) = (firstId, count, number);
        (Active, _activeFrame) = (Map(uint.MaxValue), number);
        return true;
    }

    /// <summary>Reads the layers of the templates and returns the number of templates; 0 when there are too many.</summary>
    private int ReadLayers(ref BitReader reader)
    {
        const int NextTemporal = 1, NextSpatial = 2, End = 3;
        var (spatial, temporal) = (0, 0);
        for (var count = 0; count < MaxTemplates && spatial < LayerTargets.MaxSpatialLayers && temporal < LayerTargets.MaxTemporalLayers && !reader.HasFailed;)
        {
            (_templates[count].Spatial, _templates[count].Temporal) = ((byte)spatial, (byte)temporal);
            count++;
            switch (reader.Read(2))
            {
                case NextTemporal:
                    temporal++;
                    break;
                case NextSpatial:
                    (spatial, temporal) = (spatial + 1, 0);
                    break;
                case End:
                    return count;
            }
        }

        return 0;
    }

    /// <summary>Reads what a frame is for each decode target: not present, discardable, a point to switch, or required.</summary>
    private void ReadIndications(ref BitReader reader, out uint present, out uint switching)
    {
        const int Switch = 2;
        (present, switching) = (0, 0);
        for (var target = 0; target < _targetCount; target++)
        {
            var indication = reader.Read(2);
            present |= indication != 0 ? 1u << target : 0;
            switching |= indication == Switch ? 1u << target : 0;
        }
    }

    /// <summary>Reads the distances to the frames that one frame needs, where they differ from the template.</summary>
    private static ulong ReadDistances(ref BitReader reader, out bool hasOlder)
    {
        var distances = 0UL;
        hasOlder = false;
        while (reader.Read(2) is > 0 and var size)
        {
            var before = reader.Read(4 * size);
            hasOlder |= before >= FrameDependencies.MaxDistance;
            distances |= before < FrameDependencies.MaxDistance ? 1UL << before : 0;
        }

        return distances;
    }

    /// <summary>Skips the chains, which show the loss of a frame. The media node requests what is lost.</summary>
    private void SkipChains(ref BitReader reader, int templates)
    {
        var chains = reader.ReadBelow(_targetCount + 1);
        for (var target = 0; target < _targetCount && chains > 0; target++)
        {
            reader.ReadBelow(chains);
        }

        for (var i = 0; i < templates * chains && !reader.HasFailed; i++)
        {
            reader.Read(4);
        }
    }

    private void ReadSizes(ref BitReader reader, int spatialLayers)
    {
        Array.Clear(_sizes);
        if (reader.ReadFlag())
        {
            for (var i = 0; i < spatialLayers; i++)
            {
                _sizes[i] = new Size(reader.Read(16) + 1, reader.Read(16) + 1);
            }
        }
    }

    /// <summary>A decode target has the highest layers of the frames that it contains.</summary>
    private void FindTargets(ReadOnlySpan<uint> present)
    {
        for (var target = 0; target < _targetCount; target++)
        {
            var (spatial, temporal) = (0, 0);
            for (var i = 0; i < present.Length; i++)
            {
                if ((present[i] >> target & 1) != 0)
                {
                    (spatial, temporal) = (Math.Max(spatial, _templates[i].Spatial), Math.Max(temporal, _templates[i].Temporal));
                }
            }

            _targets[target] = LayerTargets.Of(spatial, temporal);
        }
    }

    private LayerTargets Map(uint indexes)
    {
        var bits = 0u;
        indexes &= (uint)((1UL << _targetCount) - 1);
        for (; indexes != 0; indexes &= indexes - 1)
        {
            bits |= 1u << _targets[BitOperations.TrailingZeroCount(indexes)];
        }

        return new(bits);
    }

    private readonly record struct Size(int Width, int Height);

    private struct Template
    {
        public byte Spatial;
        public byte Temporal;
        public LayerTargets Targets;
        public LayerTargets Switches;
        public ulong DependsOn;
    }
}
