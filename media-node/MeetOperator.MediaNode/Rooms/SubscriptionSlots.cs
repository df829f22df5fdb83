using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Lays the tracks that a subscriber should get into media sections. Sections are never removed or reordered (RFC 3264 §8): those of gone
/// tracks become inactive and are used again for later tracks of the same kind.
/// </summary>
internal sealed class SubscriptionSlots(Func<uint> nextSsrc)
{
    /// <summary>Each track gets new SSRCs, and SRTP remembers all that were ever used; a session that placed so many makes room for a new one.</summary>
    public const int MaxPlacements = 4096;

    private readonly List<SubscriptionSlot> _slots = [];
    private readonly PayloadTypeAllocator _payloadTypes = new();
    private int _placements;

    public IReadOnlyList<SubscriptionSlot> All => _slots;

    /// <summary>Tracks that have no section, because there are as many as one description may have.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Nothing more is placed; another session has to begin.</summary>
    public bool IsUsedUp => _placements >= MaxPlacements;

    /// <summary>Brings the slots in line with <paramref name="wanted"/>. Returns the slots that lost their track, and whether a new offer is due.</summary>
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

        LeftOut = 0;
        foreach (var track in wanted)
        {
            if (!placed.Contains(track) && _payloadTypes.Allocate(track.Codec) is { } codec)
            {
                var isPlaced = TryPlace(track, codec);
                changed |= isPlaced;
                LeftOut += isPlaced ? 0 : 1;
            }
        }

        return changed;
    }

    private bool TryPlace(PublishedTrack track, RtpCodec codec)
    {
        var slot = _slots.Find(s => s.Track is null && s.Kind == track.Kind);
        if (IsUsedUp || (slot is null && _slots.Count == SdpLimits.MaxSections))
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

        // New SSRCs for every track, so that a late packet of the one before is never taken for it.
        slot.Ssrcs = new SsrcPair(nextSsrc(), codec.RtxPayloadType is null ? null : nextSsrc());
        return true;
    }
}
