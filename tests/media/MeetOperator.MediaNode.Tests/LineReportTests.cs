using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The media node measures the line of a client that reports what arrives, as browsers do, and reports the line in the events of the room.</summary>
public sealed partial class LineReportTests : IAsyncLifetime
{
    /// <summary>A line in kbit/s, of which half is reported.</summary>
    private const int Wide = 16_000;

    /// <summary>Half of what the probes at the beginning of a connection find at most, which are sent at six times 1 Mbit/s, and some more.</summary>
    private const int MostFound = 5_000;
    private const int FramesPerSecond = 20;
    private const int ReportsPerSecond = 10;
    private static readonly byte[] KeyFrame = [0x10, 0x00, .. new byte[200]];
    private static readonly byte[] DeltaFrame = [0x10, 0x01, .. new byte[200]];
    private readonly SyntheticPeer _camera = new();
    private readonly SyntheticPeer _bob = new();
    private readonly TransportArrivals _arrivals = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly byte[] _feedback = new byte[1_200];
    private TestNode _node = null!;
    private RoomEvents _events = null!;
    private byte _numberId;
    private int _frames;
    private int _reports;
    private int _read;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync();
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        _events = await RoomEvents.OpenAsync(_node.Control, "r");
        _camera.Connect((await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_camera) }, default)).Sdp);
        await SyntheticPeer.UntilAsync("the camera is connected", () => _camera.IsConnected, _camera);
    }

    public async Task DisposeAsync()
    {
        _camera.Dispose();
        _bob.Dispose();
        await _events.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Subscribe_LineKbps_IsWhereTheEstimateBegins()
    {
        await SubscribeAsync(Wide);

        await RunUntilAsync("half of the line is reported", () => LinesOfBob(_events).Exists(kbps => kbps > MostFound));
    }

    [Fact]
    public async Task Subscribe_LineIsNotKnown_IsFoundByProbes()
    {
        await SubscribeAsync(lineKbps: null);

        await RunUntilAsync("the line is reported", () => LinesOfBob(_events).Count > 0);

        Assert.InRange(LinesOfBob(_events)[0] ?? 0, 50, MostFound);
    }

    [Fact]
    public async Task Events_OpenedAgain_BeginWithTheLine()
    {
        await SubscribeAsync(Wide);
        await RunUntilAsync("the line is reported", () => LinesOfBob(_events).Count > 0);

        await using var again = await RoomEvents.OpenAsync(_node.Control, "r");

        var first = again.All.TakeWhile(e => e.Type != RoomEventTypes.Ready).Single(e => e.Type == RoomEventTypes.Lines);
        Assert.Equal("bob", Assert.Single(first.Lines!).ParticipantId);
        await RunUntilAsync("the other reader gets it too", () => LinesOfBob(_events).Contains(first.Lines![0].Kbps));
    }

    /// <summary>Earlier versions of signaling require that nothing is between what is unreachable and <c>ready</c>.</summary>
    [Fact]
    public async Task Events_OpenedAgainWithALink_LinesComeBeforeUnreachableAndReady()
    {
        await SubscribeAsync(Wide);
        await RunUntilAsync("the line is reported", () => LinesOfBob(_events).Count > 0);
        await _node.Control.PutLinkAsync("r", "link-1", Unanswered, default);

        await using var again = await RoomEvents.OpenAsync(_node.Control, "r");

        var types = again.All.Select(e => e.Type).TakeWhile(type => type != RoomEventTypes.Ready).ToList();
        Assert.Equal(RoomEventTypes.Unreachable, types[^1]);
        Assert.Single(types, RoomEventTypes.Unreachable);
        Assert.Single(types, RoomEventTypes.Lines);
    }

    [Fact]
    public async Task SessionEnds_Line_IsNoLongerKnown()
    {
        await SubscribeAsync(Wide);
        await RunUntilAsync("the line is reported", () => LinesOfBob(_events).Count > 0);

        await _node.Control.DeleteParticipantAsync("r", "bob", default);

        await RunUntilAsync("the line is no longer known", () => LinesOfBob(_events)[^1] is null);
    }

    /// <summary>A link to a port at which nothing listens.</summary>
    private static LinkSpec Unanswered => new()
    {
        Generation = 1,
        Role = LinkEndRole.Opener,
        Node = "ns/left",
        Peer = "ns/right",
        PeerGeneration = 2,
        Addresses = ["127.0.0.1:9"],
        Tag = 1,
        PeerTag = 2,
        Keys = [new LinkKey { Epoch = 1, Secret = Convert.ToBase64String(new byte[LinkKey.SecretBytes]) }],
    };

    private static List<int?> LinesOfBob(RoomEvents events) => [.. events.All.SelectMany(e => e.Lines ?? []).Where(line => line.ParticipantId == "bob").Select(line => line.Kbps)];

    private async Task SubscribeAsync(int? lineKbps)
    {
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, LineKbps = lineKbps }, default);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, _bob) }, default);
        _numberId = byte.Parse(NumberLine().Match(offer.Sdp).Groups[1].Value, CultureInfo.InvariantCulture);
        _bob.Connect(offer.Sdp);
        await RunUntilAsync("bob is connected", () => _bob.IsConnected);
    }

    private Task RunUntilAsync(string what, Func<bool> condition) => SyntheticPeer.UntilAsync(
        what,
        () =>
        {
            SendDueFrames();
            ReadNumbers();
            ReportDue();
            return condition();
        },
        _camera,
        _bob);

    private void SendDueFrames()
    {
        for (var due = Elapsed(FramesPerSecond); _frames < due; _frames++)
        {
            var isKey = _frames == 0 || _camera.WasAskedForKeyFrame();
            _camera.Rtcp.Clear();
            _camera.SendRtp(TestSdp.VideoSsrc, 96, (uint)(_frames * 90_000 / FramesPerSecond), isKey ? KeyFrame : DeltaFrame, marker: true);
        }
    }

    private void ReadNumbers()
    {
        for (; _read < _bob.Rtp.Count; _read++)
        {
            var packet = _bob.Rtp[_read];
            Assert.True(RtpHeader.TryParse(packet, out var header));
            foreach (var element in header.ExtensionsIn(packet))
            {
                if (element.Id == _numberId)
                {
                    _arrivals.OnPacket(Stopwatch.GetElapsedTime(_start).Ticks, BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(element.Offset)));
                }
            }
        }
    }

    private void ReportDue()
    {
        if (!_bob.IsConnected || _reports >= Elapsed(ReportsPerSecond))
        {
            return;
        }

        _reports = Elapsed(ReportsPerSecond);
        while (_arrivals.WriteFeedback(1, 1, _feedback) is > 0 and var length)
        {
            _bob.SendRtcp(_feedback.AsSpan(0, length));
        }
    }

    private int Elapsed(int perSecond) => (int)(Stopwatch.GetElapsedTime(_start).TotalSeconds * perSecond);

    [GeneratedRegex(@"^a=extmap:(\d+) " + HeaderExtensionUris.TransportSequenceNumber, RegexOptions.Multiline)]
    private static partial Regex NumberLine();
}
