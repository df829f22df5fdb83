using System.Collections.Concurrent;
using System.Text.Json;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Opens, renews and closes the links between the media nodes of meetings. Secrets are in memory only and never in a log; a new leader renews the links that it finds.
/// Meetings may be advanced concurrently, each by one reconcile at a time.
/// </summary>
/// <param name="fleet">The last reports of the nodes.</param>
/// <param name="clients">Clients of the nodes.</param>
/// <param name="callLimit">Limits the concurrent calls to a node.</param>
/// <param name="random">Returns this many bytes of a cryptographic generator. Safe for concurrent use.</param>
/// <param name="logger">Gets IDs of links, their ends and epochs.</param>
/// <param name="time">The clock.</param>
internal sealed partial class LinkKeeper(
    MediaFleet fleet, NodeClients clients, NodeCallLimit callLimit, Func<int, byte[]> random, ILogger<LinkKeeper> logger, TimeProvider time)
{
    private const string TooOld = "does not support links between media nodes: it runs an earlier version";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Pause until the next look at reports while a link opens or changes its secret.</summary>
    private static readonly TimeSpan PendingCheck = TimeSpan.FromMilliseconds(500);

    /// <summary>The same when nothing is expected to change. A node that restarts or loses the room wakes its meetings earlier.</summary>
    private static readonly TimeSpan SettledCheck = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<MeetingRef, MeetingLinkCalls> _meetings = new();

    /// <summary>
    /// Makes the calls about the meeting's links that are due, at most two for each link. Returns the delay until the next look, or null for a meeting that has no links and
    /// needs none. A node that does not answer delays this by two seconds at most.
    /// </summary>
    /// <param name="meeting">The assignments of the meeting.</param>
    /// <param name="silent">Nodes that have just not responded to another call, so that they are not called now.</param>
    /// <param name="ct">Cancels the calls.</param>
    public async Task<TimeSpan?> AdvanceAsync(AssignedMeeting meeting, IReadOnlySet<NamespacedName> silent, CancellationToken ct)
    {
        var needed = MeetingLinks.Needed(meeting);
        var reports = meeting.Nodes.Select(assigned => fleet.FindReport(assigned.Node, meeting.MeetingId)).OfType<ReportedRoom>().ToDictionary(static reported => reported.Node);
        var areReported = reports.Values.Any(static reported => reported.Room is { Links: [_, ..] });
        if (needed is [] && !areReported && _meetings.GetValueOrDefault(meeting.Ref) is null or { Links.IsEmpty: true })
        {
            _meetings.TryRemove(meeting.Ref, out _);
            return null;
        }

        var known = _meetings.GetOrAdd(meeting.Ref, static _ => new MeetingLinkCalls());
        var now = time.GetElapsedTime(0);
        var (calls, next) = (new List<LinkCall>(), SettledCheck);
        foreach (var link in needed)
        {
            next = Earlier(next, Plan(link, known, reports, now, calls));
        }

        PlanClosing(meeting, needed, known, reports, calls);
        if (calls is [])
        {
            return next;
        }

        await Task.WhenAll(calls.GroupBy(static call => call.At.Node).Where(ofNode => !silent.Contains(ofNode.Key)).Select(ofNode => RunAsync(meeting.MeetingId, ofNode, known, now, ct))).ConfigureAwait(false);
        return PendingCheck;
    }

    /// <summary>Forgets the secrets of a meeting that has ended. Its links end with its rooms.</summary>
    public void Forget(MeetingRef meeting) => _meetings.TryRemove(meeting, out _);

    /// <summary>Why a link of the meeting cannot be opened or changed on this node, as a predicate: "does not respond". Null when nothing has failed.</summary>
    public string? FindProblem(MeetingRef meeting, NamespacedName node) => _meetings.TryGetValue(meeting, out var known)
        ? known.Links.Values.Select(entry => entry.FindProblem(node)).FirstOrDefault(static problem => problem is not null)
        : null;

    /// <summary>Adds the calls that one link needs. Returns the delay until the next look at it.</summary>
    private TimeSpan Plan(MeetingLink link, MeetingLinkCalls known, Dictionary<NamespacedName, ReportedRoom> reports, TimeSpan now, List<LinkCall> calls)
    {
        if (!link.CanOpen || !reports.TryGetValue(link.Opener.Node, out var opener) || !reports.TryGetValue(link.Acceptor.Node, out var acceptor)
            || opener.Room is null || acceptor.Room is null)
        {
            return PendingCheck;
        }

        var entry = known.Links.GetOrAdd(link.Id, static (_, link) => new LinkCalls { Link = link }, link);
        entry.Link = link;
        var toAcceptor = LinkAddresses.Between(opener.Addresses, acceptor.Addresses, acceptor.Room.Port);
        var toOpener = LinkAddresses.Between(acceptor.Addresses, opener.Addresses, opener.Room.Port);
        if (!CanLink(entry.Opener, opener, toAcceptor, acceptor.Node) | !CanLink(entry.Acceptor, acceptor, toOpener, opener.Node))
        {
            calls.AddRange(Closings(opener, known, link.Id).Concat(Closings(acceptor, known, link.Id)));
            return SettledCheck;
        }

        var before = entry.Kept;
        var kept = entry.Kept = LinkPlan.Advance(before, link.Id, opener, acceptor, now, random);
        if (before is not null && before.OpenerTag != kept.OpenerTag)
        {
            entry.ForgetCalls();
        }

        if (kept != before && kept.Keys is [.., var newest] && !ReferenceEquals(before?.Keys.LastOrDefault(), newest))
        {
            LogSecret(link.Id, opener.Node, acceptor.Node, newest.Epoch);
        }

        var isSettled = IsUp(opener) && IsUp(acceptor);
        if (kept.Keys is [_, ..])
        {
            isSettled &= AddPut(entry.Opener, opener, kept.SpecOf(link, LinkEndRole.Opener, toAcceptor) with { MaxKbps = opener.MaxLinkKbps })
                & AddPut(entry.Acceptor, acceptor, kept.SpecOf(link, LinkEndRole.Acceptor, toOpener) with { MaxKbps = acceptor.MaxLinkKbps })
                & kept.Keys is [_];
        }

        return isSettled ? Earlier(SettledCheck, kept.RenewAt - now) : PendingCheck;

        bool AddPut(LinkEnd end, ReportedRoom at, LinkSpec spec)
        {
            if (end.Has(spec, link.Id, at))
            {
                return true;
            }

            if (at.IsAnswering && end.CanCall(now))
            {
                calls.Add(new LinkCall(at, link.Id, end, spec));
            }

            return false;
        }

        bool IsUp(ReportedRoom reported) => reported.FindLink(link.Id) is { State: LinkEndState.Up };

        bool CanLink(LinkEnd end, ReportedRoom at, IReadOnlyList<string> peerAddresses, NamespacedName peer)
        {
            var obstacle = !at.CanLink ? TooOld : peerAddresses is [] ? $"has no address of a family of media node {peer}" : null;
            if (obstacle is not null && end.RecordObstacle(obstacle))
            {
                LogProblem(at.Node, link.Id, obstacle);
            }

            return obstacle is null;
        }
    }

    /// <summary>Adds the calls that close links that the meeting no longer needs, also those that an earlier leader opened.</summary>
    private void PlanClosing(
        AssignedMeeting meeting, IReadOnlyList<MeetingLink> needed, MeetingLinkCalls known, Dictionary<NamespacedName, ReportedRoom> reports, List<LinkCall> calls)
    {
        var ids = needed.Select(static link => link.Id).ToHashSet(StringComparer.Ordinal);
        var left = new List<NamespacedName>();
        foreach (var (id, entry) in known.Links)
        {
            if (!ids.Contains(id) && known.Links.TryRemove(id, out _))
            {
                left.AddRange([entry.Link.Opener.Node, entry.Link.Acceptor.Node]); // One of them may no longer be assigned to the meeting.
            }
        }

        var ends = left.Except(reports.Keys).Select(node => fleet.FindReport(node, meeting.MeetingId)).OfType<ReportedRoom>().Concat(reports.Values);
        calls.AddRange(ends.SelectMany(end => (end.Room?.Links ?? []).Where(link => !ids.Contains(link.Link)).SelectMany(link => Closings(end, known, link.Link))));
    }

    /// <summary>The call that closes a link on a node, if its last report has the link and it has not been closed since.</summary>
    private static IEnumerable<LinkCall> Closings(ReportedRoom at, MeetingLinkCalls known, string link) =>
        at.IsAnswering && at.FindLink(link) is not null && known.MustClose(at, link) ? [new LinkCall(at, link, End: null, Spec: null)] : [];

    /// <summary>Makes the calls to one node, one after another, until it does not respond.</summary>
    private async Task RunAsync(string room, IEnumerable<LinkCall> calls, MeetingLinkCalls known, TimeSpan now, CancellationToken ct)
    {
        foreach (var call in calls)
        {
            using var pass = await callLimit.TryEnterAsync(call.At.Node, ct).ConfigureAwait(false);
            if (pass is null || !await TryCallAsync(room, call, known, now, ct).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <summary>Returns false when the node does not respond.</summary>
    private async Task<bool> TryCallAsync(string room, LinkCall call, MeetingLinkCalls known, TimeSpan now, CancellationToken ct)
    {
        var client = clients.Of(call.At.Target);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(Timeout);
        try
        {
            if (call.Spec is { } spec)
            {
                await client.PutLinkAsync(room, call.Link, spec, bounded.Token).ConfigureAwait(false);
                call.End?.RecordAccepted(spec, time.GetTimestamp());
            }
            else
            {
                known.RecordClosing(call.At.Node, call.Link, time.GetTimestamp());
                await client.DeleteLinkAsync(room, call.Link, call.At.Room?.Generation ?? 0, bounded.Token).ConfigureAwait(false);
            }

            return true;
        }
        catch (NodeControlException error)
        {
            if (error.Code == "invalid-link" && known.Links.TryGetValue(call.Link, out var entry))
            {
                entry.Kept = null; // For example, another link of the node has the tag. The next attempt uses other tags.
            }

            // The response is the node's text, which is not trusted to have no secret.
            RecordFailure(call, $"rejects the link with status {(int)error.Status}", now);
            return true;
        }
        catch (JsonException)
        {
            RecordFailure(call, "gives an invalid response about the link", now);
            return true;
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException || (broken is OperationCanceledException && !ct.IsCancellationRequested))
        {
            RecordFailure(call, "does not respond", now);
            return false;
        }
    }

    /// <summary>A call that only closes a link needs no record: the next report that still has the link closes it again.</summary>
    private void RecordFailure(LinkCall call, string problem, TimeSpan now)
    {
        if (call.End is { } end && end.RecordFailure(problem, now))
        {
            LogProblem(call.At.Node, call.Link, problem);
        }
    }

    private static TimeSpan Earlier(TimeSpan left, TimeSpan right) => left < right ? left : right;

    [LoggerMessage(2111, LogLevel.Information, "Link {Link} between media nodes {Opener} and {Acceptor} gets the secret of epoch {Epoch}.")]
    private partial void LogSecret(string link, NamespacedName opener, NamespacedName acceptor, ushort epoch);

    [LoggerMessage(2112, LogLevel.Warning, "Media node {Node} {Problem} (link {Link}).")]
    private partial void LogProblem(NamespacedName node, string link, string problem);
}
