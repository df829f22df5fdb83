using System.Collections.Concurrent;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Relay.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A link owner that records its calls. Selected callbacks throw.</summary>
internal sealed class LinkEndOwner : ILinkOwner
{
    private int _rtpPackets;

    /// <summary>Names of the callbacks that throw.</summary>
    public ConcurrentDictionary<string, bool> ThrowsIn { get; } = new();

    /// <summary>The callbacks in order, without packets and timers.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentQueue<byte[]> Rtp { get; } = new();

    public ConcurrentQueue<byte[]> Rtcp { get; } = new();

    public int RtpPackets => Volatile.Read(ref _rtpPackets);

    /// <summary>Whether RTP packets are recorded. Recording allocates.</summary>
    public bool RecordsRtp { get; init; } = true;

    public ReceivedMedia OnRtp(long nowTicks, Span<byte> packet, long arrivalTicks)
    {
        Throw(nameof(OnRtp));
        if (RecordsRtp)
        {
            Rtp.Enqueue(packet.ToArray());
        }

        Volatile.Write(ref _rtpPackets, _rtpPackets + 1);
        return ReceivedMedia.Active;
    }

    public void OnRtcp(long nowTicks, ReadOnlySpan<byte> packet, long arrivalTicks)
    {
        Throw(nameof(OnRtcp));
        Rtcp.Enqueue(packet.ToArray());
    }

    public void OnMessage(long nowTicks, ReadOnlySpan<byte> message) => Record(nameof(OnMessage), $"message {Convert.ToHexString(message)}");

    public void OnChannelOpened(long nowTicks) => Record(nameof(OnChannelOpened), "channel");

    public void OnStateChanged(long nowTicks, LinkState state) => Record(nameof(OnStateChanged), state.ToString());

    public long HandleTimeout(long nowTicks)
    {
        Throw(nameof(HandleTimeout));
        return nowTicks + (10 * TimeSpan.TicksPerMillisecond);
    }

    public void OnFailure() => Record(nameof(OnFailure), "failure");

    private void Record(string callback, string call)
    {
        Calls.Enqueue(call);
        Throw(callback);
    }

    private void Throw(string callback)
    {
        if (ThrowsIn.ContainsKey(callback))
        {
            throw new InvalidOperationException($"error in {callback}");
        }
    }
}
