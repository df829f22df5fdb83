using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Cluster;

public sealed class FreshReadsTests : IAsyncLifetime
{
    private static readonly NamespacedName Key = new("meet-a", "standup");
    private readonly CancellationTokenSource _ends = new();
    private TestCluster _cluster = null!;
    private Informer<Meeting> _informer = null!;
    private Task _running = null!;
    private FreshReads<Meeting> _fresh = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(withOperator: false);
        await _cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = Key.Namespace! } }, default);
        _informer = new Informer<Meeting>(_cluster.Client);
        _fresh = new FreshReads<Meeting>(_informer);
        _running = _informer.RunAsync(_ends.Token);
    }

    public async Task DisposeAsync()
    {
        await _ends.CancelAsync();
        await _running;
        _ends.Dispose();
        await _cluster.DisposeAsync();
    }

    /// <summary>If the object were still visible before the informer catches up, its finalizer would be removed twice.</summary>
    [Fact]
    public async Task RecordRemoval_ObjectInInformer_HidesOnlyThatObject()
    {
        var first = await CreatedAsync();
        await _cluster.EventuallyAsync(() => Task.FromResult(_fresh.Get(Key) is not null), "the informer contains the meeting");

        _fresh.RecordRemoval(first);

        Assert.NotNull(_informer.Get(Key));
        Assert.Null(_fresh.Get(Key));

        await _cluster.Client.DeleteAsync<Meeting>(Key, default);
        var second = await CreatedAsync();
        await _cluster.EventuallyAsync(() => Task.FromResult(_fresh.Get(Key) is not null), "the informer contains its successor");
        Assert.Equal(second.Metadata.Uid, _fresh.Get(Key)!.Metadata.Uid);
    }

    [Fact]
    public async Task RecordWrite_InformerLags_ReturnsServerResponse()
    {
        await CreatedAsync();
        await _cluster.EventuallyAsync(() => Task.FromResult(_fresh.Get(Key) is not null), "the informer contains the meeting");
        var observed = _informer.Get(Key)!;
        var stale = observed.Metadata.ResourceVersion;
        var written = await _cluster.CreateMeetingAsync("another"); // Its version is higher than that of the first meeting.
        written.Metadata.Name = Key.Name;

        _fresh.RecordWrite(written);
        Assert.Same(written, _fresh.Get(Key));

        written.Metadata.ResourceVersion = stale;
        Assert.Same(observed, _fresh.Get(Key));
    }

    private Task<Meeting> CreatedAsync() => _cluster.CreateMeetingAsync(Key.Name);
}
