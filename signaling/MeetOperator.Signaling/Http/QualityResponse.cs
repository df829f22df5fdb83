namespace MeetOperator.Signaling.Http;

/// <summary>The quality of one meeting, by participant. <c>next</c> is the value of <c>after</c> for the next page; null on the last page.</summary>
internal sealed record QualityResponse(string MeetingId, SurveySummary Survey, IReadOnlyList<QualityResponse.Participant> Participants, string? Next)
{
    /// <summary>The line of one participant, and the tracks that it receives. Losses are fractions from 0 to 1; <c>average</c> is over all reports. <c>path</c> is null while no report had one.</summary>
    internal sealed record Participant(
        string ParticipantId, string? DisplayName, string At, long Reports, double? RttMs, double SendLoss, double ReceiveLoss, double SendKbps, double ReceiveKbps, double? FirstFrameMs, string? Path, string? PathReason, LineAverage Average, IReadOnlyList<Track> Tracks);

    internal sealed record LineAverage(double? RttMs, double SendLoss, double ReceiveLoss);

    /// <summary>How the participant receives a track of <c>participantId</c>. <c>frozen</c> is the part of the time in which the picture stood still.</summary>
    internal sealed record Track(
        string ParticipantId, string Source, string At, long Reports, string Quality, double Kbps, double Loss, double JitterMs, double Frozen, double? Fps, int? Height, TrackAverage Average);

    /// <summary><c>poor</c> is the part of the reports in which the quality was poor or paused.</summary>
    internal sealed record TrackAverage(double Kbps, double Loss, double JitterMs, double Frozen, double Poor);
}
