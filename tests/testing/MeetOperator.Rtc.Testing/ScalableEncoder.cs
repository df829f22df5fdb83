namespace MeetOperator.Rtc.Testing;

/// <summary>
/// The frames of a scalable video encoder with their dependency descriptors, as Chromium writes them: the modes <c>L1T1</c> to <c>L3T3</c> and their <c>_KEY</c> variants, in which
/// the spatial layers depend on each other in key pictures only.
/// </summary>
/// <param name="spatialLayers">1 to 3.</param>
/// <param name="temporalLayers">1 to 3.</param>
/// <param name="isKeyOnly">Whether it is a <c>_KEY</c> mode.</param>
/// <param name="firstFrame">The number of the first frame.</param>
public sealed class ScalableEncoder(int spatialLayers, int temporalLayers, bool isKeyOnly, ushort firstFrame = 0)
{
    private const int NotPresent = 0, Discardable = 1, Switch = 2, Required = 3;
    private static readonly int[] Patterns3 = [0, 2, 1, 2];
    private int _structureId = 60; // so that template IDs wrap around
    private int _pictures;

    /// <summary>The number of the first frame of each picture since the last key picture.</summary>
    private readonly List<ushort> _firstFrames = [];

    /// <summary>The number of the next frame.</summary>
    public ushort NextFrame { get; private set; } = firstFrame;

    /// <summary>The number of spatial layers that the encoder sends when the line of the publisher is narrow; null for all. More of them need a key picture.</summary>
    public int? SpatialLimit { get; set; }

    private int ActiveSpatialLayers => SpatialLimit ?? spatialLayers;

    private int TargetCount => spatialLayers * temporalLayers;

    private int TemplatesOfSpatial => temporalLayers + 1;

    /// <summary>Encodes one picture: one frame for each spatial layer.</summary>
    public IReadOnlyList<ScalableFrame> Encode(bool isKey)
    {
        isKey |= _pictures == 0;
        if (isKey)
        {
            _structureId = (_structureId + (spatialLayers * TemplatesOfSpatial)) % 64;
            _pictures = 0;
            _firstFrames.Clear();
        }

        _firstFrames.Add(NextFrame);

        var (temporal, distance) = PatternAt(_pictures);
        var frames = new List<ScalableFrame>();
        for (var spatial = 0; spatial < ActiveSpatialLayers; spatial++)
        {
            List<int> dependencies = [];
            if (spatial > 0 && (isKey || !isKeyOnly))
            {
                dependencies.Add(1);
            }

            if (!isKey)
            {
                dependencies.Add((ushort)(_firstFrames[^1] - _firstFrames[^(1 + distance)]));
            }

            var template = (spatial * TemplatesOfSpatial) + (isKey ? 0 : 1 + temporal);
            frames.Add(new ScalableFrame(this, NextFrame++, spatial, temporal, isKey, dependencies, (template + _structureId) % 64, ActiveSpatialLayers));
        }

        _pictures++;
        return frames;
    }

    /// <summary>The descriptor of one packet of a frame.</summary>
    internal byte[] Describe(ScalableFrame frame, bool isFirst, bool isLast)
    {
        var bits = new BitWriter();
        bits.Write(1, isFirst ? 1 : 0);
        bits.Write(1, isLast ? 1 : 0);
        bits.Write(6, frame.TemplateId);
        bits.Write(16, frame.Number);
        var hasStructure = isFirst && frame is { IsKey: true, Spatial: 0 };
        var hasActive = isFirst && frame.Spatial == 0 && frame.ActiveSpatialLayers < spatialLayers;
        var custom = frame.ActiveSpatialLayers < spatialLayers; // the distances differ from the templates
        if (hasStructure || custom)
        {
            bits.Write(1, hasStructure ? 1 : 0);
            bits.Write(1, hasActive ? 1 : 0);
            bits.Write(1, 0);
            bits.Write(1, custom ? 1 : 0);
            bits.Write(1, 0);
            if (hasStructure)
            {
                WriteStructure(bits);
            }

            if (hasActive)
            {
                bits.Write(TargetCount, (1 << (frame.ActiveSpatialLayers * temporalLayers)) - 1);
            }

            if (custom)
            {
                foreach (var distance in frame.DependsOn)
                {
                    bits.Write(2, 1);
                    bits.Write(4, distance - 1);
                }

                bits.Write(2, 0);
            }
        }

        return bits.ToArray();
    }

