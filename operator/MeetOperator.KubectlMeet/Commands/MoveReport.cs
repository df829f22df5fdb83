using System.Text.Json.Serialization;
using MeetOperator.Contracts.Meetings;
using MeetOperator.KubectlMeet.Output;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>How far a requested move is.</summary>
internal sealed record MoveReport
{
    /// <summary>The state before the operator has answered.</summary>
    public const string Requested = nameof(Requested);

    /// <summary>The state when somebody has removed or replaced the request.</summary>
    public const string Canceled = nameof(Canceled);

    public required string Meeting { get; init; }

    /// <summary>The media node that was asked for; with its namespace if it is known.</summary>
    public required string To { get; init; }

    /// <summary>Requested, Canceled, or the state in status.move.</summary>
    public required string State { get; init; }
    public required string Message { get; init; }

    /// <summary>The media nodes of the meeting, the origin first.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    /// <summary>People who are still on media nodes that the meeting is leaving.</summary>
    public required int Remaining { get; init; }

    /// <summary>Whether everybody is there.</summary>
    [JsonIgnore]
    public bool HasMoved => State == nameof(MeetingMoveState.Done) && Remaining == 0;

    /// <summary>Whether nothing more happens.</summary>
    [JsonIgnore]
    public bool IsFinal => HasMoved || State is Canceled or nameof(MeetingMoveState.Refused) or nameof(MeetingMoveState.Failed);

    public static MoveReport Of(Meeting meeting, MeetingMoveTo wanted)
    {
        var status = meeting.Status ?? new MeetingStatus();
        var answer = status.Move is { } move && wanted.IsSameRequest(move) ? move : null;
        var isWanted = meeting.Spec.Placement.MoveTo is { } present && present == wanted;
        var to = wanted.Namespace is null ? wanted.SfuNode : $"{wanted.Namespace}/{wanted.SfuNode}";
        var leaving = status.Assignments.Where(node => node.State == AssignmentState.Leaving).Sum(node => node.Participants);
        var state = answer?.State is { } known ? $"{known}" : isWanted && status.EndedAt is null ? Requested : Canceled;
        return new MoveReport
        {
            Meeting = meeting.Metadata.NamespacedName.ToString(),
            To = to,
            State = state,
            Message = state switch
            {
                Requested => $"the operator was asked to move the meeting to {to}",
                Canceled when status.EndedAt is not null => "the meeting has ended",
                Canceled => "the move was canceled, or another one was requested",
                nameof(MeetingMoveState.Done) when leaving > 0 => $"{answer!.Message}; {Counts.People(leaving)} still on the former one",
                _ => answer!.Message ?? state,
            },
            Nodes = [.. status.Assignments.Select(node => $"{node.Namespace}/{node.SfuNode}")],
            Remaining = state == nameof(MeetingMoveState.Done) ? leaving : 0,
        };
    }
}
