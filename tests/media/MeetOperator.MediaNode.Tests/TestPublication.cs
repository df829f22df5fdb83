using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A publish session without a peer. The test says when it connects and what it receives.</summary>
internal sealed class TestPublication : ISuccessionOwner
{
    private static uint _ssrc = 100_000;
    private readonly Publisher _publisher = new(new SilentEgress(), ownSsrc: 1);
    private readonly PreparedSection[] _sections;
    private readonly Dictionary<TrackSource, ushort> _sent = [];

    public TestPublication(ParticipantTracks tracks, string video, params TrackSource[] sources)
    {
        Tracks = tracks;
        Sources = sources;
        Succession = new TrackSuccession(tracks, _publisher, this, memory: null);
        _sections = [.. sources.Select((source, i) => new PreparedSection(
            $"{i}", new PreparedTrack(source, SampleMedia.CodecOf(source, video), SampleMedia.OptionsOf(source, $"{i}", Interlocked.Increment(ref _ssrc)))))];
    }

    public ParticipantTracks Tracks { get; }

    public IReadOnlyList<TrackSource> Sources { get; }

    public TrackSuccession Succession { get; }

    public bool IsReady { get; private set; }

    public bool IsReplaced { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>The track of a source that this session carries, or null.</summary>
    public PublishedTrack? Carried(TrackSource source) => Succession.Find(MidOf(source));

    /// <summary>Opens the session, in place of another one if there is one.</summary>
    public TestPublication Open(long nowTicks, TestPublication? former = null)
    {
        if (former is not null)
        {
            Succession.Succeed(nowTicks, former.Succession, _sections);
        }

        Succession.Accept(_sections);
        return this;
    }

    public TestPublication Connect()
    {
        IsReady = true;
        Succession.OnReady();
        return this;
    }

    public void Receive(long nowTicks, TrackSource source, bool isKeyFrame = true, uint count = 0)
    {
        var packet = SampleMedia.Packet(_sections.Single(s => s.Track!.Source == source).Track!.Options, _sent[source] = (ushort)(_sent.GetValueOrDefault(source) + 1), isKeyFrame, count);
        Succession.OnRtp(packet);
        _publisher.OnRtp(nowTicks, packet);
    }

    public void HandleTimeout(long nowTicks)
    {
        _publisher.HandleTimeout(nowTicks);
        Succession.HandleTimeout(nowTicks);
    }

    /// <summary>Renegotiates without the section of a source.</summary>
    public void Reject(TrackSource source) => Succession.Accept([.. _sections.Select(s => s.Track!.Source == source ? s with { Track = null } : s)]);

    public void Close()
    {
        (IsClosed, IsReady) = (true, false);
        Succession.Close();
    }

    public void OnReplaced() => IsReplaced = true;

    private string MidOf(TrackSource source) => _sections.Single(s => s.Track!.Source == source).Mid;
}
