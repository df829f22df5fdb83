using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.Relay.Messages;
using MeetOperator.Relay.Transport;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>Tracks cross a link with its real handshake, encryption and ordered channel.</summary>
public sealed class EncryptedLinkTests : IDisposable
{
    private readonly EncryptedLinkEnd _left;
    private readonly EncryptedLinkEnd _right;
    private readonly LinkOutgoing _outgoing;
    private readonly LinkIncoming _incoming;
    private readonly CarryAll _owner = new();
    private readonly List<TestSource> _sources = [];
    private long _now = TimeSpan.TicksPerHour;

    public EncryptedLinkTests()
    {
        _left = new EncryptedLinkEnd(LinkRole.Opener, 1, () => _now);
        _right = new EncryptedLinkEnd(LinkRole.Acceptor, 2, () => _now);
        _outgoing = new LinkOutgoing(_left, new SsrcSequence().Next);
        _incoming = new LinkIncoming(_right, _owner, LinkEnd.OfNode(LinkedRooms.Left), ownSsrc: 1);
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    [Fact]
    public void Tracks_LossyLinkThatIsRenewed_ArriveAndNothingIsRefused()
    {
        var (sound, picture) = Start();
        (_left.LossRate, _right.LossRate) = (0.03, 0.03);
        Run(2_000);
        _left.Renew(1, 2);
        _right.Renew(1, 2);
        Run(3_000);

        Assert.Equal((2, 2), (_left.Epoch!.Value, _right.Epoch!.Value));
        Assert.Equal((0, 0), (_left.Refused, _right.Refused));
        Assert.InRange(sound.Received.Count, 220, 250);
        var (first, last) = (picture.Counts[0] + TestSource.PacketsPerFrame, picture.Counts[^1] - (25 * TestSource.PacketsPerFrame));
        Assert.Equal(Enumerable.Range((int)first, (int)(last - first)), picture.Counts.Where(count => count >= first && count < last).Select(count => (int)count).Order());
    }

    /// <summary>The link is silent for so long that both ends forget the session and the channel. The streams go on with numbers that encryption accepts.</summary>
    [Fact]
    public void Tracks_LinkComesBack_Continue()
    {
        var (sound, picture) = Start();
        Run(2_000);
        (_left.LossRate, _right.LossRate) = (1, 1);
        Run(10_000);
        var (sounds, pictures) = (sound.Received.Count, picture.Received.Count);
        (_left.LossRate, _right.LossRate) = (0, 0);
        Run(4_000);

        Assert.InRange(sound.Received.Count - sounds, 100, 200);
        Assert.InRange(picture.Received.Count - pictures, 150, 300);
        Assert.Distinct(sound.Headers.Select(header => header.SequenceNumber));
        Assert.DoesNotContain("removed alice", _owner.Calls);
    }

    private (TestViewer Sound, TestViewer Picture) Start()
    {
        Publish(TrackSource.Microphone, 100);
        Publish(TrackSource.Camera, 200);
        Run(1_000);
        Assert.Equal(2, _owner.Tracks.Count);
        return (View(TrackSource.Microphone), View(TrackSource.Camera));
    }

    private void Publish(TrackSource source, uint ssrc)
    {
        _sources.Add(new TestSource("alice", source, ssrc));
        Assert.True(_outgoing.Add(_sources[^1].Track, new LinkAnnouncement(1, LinkedRooms.Left, 1)));
    }

    private TestViewer View(TrackSource source) => new(_owner.Tracks.Single(track => track.Track.Source == source), () => _now);

    private void Run(int milliseconds)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            _now += TimeSpan.TicksPerMillisecond;
            _sources.ForEach(source => source.Step(_now));
            _right.Step(_left, () => _incoming.Open(_now), message => _incoming.OnMessage(_now, message), OnPacketFromLeft);
            _left.Step(_right, _outgoing.Open, OnMessageFromRight, (packet, _) => _outgoing.OnRtcp(_now, packet, _now));
            if (i % 5 == 0)
            {
                _outgoing.HandleTimeout(_now);
                _incoming.HandleTimeout(_now);
            }
        }
    }

    private void OnPacketFromLeft(Span<byte> packet, bool isRtcp)
    {
        if (isRtcp)
        {
            _incoming.OnRtcp(_now, packet, _now);
        }
        else
        {
            _incoming.OnRtp(_now, packet, _now);
        }
    }

    private void OnMessageFromRight(ReadOnlySpan<byte> message)
    {
        Assert.True(DemandMessage.TryRead(message, out var demand));
        _outgoing.OnDemand(demand);
    }
}
