using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Features;

/// <summary>
/// One feature of one meeting on this replica: its state, its messages and its bus events. A feature implements only what it needs. Everything except
/// <see cref="Handle"/> runs on the session's loop, for one feature after the other in their fixed order, so a step that waits delays the whole meeting. An exception
/// is logged and ends the step for the features that follow, except at the end, where all features are called.
/// </summary>
internal interface IMeetingFeature
{
    /// <summary>Called after a participant has got its place with a socket, before it receives <c>joined</c>: for what the client needs before it opens connections.</summary>
    Task OnEnteredAsync(Member member, MeetingView view) => Task.CompletedTask;

    /// <summary>Called after a participant has joined with a socket and received <c>joined</c>.</summary>
    /// <param name="member">The new member.</param>
    /// <param name="view">The meeting's resource at the time of the join.</param>
    Task OnJoinedAsync(Member member, MeetingView view) => Task.CompletedTask;

    /// <summary>
    /// Handles a message of a member. Returns null if the message belongs to another feature. The task's result is an error if the message violates a rule of the
    /// protocol or a limit, otherwise null. Runs outside the loop; the member's next message waits for it.
    /// </summary>
    Task<ProtocolError?>? Handle(Member from, ClientMessage message) => null;

    /// <summary>Called for each event that a replica published about the meeting, until the meeting has ended.</summary>
    Task OnBusEventAsync(BusEvent e) => Task.CompletedTask;

    /// <summary>Called for each event of one of the meeting's rooms on media nodes. Each node reports all speakers, and its own participants.</summary>
    Task OnRoomEventAsync(RoomKey source, RoomEvent e) => Task.CompletedTask;

    /// <summary>Called every few seconds (<see cref="Settings.SignalingTimings.TickInterval"/>), until the meeting has ended.</summary>
    Task OnTickAsync() => Task.CompletedTask;

    /// <summary>Called after the Meeting or the relays have changed, until the meeting has ended.</summary>
    /// <param name="view">The meeting's resource after the change.</param>
    Task OnMeetingChangedAsync(MeetingView view) => Task.CompletedTask;

    /// <summary>Called after the meeting was assigned another media node or generation, or has left one.</summary>
    Task OnRoomsChangedAsync(RoomsChange change) => Task.CompletedTask;

    /// <summary>Called after a member has begun to use another media node, or has returned to the former one.</summary>
    Task OnMemberMovedAsync(string participantId) => Task.CompletedTask;

    /// <summary>Called after a bus outage. Events were lost, and the bus may have lost its data.</summary>
    Task OnRecoveredAsync() => Task.CompletedTask;

    /// <summary>
    /// Called after this replica has told all sockets to close, because the meeting has ended or the replica shuts down. May be called more than once. Not called when
    /// the last participant leaves: <see cref="IMeeting.Closed"/> covers every case.
    /// </summary>
    Task OnSocketsClosedAsync() => Task.CompletedTask;

    /// <summary>Called at most once on each replica that serves the meeting, after its end was announced and all sockets were told to close.</summary>
    Task OnEndedAsync() => Task.CompletedTask;
}
