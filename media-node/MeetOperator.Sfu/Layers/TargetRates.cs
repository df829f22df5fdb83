using System.Numerics;
using System.Runtime.CompilerServices;
using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Layers;

/// <summary>The measured rate of each decode target of one stream.</summary>
internal sealed class TargetRates
{
    private const int MaxTargets = LayerTargets.Highest + 1;
    private Rates _rates;

    /// <summary>The rate of a target in bytes per second; 0 when it is not known.</summary>
    public long this[byte target] => target < MaxTargets ? _rates[target].BytesPerSecond : 0;

    public void OnPacket(in FrameLayers frame, int bytes, bool isKeyFrame)
    {
        for (var targets = frame.Dependencies.Targets.And(frame.Available).Bits; targets != 0; targets &= targets - 1)
        {
            _rates[BitOperations.TrailingZeroCount(targets)].Add(bytes, isKeyFrame);
        }
    }

    /// <summary>Ends an interval of the measurement. With a length of 0 ticks, it is not used.</summary>
    public void EndInterval(long ticks)
    {
        foreach (ref var rate in (Span<MeasuredRate>)_rates)
        {
            rate.EndInterval(ticks);
        }
    }

    [InlineArray(MaxTargets)]
    private struct Rates
    {
        private MeasuredRate _first;
    }
}
