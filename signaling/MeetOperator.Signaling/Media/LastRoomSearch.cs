using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>Finds the room that a participant used last while another replica had its socket, by asking the media nodes.</summary>
internal static class LastRoomSearch
{
    /// <summary>How long nodes that do not answer are waited for when another one has the participant. They may be gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Returns the oldest room in which the participant has sessions; null if none answers that it has.</summary>
    /// <param name="rooms">The rooms of the meeting.</param>
    /// <param name="participantId">The participant.</param>
    /// <param name="services">What the media side of every meeting needs.</param>
    /// <param name="ct">Ends the search.</param>
    public static async Task<RoomKey?> FindAsync(IEnumerable<AssignedRoom> rooms, string participantId, MediaServices services, CancellationToken ct)
    {
        using var found = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var oldestFirst = rooms.Where(room => !room.IsGone).Select(room => room.Client).OrderBy(room => room.Key.Generation).ToArray();
        var asked = oldestFirst.Select(room => HasSessionsAsync(room, participantId, services, found.Token)).ToArray();
        await Task.WhenAny(Task.WhenAll(asked), Task.Delay(Patience, services.Time, found.Token)).ConfigureAwait(false);
        while (!asked.Any(HasFound) && asked.Where(answer => !answer.IsCompleted).ToArray() is { Length: > 0 } open)
        {
            await Task.WhenAny(open).ConfigureAwait(false);
        }

        var oldest = Array.FindIndex(asked, HasFound);
        await found.CancelAsync().ConfigureAwait(false);
        return oldest < 0 ? null : oldestFirst[oldest].Key;
    }

    private static bool HasFound(Task<bool> answer) => answer is { IsCompletedSuccessfully: true, Result: true };

    private static async Task<bool> HasSessionsAsync(RoomClient room, string participantId, MediaServices services, CancellationToken ct)
    {
        try
        {
            var present = await room.ListParticipantsAsync(ct).ConfigureAwait(false);
            return present.Any(known => known.Participant == participantId && (known.SubscribeSession != string.Empty || known.Publishing));
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            if (!ct.IsCancellationRequested)
            {
                services.Metrics.NodeFailed(failure.Reason);
            }

            return false;
        }
    }
}
