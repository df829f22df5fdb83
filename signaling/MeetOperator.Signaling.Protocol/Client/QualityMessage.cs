namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>
/// What a client measured since its previous report: its own line, and the tracks that it receives. Losses are fractions from 0 to 1. <c>FirstFrameMs</c> is the time from
/// the join to the first picture, only in the first report that knows it.
/// </summary>
public sealed record QualityMessage(
    double? RttMs,
    double SendLoss,
    double ReceiveLoss,
    double SendKbps,
    double ReceiveKbps,
    double? FirstFrameMs,
    IReadOnlyList<ReportedTrack> Tracks) : ClientMessage;
