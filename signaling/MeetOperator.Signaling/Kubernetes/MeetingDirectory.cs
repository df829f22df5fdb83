using System.Collections.Concurrent;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Finds meetings by ID in the informer caches and notifies callers of changes. Read-only and thread-safe.</summary>
internal sealed class MeetingDirectory : IDisposable
{
    private const string ById = "meeting-id";
    private const string ByNode = "node";
    private const string HavingFormerNodes = "former-nodes";

    private readonly Informer<Meeting> _meetings;
    private readonly Informer<SfuNode> _nodes;
    private readonly Informer<Tenant> _tenants;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<object, Action>> _watchers = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _subscriptions = [];

    public MeetingDirectory(Informer<Meeting> meetings, Informer<SfuNode> nodes, Informer<Tenant> tenants)
    {
        _meetings = meetings;
        _nodes = nodes;
        _tenants = tenants;
        meetings.AddIndex(ById, m => [MeetingId.Of(m)]);
        meetings.AddIndex(ByNode, m => (m.Status?.Assignments ?? []).Select(a => $"{a.Namespace}/{a.SfuNode}"));
        meetings.AddIndex(HavingFormerNodes, m => m.Status is { FormerNodes: [_, ..] } ? [HavingFormerNodes] : []);
        _subscriptions.Add(meetings.OnChange(c => NotifyWatchers(MeetingId.Of(c.Object))));
        _subscriptions.Add(tenants.OnChange(_ => { }));
        _subscriptions.Add(nodes.OnChange(c =>
        {
            // Media nodes report their load frequently. Only a changed address matters here.
            if (c.Old?.Status?.ControlUrl != c.New?.Status?.ControlUrl)
            {
                foreach (var meeting in meetings.ByIndex(ByNode, c.Key.ToString()))
                {
                    NotifyWatchers(MeetingId.Of(meeting));
                }
            }
        }));
    }

    public bool HasSynced => _meetings.HasSynced && _nodes.HasSynced && _tenants.HasSynced;

    /// <summary>False while the API server is unavailable. Meetings that were created with kubectl since then are missing here.</summary>
    public bool IsCurrent => _meetings.IsWatching && _tenants.IsWatching;

    public Tenant? FindTenant(string name) => _tenants.Get(new NamespacedName(null, name));

    /// <summary>
    /// Returns the meeting with this ID if it is in the namespace of its tenant, otherwise null. If several meetings have the same ID (a name was copied to another
    /// namespace), returns the one that the operator serves.
    /// </summary>
    public MeetingView? Find(string meetingId) =>
        MeetingIdHolder.Among(_meetings.ByIndex(ById, meetingId), meeting => OwnerOf(meeting) is not null) is { } holder && OwnerOf(holder) is { } tenant
            ? new MeetingView(holder, tenant, AssignmentsOf(holder))
            : null;

    /// <summary>The rooms with participants on media nodes that their meetings have left, without those whose node has no usable address.</summary>
    public IReadOnlyList<FormerRoom> ListFormerRooms() =>
    [
        .. _meetings.ByIndex(HavingFormerNodes, HavingFormerNodes).Select(MeetingId.Of).Distinct(StringComparer.Ordinal).Select(Find).OfType<MeetingView>()
            .Where(view => !view.IsEnded).SelectMany(FormerRoomsOf),
    ];

    /// <summary>Returns the meeting as soon as <paramref name="condition"/> is true for it, or its current state after <paramref name="timeout"/>.</summary>
    public async Task<MeetingView?> WaitAsync(string meetingId, Func<MeetingView?, bool> condition, TimeSpan timeout, TimeProvider time, CancellationToken ct)
    {
        var view = Find(meetingId);
        if (condition(view))
        {
            return view;
        }

        using var deadline = new CancellationTokenSource(timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var changed = new SemaphoreSlim(0);
        using var watch = OnChange(meetingId, () => changed.Release());
        while (!condition(view = Find(meetingId)))
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

    /// <summary>
    /// Calls <paramref name="callback"/> after each change that may affect the meeting. The callback must not block. Dispose the result to stop.
    /// </summary>
    public IDisposable OnChange(string meetingId, Action callback)
    {
        var key = new object();
        _watchers.AddOrUpdate(
            meetingId,
            _ => new ConcurrentDictionary<object, Action>([KeyValuePair.Create(key, callback)]),
            (_, all) =>
            {
                // Copy-on-write, so that removing an empty set cannot drop a watcher that was added concurrently.
                return new ConcurrentDictionary<object, Action>(all) { [key] = callback };
            });
        return new Watch(() => Unwatch(meetingId, key));
    }

    public void Dispose() => _subscriptions.ForEach(s => s.Dispose());

    /// <summary>Returns the meeting's tenant if the meeting is in its namespace, otherwise null.</summary>
    private Tenant? OwnerOf(Meeting meeting) =>
        FindTenant(meeting.Spec.TenantRef.Name) is { } tenant && tenant.Spec.Namespace == meeting.Metadata.Namespace ? tenant : null;

    private void Unwatch(string meetingId, object key)
    {
        while (_watchers.TryGetValue(meetingId, out var all))
        {
            var rest = new ConcurrentDictionary<object, Action>(all.Where(w => w.Key != key));
            if (rest.IsEmpty ? _watchers.TryRemove(KeyValuePair.Create(meetingId, all)) : _watchers.TryUpdate(meetingId, rest, all))
            {
                return;
            }
        }
    }

    private void NotifyWatchers(string meetingId)
    {
        if (_watchers.TryGetValue(meetingId, out var all))
        {
            foreach (var callback in all.Values)
            {
                callback();
            }
        }
    }

    /// <summary>The meeting's assignments, without those whose node has no usable address.</summary>
    private IReadOnlyList<MediaAssignment> AssignmentsOf(Meeting meeting) =>
    [
        .. (meeting.Status?.Assignments ?? [])
            .Select(a => ControlUrlOf(a.Namespace, a.SfuNode) is { } url
                ? new MediaAssignment(a.Namespace, a.SfuNode, url, a.Generation, a.Role, a.State) { Region = a.Region, Participants = a.Participants, FreePlaces = a.FreePlaces, Connectivity = a.Connectivity, Deadline = a.Deadline }
                : null)
            .OfType<MediaAssignment>(),
    ];

    private IEnumerable<FormerRoom> FormerRoomsOf(MeetingView view) => (view.Object.Status?.FormerNodes ?? [])
        .Where(former => !view.Assignments.Any(assignment => assignment.Node == former.SfuNode && assignment.Namespace == former.Namespace))
        .Select(former => ControlUrlOf(former.Namespace, former.SfuNode) is { } url
            ? new FormerRoom(view.Key, former.Namespace, former.SfuNode, url, former.Generation, HasSuccessor: view.Assignment is not null)
            : null)
        .OfType<FormerRoom>();

    /// <summary>The address of a media node; null when there is none, or when it is not HTTPS. Never use an unencrypted connection, even if the status names one.</summary>
    private Uri? ControlUrlOf(string @namespace, string node) =>
        _nodes.Get(new NamespacedName(@namespace, node))?.Status?.ControlUrl is { } text
            && Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var url)
            && url.Scheme == Uri.UriSchemeHttps
                ? url
                : null;

    private sealed class Watch(Action dispose) : IDisposable
    {
        private Action? _once = dispose;

        public void Dispose() => Interlocked.Exchange(ref _once, null)?.Invoke();
    }
}
