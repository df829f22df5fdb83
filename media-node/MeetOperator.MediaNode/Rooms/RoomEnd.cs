using MeetOperator.MediaNode.Failures;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Ends the sessions of a room or of one of its parts. Used on the loop's thread.</summary>
/// <param name="share">The room.</param>
/// <param name="ending">The part.</param>
/// <param name="onFailure">Called after an unexpected error in work for one participant.</param>
internal sealed class RoomEnd(RoomShare share, NodeRoom ending, Action<NodeParticipant, Exception> onFailure)
{
    /// <summary>How long the end of a room waits for the sessions on other loops, of which one may stand still.</summary>
    private static readonly TimeSpan PartLimit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Ends the sessions of the last participants, one participant in each step. With the hub, the other parts end too, and then the event streams. Otherwise the participants are reported as
    /// having left, because the room goes on. They keep their places until then, so that no event of theirs from another part comes before.
    /// </summary>
    public Task Start(IReadOnlyList<NodeParticipant> leaving, IReadOnlyList<NodeRoom> others, string reason) =>
        others.Count == 0 ? ending.Loop.StartSteps(End(leaving, reason, isLast: ending.IsHub)) : EndAsync(ending.Loop.StartSteps(End(leaving, reason, isLast: false)), others, reason);

    private async Task EndAsync(Task own, IReadOnlyList<NodeRoom> others, string reason)
    {
        var ends = others.Select(part => part.Loop.RunAsync(
            () =>
            {
                part.Close(reason);
                return part.Ended;
            },
            CancellationToken.None)).ToArray();
        foreach (var end in ends)
        {
            await end.Unwrap().WaitAsync(PartLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await own.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        EndEvents(reason);
    }

    private IEnumerable<RoomEnd?> End(IReadOnlyList<NodeParticipant> leaving, string reason, bool isLast)
    {
        try
        {
            foreach (var participant in leaving)
            {
                End(participant, reason);
                yield return null;
            }
        }
        finally
        {
            if (!ending.IsHub)
            {
                share.Remove(ending);
            }
        }

        if (!isLast)
        {
            yield break;
        }

        try
        {
            EndEvents(reason);
        }
        catch (Exception e)
        {
            ending.Loop.Failures.Count(FailureScope.Room, e);
        }
    }

    private void End(NodeParticipant participant, string reason)
    {
        try
        {
            participant.Sessions.EndAll();
            if (!share.IsClosed)
            {
                share.Events.Publish(new RoomEvent { Type = RoomEventTypes.ParticipantLeft, ParticipantId = participant.Id, Reason = reason });
            }
        }
        catch (Exception e)
        {
            onFailure(participant, e);
        }
        finally
        {
            share.Leave(participant.Id, ending);
        }
    }

    private void EndEvents(string reason)
    {
        try
        {
            share.Events.Publish(new RoomEvent { Type = RoomEventTypes.RoomEnded, Reason = reason });
        }
        finally
        {
            share.Events.Complete();
        }
    }
}
