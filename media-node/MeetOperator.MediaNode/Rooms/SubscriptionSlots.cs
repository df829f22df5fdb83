using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Lays the tracks that a subscriber should get into media sections. Sections are never removed or reordered (RFC 3264 §8): those of gone
/// tracks become inactive and are used again for later tracks of the same kind.
/// </summary>
internal sealed class SubscriptionSlots(Func<uint> nextSsrc)
{
    private readonly List<SubscriptionSlot> _slots = [];
    private readonly PayloadTypeAllocator _payloadTypes = new();

    public IReadOnlyList<SubscriptionSlot> All => _slots;

    /// <summary>Brings the slots in line with <paramref name="wanted"/>. Returns the slots that lost their track, and whether a new offer is due.</summary>
    public bool Reconcile(IReadOnlyList<PublishedTrack> wanted, List<SubscriptionSlot> freed)
    {
        var changed = false;
        foreach (var slot in _slots)
        {
            if (slot.Track is { } track && !wanted.Contains(track))
            {
                slot.Track = null;
                freed.Add(slot);
                changed = true;
            }
        }

        foreach (var track in wanted)
        {
            if (!_slots.Exists(s => s.Track == track) && _payloadTypes.Allocate(track.Codec) is { } codec)
            {
                Place(track, codec);
                changed = true;
            }
        }

        return changed;
    }

    private void Place(PublishedTrack track, RtpCodec codec)
    {
        var slot = _slots.Find(s => s.Track is null && s.Kind == track.Kind);
        if (slot is null)
        {
            if (_slots.Count == SdpLimits.MaxSections)
            {
                return;
            }

            slot = new SubscriptionSlot($"{_slots.Count}", track.Kind) { Codec = codec };
            _slots.Add(slot);
        }

        slot.Track = track;
        slot.Codec = codec;

        // New SSRCs for every track, so that a late packet of the one before is never taken for it.
        slot.Ssrcs = new SsrcPair(nextSsrc(), codec.RtxPayloadType is null ? null : nextSsrc());
    }
}
