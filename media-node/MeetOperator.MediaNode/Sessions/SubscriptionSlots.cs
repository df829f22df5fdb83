using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// Assigns the tracks of a subscriber to media sections. Sections are never removed or reordered (RFC 3264 §8): the section of a removed track becomes inactive and
/// is reused for a later track of the same kind.
/// </summary>
internal sealed class SubscriptionSlots(Func<uint> nextSsrc)
{
    /// <summary>
    /// Limits the SRTP state, which keeps every SSRC that was ever used: each assigned track gets new SSRCs. A session that reaches this limit must be replaced.
    /// </summary>
    public const int MaxPlacements = 4096;

    private readonly List<SubscriptionSlot> _slots = [];
    private readonly PayloadTypeAllocator _payloadTypes = new();
    private int _placements;

    public IReadOnlyList<SubscriptionSlot> All => _slots;

    /// <summary>Number of tracks without a section, because the description has reached its maximum number of sections or placements.</summary>
    public int UnplacedTracks { get; private set; }

    /// <summary>Whether the session has reached <see cref="MaxPlacements"/> and must be replaced.</summary>
    public bool IsExhausted => _placements >= MaxPlacements;

    /// <summary>
    /// Updates the slots to match <paramref name="wanted"/>. Adds the slots that lost their track to <paramref name="freed"/>. Returns true when a new offer is
    /// required.
    /// </summary>
    public bool Reconcile(IReadOnlyList<PublishedTrack> wanted, List<SubscriptionSlot> freed)
    {
        var changed = false;
        var placed = new HashSet<PublishedTrack>(_slots.Count);
        var stillWanted = wanted.ToHashSet();
        foreach (var slot in _slots)
        {
            if (slot.Track is { } track && !stillWanted.Contains(track))
            {
                slot.Track = null;
                freed.Add(slot);
                changed = true;
            }
            else if (slot.Track is { } kept)
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
        var slot = _slots.Find(s => s.Track is null && s.Kind == track.Kind);
        if (IsExhausted || (slot is null && _slots.Count == SdpLimits.MaxSections))
        {
            return false;
        }

        if (slot is null)
        {
            slot = new SubscriptionSlot($"{_slots.Count}", track.Kind) { Codec = codec };
            _slots.Add(slot);
        }

        _placements++;
        slot.Track = track;
        slot.Codec = codec;

        // New SSRCs for every track, so that a late packet of the previous track is not attributed to this one.
        slot.Ssrcs = new SsrcPair(nextSsrc(), codec.RtxPayloadType is null ? null : nextSsrc());
        return true;
    }
}
