using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>Settings for audio and video.</summary>
public sealed record MeetingMedia
{
    /// <summary>Video codecs in order of preference: VP8, VP9, H264 or AV1. Default none, which uses the media node's order; mutable.</summary>
    [MaxItems(8)]
    [Pattern("^(VP8|VP9|H264|AV1)$")]
    [MaxLength(8)]
    [Default("[]")]
    public IReadOnlyList<string> Codecs { get; init; } = [];

    /// <summary>Required encrypts audio and video between the clients, so that no server can see or hear them. Clients that cannot do this are refused. Default Off; immutable.</summary>
    [Default("\"Off\"")]
    public MeetingE2ee E2ee { get; init; } = MeetingE2ee.Off;
}
