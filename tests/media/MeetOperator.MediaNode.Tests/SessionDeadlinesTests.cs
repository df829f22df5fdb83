using System.Net;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Paths;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A loop wakes when a session asks for it, and not only when the timers of rooms run.</summary>
public sealed class SessionDeadlinesTests : IDisposable
{
    private static readonly DtlsCertificate Certificate = DtlsCertificate.Generate();
    private readonly MediaLoop _loop = new([IPAddress.Loopback], 0, 65_536, NullLogger.Instance);
    private readonly SessionDeadlines _deadlines = new();
    private readonly RepeatedTimer _timer = new();
    private readonly PeerSession _first;
    private readonly PeerSession _second;

    public SessionDeadlinesTests() => (_first, _second) = (Open(), Open());

    public void Dispose()
    {
        _loop.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public void TakeDue_SeveralSessions_ReturnsTheEarliestFirst()
    {
        Assert.Equal(long.MaxValue, _deadlines.NextTicks);
        _deadlines.Add(_first, 20);
        _deadlines.Add(_second, 10);

        Assert.Equal(10, _deadlines.NextTicks);
        Assert.Null(_deadlines.TakeDue(9));
        Assert.Same(_second, _deadlines.TakeDue(20));
        Assert.Same(_first, _deadlines.TakeDue(20));
        Assert.Null(_deadlines.TakeDue(20));
    }

    [Fact]
    public void Add_EarlierDeadline_ReplacesTheLaterOne()
    {
        _deadlines.Add(_first, 20);
        _deadlines.Add(_first, 10);
        _deadlines.Add(_first, 15);

        Assert.Same(_first, _deadlines.TakeDue(10));
        Assert.Null(_deadlines.TakeDue(100));
    }

    [Fact]
    public void Add_AgainAfterItWasDue_IsDueOnce()
    {
        _deadlines.Add(_first, 20);
        _deadlines.Add(_first, 10);
        Assert.Same(_first, _deadlines.TakeDue(10));
        _deadlines.Add(_first, 20);

        Assert.Null(_deadlines.TakeDue(19));
        Assert.Same(_first, _deadlines.TakeDue(20));
        Assert.Null(_deadlines.TakeDue(100));
    }

    [Fact]
    public void Remove_SessionWithDeadline_IsNeverDue()
    {
        _deadlines.Add(_first, 10);
        SessionDeadlines.Remove(_first);
        _deadlines.Add(_first, 5);

        Assert.Null(_deadlines.TakeDue(100));
    }

    /// <summary>A packet that waits for its turn on a narrow line would otherwise leave up to 10 ms late.</summary>
    [Fact]
    public async Task WakeAt_EveryMillisecond_RunsSeveralTimesBetweenTwoTicks()
    {
        const int Ticks = 50;
        var done = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ticks = 0;
        _loop.Ticked += now =>
        {
            _loop.Ticks.OnMedia(); // the next tick is in 10 ms
            if (ticks++ == 0)
            {
                _first.WakeAt(now);
            }
            else if (ticks > Ticks)
            {
                done.TrySetResult(_timer.Runs);
            }
        };
        _loop.Start();

        var runs = await done.Task.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.True(runs >= 3 * Ticks, $"{runs} runs");
    }

    private PeerSession Open() => new(
        "session",
        new PeerTransport(new PeerTransportOptions { LocalCredentials = IceCredentials.Generate(), Certificate = Certificate, Random = new Random(1) }),
        _loop,
        _timer,
        new IngressLimit(),
        new PathGuard(new KnownRelays()));

    /// <summary>Asks to be called again after a millisecond.</summary>
    private sealed class RepeatedTimer : IPeerSessionOwner
    {
        public int Runs { get; private set; }

        public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet) => ReceivedMedia.Unknown;

        public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet)
        {
            // It has no peer.
        }

        public void OnStateChanged(PeerSession session, PeerTransportState state)
        {
            // It has no peer.
        }

        public long HandleTimeout(long nowTicks)
        {
            Runs++;
            return nowTicks + TimeSpan.TicksPerMillisecond;
        }

        public void OnFailure(PeerSession session)
        {
            // It has no peer.
        }
    }
}
