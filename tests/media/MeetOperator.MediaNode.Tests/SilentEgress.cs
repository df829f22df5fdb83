using MeetOperator.Sfu.Egress;

namespace MeetOperator.MediaNode.Tests;

/// <summary>An egress that drops what is sent.</summary>
internal sealed class SilentEgress : IPeerEgress
{
    public bool IsReady => true;

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => [];

    public void Retransmit(ReadOnlySpan<byte> packet)
    {
        // Nobody receives it.
    }

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        // Nobody receives it.
    }

    public void WakeAt(long ticks)
    {
        // The test calls the timers.
    }

    public void Fail(Exception error) => throw new InvalidOperationException("Unexpected peer failure.", error);
}
