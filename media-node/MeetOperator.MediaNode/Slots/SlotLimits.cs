using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Slots;

/// <summary>How many slots a subscriber gets. A slot for pictures carries one stream: video, and the audio that belongs to it. A slot for sound carries audio alone.</summary>
/// <param name="Pictures">Maximum number of slots for pictures.</param>
/// <param name="Sounds">Number of slots for sound.</param>
internal readonly record struct SlotLimits(int Pictures, int Sounds)
{
    /// <summary>The most cameras that a subscriber gets at a time.</summary>
    public const int MaxCameras = 25;

    /// <summary>The most screens that a subscriber gets at a time.</summary>
    public const int MaxScreens = 3;

    public const int MaxPictures = MaxCameras + MaxScreens;

    public const int MaxSounds = 8;

    /// <summary>Slots for pictures to keep free, so that a change of the tiles need not wait until the client has confirmed the previous one.</summary>
    public const int FreePictures = 3;

    /// <summary>The same for sound: speakers change more often than one confirmation takes.</summary>
    public const int FreeSounds = 2;

    private const int MinPictures = 1;

    /// <summary>The numbers of slots for pictures that are offered. Few steps, because each one costs a negotiation.</summary>
    private static readonly int[] Steps = [8, 16, MaxPictures];

    /// <summary>Validates the numbers that a client asks for. Null for one section a track.</summary>
    public static SlotLimits? Read(SlotCounts? counts) => counts is null ? null
        : counts.Video < MinPictures || counts.Audio < 0
            ? throw ControlProblemException.InvalidRequest($"slots: video must be at least {MinPictures}, and audio must not be negative.")
            : new SlotLimits(Math.Min(counts.Video, MaxPictures), Math.Min(counts.Audio, MaxSounds));

    /// <summary>The number of slots for pictures to offer for a number of streams. Never less than <paramref name="present"/>.</summary>
    public int PicturesFor(int streams, int present)
    {
        var step = Array.Find(Steps, s => s >= streams + FreePictures);
        return Math.Max(present, Math.Min(Pictures, step == 0 ? MaxPictures : step));
    }
}
