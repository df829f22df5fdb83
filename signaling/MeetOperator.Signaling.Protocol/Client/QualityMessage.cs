namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>
/// What a client measured since its previous report: its own line, and the tracks that it receives. Losses are fractions from 0 to 1. <c>FirstFrameMs</c> is the time from
/// the join to the first picture, <c>GatheringMs</c> how long the client gathered ICE candidates; each only in the first report that knows it. <c>Path</c> and <c>PathReason</c> are null
/// while they are unknown, and <c>PathFailures</c> is empty, as in all reports of earlier clients.
/// </summary>
public sealed record QualityMessage(
    double? RttMs,
    double SendLoss,
    double ReceiveLoss,
    double SendKbps,
    double ReceiveKbps,
    double? FirstFrameMs,
    IReadOnlyList<ReportedTrack> Tracks,
    IReadOnlyList<PathFailure> PathFailures,
    double? GatheringMs = null,
    PathKind? Path = null,
    PathReason? PathReason = null) : ClientMessage;
