using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// One room of the media node with its parts: runs work on the part of a participant, opens further parts, and puts together what they report. Safe for concurrent use; a part itself is accessed
/// only on its loop.
/// </summary>
internal sealed class RoomParts
{
    /// <summary>The participant of the warm-up call that is on another loop than the others.</summary>
    public const string SelfCallGuest = "elsewhere";

    /// <summary>How long a part may take to open. Both loops normally need less than a millisecond each.</summary>
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(1);

    /// <summary>How long what concerns all parts waits for those that do not respond, because their loops fall behind or stand still. A loop normally responds in less than a millisecond.</summary>
    private static readonly TimeSpan ResponseLimit = TimeSpan.FromMilliseconds(300);

    /// <summary>How often all parts pass on what they have. More than once is necessary only for messages that wait for room in a link.</summary>
    private const int MaxCatchUpRounds = 4;

    /// <summary>How long no further part opens after one has failed.</summary>
    private const long AfterFailureTicks = TimeSpan.TicksPerMinute;

    /// <summary>The same after one could not open in time, because loops fall behind: then another part would help.</summary>
    private const long AfterTimeoutTicks = 5 * TimeSpan.TicksPerSecond;
    private readonly RoomShare _share;
    private readonly IReadOnlyList<(MediaLoop Loop, SessionFactory Sessions)> _loops;
    private readonly TimeSpan _participantTimeout;
    private readonly Func<string, RoomParts, int> _choose;
    private readonly Dictionary<NodeRoom, Task> _opening = [];
    private readonly ParticipantTurns _turns = new();
    private long _noneBeforeTicks = long.MinValue;

    /// <param name="share">The room.</param>
    /// <param name="hub">The index of the loop on which it begins.</param>
    /// <param name="loops">All loops of the media node.</param>
    /// <param name="participantTimeout">Time after which a participant is removed when it has no connected transport and signaling has not refreshed it.</param>
    /// <param name="choose">Returns the index of the loop for a participant.</param>
    /// <param name="onClosed">Called after the room has closed because of an unexpected error.</param>
    public RoomParts(
        RoomShare share, int hub, IReadOnlyList<(MediaLoop Loop, SessionFactory Sessions)> loops, TimeSpan participantTimeout, Func<string, RoomParts, int> choose, Action<RoomParts> onClosed)
    {
        (_share, _loops, _participantTimeout, _choose) = (share, loops, participantTimeout, choose);
        Hub = new NodeRoom(share, part: 0, loops[hub].Loop, loops[hub].Sessions, participantTimeout, _ => onClosed(this));
        share.Add(Hub);
    }

    public string Id => _share.Id;

    public NodeRoom Hub { get; }

    /// <summary>The parts that are open, the hub first.</summary>
    public IReadOnlyList<NodeRoom> All => _share.Parts;

    public int ParticipantCount => _share.Count;

    /// <summary>The number of participants, without those on parts whose loops stand still.</summary>
    public int CountServed(long nowTicks) => _share.Count - All.Where(part => part.Loop.IsStuckAt(nowTicks)).Sum(part => _share.CountOn(part).Participants);

    /// <summary>Runs <paramref name="work"/> on the hub.</summary>
    public Task<T> RunAsync<T>(Func<NodeRoom, T> work, CancellationToken ct) =>
        Hub.Loop.RunAsync(() => Hub.IsClosed ? throw ControlProblemException.UnknownRoom(Id) : work(Hub), ct);

    /// <summary>Runs <paramref name="work"/> on the part of a participant, or on the hub if the participant is on none. Calls for one participant run in their order, also when one waits for a part to open.</summary>
    /// <param name="participant">The participant.</param>
    /// <param name="joins">The generation of a request that can add the participant, who then gets a part, which may be a new one; null for a request that cannot.</param>
    /// <param name="work">The work.</param>
    /// <param name="ct">Stops the wait.</param>
    public Task<T> RunAsync<T>(string participant, long? joins, Func<NodeRoom, T> work, CancellationToken ct) => _turns.RunAsync(participant, () => RunNowAsync(participant, joins, work, ct), ct);

