namespace MeetOperator.Bench.Move.People;

/// <summary>What a member sends. The first three speak loudly, and are the three who are heard; all others are quiet.</summary>
/// <param name="Person">The number of the member.</param>
/// <param name="HasSound">Whether the microphone sends. A muted one sends nothing.</param>
/// <param name="HasPicture">Whether the camera sends.</param>
internal sealed record MediaPlan(ushort Person, bool HasSound = true, bool HasPicture = true)
{
    public const int Speakers = 3;

    public bool IsLoud => IsSpeaker(Person);

    /// <summary>Whether the member may have to open its connections again, because its media node is killed. Otherwise that drops it.</summary>
    public bool MayRestart { get; init; }

    /// <summary>Whether the member opens another socket when its own ends, as when a replica of signaling is drained. Otherwise it is dropped.</summary>
    public bool MayReconnect { get; init; }

    /// <summary>Whether the media nodes listen on loopback.</summary>
    public bool IsLocal { get; init; } = true;

    public TimeSpan SoundInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    public TimeSpan PictureInterval { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How often a member that sends no sound looks at what has arrived, once it hears somebody; zero for every millisecond.</summary>
    public TimeSpan ListeningTick { get; init; }

    public static bool IsSpeaker(ushort person) => person < Speakers;
}
