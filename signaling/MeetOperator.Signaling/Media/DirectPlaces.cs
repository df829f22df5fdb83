using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The places of this replica's members whose media flows only directly, in the rooms of their meeting. Each is a participant without sessions, by which the operator counts the member. What
/// fails is tried again with the next call and concerns nobody but the count. Thread-safe.
/// </summary>
internal sealed class DirectPlaces(string meetingId, MediaServices services, CancellationToken closed)
{
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>
    /// Keeps a place for each of the members, without waiting: in the room where it was, unless the operator takes that node away. Refreshes it when that is due.
    /// </summary>
    /// <param name="assignments">The assignments of the meeting.</param>
    /// <param name="members">The members, each with the room that it used last, if that is known.</param>
    public void Keep(IReadOnlyList<MediaAssignment> assignments, IEnumerable<(string ParticipantId, RoomKey? LastRoom)> members)
    {
        lock (_gate)
        {
            foreach (var (participantId, lastRoom) in members)
            {
                var place = _places.GetValueOrDefault(participantId);
                if (place is { Call.IsCompleted: false } || ParticipantNodes.Choose(assignments, place?.Rooms[^1].Key ?? lastRoom) is not { } target)
                {
                    continue; // the next call follows
                }

                place ??= _places[participantId] = new Place();
                if (place.Rooms is not [.., var current] || current.Key != target.Key)
                {
                    place.Rooms = [.. place.Rooms, new RoomClient(meetingId, target, services)];
                    place.RefreshedAt = null;
                }

                if (place.RefreshedAt is not { } since || services.Time.GetElapsedTime(since) >= services.Options.Timings.RefreshInterval)
                {
                    place.Call = RefreshAsync(participantId, place);
                }
            }
        }
    }

    /// <summary>Gives up the place of a participant who has left, without waiting. One that another replica keeps is not concerned.</summary>
    public void Release(string participantId)
    {
        lock (_gate)
        {
            if (_places.Remove(participantId, out var place))
            {
                _ = ReleaseAsync(participantId, place);
            }
        }
    }

    private static async Task ReleaseAsync(string participantId, Place place)
    {
        await place.Call.ConfigureAwait(false); // otherwise it could add the participant again
        await Task.WhenAll(place.Rooms.Select(room => room.TryReleaseParticipantAsync(participantId))).ConfigureAwait(false);
    }

    /// <summary>Adds or refreshes the participant in the newest room, without its region: for that, the operator would add media nodes. Then leaves the former rooms.</summary>
    private async Task RefreshAsync(string participantId, Place place)
    {
        RoomClient[] former = [.. place.Rooms.SkipLast(1)];
        var room = place.Rooms[^1];
        var began = services.Time.GetTimestamp();
        try
        {
            await room.PutParticipantAsync(participantId, region: null, closed).ConfigureAwait(false);
        }
        catch (Exception) when (closed.IsCancellationRequested)
        {
            return; // The meeting closed during the call. That is no failure of the node.
        }
        catch (Exception e) when (NodeCallFailure.IsParticipantRemoved(e))
        {
            return; // A host removed the participant, which also closes its socket.
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            services.Metrics.NodeFailed(failure.Reason);
            return;
        }

        await Task.WhenAll(former.Select(left => left.TryReleaseParticipantAsync(participantId))).ConfigureAwait(false);
        (place.Rooms, place.RefreshedAt) = ([room], began);
    }

    /// <summary>A place of one member. Changes only in the gate while no call runs, and in the call.</summary>
    private sealed class Place
    {
        /// <summary>The room of the place, after those that are still to be left.</summary>
        public IReadOnlyList<RoomClient> Rooms { get; set; } = [];

        /// <summary>When the node had the participant last; null if it is not known to have it.</summary>
        public long? RefreshedAt { get; set; }

        public Task Call { get; set; } = Task.CompletedTask;
    }
}
