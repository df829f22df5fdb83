using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>The names of track sources in NodeControl.</summary>
internal static class TrackSources
{
    public static string Name(TrackSource source) => source switch
    {
        TrackSource.Microphone => "microphone",
        TrackSource.Camera => "camera",
        TrackSource.Screen => "screen",
        _ => "screen-audio",
    };

    public static TrackSource? TryRead(string name) => name switch
    {
        "microphone" => TrackSource.Microphone,
        "camera" => TrackSource.Camera,
        "screen" => TrackSource.Screen,
        "screen-audio" => TrackSource.ScreenAudio,
        _ => null,
    };

    /// <summary>The default source of the n-th section of a kind, when the publisher does not name one.</summary>
    public static TrackSource Default(MediaKind kind, int index) => (kind, index) switch
    {
        (MediaKind.Audio, 0) => TrackSource.Microphone,
        (MediaKind.Audio, _) => TrackSource.ScreenAudio,
        (MediaKind.Video, 0) => TrackSource.Camera,
        _ => TrackSource.Screen,
    };
}
