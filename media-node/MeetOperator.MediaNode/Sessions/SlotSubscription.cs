using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// A fixed number of media sections, whose tracks the media node switches without an offer. A slot carries one stream: its picture and the audio that belongs to it, in
/// two sections with one msid, so that receivers synchronize them. Slots for sound carry the audio of streams that are heard and not shown.
/// </summary>
internal sealed class SlotSubscription : ISubscription
{
    private readonly string _self;
    private readonly Subscriber _subscriber;
    private readonly Func<uint> _nextSsrc;
    private readonly SlotLimits _limits;
    private readonly SlotCodecs _codecs = new();
    private readonly SlotAssignment _pictures = new(SlotLimits.FreePictures);
    private readonly SlotAssignment _sounds = new(SlotLimits.FreeSounds);

    /// <summary>The sections in the order of the offer, and by slot.</summary>
    private readonly List<SlotSection> _sections = [];
    private readonly List<(SlotSection Audio, SlotSection Video)> _pictureSections = [];
    private readonly List<SlotSection> _soundSections = [];

    /// <summary>Of all sections that there can be, because random numbers take longer than the rest of a section.</summary>
    private readonly ushort[] _firstSequenceNumbers = ForwardedTrack.FirstSequenceNumbers(SlotLimits.MaxSounds + (2 * SlotLimits.MaxPictures));
    private int _confirmed;

    /// <param name="self">The subscribing participant.</param>
    /// <param name="subscriber">The owner of the down tracks.</param>
    /// <param name="nextSsrc">Returns an unused SSRC.</param>
    /// <param name="limits">The numbers of slots.</param>
    public SlotSubscription(string self, Subscriber subscriber, Func<uint> nextSsrc, SlotLimits limits)
    {
        (_self, _subscriber, _nextSsrc, _limits) = (self, subscriber, nextSsrc, limits);
        _sounds.Grow(limits.Sounds);
        while (_soundSections.Count < limits.Sounds)
        {
            _soundSections.Add(AddSection("audio", $"sound-{_soundSections.Count}"));
        }
    }

    public IReadOnlyList<OfferedSection> Sections => [.. _sections.Select(s => s.ToOffer(_codecs.Of(s.Kind)))];

    public IReadOnlyList<TrackDescription> Tracks { get; private set; } = [];

    /// <summary>The version of <see cref="Tracks"/>. It grows with every change.</summary>
    public int Version { get; private set; } = 1;

    /// <summary>Whether a stream waits for a slot that rests or that the client has not confirmed.</summary>
    public bool IsWaiting => _pictures.Unplaced + _sounds.Unplaced > 0;

    /// <summary>Whether a stream of a participant has a slot.</summary>
    public bool Carries(StreamKey stream) => _pictures.IndexOf(stream) >= 0 || _sounds.IndexOf(stream) >= 0;

    /// <summary>Records that the client has applied a version. Versions that it was not told about yet are ignored.</summary>
    public void Confirm(int version) => _confirmed = Math.Max(_confirmed, version <= Version ? version : 0);

    /// <summary>Moves the slots to what is wanted now. Returns true when <see cref="Version"/> is new.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="views">What the participant shows.</param>
    /// <param name="streams">What is published.</param>
    /// <param name="heard">Who is heard.</param>
    /// <param name="canOffer">Whether more sections may be added.</param>
    /// <param name="needsOffer">Whether <see cref="Sections"/> has changed.</param>
    public bool Reconcile(long nowTicks, ParticipantViews views, RoomStreams streams, HeardParticipants heard, bool canOffer, out bool needsOffer)
    {
        var shown = SlotDemand.Pictures(_self, views, streams, s => _pictures.IndexOf(s) >= 0);
        needsOffer = canOffer && TryGrow(_limits.PicturesFor(shown.Count, _pictures.Count));
        var changed = _pictures.TryAssign(nowTicks, shown, s => !streams.Contains(s), Version + 1, _confirmed);
        var sounds = SlotDemand.Sounds(_self, views, streams, heard, HasPicture);
        changed |= _sounds.TryAssign(nowTicks, sounds, s => !streams.Contains(s) || HasPicture(s), Version + 1, _confirmed);
        var hasNewCodec = false;
        for (var i = 0; i < _pictureSections.Count; i++)
        {
            var stream = _pictures[i];
            hasNewCodec |= Carry(_pictureSections[i].Audio, stream is null ? null : streams.Audio(stream.Value));
            hasNewCodec |= Carry(_pictureSections[i].Video, stream is null ? null : streams.Video(stream.Value));
        }

        for (var i = 0; i < _soundSections.Count; i++)
        {
            hasNewCodec |= Carry(_soundSections[i], _sounds[i] is { } stream ? streams.Audio(stream) : null);
        }

        needsOffer |= hasNewCodec;
        Show(views, heard);
        var tracks = Describe();
        changed |= !tracks.SequenceEqual(Tracks);
        Tracks = tracks;
        Version += changed ? 1 : 0;
        return changed;
    }

    /// <summary>Sends what the participant shows and hears, of the tracks that the slots carry.</summary>
    public void Show(ParticipantViews views, HeardParticipants heard) => _subscriber.SetViews(track =>
        track.Options.Kind == MediaKind.Video ? views.Of(track) : SlotDemand.IsHeard(_self, views, heard, track) ? default : TrackView.Hidden);

    public void Apply(IReadOnlyList<NegotiatedSection> sections)
    {
        for (var i = 0; i < sections.Count; i++)
        {
            _sections[i].Apply(sections[i], _subscriber);
        }
    }

    private bool HasPicture(StreamKey stream) => _pictures.IndexOf(stream) >= 0;

    private bool TryGrow(int pictures)
    {
        var before = _pictureSections.Count;
        while (_pictureSections.Count < pictures)
        {
            var slot = $"slot-{_pictureSections.Count}";
            _pictureSections.Add((AddSection("audio", slot), AddSection("video", slot)));
        }

        _pictures.Grow(pictures);
        return _pictureSections.Count > before;
    }

    private SlotSection AddSection(string kind, string slot)
    {
        var section = new SlotSection($"{_sections.Count}", kind, slot, new SsrcPair(_nextSsrc(), kind == "video" ? _nextSsrc() : null), _firstSequenceNumbers[_sections.Count]);
        _sections.Add(section);
        return section;
    }

    /// <summary>Returns true when the track has a codec that must be offered first.</summary>
    private bool Carry(SlotSection section, PublishedTrack? track)
    {
        var isNew = false;
        var codec = track is null ? -1 : _codecs.IndexOf(track.Codec, out isNew);
        section.Carry(track, codec, _subscriber);
        return isNew;
    }

    private List<TrackDescription> Describe() => [.. _sections.Where(s => s.Track is not null).Select(s => new TrackDescription
    {
        Mid = s.Mid,
        ParticipantId = s.Track!.Track.ParticipantId,
        Kind = s.Kind,
        Source = s.Track.Source,
    })];
}