    private async Task<T> RunNowAsync<T>(string participant, long? joins, Func<NodeRoom, T> work, CancellationToken ct)
    {
        while (true)
        {
            var part = joins is { } generation ? await PlaceAsync(participant, generation).WaitAsync(ct).ConfigureAwait(false) : _share.Find(participant) ?? Hub;
            var (end, result) = await part.Loop.RunAsync(() => part.IsClosed ? (part.Ended, default) : ((Task?)null, work(part)), ct).ConfigureAwait(false);
            if (end is null)
            {
                return result!;
            }

            if (part == Hub)
            {
                throw ControlProblemException.UnknownRoom(Id);
            }

            // The part has closed meanwhile. When everything there has ended, the participant gets another one.
            await end.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Removes a participant; an unknown one is ignored.</summary>
    /// <param name="participant">The participant.</param>
    /// <param name="generation">The generation that the caller knows, or null. An older one than the room's is rejected.</param>
    /// <param name="permanent">True to reject all later requests for the participant.</param>
    /// <param name="ct">Stops the wait.</param>
    public Task RemoveParticipantAsync(string participant, long? generation, bool permanent, CancellationToken ct)
    {
        _share.CheckGeneration(generation);
        if (permanent)
        {
            _share.Exclude(participant); // first: who has entered until now has a part that is known, and nobody enters later, so that it need not wait for its turn
        }

        return permanent ? RunNowAsync(participant, joins: null, Remove, ct) : RunAsync(participant, joins: null, Remove, ct);

        bool Remove(NodeRoom part)
        {
            part.RemoveParticipant(participant, generation, permanent);
            return true;
        }
    }

    /// <summary>Runs <paramref name="work"/> on each part. The call does not wait long for a part that does not respond, which does the work when its loop goes on.</summary>
    public async Task RunOnAllAsync(Action<NodeRoom> work, CancellationToken ct)
    {
        var others = RunOnAsync(Others(), work, ct); // first, because the loop of the hub may stand still
        await RunAsync(
            hub =>
            {
                work(hub);
                return true;
            },
            ct).ConfigureAwait(false);
        await others.ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the sessions whose media uses a path that the room denies now. The call does not wait long for a part that does not respond: nothing from the path is handled there, and the
    /// sessions end when its loop goes on.
    /// </summary>
    public Task EndDeniedPathsAsync(CancellationToken ct) => !_share.Paths.MayDeny ? Task.CompletedTask : RunOnAsync(All, static part => part.EndDeniedPaths(), ct);

    /// <summary>
    /// Lets the part of a participant that joins handle what all parts have sent so far. Otherwise it could miss a track that another part has just got. A loop that stands still is not waited for.
    /// </summary>
    /// <param name="participant">The participant.</param>
    /// <param name="generation">The generation that the caller knows.</param>
    /// <param name="ct">Stops the wait.</param>
    public async Task CatchUpAsync(string participant, long generation, CancellationToken ct)
    {
        var part = await PlaceAsync(participant, generation).WaitAsync(ct).ConfigureAwait(false);
        var end = MonotonicClock.NowTicks + ResponseLimit.Ticks;
        var isWaiting = All.Count > 1;
        for (var round = 0; round < MaxCatchUpRounds && isWaiting; round++)
        {
            var waiting = await Task.WhenAll(Others().Select(other => FlushAsync(other, end, ct))).ConfigureAwait(false);
            await HandleAsync(Hub, end, ct).ConfigureAwait(false);
            isWaiting = await FlushAsync(Hub, end, ct).ConfigureAwait(false) | waiting.Contains(true);
            if (part != Hub)
            {
                await HandleAsync(part, end, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reports about the room. Null when it is closed. Of a part that does not respond, the report has the last figures and the participants.</summary>
    /// <param name="begin">Runs on the hub before its report.</param>
    /// <param name="withParticipants">Whether the report describes each participant.</param>
    /// <param name="ct">Stops the wait.</param>
    public async Task<RoomReport?> ReportAsync(Action begin, bool withParticipants, CancellationToken ct)
    {
        if (await Hub.Loop.RunInStepsAsync(() => Begin(begin, withParticipants), ct).ConfigureAwait(false) is not { } report)
        {
            return null;
        }

        foreach (var other in await Task.WhenAll(Others().Select(part => ReportAsync(part, withParticipants, ct))).ConfigureAwait(false))
        {
            report = other is null ? report : RoomReports.Add(report, other);
        }

        return RoomReports.Finish(report);
    }

    /// <summary>Opens a reader of the events of all parts, which begins with their state. That of a part that does not respond follows when its loop goes on, after <c>ready</c>.</summary>
    public async Task<RoomEventReader> OpenEventsAsync(CancellationToken ct)
    {
        var (reader, isComplete) = await RunAsync(
            hub =>
            {
                ct.ThrowIfCancellationRequested();
                return All.Count == 1 ? (hub.Events.Open([.. hub.CurrentState(), .. hub.LastOfState()]), true) : (hub.Events.Open(hub.CurrentState()), false);
            },
            CancellationToken.None).ConfigureAwait(false); // not cancellable: if the wait ended early, the loop would open a reader that nothing closes
        if (isComplete)
        {
            return reader;
        }

        try
        {
            // Each part adds its state on its own loop, so what it publishes later is also later in the queue.
            await RunOnAsync(Others(), part => reader.AddFirst(part.CurrentState()), ct).ConfigureAwait(false);
            await RunAsync(
                hub =>
                {
                    reader.AddFirst(hub.LastOfState());
                    return true;
                },
                ct).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            Hub.Events.Close(reader);
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Closes the room. Call it on the loop of the hub.</summary>
    /// <param name="generation">The generation that the caller knows. An older one than the room's is rejected.</param>
    /// <param name="reason">The reason for the event streams.</param>
    /// <param name="onlyIfEmpty">Whether to reject the call while somebody is in the room.</param>
    public void Close(long generation, string reason, bool onlyIfEmpty)
    {
        if (onlyIfEmpty && ParticipantCount > 0)
        {
            throw ControlProblemException.NotEmpty(ParticipantCount);
        }

        Hub.Fence(generation);
        if (onlyIfEmpty)
        {
            _share.CloseIfEmpty();
        }

        Hub.Close(reason);
    }

    /// <summary>The loads of all loops for this room, as <see cref="PartChoice"/> needs them.</summary>
    /// <param name="isStuck">Whether a loop stands still.</param>
    public PartLoad[] Loads(Func<MediaLoop, bool> isStuck) =>
    [
        .. _loops.Select(l =>
        {
            var part = All.FirstOrDefault(p => p.Loop == l.Loop);
            var (participants, joining) = part is null ? (0, 0) : _share.CountOn(part);
            return new PartLoad(l.Loop.Load, participants, joining, part is not null, part == Hub, isStuck(l.Loop) || (part is null && MonotonicClock.NowTicks < Volatile.Read(ref _noneBeforeTicks)));
        }),
    ];

    /// <summary>Runs work of a part, unless its loop stands still, and waits for it until a time.</summary>
    private static async Task<T?> WithinAsync<T>(NodeRoom part, long endTicks, Func<Task<T>> work)
    {
        if (part.Loop.IsStuckAt(MonotonicClock.NowTicks))
        {
            return default;
        }

        try
        {
            return await work().WaitAsync(TimeSpan.FromTicks(Math.Max(0, endTicks - MonotonicClock.NowTicks))).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return default;
        }
    }

    /// <summary>Lets a part pass on what it has sent. True when something still waits.</summary>
    private static async Task<bool> FlushAsync(NodeRoom from, long endTicks, CancellationToken ct) =>
        await WithinAsync(from, endTicks, () => from.Loop.RunInStepsAsync(() => from.IsClosed ? [] : from.FlushLinks(), ct)).ConfigureAwait(false) is not null;

    /// <summary>Lets a part handle what has arrived.</summary>
    private static Task HandleAsync(NodeRoom at, long endTicks, CancellationToken ct) =>
        WithinAsync(at, endTicks, () => at.Loop.RunInStepsAsync(() => at.IsClosed ? [] : at.CatchUp(), ct));

    private static bool RunIfOpen(NodeRoom part, Action<NodeRoom> work)
    {
        if (!part.IsClosed)
        {
            work(part);
        }

        return true;
    }

    private static async Task RunOnAsync(IEnumerable<NodeRoom> parts, Action<NodeRoom> work, CancellationToken ct)
    {
        var all = Task.WhenAll(parts.Select(part => part.Loop.RunAsync(() => RunIfOpen(part, work), CancellationToken.None)));
        try
        {
            await all.WaitAsync(ResponseLimit, ct).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!all.IsCompleted)
        {
            // A loop does not respond.
        }
    }

    private static async Task<RoomReport?> ReportAsync(NodeRoom part, bool withParticipants, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ResponseLimit);
        try
        {
            return await part.Loop.RunInStepsAsync(() => part.IsClosed ? [] : part.Report(withParticipants), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return part.LastKnown(withParticipants);
        }
    }

    private IEnumerable<RoomReport?> Begin(Action begin, bool withParticipants)
    {
        if (Hub.IsClosed)
        {
            return [];
        }

        begin();
        return Hub.Report(withParticipants);
    }

    private IEnumerable<NodeRoom> Others() => All.Where(part => part != Hub);

    /// <summary>Returns the part of a participant when it is open. A participant without one gets one.</summary>
    private async Task<NodeRoom> PlaceAsync(string participant, long generation)
    {
        if (_loops.Count == 1 || RoomIds.IsOfCheck(Id) || (RoomIds.IsOfSelfCall(Id) && participant != SelfCallGuest))
        {
            return Hub;
        }

        while (true)
        {
            var part = _share.FindOrPlace(participant, generation, () => ChooseFor(participant));
            Task? opening;
            lock (_opening)
            {
                _opening.TryGetValue(part, out opening);
            }

            if (opening is null)
            {
                return part;
            }

            await opening.ConfigureAwait(false); // when it could not be opened, the participant has another part now
        }
    }

    /// <summary>Chooses a part, and begins to open it if there is none on the chosen loop.</summary>
    private NodeRoom ChooseFor(string participant)
    {
        var (loop, sessions) = _loops[_choose(participant, this)];
        if (All.FirstOrDefault(p => p.Loop == loop) is { } known)
        {
            return known;
        }

        var number = _share.NextPart();
        var part = new NodeRoom(_share, number, loop, sessions, _participantTimeout, OnPartClosed);
        _share.Add(part);
        lock (_opening)
        {
            _opening[part] = Task.Run(() => OpenAsync(part, number));
        }

        return part;
    }

    /// <summary>Links a new part with the hub. A part that cannot be linked closes.</summary>
    private async Task OpenAsync(NodeRoom part, int number)
    {
        try
        {
            var (toPart, toHub) = LoopLink.Create(Hub.Loop, part.Loop);
            await Hub.Loop.RunInStepsAsync(() => Hub.IsClosed ? throw ControlProblemException.UnknownRoom(Id) : Hub.LinkToPart(number, toPart), CancellationToken.None)
                .WaitAsync(OpenLimit).ConfigureAwait(false);
            await part.Loop.RunInStepsAsync(() => part.IsClosed ? [] : part.LinkToHub(toHub), CancellationToken.None).WaitAsync(OpenLimit).ConfigureAwait(false);
            var end = MonotonicClock.NowTicks + ResponseLimit.Ticks;
            for (var round = 0; round < MaxCatchUpRounds && await FlushAsync(Hub, end, CancellationToken.None).ConfigureAwait(false); round++)
            {
                await HandleAsync(part, end, CancellationToken.None).ConfigureAwait(false); // more tracks than fit in the link at once
            }
        }
        catch (Exception e)
        {
            DelayNext(e is TimeoutException ? AfterTimeoutTicks : AfterFailureTicks); // first, so that nobody who gets another part opens one
            _share.Remove(part);
            _ = Hub.Loop.RunAsync(() => RunIfOpen(Hub, hub => hub.UnlinkPart(number)), CancellationToken.None);
            _ = part.Loop.RunAsync(
                () =>
                {
                    part.Close("error");
                    return true;
                },
                CancellationToken.None);
        }
        finally
        {
            lock (_opening)
            {
                _opening.Remove(part);
            }
        }
    }

    private void DelayNext(long ticks) => Volatile.Write(ref _noneBeforeTicks, MonotonicClock.NowTicks + ticks);

    private void OnPartClosed(NodeRoom part)
    {
        if (part.HasFailed)
        {
            DelayNext(AfterFailureTicks);
        }
    }
}
