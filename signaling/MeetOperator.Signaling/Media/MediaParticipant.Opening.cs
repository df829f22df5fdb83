using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Media;

/// <content>Opens the sessions of the member, on its first node, on another one that it moves to, and again after they were lost.</content>
internal sealed partial class MediaParticipant
{
    /// <summary>
    /// Restarts a publish session through the client, which sends its offers, and a subscribe session directly, because the node sends its offers.
    /// </summary>
    private Task RestartSessionAsync(MemberSessions sessions, RoomEvent ended)
    {
        if (ended.Kind == "publish")
        {
            return StartAsync(sessions, fresh: true, MeetingMedia.Lost);
        }

        sessions.EndSubscribe();
        return StartAsync(sessions, fresh: true, reason: null);
    }

    private async Task RestartSessionLaterAsync(RoomKey source, RoomEvent ended, TimeSpan wait)
    {
        await _calls.DelayAsync(wait).ConfigureAwait(false);
        PostEvent(source, sessions => sessions == _nodes.Newest && sessions.IsCurrent(ended) ? RestartSessionAsync(sessions, ended) : Task.CompletedTask);
    }

    /// <summary>The node has lost the participant, or the client has left a former node.</summary>
    private Task HandleLossAsync(MemberSessions sessions)
    {
        if (sessions == _nodes.Newest)
        {
            return StartAsync(sessions, fresh: true, MeetingMedia.Lost);
        }

        SetNodes(_nodes.Without(sessions));
        return Task.CompletedTask;
    }

    /// <summary>Leaves a former node if the client has closed both connections to it. Beside the queue, which must not wait for a node that may be gone.</summary>
    private async Task ReleaseIfLeftAsync(MemberSessions former)
    {
        try
        {
            if (await former.HasLeftAsync(_calls.Closed).ConfigureAwait(false))
            {
                PostEvent(former.Room.Key, sessions => sessions == former && sessions != _nodes.Newest && sessions.IsEmpty ? ReleaseAsync(sessions) : Task.CompletedTask);
            }
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is not null)
        {
            // The deadline ends it.
        }
    }

    /// <summary>Leaves a node. The node removes the participant by itself if the call fails.</summary>
    private Task ReleaseAsync(MemberSessions former)
    {
        SetNodes(_nodes.Without(former));
        return former.Room.TryReleaseParticipantAsync(ParticipantId);
    }

    private async Task MoveAsync()
    {
        if (_nodes.Newest is not { } current || Find(_media.Choose(this, current.Room.Key)) is not { } target || target.Key == current.Room.Key)
        {
            _media.Follow(this); // The member stays on its node, or there is no other node. It may need new sessions there.
            return;
        }

        var next = new MemberSessions(target, _client);
        var reason = _media.FindMoveReason(current.Room.Key, target.Key);
        try
        {
            var isGone = _media.IsGone(current.Room.Key);
            if (_nodes.Find(target.Key) is { } former)
            {
                await former.FormerCalls.CancelAsync(_services.Time).ConfigureAwait(false);
                if (isGone || former is { SubscribeSession: not null, HasEnded: false })
                {
                    SetNodes(_nodes.Without(former)); // what the client still has there goes on until its new connections carry media
                }
                else
                {
                    await ReleaseAsync(former).ConfigureAwait(false); // what is left of the member there would be taken for the new sessions
                }
            }

            // A client whose node is gone has no media to lose, so it prepares its offer as soon as it has a place.
            void Tell() => _client.Send(_media.MoveMessage(_client, target.Key, current.Room.Key, reason));
            var offer = await OpenAsync(next, fresh: true, isGone ? Tell : null).ConfigureAwait(false);
            SetNodes(_nodes.With(next));
            if (!isGone)
            {
                Tell();
            }

            next.BeginSubscribe(offer);
            (_hasStarted, _told) = (true, null);
            _media.RecordMove(ParticipantId);
            _ = _media.IsLeaving(current.Room.Key) ? Task.CompletedTask : ReleaseLaterAsync(current); // the operator sets no deadline for a node that stays
            _ = ReleaseIfLeftAsync(current);
        }
        catch (Exception e) when (NodeCallFailure.IsParticipantRemoved(e))
        {
            // A host removed the participant, which also closes its socket.
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure && !_calls.IsClosed)
        {
            if (NodeCallFailure.IsFull(e))
            {
                _media.MarkFull(target.Key);
            }

            _calls.Record(failure, e);
            _ = MoveLaterAsync(target.IsOver ? TimeSpan.Zero : _moveBackoff.Next(_services.Time.GetUtcNow())); // a node that has failed meanwhile is not chosen again
        }
    }

    /// <summary>Leaves a former node that the client has not left by the deadline that it was told.</summary>
    private async Task ReleaseLaterAsync(MemberSessions former)
    {
        await _calls.DelayAsync(MeetingMedia.DefaultTimeLeft).ConfigureAwait(false);
        PostEvent(former.Room.Key, sessions => sessions != former || sessions == _nodes.Newest ? Task.CompletedTask : ReleaseAsync(sessions));
    }

    private async Task MoveLaterAsync(TimeSpan wait)
    {
        _media.DelayMove(ParticipantId, wait);
        await _calls.DelayAsync(wait).ConfigureAwait(false);
        _media.Follow(this);
    }