    private void WriteStructure(BitWriter bits)
    {
        bits.Write(6, _structureId);
        bits.Write(5, TargetCount - 1);
        var templates = Templates();
        for (var i = 0; i < templates.Count; i++)
        {
            bits.Write(2, i == templates.Count - 1 ? 3 : templates[i + 1].Spatial > templates[i].Spatial ? 2 : templates[i + 1].Temporal > templates[i].Temporal ? 1 : 0);
        }

        foreach (var (spatial, temporal, isKey) in templates)
        {
            for (var target = 0; target < TargetCount; target++)
            {
                bits.Write(2, IndicationOf(spatial, temporal, isKey, target / temporalLayers, target % temporalLayers));
            }
        }

        foreach (var (spatial, temporal, isKey) in templates)
        {
            List<int> distances = [];
            if (spatial > 0 && (isKey || !isKeyOnly))
            {
                distances.Add(1);
            }

            if (!isKey)
            {
                distances.Add(DistanceOf(temporal) * spatialLayers);
            }

            foreach (var distance in distances)
            {
                bits.Write(1, 1);
                bits.Write(4, distance - 1);
            }

            bits.Write(1, 0);
        }

        WriteBelow(bits, TargetCount + 1, spatialLayers); // one chain for each spatial layer
        for (var target = 0; target < TargetCount; target++)
        {
            WriteBelow(bits, spatialLayers, target / temporalLayers);
        }

        for (var i = 0; i < templates.Count * spatialLayers; i++)
        {
            bits.Write(4, 0);
        }

        bits.Write(1, 1);
        for (var spatial = 0; spatial < spatialLayers; spatial++)
        {
            bits.Write(16, (1280 >> (spatialLayers - 1 - spatial)) - 1);
            bits.Write(16, (720 >> (spatialLayers - 1 - spatial)) - 1);
        }
    }

    private List<(int Spatial, int Temporal, bool IsKey)> Templates()
    {
        var templates = new List<(int, int, bool)>();
        for (var spatial = 0; spatial < spatialLayers; spatial++)
        {
            templates.Add((spatial, 0, true));
            templates.AddRange(Enumerable.Range(0, temporalLayers).Select(temporal => (spatial, temporal, false)));
        }

        return templates;
    }

    private int IndicationOf(int spatial, int temporal, bool isKey, int targetSpatial, int targetTemporal)
    {
        var isPresent = temporal <= targetTemporal && (isKey || !isKeyOnly ? spatial <= targetSpatial : spatial == targetSpatial);
        return !isPresent ? NotPresent
            : isKey || (temporal < 2 && temporalLayers > 1 && spatial == targetSpatial) || temporalLayers == 1 && spatial == targetSpatial ? Switch
            : temporal == temporalLayers - 1 && spatial == targetSpatial ? Discardable
            : Required;
    }

    /// <summary>The temporal layer of a picture after a key picture, and how many pictures before it the one is that it needs.</summary>
    private (int Temporal, int Distance) PatternAt(int picture)
    {
        var temporal = temporalLayers switch { 1 => 0, 2 => picture % 2, _ => Patterns3[picture % 4] };
        return (temporal, DistanceOf(temporal));
    }

    private int DistanceOf(int temporal) => 1 << (temporalLayers - 1 - temporal);

    /// <summary>The code <c>ns(n)</c> of the AV1 specification.</summary>
    private static void WriteBelow(BitWriter bits, int count, int value)
    {
        var width = 0;
        for (var rest = count; rest > 0; rest >>= 1)
        {
            width++;
        }

        var shorter = (1 << width) - count;
        if (value < shorter)
        {
            bits.Write(width - 1, value);
        }
        else
        {
            bits.Write(width, value + shorter);
        }
    }

    private sealed class BitWriter
    {
        private readonly List<bool> _bits = [];

        public void Write(int count, int value)
        {
            for (var i = count - 1; i >= 0; i--)
            {
                _bits.Add((value >> i & 1) != 0);
            }
        }

        public byte[] ToArray()
        {
            var bytes = new byte[(_bits.Count + 7) / 8];
            for (var i = 0; i < _bits.Count; i++)
            {
                bytes[i / 8] |= (byte)(_bits[i] ? 0x80 >> (i % 8) : 0);
            }

            return bytes;
        }
    }
}
