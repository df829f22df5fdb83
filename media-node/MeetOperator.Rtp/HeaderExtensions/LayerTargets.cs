using System.Numerics;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>
/// A set of decode targets: the qualities that a receiver of one stream can get, each with all layers up to one spatial and one temporal layer. A target is the number
/// <c>spatial × 8 + temporal</c>, so a higher number is a better quality.
/// </summary>
/// <param name="Bits">One bit for each target.</param>
public readonly record struct LayerTargets(uint Bits)
{
    public const int MaxSpatialLayers = 4;
    public const int MaxTemporalLayers = 8;

    /// <summary>The highest target.</summary>
    public const byte Highest = (MaxSpatialLayers * MaxTemporalLayers) - 1;

    public bool IsEmpty => Bits == 0;

    /// <summary>The number of a target.</summary>
    public static byte Of(int spatial, int temporal) => (byte)((spatial * MaxTemporalLayers) + temporal);

    public static int SpatialOf(byte target) => target / MaxTemporalLayers;

    public static int TemporalOf(byte target) => target % MaxTemporalLayers;

    /// <summary>The targets that have neither more spatial nor more temporal layers than a target.</summary>
    public static LayerTargets UpTo(byte target)
    {
        var temporal = ((2u << TemporalOf(target)) - 1) * 0x01010101u;
        return new(temporal & (uint)((1UL << ((SpatialOf(target) + 1) * MaxTemporalLayers)) - 1));
    }

    public bool Contains(byte target) => (Bits >> target & 1) != 0;

    /// <summary>The targets that are in both sets.</summary>
    public LayerTargets And(LayerTargets other) => new(Bits & other.Bits);

    /// <summary>The best target of the set that has no more layers than <paramref name="wanted"/>; without one, the lowest of the set. The set is not empty.</summary>
    public byte BestUpTo(byte wanted)
    {
        var allowed = Bits & UpTo(wanted).Bits;
        return (byte)(allowed != 0 ? BitOperations.Log2(allowed) : BitOperations.TrailingZeroCount(Bits));
    }
}
