using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Compares statuses of a meeting to decide whether a write can be delayed. Pure.</summary>
internal static class StatusChanges
{
    public static StatusChange Find(MeetingStatus stored, MeetingStatus wanted)
    {
        var change = (stored.Phase, wanted.Phase) switch
        {
            (MeetingPhase.Ready, MeetingPhase.Active) => StatusChange.InUse,
            (MeetingPhase.Active, MeetingPhase.Ready) => StatusChange.Empty,
            var (before, now) => before == now && !Figures(stored).SequenceEqual(Figures(wanted)) ? StatusChange.Figures : StatusChange.Other,
        };
        return change switch
        {
            StatusChange.Other => change,
            StatusChange.Figures => StatusWriter.AreEqual(WithoutFigures(stored), WithoutFigures(wanted)) ? change : StatusChange.Other,
            _ => StatusWriter.AreEqual(WithoutUse(stored), WithoutUse(wanted)) ? change : StatusChange.Other,
        };
    }

    private static IEnumerable<double?> Figures(MeetingStatus status) =>
    [
        status.Participants, status.PeakParticipants,
        .. status.Assignments.SelectMany(static assignment => new double?[] { assignment.Participants, assignment.Sessions, assignment.FreePlaces }),
        .. status.Cascade.SelectMany(static link => new[] { link.RttMs, link.LossPct, link.Kbps }),
    ];

    private static MeetingStatus WithoutFigures(MeetingStatus status) => status with
    {
        Participants = 0,
        PeakParticipants = 0,
        Assignments = [.. status.Assignments.Select(assignment => assignment with { Participants = 0, Sessions = null, FreePlaces = null })],
        Cascade = [.. status.Cascade.Select(static link => link with { RttMs = null, LossPct = null, Kbps = 0 })],
    };

    /// <summary>Without what follows from the number of participants.</summary>
    private static MeetingStatus WithoutUse(MeetingStatus status) => WithoutFigures(status) with
    {
        Phase = null,
        Message = status.Message is MeetingStatuses.InUse or MeetingStatuses.CanBeJoined ? null : status.Message,
        StartedAt = null,
        EmptySince = null,
    };
}