    private async Task StartAsync(MemberSessions? sessions, bool fresh, string? reason)
    {
        if (sessions is null || _media.Served.Find(sessions.Room.Key) is null)
        {
            return; // A start in the next room is queued, or follows with it.
        }

        if (sessions is { SubscribeSession: not null, IsLeft: false } && reason != MeetingMedia.Lost)
        {
            _media.Follow(this);
            return;
        }

        var isTold = reason is not null && _hasStarted;
        if (isTold && sessions != _told)
        {
            _told = sessions;
            _client.Send(new MediaRestartMessage(reason!, sessions.Room.Key.Generation));
        }

        _isStarting = true;
        try
        {
            await OpenRepeatedlyAsync(sessions, fresh, isTold).ConfigureAwait(false);
        }
        finally
        {
            _isStarting = false;
        }

        _media.Follow(this);
    }

    /// <summary>
    /// Opens the subscribe session, and tries again until it is open, or the member is to use another node; a start on that one is queued then, or follows. The member may get another node
    /// meanwhile, if its own is full.
    /// </summary>
    private async Task OpenRepeatedlyAsync(MemberSessions sessions, bool fresh, bool isTold)
    {
        using var place = new PlaceWait(_media.Line, _services.Time, _services.Options.Timings.PlaceTimeout);
        if (fresh && !_hasStarted && !_media.Line.IsEmpty)
        {
            await _place.WaitAsync(place).ConfigureAwait(false); // others came before
            if (_calls.IsClosed || Find(_media.Choose(this, current: null)) is not { } room)
            {
                return; // With the next room of the meeting, a start follows.
            }

            if (room.Key != sessions.Room.Key)
            {
                var chosen = new MemberSessions(room, _client);
                SetNodes(_nodes.Without(sessions).With(chosen));
                sessions = chosen;
            }
        }

        var isReported = false;
        var wait = FirstRetry;
        while (true)
        {
            try
            {
                sessions.BeginSubscribe(await OpenAsync(sessions, fresh).ConfigureAwait(false));
                (_hasStarted, _told) = (true, null);
                return;
            }
            catch (Exception) when (_calls.IsClosed)
            {
                return;
            }
            catch (Exception e) when (NodeCallFailure.IsParticipantRemoved(e))
            {
                _isRemoved = true;
                return;
            }
            catch (Exception e) when (NodeCallFailure.IsFull(e) && !_nodes.IsMoving)
            {
                if (await FindPlaceAsync(sessions, place).ConfigureAwait(false) is not { } next)
                {
                    return;
                }

                sessions = next;
                continue;
            }
            catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
            {
                _calls.Record(failure, e);
                if (_nodes.IsMoving)
                {
                    // The client goes on with its former node, from which the move starts again. If it does not, and the client may have left a session there, it needs new ones.
                    SetNodes(_nodes.Without(sessions));
                    if (isTold || _nodes.Newest!.HasEnded)
                    {
                        _nodes.Newest!.MarkLeft();
                    }

                    _ = MoveLaterAsync(_moveBackoff.Next(_services.Time.GetUtcNow()));
                    return;
                }

                if (_media.Choose(this, sessions.Room.Key) is { } other && other.Key != sessions.Room.Key)
                {
                    _hasStarted = true; // the client may have a connection to this node
                    return;
                }

                if (!isReported)
                {
                    isReported = true;
                    _client.Send(new ErrorMessage(ErrorCode.MediaFailed, failure.Message));
                }
            }

            // Otherwise all retries would belong to one trace.
            SignalingTracing.LeaveCurrent();
            place.Leave();
            await _calls.DelayAsync(wait).ConfigureAwait(false);
            wait = wait * 2 < LastRetry ? wait * 2 : LastRetry;
            if (_calls.IsClosed || _media.Choose(this, sessions.Room.Key)?.Key != sessions.Room.Key)
            {
                _hasStarted = true;
                return;
            }
        }
    }

    /// <summary>
    /// Finds another node after that of <paramref name="sessions"/> has answered that it is full: one that is not known to be full, otherwise any when it is the member's turn. Returns
    /// the sessions there, or null if the member has left or the meeting has no node.
    /// </summary>
    private async Task<MemberSessions?> FindPlaceAsync(MemberSessions sessions, PlaceWait place)
    {
        _media.MarkFull(sessions.Room.Key);
        var target = _media.Choose(this, current: null);
        if (target is not { HasPlace: true })
        {
            await _place.WaitAsync(place).ConfigureAwait(false);
            target = _media.Choose(this, current: null);
        }

        if (_calls.IsClosed || target is null || _media.Served.Find(target.Key) is not { } room)
        {
            return null; // With the next room of the meeting, a start follows.
        }

        if (room.Key == sessions.Room.Key)
        {
            return sessions;
        }

        var next = new MemberSessions(room, _client);
        SetNodes(_nodes.Without(sessions).With(next));
        if (_hasStarted)
        {
            _client.Send(new MediaRestartMessage(MeetingMedia.Moved, room.Key.Generation));
        }

        return next;
    }

    /// <summary>Opens the subscribe session, and calls <paramref name="onPlaced"/> when the member has a place. The client gets its offer with <see cref="MemberSessions.BeginSubscribe"/>.</summary>
    private async Task<SubscribeOffer> OpenAsync(MemberSessions sessions, bool fresh, Action? onPlaced = null)
    {
        await sessions.FormerCalls.CancelAsync(_services.Time).ConfigureAwait(false);
        await sessions.Room.PutParticipantAsync(ParticipantId, Region, _calls.Closed).ConfigureAwait(false);
        onPlaced?.Invoke();
        await _state.SendMutesAsync(sessions, _calls.Closed).ConfigureAwait(false);
        var offer = await sessions.RequestSubscribeAsync(restart: fresh, _line, _calls.Closed).ConfigureAwait(false);
        await _state.SendViewAsync(sessions, _calls.Closed).ConfigureAwait(false); // the node may be another one, or have dropped the participant meanwhile
        return offer;
    }
}
