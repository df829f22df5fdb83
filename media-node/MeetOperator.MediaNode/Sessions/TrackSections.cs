using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// Assigns the tracks of a subscriber to media sections. Sections are never removed or reordered (RFC 3264 §8): the section of a removed track becomes inactive and
/// is reused for a later track of the same kind.
/// </summary>
internal sealed class TrackSections(Func<uint> nextSsrc)
{
    /// <summary>
    /// Limits the SRTP state, which keeps every SSRC that was ever used: each assigned track gets new SSRCs. A session that reaches this limit must be replaced.
    /// </summary>
    public const int MaxPlacements = 4096;

    private readonly List<TrackSection> _sections = [];
    private readonly PayloadTypeAllocator _payloadTypes = new();
    private int _placements;

    public IReadOnlyList<TrackSection> All => _sections;

    /// <summary>Number of tracks without a section, because the description has reached its maximum number of sections or placements.</summary>
    public int UnplacedTracks { get; private set; }

    /// <summary>Whether the session has reached <see cref="MaxPlacements"/> and must be replaced.</summary>
    public bool IsExhausted => _placements >= MaxPlacements;

    /// <summary>
    /// Updates the sections to match <paramref name="wanted"/>. Adds the sections that lost their track to <paramref name="freed"/>. Returns true when a new offer is
    /// required.
    /// </summary>
    public bool Reconcile(IReadOnlyList<PublishedTrack> wanted, List<TrackSection> freed)
    {
        var changed = false;
        var placed = new HashSet<PublishedTrack>(_sections.Count);
        var stillWanted = wanted.ToHashSet();
        foreach (var section in _sections)
        {
            if (section.Track is { } track && !stillWanted.Contains(track))
            {
                section.Track = null;
                freed.Add(section);
                changed = true;
            }
            else if (section.Track is { } kept)
            {
                placed.Add(kept);
            }
        }

        UnplacedTracks = 0;
        foreach (var track in wanted)
        {
            if (!placed.Contains(track) && _payloadTypes.Allocate(track.Codec) is { } codec)
            {
                var isPlaced = TryPlace(track, codec);
                changed |= isPlaced;
                UnplacedTracks += isPlaced ? 0 : 1;
            }
        }

        return changed;
    }

    private bool TryPlace(PublishedTrack track, RtpCodec codec)
    {
        var section = _sections.Find(s => s.Track is null && s.Kind == track.Kind);
        if (IsExhausted || (section is null && _sections.Count == SdpLimits.MaxSections))
        {
            return false;
        }

        if (section is null)
        {
            section = new TrackSection($"{_sections.Count}", track.Kind) { Codec = codec };
            _sections.Add(section);
        }

        _placements++;
        section.Track = track;
        section.Codec = codec;

        // New SSRCs for every track, so that a late packet of the previous track is not attributed to this one.
        section.Ssrcs = new SsrcPair(nextSsrc(), codec.RtxPayloadType is null ? null : nextSsrc());
        return true;
    }
}
