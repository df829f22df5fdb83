using System.Numerics;
using System.Runtime.CompilerServices;
using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Layers;

/// <summary>The measured rate of each decode target of one stream.</summary>
internal sealed class TargetRates
{
    private const int MaxTargets = LayerTargets.Highest + 1;
    private Values _bytes;
    private Values _bytesPerSecond;

    /// <summary>The rate of a target in bytes per second; 0 when it is not known.</summary>
    public long this[byte target] => target < MaxTargets ? _bytesPerSecond[target] : 0;

    public void OnPacket(in FrameLayers frame, int bytes)
    {
        for (var targets = frame.Dependencies.Targets.And(frame.Available).Bits; targets != 0; targets &= targets - 1)
        {
            _bytes[BitOperations.TrailingZeroCount(targets)] += bytes;
        }
    }

    /// <summary>Ends an interval of the measurement. With a length of 0 ticks, it is not used.</summary>
    public void EndInterval(long ticks)
    {
        for (var i = 0; i < MaxTargets && ticks > 0; i++)
        {
            // As the rate of the whole layer, which falls slowly.
            var rate = (long)((Int128)_bytes[i] * TimeSpan.TicksPerSecond / ticks);
            _bytesPerSecond[i] = Math.Max(rate, _bytesPerSecond[i] - (_bytesPerSecond[i] / 8));
        }

        _bytes = default;
    }

    [InlineArray(MaxTargets)]
    private struct Values
    {
        private long _first;
    }
}
