using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The receiving end of a link. The test says what the other end announces and sends.</summary>
internal sealed class TestLink(RoomTracks tracks) : ILinkCarrier
{
    private readonly Publisher _publisher = new(new SilentEgress(), ownSsrc: 1);
    private readonly Dictionary<AnnouncedTrack, PublishedTrack> _carried = [];
    private readonly HashSet<AnnouncedTrack> _awaited = [];
    private readonly Dictionary<AnnouncedTrack, ushort> _sent = [];
    private uint _ssrc = 1000;

    public bool IsReady { get; set; } = true;

    public IReadOnlyCollection<PublishedTrack> Carried => _carried.Values;

    /// <summary>What the other end says it carries.</summary>
    public List<AnnouncedTrack> Announced { get; } = [];

    public List<Exception> Failures { get; } = [];

    /// <summary>Whether the link fails when it has to carry or to await a track.</summary>
    public bool Throws { get; set; }

    public bool IsAwaited(AnnouncedTrack track) => _awaited.Contains(track);

    public PublishedTrack? CarriedAs(AnnouncedTrack track) => _carried.GetValueOrDefault(track);

    public AnnouncedTrack Announce(string participant, TrackSource source, uint carriage, ulong generation = 2, string origin = "ns/other", bool isMuted = false, string video = "VP8")
    {
        var announced = new AnnouncedTrack(this, participant, source, memory: null)
        {
            Carriage = new Carriage(carriage, generation, origin),
            Codec = SampleMedia.CodecOf(source, video),
            Options = SampleMedia.OptionsOf(source, "relayed", ++_ssrc),
            IsMuted = isMuted,
        };
        Announced.Add(announced);
        tracks.OnAnnounced(announced);
        return announced;
    }

    public void Change(AnnouncedTrack announced, Carriage carriage, bool isMuted)
    {
        (announced.Carriage, announced.IsMuted) = (carriage, isMuted);
        tracks.OnAnnounced(announced);
    }

    public void Mute(AnnouncedTrack announced, bool isMuted)
    {
        announced.IsMuted = isMuted;
        tracks.OnMuted(announced);
    }

    public void Withdraw(AnnouncedTrack announced)
    {
        Announced.Remove(announced);
        _awaited.Remove(announced);
        tracks.OnRemoved(announced);
    }

    /// <summary>Handles a packet that the other end sends.</summary>
    public void Receive(long nowTicks, AnnouncedTrack announced, bool isKeyFrame = true)
    {
        if (_awaited.Contains(announced) && (isKeyFrame || announced.Source == TrackSource.Microphone))
        {
            tracks.OnStarted(announced);
        }

        if (_carried.ContainsKey(announced))
        {
            _sent[announced] = (ushort)(_sent.GetValueOrDefault(announced) + 1);
            _publisher.OnRtp(nowTicks, SampleMedia.Packet(announced.Options, _sent[announced], isKeyFrame));
        }
    }

    public void Await(AnnouncedTrack track) => _awaited.Add(Throws ? throw new InvalidOperationException("error in the link") : track);

    public void Ignore(AnnouncedTrack track) => _awaited.Remove(track);

    public void Carry(AnnouncedTrack track, PublishedTrack published)
    {
        _awaited.Remove(track);
        _carried.Add(Throws ? throw new InvalidOperationException("error in the link") : track, published);
        if (ReferenceEquals(published.Track.Options, track.Options))
        {
            _publisher.Add(published.Track);
        }
        else
        {
            _publisher.Continue(published.Track, track.Options);
        }
    }

    public void Release(PublishedTrack track)
    {
        foreach (var (announced, published) in _carried)
        {
            if (published == track)
            {
                _carried.Remove(announced);
                _publisher.Remove(track.Track);
            }
        }
    }

    public void Fail(Exception error) => Failures.Add(error);
}
