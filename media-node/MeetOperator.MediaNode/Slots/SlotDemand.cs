using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Slots;

/// <summary>Decides which streams a subscriber needs slots for. A pure function of what it shows, of what is published, and of who speaks.</summary>
internal static class SlotDemand
{
    /// <summary>So many pinned participants are heard before all others, however many microphones seem to be loud.</summary>
    private const int MaxPinnedFirst = 3;

    /// <summary>
    /// The streams to show, the most important first: screens, pinned cameras, cameras that have a slot, then the largest tiles. Of the screens, those of pinned participants
    /// come first, then the largest that are shown, those that have a slot, and those that were published first. Screens have slots even when they are not shown, because the
    /// client learns from the slot that a screen exists. Screens are sent only while they are shown.
    /// </summary>
    /// <param name="self">The subscribing participant.</param>
    /// <param name="views">What the participant shows.</param>
    /// <param name="streams">What is published.</param>
    /// <param name="hasSlot">Whether a stream has a slot now.</param>
    public static List<StreamKey> Pictures(string self, ParticipantViews views, RoomStreams streams, Func<StreamKey, bool> hasSlot)
    {
        var wanted = streams.Screens
            .Where(s => s.ParticipantId != self)
            .OrderByDescending(s => views.IsPinned(s.ParticipantId))
            .ThenByDescending(s => views.PixelsOf(s.ParticipantId, TrackSource.Screen))
            .ThenByDescending(hasSlot)
            .Take(SlotLimits.MaxScreens)
            .ToList();
        var cameras = views.IsKnown
            ? views.Tracks
                .Where(t => t.Source == TrackSource.Camera)
                .Select(t => (Stream: new StreamKey(t.ParticipantId, IsScreen: false), t.View, t.IsPinned))
                .Where(t => t.Stream.ParticipantId != self && streams.Contains(t.Stream))
                .OrderByDescending(t => t.IsPinned)
                .ThenByDescending(t => hasSlot(t.Stream))
                .ThenByDescending(t => (long)t.View.Width * t.View.Height)
                .ThenBy(t => t.Stream.ParticipantId, StringComparer.Ordinal)
                .Select(t => t.Stream)
            : streams.People.Where(s => s.ParticipantId != self).OrderByDescending(hasSlot);
        wanted.AddRange(cameras.Take(SlotLimits.MaxCameras));
        return wanted;
    }

    /// <summary>The streams to hear that have no slot for pictures, the most important first: those of pinned participants, then those of who is heard.</summary>
    /// <param name="self">The subscribing participant.</param>
    /// <param name="views">What the participant shows.</param>
    /// <param name="streams">What is published.</param>
    /// <param name="heard">Who is heard, the most important first.</param>
    /// <param name="hasPicture">Whether a stream has a slot for pictures.</param>
    public static List<StreamKey> Sounds(string self, ParticipantViews views, RoomStreams streams, HeardParticipants heard, Func<StreamKey, bool> hasPicture)
    {
        return [.. Needed(views.Pinned).Take(MaxPinnedFirst).Concat(Needed(heard.For(self))).Concat(Needed(views.Pinned)).Distinct()];

        IEnumerable<StreamKey> Needed(IEnumerable<string> ids) => ids.Select(id => new StreamKey(id, IsScreen: false)).Where(s => s.ParticipantId != self && streams.Audio(s) is not null && !hasPicture(s));
    }

    /// <summary>Whether a subscriber hears an audio track.</summary>
    public static bool IsHeard(string self, ParticipantViews views, HeardParticipants heard, UpTrack track) =>
        track.Source != TrackSource.Microphone || views.IsPinned(track.ParticipantId) || heard.Contains(self, track.ParticipantId);
}
