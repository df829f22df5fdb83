using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Signaling;

/// <summary>Finds meetings by id in the informers' copies and tells of their changes. It never writes.</summary>
public sealed class MeetingDirectory : IDisposable
{
    private const string ById = "meeting-id";
    private const string ByNode = "node";

    private readonly Informer<Meeting> meetings;
    private readonly Informer<SfuNode> nodes;
    private readonly Informer<Tenant> tenants;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<object, Action>> watchers = new(StringComparer.Ordinal);
    private readonly List<IDisposable> subscriptions = [];

    public MeetingDirectory(Informer<Meeting> meetings, Informer<SfuNode> nodes, Informer<Tenant> tenants)
    {
        this.meetings = meetings;
        this.nodes = nodes;
        this.tenants = tenants;
        meetings.AddIndex(ById, m => [MeetingId.Of(m)]);
        meetings.AddIndex(ByNode, m => (m.Status?.Assignments ?? []).Select(a => $"{a.Namespace}/{a.SfuNode}"));
        subscriptions.Add(meetings.OnChange(c => Tell(MeetingId.Of(c.Object))));
        subscriptions.Add(tenants.OnChange(_ => { }));
        subscriptions.Add(nodes.OnChange(c =>
        {
            // Nodes report their load all the time; only where they are reached matters here.
            if (c.Old?.Status?.ControlUrl != c.New?.Status?.ControlUrl)
            {
                foreach (var meeting in meetings.ByIndex(ByNode, c.Key.ToString()))
                {
                    Tell(MeetingId.Of(meeting));
                }
            }
        }));
    }

    public bool HasSynced => meetings.HasSynced && nodes.HasSynced && tenants.HasSynced;

    /// <summary>False while the API server is away: a meeting that was made with kubectl since then is not seen here.</summary>
    public bool IsCurrent => meetings.IsWatching && tenants.IsWatching;

    public Tenant? FindTenant(string name) => tenants.Get(new NamespacedName(null, name));

    /// <summary>
    /// The meeting with this id, if it belongs to the tenant that owns its namespace. Of several with one id (somebody copied a name into another namespace)
    /// the one that the operator serves, too.
    /// </summary>
    public MeetingView? Find(string meetingId) =>
        MeetingIdHolder.Among(meetings.ByIndex(ById, meetingId), meeting => OwnerOf(meeting) is not null) is { } holder && OwnerOf(holder) is { } tenant
            ? new MeetingView(holder, tenant, AssignmentOf(holder))
            : null;

    /// <summary>The meeting as soon as <paramref name="enough"/> holds for it, or as it is after <paramref name="limit"/>.</summary>
    public async Task<MeetingView?> WaitAsync(string meetingId, Func<MeetingView?, bool> enough, TimeSpan limit, TimeProvider time, CancellationToken ct)
    {
        var view = Find(meetingId);
        if (enough(view))
        {
            return view;
        }

        using var deadline = new CancellationTokenSource(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var changed = new SemaphoreSlim(0);
        using var watch = OnChange(meetingId, () => changed.Release());
        while (!enough(view = Find(meetingId)))
        {
            try
            {
                await changed.WaitAsync(stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return Find(meetingId);
            }
        }

        return view;
    }

    /// <summary>Calls <paramref name="callback"/> after each change that may matter for the meeting; it must return soon.</summary>
    public IDisposable OnChange(string meetingId, Action callback)
    {
        var key = new object();
        watchers.AddOrUpdate(
            meetingId,
            _ => new ConcurrentDictionary<object, Action>([KeyValuePair.Create(key, callback)]),
            (_, all) =>
            {
                // A copy, so that a removal of an empty set never takes a watcher along that was added meanwhile.
                return new ConcurrentDictionary<object, Action>(all) { [key] = callback };
            });
        return new Watch(() => Unwatch(meetingId, key));
    }

    public void Dispose() => subscriptions.ForEach(s => s.Dispose());

    /// <summary>The meeting's tenant, if it owns the namespace that the meeting is in.</summary>
    private Tenant? OwnerOf(Meeting meeting) =>
        FindTenant(meeting.Spec.TenantRef.Name) is { } tenant && tenant.Spec.Namespace == meeting.Metadata.Namespace ? tenant : null;

    private void Unwatch(string meetingId, object key)
    {
        while (watchers.TryGetValue(meetingId, out var all))
        {
            var rest = new ConcurrentDictionary<object, Action>(all.Where(w => w.Key != key));
            if (rest.IsEmpty ? watchers.TryRemove(KeyValuePair.Create(meetingId, all)) : watchers.TryUpdate(meetingId, rest, all))
            {
                return;
            }
        }
    }

    private void Tell(string meetingId)
    {
        if (watchers.TryGetValue(meetingId, out var all))
        {
            foreach (var callback in all.Values)
            {
                callback();
            }
        }
    }

    private MediaAssignment? AssignmentOf(Meeting meeting) =>
        (meeting.Status?.Assignments ?? [])
            .Where(a => a.State == AssignmentState.Ready && a.Role == AssignmentRole.Origin)
            .OrderByDescending(a => a.Generation)
            .Select(a => nodes.Get(new NamespacedName(a.Namespace, a.SfuNode))?.Status?.ControlUrl is { } text
                && Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var url)
                && url.Scheme == Uri.UriSchemeHttps // Nothing of a meeting goes out in clear, whatever a status says.
                    ? new MediaAssignment(a.Namespace, a.SfuNode, url, a.Generation)
                    : null)
            .FirstOrDefault();

    private sealed class Watch(Action dispose) : IDisposable
    {
        private Action? once = dispose;

        public void Dispose() => Interlocked.Exchange(ref once, null)?.Invoke();
    }
}
