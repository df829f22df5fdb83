using System.Collections.Concurrent;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A session owner whose selected callbacks throw.</summary>
internal sealed class ThrowingOwner : IPeerSessionOwner
{
    private readonly ConcurrentDictionary<string, int> _thrown = new();

    /// <summary>Names of the callbacks that throw.</summary>
    public HashSet<string> ThrowsIn { get; } = [];

    /// <summary>How many times a callback threw.</summary>
    public int Thrown(string callback) => _thrown.GetValueOrDefault(callback);

    public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet)
    {
        Run(nameof(OnRtp));
        return ReceivedMedia.Active;
    }

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet) => Run(nameof(OnRtcp));

    public void OnStateChanged(PeerSession session, PeerTransportState state) => Run(nameof(OnStateChanged));

    public long HandleTimeout(long nowTicks)
    {
        Run(nameof(HandleTimeout));
        return nowTicks + (10 * TimeSpan.TicksPerMillisecond);
    }

    public void OnFailure(PeerSession session) => Run(nameof(OnFailure));

    private void Run(string callback)
    {
        if (ThrowsIn.Contains(callback))
        {
            _thrown.AddOrUpdate(callback, 1, (_, count) => count + 1);
            throw new InvalidOperationException($"error in {callback}");
        }
    }
}
